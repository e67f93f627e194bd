"""The form for comparing, the digests, and quotes that are found again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.formats.small_acts import FORMEX, OJ

from muniment.sources.formats import formex, oj_xhtml
from muniment.sources.formats.act import ParsedAct, ProvisionKind
from muniment.sources.formats.canonical import (
    Selector,
    canonical,
    canonical_provision,
    canonical_sha256,
    find_again,
    select,
    verbatim_sha256,
)
from muniment.spine.errors import Invalid


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Article\u00a04", "Article 4"),
        ("the \u2018lamp\u2019", "the 'lamp'"),
        ("\u201clamp\u201d", '"lamp"'),
        ("cafe\u0301", "caf\u00e9"),
        ("a\n  b\tc", "a b c"),
        ("\u25bcM1 the lamp \u25ba B \u25c4".replace(" B ", "B "), "the lamp"),
        ("the Council (12), shall", "the Council, shall"),
        ("the Council (*1)", "the Council"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_what_publishers_set_differently_compares_equal(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert canonical_sha256(one) == canonical_sha256(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("point (1) applies", "point applies"),
        ("points 1 and (2)", "points 1 and"),
        ("shall", "may"),
        ("(1) Lamps", "Lamps"),
    ],
)
def test_what_says_something_else_stays_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@given(st.text())
def test_canonical_form_is_stable(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


def test_digests_are_those_of_the_bytes() -> None:
    assert verbatim_sha256("é") == hashlib.sha256("é".encode()).hexdigest()
    with pytest.raises(Invalid):
        verbatim_sha256("\ud800")


def changed(before: ParsedAct, after: ParsedAct) -> set[str]:
    def articles(act: ParsedAct) -> dict[str, str]:
        return {p.eid: canonical_provision(act, p) for p in act.provisions if p.kind is ProvisionKind.ARTICLE}

    old, new = articles(before), articles(after)
    return {eid for eid in old if old[eid] != new.get(eid)}


def test_only_changed_articles_differ_across_formats() -> None:
    assert changed(oj_xhtml.parse(OJ.encode()), formex.parse(FORMEX.encode())) == {"art_2", "art_10"}


def test_real_corrigenda_change_few_articles_across_formats(shared: Path) -> None:
    works = shared / "regulatory" / "eu-lex-corpus" / "works"
    for act, count in (("32016r0679", 9), ("32022l2555", 1), ("32024r2847", 2), ("32024r1689", 37)):
        before = oj_xhtml.parse(next((works / act / "versions").glob("*/en.xml")).read_bytes())
        after = formex.parse(next((works / act / "versions").glob("*/en.fmx4/*.0001.xml")).read_bytes())
        assert len(changed(before, after)) == count, act


def test_a_quote_is_found_again_by_what_stands_around_it() -> None:
    text = "The lamp is lit. The lamp is cleaned. The lamp is put away."
    start = text.index("lamp", 10)
    selector = select(text, start, start + 4)
    assert selector == Selector("lamp", "The lamp is lit. The ", " is cleaned. The lamp is put away"[:32])
    moved = "Before. " + text
    assert find_again(moved, selector) == (start + 8, start + 12)


def test_a_quote_that_is_gone_or_ambiguous_is_not_found() -> None:
    assert find_again("no such words", Selector("lamp", "", "")) is None
    assert find_again("lamp lamp", Selector("lamp", "", "")) is None
    assert find_again("lamp", Selector("", "", "")) is None
    for start, end in ((0, 0), (-1, 2), (3, 99)):
        with pytest.raises(Invalid):
            select("lamp", start, end)


@given(st.text(min_size=1, max_size=80), st.data())
def test_a_span_is_found_in_its_own_text_or_is_ambiguous(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert find_again(text, select(text, start, end)) in {(start, end), None}
