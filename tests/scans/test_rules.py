"""What stands for several states, how sure is said, and how a passage is shown in its context."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.scans import rules
from muniment.spine.errors import Invalid


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ([], ""),
        (["evidence_found"], "evidence_found"),
        (["evidence_found", "cannot_tell"], "cannot_tell"),
        (["cannot_tell", "no_evidence_found"], "no_evidence_found"),
        (["no_evidence_found", "conflict_found", "evidence_found"], "conflict_found"),
    ],
)
def test_what_needs_a_person_first_stands_for_all(statuses, worst):
    assert rules.worst(statuses) == worst


def test_confidence_is_said_in_words():
    assert [rules.confidence_word(one) for one in (1000, 800, 799, 600, 599, 0)] == [
        "high",
        "high",
        "medium",
        "medium",
        "low",
        "low",
    ]


@given(st.text(min_size=1, max_size=300), st.data())
def test_an_excerpt_holds_its_passage_at_its_place_and_never_leaves_its_bounds(text, data):
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    low, start, end, high = bounds
    found = rules.excerpt(text, start, end, within=(low, high), reach=data.draw(st.integers(0, 80)))
    assert text[found.start : found.start + len(found.text)] == found.text
    assert low <= found.start <= start
    assert end <= found.start + len(found.text) <= high
    assert found.before == (found.start > low)
    assert found.after == (found.start + len(found.text) < high)


def test_a_sign_stands_where_text_was_left_out_and_marks_move_with_it():
    found = rules.excerpt("one two three four five", 8, 13, within=(0, 23), reach=4)
    words, marks = found.shown([(8 - found.start, 13 - found.start, "quote")])
    assert (words, [words[start:end] for start, end, _ in marks]) == ("… two three … "[:-1], ["three"])


def test_no_word_is_torn_where_an_excerpt_begins_and_ends():
    found = rules.excerpt("one two three four five", 8, 13, within=(0, 23), reach=6)
    assert (found.text, found.start) == ("two three four", 4)
    assert found.before and found.after


def test_parts_that_a_reader_need_not_see_are_not_marked():
    parts = [{"kind": "addressee", "start": 10, "end": 14}, {"kind": "reference", "start": 20, "end": 24}]
    assert rules.marks({"parts": parts}, 10) == [(0, 4, "who")]
    assert rules.marks({}, 0) == []


@pytest.mark.parametrize(
    ("assessment", "reason"),
    [
        ("met", ""),
        ("disagreed", ""),
        ("disagreed", "         short         "),
        ("accepted", "r" * 20_001),
        ("accepted", "nul \0"),
        ("accepted", "half \ud800"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused(assessment, reason):
    with pytest.raises(Invalid):
        rules.require_assessment(assessment, reason)


def test_a_reason_is_kept_as_people_write_it():
    assert rules.require_assessment("disagreed", "  cafe\u0301 is not lantern ") == "caf\u00e9 is not lantern"
