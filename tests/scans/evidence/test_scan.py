"""A whole scan of small acts: conflict, evidence, silence, and the same bytes every time."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scans.duties.written import written_act
from tests.scans.evidence.laws import acts

from muniment.scans.evidence import ActInput, DocumentInput, Proposal, ScanResult, Status, scan
from muniment.spine.errors import Invalid

POLICY = """Incident policy

The security team enters all ICT-related incidents and significant cyber threats in a register.

The officer notifies the supervisory authority of a personal data breach within five working days.
Each personal data breach is documented with its facts and effects.

Contracts with processors require documented instructions and allow audits.
"""
CANTEEN = (
    "Lunch is served from noon to two. Dogs are welcome on Fridays. The coffee machine is cleaned every day."
)


def document(text: str, name: str = "doc") -> DocumentInput:
    return DocumentInput(name, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), text)


def of(result: ScanResult, duty: str) -> Proposal:
    return next(one for one in result.proposals if one.duty == duty)


@pytest.fixture(scope="module")
def result() -> ScanResult:
    return scan(acts(), [document(POLICY), document(CANTEEN, "canteen")])


def test_a_deadline_that_is_too_long_is_a_conflict_with_both_passages(result: ScanResult) -> None:
    found = of(result, "art_33.par_1#1")
    assert (found.status, found.basis, found.confidence_word) == (
        Status.CONFLICT,
        "limits/1:gdpr-33-1",
        "high",
    )
    assert found.evidence is not None
    assert found.evidence.quote.startswith("The officer notifies")
    assert POLICY[found.evidence.start : found.evidence.end] == found.evidence.quote
    law = acts()[1].act.text
    assert law[found.law.start : found.law.end] == found.law.quote
    assert found.law.digest == "e" * 64


def test_plain_words_about_the_duty_are_evidence(result: ScanResult) -> None:
    found = of(result, "art_17.par_2#1")
    assert found.status is Status.EVIDENCE
    assert found.evidence is not None
    assert found.evidence.quote.startswith("The security team")
    assert "whether it is enough is for a person" in found.why


def test_silence_is_said_with_the_number_of_documents(result: ScanResult) -> None:
    found = of(result, "art_11.par_6.pnt_b#1")
    assert (found.status, found.evidence) == (Status.NONE, None)
    assert found.why == "No evidence found for Article 11(6)(b) in 2 documents searched."


def test_elements_of_a_contract_are_found_one_by_one(result: ScanResult) -> None:
    assert of(result, "art_28.par_3.pnt_a#1").status is Status.EVIDENCE
    assert of(result, "art_28.par_3.pnt_h#1").status is Status.EVIDENCE
    missing = of(result, "art_28.par_3.pnt_d#1")
    assert missing.status is Status.NONE
    assert "no passage there names further processors, which Article 28(3)(d) asks for" in missing.why


def test_a_document_about_something_else_is_no_evidence() -> None:
    alone = scan(acts(), [document(CANTEEN)])
    assert {one.status for one in alone.proposals} == {Status.NONE}


def test_a_denial_is_not_evidence() -> None:
    text = "ICT-related incidents and significant cyber threats are not recorded in a register by the "
    "security team."
    assert of(scan(acts(), [document(text)]), "art_17.par_2#1").status is Status.UNSURE


def test_documents_that_contradict_each_other_are_named_so() -> None:
    keeps = "The officer notifies the supervisory authority of a personal data breach within 24 hours."
    found = of(scan(acts(), [document(POLICY), document(keeps, "other")]), "art_33.par_1#1")
    assert found.status is Status.CONFLICT
    assert "contradict each other" in found.why


def test_a_passage_that_breaks_one_duty_is_not_evidence_for_its_neighbour() -> None:
    text = (
        "The officer documents and notifies the supervisory authority of any personal data breaches with "
        "their facts and effects within five working days."
    )
    found = of(scan(acts(), [document(text)]), "art_33.par_5#1")
    assert found.status is Status.UNSURE
    assert "breaks Article 33(1)" in found.why


def test_the_digest_ignores_order_and_names_of_documents(result: ScanResult) -> None:
    again = scan(acts(), [document(CANTEEN, "zz"), document(POLICY, "aa")])
    assert again.digest == result.digest
    assert scan(acts(), [document(POLICY)]).digest != result.digest


def test_the_same_bytes_twice_count_once(result: ScanResult) -> None:
    again = scan(acts(), [document(POLICY), document(POLICY, "copy"), document(CANTEEN)])
    assert again.stats.documents == 2
    assert again.digest == result.digest


def test_without_documents_nothing_is_found() -> None:
    empty = scan(acts(), [])
    assert {one.status for one in empty.proposals} == {Status.NONE}
    assert empty.proposals[0].why.endswith("in 0 documents searched.")


def test_every_duty_that_binds_gets_exactly_one_proposal(result: ScanResult) -> None:
    binding = [one.key for one in result.duties if one.binds_firm]
    assert [one.duty for one in result.proposals] == binding
    assert result.stats.assessed == len(binding)


def test_rules_that_could_not_be_used_say_why(result: ScanResult) -> None:
    states = {one.rule: one for one in result.rules}
    assert states["limits/1:gdpr-33-1"].fired
    assert states["limits/1:rts-301-5-1-a"].why == "act 32025R0301 is not part of this scan"
    assert not states["elements/1:gdpr-30-1"].fired
    assert set(result.versions) == {"analysis", "duties", "elements", "limits", "overlap", "times"}


def test_the_same_act_twice_or_another_language_is_refused() -> None:
    with pytest.raises(Invalid, match="chosen twice"):
        scan([*acts(), acts()[0]], [])
    french = ActInput(
        written_act("## 1 Objet\n1. Les entités tiennent un registre.", language="fr"), "f" * 64
    )
    with pytest.raises(Invalid, match="not in English"):
        scan([french], [])


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=600))
def test_any_document_is_scanned_and_every_quote_stands_in_it(text: str) -> None:
    found = scan(acts(), [document(text)])
    for one in found.proposals:
        if one.evidence is not None:
            assert text[one.evidence.start : one.evidence.end] == one.evidence.quote
    assert found.digest == scan(acts(), [document(text)]).digest
