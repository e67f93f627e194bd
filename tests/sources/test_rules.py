"""How acts are laid out for reading, and what a search finds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from muniment.sources import rules


def part(eid: str, kind: str, start: int, end: int, parent: str = "", *, heading: str = "") -> rules.Part:
    return rules.Part(eid, kind, eid.rsplit("_", 1)[-1], heading, parent, start, end)


def test_a_short_chapter_is_one_page_and_a_long_one_is_divided():
    outline = [
        part("cpt_I", "chapter", 100, 1_000, heading="General"),
        part("art_1", "article", 200, 1_000, "cpt_I"),
        part("cpt_II", "chapter", 1_001, 90_000),
        part("art_2", "article", 1_020, 30_000, "cpt_II"),
        part("art_3", "article", 30_001, 60_000, "cpt_II"),
        part("art_4", "article", 60_001, 90_000, "cpt_II"),
    ]
    found = rules.leaves(outline, 95_000)
    assert [(leaf.label, leaf.start, leaf.end, leaf.heading) for leaf in found] == [
        ("Chapter I", 0, 1_001, "General"),
        ("Art. 2", 1_001, 30_001, "Chapter II"),
        ("Art. 3", 30_001, 60_001, "Chapter II"),
        ("Art. 4", 60_001, 95_000, "Chapter II"),
    ]


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=30), st.integers(0, 3))
def test_pages_follow_each_other_without_a_hole_and_hold_every_article(sizes, chapters):
    outline, at = [], 50
    for nth, size in enumerate(sizes):
        outline.append(part(f"art_{nth + 1}", "article", at, at + size))
        at += size + 1
    if chapters:
        first, last = outline[0].start, outline[-1].end
        outline = [rules.Part(**{**vars_of(one), "parent": "cpt_I"}) for one in outline]
        outline.insert(0, part("cpt_I", "chapter", first, last))
    found = rules.leaves(outline, at + 10)
    assert (found[0].start, found[-1].end) == (0, at + 10)
    assert all(left.end == right.start for left, right in pairwise(found))
    shown = [one.eid for leaf in found for one in leaf.parts]
    assert shown == ["cpt_I"] or shown == [one.eid for one in outline if one.kind == "article"]


def vars_of(one: rules.Part) -> dict[str, object]:
    return {name: getattr(one, name) for name in rules.Part.__slots__}


def test_an_act_without_parts_has_no_pages():
    assert rules.leaves([], 10) == ()


def test_a_name_is_given_only_where_a_stranger_can_resolve_it():
    assert (
        rules.full_name("32022R2554", "OJ:2022-12-27", "en", "art_1")
        == "eu:32022R2554@OJ:2022-12-27/en#art_1"
    )
    assert rules.full_name("lanterns", "2030-01-01", "en", "art_1") == ""
    assert rules.full_name("32022R2554", "1.8.18", "en", "art_1") == ""


def test_a_part_is_found_by_number_citation_and_words_of_its_heading():
    one = part("art_19", "article", 0, 5, heading="Reporting of major incidents")
    for wanted in ("19", "Article 19", "art. 19", "art 19", "incidents REPORTING"):
        assert rules.finds(one, wanted), wanted
    for wanted in ("9", "article 1", "reports"):
        assert not rules.finds(one, wanted), wanted
