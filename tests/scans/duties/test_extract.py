"""Duties of small acts of our own: who, must or must not, what, when, unless."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scans.duties.written import written_act

from muniment.scans.duties import RULES, Duty, Modality, PartKind, Party, Span, extract
from muniment.sources.formats.act import Completeness, ParsedAct

GDPR, DORA, AIA = "32016R0679", "32022R2554", "32024R1689"


def only(script: str, *, celex: str = DORA) -> Duty:
    found = extract(written_act(script, celex=celex))
    assert len(found) == 1, [one.key for one in found]
    return found[0]


def marked(act: ParsedAct, duty: Duty, kind: PartKind) -> list[str]:
    return [act.text[one.start : one.end] for one in duty.parts if one.kind is kind]


def test_a_plain_sentence_gives_who_what_and_when() -> None:
    duty = only(
        "## 1 Tests\n1. Financial entities shall, within five working days after a failure, repeat the test."
    )
    assert (duty.key, duty.addressee, duty.party) == ("art_1.par_1#1", "financial entity", Party.DIRECT)
    assert duty.modality is Modality.SHALL
    assert duty.action == "repeat the test"
    assert [(one.kind, one.iso, one.working) for one in duty.deadlines] == [("at_most", "P5D", True)]
    assert duty.deadlines[0].trigger == "after a failure"


def test_each_point_of_a_list_is_a_duty_under_its_lead_in() -> None:
    act = written_act(
        "## 1 Plans\n1. Financial entities shall:\n(a) test the plans at least yearly;\n(b) keep a "
        "record of each test.",
        celex=DORA,
    )
    first, second = extract(act)
    assert (first.key, second.key) == ("art_1.par_1.pnt_a#1", "art_1.par_1.pnt_b#1")
    assert first.quote == "test the plans at least yearly"
    assert marked(act, first, PartKind.LEAD_IN) == ["Financial entities shall:"]
    assert first.statement == "Financial entities shall: test the plans at least yearly"
    assert first.deadline is not None
    assert (first.deadline.kind, first.deadline.iso) == ("every", "P1Y")
    assert second.action == "keep a record of each test"


def test_points_that_are_conditions_stay_one_duty() -> None:
    duty = only(
        "## 1 Officer\n1. The controller shall designate an officer where:\n(a) it watches people;\n"
        "(b) it is a school.",
        celex=GDPR,
    )
    assert duty.key == "art_1.par_1#1"
    assert duty.action == "designate an officer"
    assert duty.condition == "where: (a) it watches people; (b) it is a school"


def test_nested_points_carry_both_lead_ins() -> None:
    act = written_act(
        "## 1 Plans\n1. Financial entities shall:\n(a) keep plans that name:\n  (i) the owner;\n  "
        "(ii) the deputy.",
        celex=DORA,
    )
    duty = extract(act)[0]
    assert duty.key == "art_1.par_1.pnt_a.pnt_i#1"
    assert duty.statement == "Financial entities shall: keep plans that name: the owner"
    assert duty.addressee == "financial entity"


def test_a_duty_of_an_authority_is_not_the_firms() -> None:
    duty = only(
        "## 1 Lists\n1. Where a financial entity asks, the competent authority shall publish the list."
    )
    assert (duty.party, duty.addressee, duty.binds_firm) == (Party.AUTHORITY, "competent authority", False)
    assert duty.condition == "Where a financial entity asks"


def test_a_state_that_shall_ensure_that_entities_act_binds_them_indirectly() -> None:
    act = written_act(
        "## 1 Risk\n1. Member States shall ensure that essential and important entities take measures "
        "against risk.",
        celex="32022L2555",
    )
    duty = extract(act)[0]
    assert (duty.party, duty.addressee_by) == (Party.INDIRECT, "object")
    assert duty.addressee == "essential or important entity"
    assert duty.action == "take measures against risk"


def test_a_right_binds_whoever_it_is_held_against() -> None:
    duty = only(
        "## 1 Access\n1. The data subject shall have the right to obtain from the controller a copy.",
        celex=GDPR,
    )
    assert (duty.modality, duty.party) == (Modality.RIGHT, Party.INDIRECT)
    assert (duty.addressee, duty.recipient) == ("controller", "data subject")


def test_an_unnamed_duty_goes_to_whom_the_act_charges_and_says_by_which_provision() -> None:
    act = written_act(
        "## 9 Risk system\n1. A risk management system shall be established.\n"
        "## 16 Providers\nProviders of high-risk AI systems shall:\n(a) ensure that their systems "
        "comply with Article 9.",
        celex=AIA,
    )
    duty = extract(act)[0]
    assert (duty.addressee, duty.addressee_by) == ("provider of high-risk AI system", "act")
    assert duty.addressee_basis == "art_16.pnt_a"


def test_without_the_charging_provision_nobody_is_named() -> None:
    duty = only("## 9 Risk system\n1. A risk management system shall be established.", celex=AIA)
    assert (duty.party, duty.addressees, duty.addressee_by) == (Party.NONE, (), "unnamed")


def test_that_record_belongs_to_whoever_had_to_keep_it() -> None:
    act = written_act(
        "## 1 Records\n1. Each controller shall maintain a record. That record shall contain the purposes.",
        celex=GDPR,
    )
    second = extract(act)[1]
    assert (second.addressee, second.addressee_by) == ("controller", "context")


def test_a_pronoun_after_an_authority_does_not_bind_the_firm() -> None:
    act = written_act(
        "## 1 Lists\n1. The Commission shall draw up a list. It shall publish the list.", celex=GDPR
    )
    assert [one.party for one in extract(act)] == [Party.AUTHORITY, Party.AUTHORITY]


def test_the_second_main_clause_is_a_duty_of_its_own() -> None:
    act = written_act(
        "## 1 Erasure\n1. The data subject shall have the right to obtain from the controller erasure "
        "and the controller "
        "shall erase the data without undue delay.",
        celex=GDPR,
    )
    first, second = extract(act)
    assert (first.modality, second.modality) == (Modality.RIGHT, Modality.SHALL)
    assert second.quote.startswith("the controller shall erase")
    assert [(one.kind, one.iso) for one in second.deadlines] == [("promptly", None)]


@pytest.mark.parametrize(
    ("sentence", "modality"),
    [
        ("The controller shall not sell the data.", Modality.SHALL_NOT),
        ("The controller shall in no case sell the data.", Modality.SHALL_NOT),
        ("No controller shall sell the data.", Modality.SHALL_NOT),
        ("The controller must keep the data.", Modality.MUST),
        ("The controller must not sell the data.", Modality.MUST_NOT),
        ("The controller may not sell the data.", Modality.MAY_NOT),
        ("Selling of data by the controller shall be prohibited.", Modality.PROHIBITED),
        ("The controller is required to keep the data.", Modality.SHALL),
    ],
)
def test_the_binding_word_is_read(sentence: str, modality: Modality) -> None:
    assert only(f"## 1 Sale\n1. {sentence}", celex=GDPR).modality is modality


@pytest.mark.parametrize(
    "sentence",
    [
        "The controller may keep the data.",
        "Financial entities may notify the authority, which shall pass the notice on.",
        "Member States may determine that some financial entities shall also report to them.",
        "Personal data are precious.",
    ],
)
def test_what_does_not_bind_is_no_duty(sentence: str) -> None:
    assert extract(written_act(f"## 1 Freedom\n1. {sentence}", celex=DORA)) == ()


def test_sentences_about_the_act_itself_bind_nobody() -> None:
    duty = only("## 1 Force\n1. This Regulation shall apply from 1 May 2030.", celex=GDPR)
    assert (duty.party, duty.binds_firm) == (Party.NONE, False)


def test_a_definition_is_kept_apart() -> None:
    duty = only(
        "## 1 Words\nFor the purposes of this act:\n(1) ‘ledger’ means a book that is kept.", celex=GDPR
    )
    assert (duty.modality, duty.binds_firm) == (Modality.DEFINITION, False)


def test_amendments_of_other_acts_are_left_out() -> None:
    act = written_act(
        "## 1 Amendments to Regulation (EU) No 1/2010\n1. Financial entities shall be renamed.\n## 2 Own\n"
        "1. Financial entities shall keep books.",
        celex=DORA,
    )
    assert [one.eid for one in extract(act)] == ["art_2.par_1"]


def test_conditions_and_exceptions_are_marked_in_the_text() -> None:
    act = written_act(
        "## 1 Breach\n1. Where a breach occurs, the controller shall notify the breach to the "
        "supervisory authority "
        "unless no harm is likely.",
        celex=GDPR,
    )
    duty = extract(act)[0]
    assert marked(act, duty, PartKind.CONDITION) == ["Where a breach occurs"]
    assert marked(act, duty, PartKind.EXCEPTION) == ["unless no harm is likely"]
    assert marked(act, duty, PartKind.RECIPIENT) == ["the supervisory authority"]
    assert marked(act, duty, PartKind.ADDRESSEE) == ["controller"]
    assert marked(act, duty, PartKind.MODALITY) == ["shall"]
    assert marked(act, duty, PartKind.ACTION) == ["notify the breach to the supervisory authority"]


def test_pointers_are_resolved_inside_and_named_outside() -> None:
    act = written_act(
        "## 1 Aim\n1. The controller shall comply with Article 2(1), point (a), paragraph 7, Article "
        "44 and Article 6(4) "
        "of Regulation (EU) No 1024/2013.\n## 2 Means\n1. The controller shall:\n(a) write.",
        celex=GDPR,
    )
    found = [(one.act, one.eid) for one in extract(act)[0].references]
    assert found == [
        (GDPR, "art_2.par_1.pnt_a"),
        (GDPR, None),
        (GDPR, None),
        ("32013R1024", "art_6.par_4"),
    ]


def test_a_truncated_article_marks_its_duties() -> None:
    act = written_act("## 1 Books\n1. Financial entities shall keep books.", celex=DORA)
    cut = replace(
        act, provisions=tuple(replace(one, completeness=Completeness.TRUNCATED) for one in act.provisions)
    )
    assert not extract(act)[0].truncated
    assert extract(cut)[0].truncated


def test_the_rules_have_a_version() -> None:
    assert RULES == "duties/2"


VOCABULARY = """The controller, shall must not where unless within 72 hours of Article 5(2) point (a) : ; .
and financial entities Member States ensure that means ‘x’ prohibited paragraph 1 it That record by the
provider"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n", "\u00a0"])


@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=300))
def test_any_text_is_read_and_every_span_cuts_out_its_quote(body: str) -> None:
    lines = "\n".join(part or "x" for part in body.split("\n"))
    act = written_act(f"## 1 Any\n1. {lines}\n(a) {lines}\n(b) shall {lines}", celex=GDPR)
    for duty in extract(act):
        assert act.text[duty.start : duty.end] == duty.quote
        assert duty.quote
        inside = [*duty.lead_in, Span(duty.start, duty.end)]
        for part in duty.parts:
            assert any(one.start <= part.start < part.end <= one.end for one in inside)
    assert extract(act) == extract(act)
