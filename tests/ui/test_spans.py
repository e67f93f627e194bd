"""Marked passages: the text survives whole, whatever the spans say."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from muniment.ui.words.spans import KINDS, clean, kinds_in, marked

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80)
spans = st.lists(
    st.tuples(st.integers(-5, 90), st.integers(-5, 90), st.sampled_from([*KINDS, "nonsense", '"><script>'])),
    max_size=8,
)


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"</?mark[^>]*>", "", markup))


@given(texts, spans)
def test_taking_the_tags_away_gives_back_the_text(text: str, held: list[tuple[int, int, str]]) -> None:
    assert plain(marked(text, held)) == text


@given(texts, spans)
def test_the_only_tags_are_marks_that_open_and_close_in_turn(
    text: str, held: list[tuple[int, int, str]]
) -> None:
    tags = re.findall(r"<[^>]*>", marked(text, held))
    assert all(re.fullmatch(r'<mark class="[a-z -]+">', tag) for tag in tags[::2])
    assert all(tag == "</mark>" for tag in tags[1::2])
    assert len(tags) % 2 == 0


@given(texts, spans)
def test_exactly_the_characters_within_a_span_are_marked(text: str, held: list[tuple[int, int, str]]) -> None:
    wanted = {at for start, end, _kind in held for at in range(max(0, start), min(len(text), end))}
    found: set[int] = set()
    at = 0
    for piece in re.split(r"(<mark[^>]*>.*?</mark>)", marked(text, held), flags=re.DOTALL):
        size = len(plain(piece))
        if piece.startswith("<mark"):
            found |= set(range(at, at + size))
        at += size
    assert found == wanted


def test_overlapping_spans_carry_both_kinds_where_they_overlap() -> None:
    assert marked("abcdef", [(0, 4, "must"), (2, 6, "when")]) == (
        '<mark class="m-must">ab</mark><mark class="m-must m-when">cd</mark><mark class="m-when">ef</mark>'
    )


def test_a_span_of_hostile_text_is_marked_as_text() -> None:
    assert marked("<b>&", [(0, 3, "quote")]) == '<mark class="m-quote">&lt;b&gt;</mark>&amp;'


def test_what_no_page_can_carry_is_replaced_one_for_one() -> None:
    assert clean("a\x00b\ud800c\nd") == "a\ufffdb\ufffdc\nd"
    assert marked("\x00ab", [(1, 2, "quote")]) == '\ufffd<mark class="m-quote">a</mark>b'


def test_the_key_names_the_kinds_that_occur_in_the_order_of_the_table() -> None:
    assert [kind for kind, _meaning in kinds_in([(0, 1, "when"), (1, 2, "who"), (2, 3, "when")])] == [
        "who",
        "when",
    ]
