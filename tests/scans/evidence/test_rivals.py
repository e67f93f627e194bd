"""Several duties claim one passage: who brings nothing of its own there loses it, and the reason names who keeps it."""

from __future__ import annotations

import hashlib

from tests.scans.duties.written import written_act

from muniment.scans.evidence import (
    ActInput,
    DocumentAnchor,
    DocumentInput,
    LawAnchor,
    Proposal,
    Status,
    scan,
)
from muniment.scans.evidence.rivals import AT_MOST, CLEARLY, settle

TEXT = "Lost lanterns are reported to the keeper of the branch."
WORDS = "overlap/9"


def claim(key: str, confidence: int, **more: object) -> Proposal:
    text = str(more.get("text", TEXT))
    start = int(str(more.get("start", 0)))
    found = DocumentAnchor("doc", "d" * 64, None, start, start + len(text), text)
    law = LawAnchor(str(more.get("act", "1")), "a" * 64, f"art_{key}", 0, 4, "keep")
    basis = str(more.get("basis", WORDS))
    return Proposal(f"art_{key}#1", Status.EVIDENCE, confidence, "Because.", law, found, basis, 3, 650)


def settled(*claims: tuple[Proposal, str]) -> list[str]:
    asked = {(one.law.act, one.duty): frozenset(words.split()) for one, words in claims}
    return [one.status.value for one in settle([one for one, _ in claims], asked, WORDS)]


KEPT, LOST = "evidence_found", "cannot_tell"


def test_who_brings_no_word_of_its_own_loses_the_passage_and_is_told_to_whom():
    asked = {("1", "art_1#1"): frozenset(["lantern", "lost"]), ("1", "art_2#1"): frozenset(["lantern"])}
    weak, strong = settle([claim("2", 600), claim("1", 600 + CLEARLY)], asked, WORDS)
    assert strong.status is Status.EVIDENCE
    assert (weak.status, weak.confidence) == (Status.UNSURE, AT_MOST)
    assert weak.why == (
        "A passage comes near to Article 2, but it fits Article 1 better; somebody has to read it."
    )
    assert weak.evidence is not None


def test_a_word_of_its_own_keeps_the_passage():
    assert settled((claim("1", 700), "lantern lost"), (claim("2", 600), "lantern keeper")) == [KEPT, KEPT]


def test_who_is_nearly_as_strong_keeps_the_passage():
    assert settled((claim("1", 674), "lantern"), (claim("2", 600), "lantern")) == [KEPT, KEPT]


def test_what_several_stronger_duties_ask_together_is_nobody_elses_own():
    three = [(claim("1", 750), "lantern"), (claim("2", 740), "keeper"), (claim("3", 600), "lantern keeper")]
    assert settled(*three) == [KEPT, KEPT, LOST]


def test_who_has_lost_a_passage_takes_it_from_nobody():
    first = claim("1", 780, text=TEXT, start=0)
    second = claim("2", 690, text="x" * 10 + TEXT, start=0)
    third = claim("3", 600, text="x" * 10, start=60)
    assert settled((first, "lantern"), (second, "lantern"), (third, "lantern")) == [KEPT, LOST, KEPT]


def test_half_a_passage_apart_another_act_or_a_rule_with_numbers_takes_and_loses_nothing():
    apart = claim("2", 600, start=len(TEXT) // 2 + 1)
    assert settled((claim("1", 780), "lantern"), (apart, "lantern")) == [KEPT, KEPT]
    other = claim("2", 600, act="2")
    assert settled((claim("1", 780), "lantern"), (other, "lantern")) == [KEPT, KEPT]
    ruled = claim("2", 600, basis="limits/1:x")
    assert settled((claim("1", 780), "lantern"), (ruled, "lantern")) == [KEPT, KEPT]


LAW = written_act(
    """
## 12 Reserves
1. Microenterprises shall assess the need to maintain redundant lighting capacities in each branch of the network.
2. Financial entities shall keep a written register of broken chandeliers in each branch of the network.
3. Central counterparties shall maintain a second harbour with a lighthouse.
""",
    celex="32022R2554",
)


def test_a_duty_of_one_kind_of_firm_is_no_evidence_until_somebody_says_that_the_firm_is_one():
    text = (
        "We assess the need to maintain redundant lighting capacities in each branch of the network.\n\n"
        "We keep a written register of broken chandeliers in each branch of the network.\n"
    )
    paper = DocumentInput("doc", hashlib.sha256(text.encode()).hexdigest(), text)
    small, every, central = scan([ActInput(LAW, "a" * 64)], [paper]).proposals
    assert (small.status, small.confidence) == (Status.UNSURE, 550)
    assert "binds only firms of one kind or role (microenterprise)" in small.why
    assert small.evidence is not None
    assert "of one kind" not in every.why
    assert central.status is Status.NONE
    assert central.why.endswith("It binds only firms of one kind or role (central counterparty).")
