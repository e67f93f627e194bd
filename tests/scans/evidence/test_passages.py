"""Passages are exact slices, of a readable size, on the right page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.scans.evidence import passages
from muniment.scans.evidence.passages import LONGEST, sentence_spans
from muniment.spine.errors import Invalid


def test_a_line_that_was_only_broken_is_read_on() -> None:
    text = (
        "The officer notifies the authority of a breach within five\nworking days of becoming aware of it. "
        * 2
    )
    (only,) = passages(text)
    assert [only.text[start:end].split()[-1] for start, end in sentence_spans(only.text)] == ["it.", "it."]


def test_a_heading_stays_with_what_follows() -> None:
    (only,) = passages("4. Breaches\n\nThe officer notifies the authority of every breach.")
    assert only.text.startswith("4. Breaches")


def test_pages_are_named_by_where_a_passage_begins() -> None:
    first = "All staff are trained before they start to work. " * 4
    second = "All suppliers are checked before they are used. " * 4
    found = passages(first + second, (0, len(first)))
    assert [(one.page, one.text[:9]) for one in found] == [(1, "All staff"), (2, "All suppl")]
    assert [one.page for one in passages(first)] == [None]


def test_a_sentence_over_a_page_break_is_quoted_whole() -> None:
    text = "The officer notifies the authority of every personal data breach within five working days of it."
    assert [one.text for one in passages(text, (0, 50))] == [text]


def test_a_long_paragraph_is_cut_at_sentences() -> None:
    text = "This is a sentence of the policy. " * 100
    found = passages(text)
    assert len(found) > 3
    assert all(one.text.endswith("policy.") and len(one.text) <= LONGEST for one in found)


def test_too_much_text_and_wild_pages_are_refused() -> None:
    with pytest.raises(Invalid, match="more text"):
        passages("x" * 5_000_001)
    with pytest.raises(Invalid, match="not ascending"):
        passages("some text", (5, 2))
    with pytest.raises(Invalid, match="not ascending"):
        passages("some text", (-1,))


@given(st.text(max_size=3000), st.lists(st.integers(0, 3000), max_size=5, unique=True))
def test_any_text_is_cut_into_exact_ascending_slices(text: str, pages: list[int]) -> None:
    found = passages(text, sorted(pages))
    last = 0
    for one in found:
        assert text[one.start : one.end] == one.text
        assert one.text.strip()
        assert one.start >= last
        last = one.end
        for start, end in sentence_spans(one.text):
            assert one.text[start:end].strip()
    kept = "".join("".join(one.text.split()) for one in found)
    assert kept == "".join(text.split())


@pytest.mark.parametrize("pattern", ["A. ", "going on\n", "- x\n", "1 day ", "e.g. ", "(", " "])
def test_a_text_made_to_be_slow_is_cut_all_the_same(pattern: str) -> None:
    # Whatever grows faster than the text would run into the time-out that every test has.
    for one in passages(pattern * (200_000 // len(pattern))):
        assert len(one.text) <= LONGEST
