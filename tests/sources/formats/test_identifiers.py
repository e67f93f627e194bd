"""Names of acts and of their parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.sources.formats import identifiers as names
from muniment.spine.errors import Invalid

EID = "art_19.par_4.pnt_a"
NUMBERS = st.from_regex(r"\A[0-9]{1,4}[a-z]?\Z")


def test_a_full_name_is_built_and_read_back() -> None:
    name = names.provision_id("32022R2554", "OJ", "en", EID)
    assert str(name) == "eu:32022R2554@OJ/en#art_19.par_4.pnt_a"
    assert names.parse_provision_id(str(name)) == name
    dated = names.provision_id("32024R1689", "CONS:2026-07-27", "en", "anx_III.pt_1")
    assert names.parse_provision_id(str(dated)).version == "CONS:2026-07-27"


@pytest.mark.parametrize(
    "text",
    ["", "art_19", "eu:32022R2554@OJ/en#", "eu:32022R2554@OJ/en#art_19/../x", "eu:32022R2554@OJ/en#xyz_1",
     "x" * 400, "eu:32022R2554@OJ/en#art_\u0661"],
)  # fmt: skip
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        names.parse_provision_id(text)


@pytest.mark.parametrize(
    ("eid", "alias", "cited"),
    [
        (EID, "art_19__para_4__point_a", "Art. 19(4)(a)"),
        ("rct_45", "rec_45", "Recital 45"),
        ("anx_III.pt_1.pt_a", "annex_III__point_1__point_a", "Annex III, point 1(a)"),
        ("anx_I.prt_A.pt_1", "annex_I__part_A__point_1", "Annex I, Part A(1)"),
        ("cpt_II.sct_1", "chp_II__sec_1", "Chapter II, Section 1"),
        ("art_5.par_1.pnt_a_2", "art_5__para_1__point_a-2", "Art. 5(1)(a) [list 2]"),
        ("pbl_1", "preamble_1", "Preamble"),
    ],
)
def test_aliases_and_citations(eid: str, alias: str, cited: str) -> None:
    assert names.akn_eid(eid) == alias
    assert names.citation(eid) == cited


def test_numbers_sort_as_people_count() -> None:
    ordered = [
        "art_4",
        "art_4.par_1",
        "art_4.par_2",
        "art_4.par_10",
        "art_4a",
        "art_4a.par_1",
        "art_5",
        "art_10",
    ]
    assert sorted(set(ordered), key=names.sort_key) == ordered
    annexes = ["rct_9", "art_1", "anx_II", "anx_IX", "anx_X"]
    assert sorted(set(annexes), key=names.sort_key) == annexes
    points = ["art_1.pnt_h", "art_1.pnt_i", "art_1.pnt_i.pnt_iv", "art_1.pnt_i.pnt_ix", "art_1.pnt_j"]
    assert sorted(set(points), key=names.sort_key) == points


@given(NUMBERS, NUMBERS)
def test_keys_of_articles_order_by_number_then_letter(left: str, right: str) -> None:
    def told(number: str) -> tuple[int, str]:
        digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
        return int(digits), number[len(digits) :]

    assert (names.sort_key(f"art_{left}") < names.sort_key(f"art_{right}")) == (told(left) < told(right))


@pytest.mark.parametrize(
    ("text", "value"), [("IV", 4), ("xiv", 14), ("MCMXC", 1990), ("IIII", None), ("", None)]
)
def test_roman_numerals(text: str, value: int | None) -> None:
    assert names.roman(text) == value


def test_celex_numbers_are_known_by_their_form() -> None:
    assert names.is_celex("32022R2554")
    assert names.base_celex("02022R2554-20221227") == "32022R2554"
    assert names.base_celex("32022R2554") == "32022R2554"
    for wrong in ("", "2022R2554", "32022R2554 ", "32022R2554\n", "3" * 31):
        assert not names.is_celex(wrong)
        with pytest.raises(Invalid):
            names.require_celex(wrong)
