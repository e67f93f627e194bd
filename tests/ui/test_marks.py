"""Pictures: well-formed, safe, and true to their figures."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from tests.ui.sample import NOW, owners, proof

from muniment.ui import marks
from muniment.ui.marks.merkle import climb
from muniment.ui.marks.svg import local, node, number

HOSTILE = '"><script>alert(1)</script><img src=x onerror=y>\x00\ud800&'

pictures = {
    "bars": lambda words: marks.stacked_bars(
        [{"label": words, "url": "/a", "parts": [("evidence", 3, "/b"), ("conflict", 1)]}], words
    ),
    "columns": lambda words: marks.trend([(words, 1), ("b", None), ("c", 2.5)], words),
    "line": lambda words: marks.trend([(words, 1), ("b", None), ("c", 2.5), ("d", 3)], words, kind="line"),
    "heat": lambda words: marks.heat_map(
        [
            {
                "label": words,
                "cells": [
                    {"label": words, "name": words, "status": "conflict", "url": "/x"},
                    {"label": "2", "status": ""},
                ],
            }
        ],
        words,
    ),
    "waterfall": lambda words: marks.waterfall(
        [{"label": words, "left": words, "right": words, "points": 0.5}, {"label": "b", "points": -0.2}],
        0.3,
        0.7,
        words,
        words,
    ),
    "ownership": lambda words: marks.ownership(
        {
            "name": words,
            "note": words,
            "owners": [{"name": words, "share": 25, "url": "/p", "kind": "person"}],
        },
        words,
    ),
    "proof": lambda _words: marks.proof_path(
        **{("proof" if key == "steps" else key): value for key, value in proof(5, 11).items()}
    ),
    "checkpoints": lambda _words: marks.checkpoints(
        [{"at": NOW, "size": 1}, {"at": NOW + dt.timedelta(hours=1), "size": 9, "witnesses": 1}]
    ),
}


@pytest.mark.parametrize("name", pictures)
@pytest.mark.parametrize("words", ["plain", HOSTILE])
def test_a_picture_is_well_formed_and_carries_neither_style_nor_script(name: str, words: str) -> None:
    tree = etree.fromstring(f"<div>{pictures[name](words)}</div>".encode())
    for element in tree.iter():
        assert element.tag not in {"script", "style", "img"}
        assert not [key for key in element.attrib if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("name", pictures)
def test_every_drawing_is_either_named_or_passed_over_by_screen_readers(name: str) -> None:
    for svg in html.fromstring(f"<div>{pictures[name]('plain')}</div>").iter("svg"):
        named = svg.get("role") == "img" and svg.find("title") is not None
        assert named or svg.get("aria-hidden") == "true"


@pytest.mark.parametrize("name", pictures)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert pictures[name]("plain") == pictures[name]("plain")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", " /x"]
)
def test_a_picture_never_leads_elsewhere(url: str) -> None:
    with pytest.raises(ValueError, match="only to pages"):
        local(url)


def test_style_and_script_cannot_be_built() -> None:
    for key in ("style", "onclick"):
        with pytest.raises(ValueError, match="neither style nor script"):
            node("g", {key: "x"})


def test_coordinates_are_short() -> None:
    assert [number(value) for value in (1.0, 0.333333, -0.0, 12.5)] == ["1", "0.33", "-0", "12.5"]


def test_bars_share_one_scale() -> None:
    markup = marks.stacked_bars(
        [{"label": "a", "parts": [("evidence", 10)]}, {"label": "b", "parts": [("evidence", 5)]}]
    )
    widths = re.findall(r'<rect class="f-proven" x="0" y="0" width="([0-9.]+)"', markup)
    assert widths == ["1000", "500"]


def test_bars_of_nothing_say_so() -> None:
    assert "none yet" in marks.stacked_bars([{"label": "a", "parts": [("evidence", 0)]}])
    assert marks.stacked_bars([])


def test_a_trend_of_nothing_says_so() -> None:
    assert "Nothing has been counted yet" in marks.trend([("a", None)], "t")


def test_a_trend_of_noughts_and_of_one_point_can_be_drawn() -> None:
    assert marks.trend([("a", 0), ("b", 0)], "t", kind="line")
    assert marks.trend([("a", 3)], "t", kind="line")


def test_a_cell_says_its_state_in_words_and_leads_to_its_list() -> None:
    markup = marks.heat_map(
        [
            {
                "label": "I",
                "cells": [{"label": "19", "name": "Article 19", "status": "conflict", "url": "/f?a=19"}],
            }
        ]
    )
    cell = html.fromstring(markup).find(".//a")
    assert cell.get("href") == "/f?a=19"
    assert "Article 19: Conflict found" in cell.text_content()


def test_the_key_counts_what_the_cells_stand_for() -> None:
    cells = [
        {
            "label": "1",
            "status": "conflict",
            "counts": {"conflict": 1, "evidence": 3},
            "words": "Art. 1: said",
        },
        {"label": "2", "status": "evidence", "counts": {"evidence": 2}},
        {"label": "3", "status": ""},
    ]
    found = html.fromstring(marks.heat_map([{"label": "I", "cells": cells}]))
    assert [one.text_content() for one in found.findall(".//li/b")] == ["5", "1"]
    assert "Art. 1: said" in found.text_content()
    assert "3: nothing is demanded" in found.text_content()


def test_the_waterfall_ends_where_its_steps_lead_and_says_which_side_of_the_threshold() -> None:
    below = marks.waterfall([{"label": "a", "points": 0.9}, {"label": "b", "points": -0.4}], 0.5, 0.7)
    assert "stays below the threshold of 0.70" in below
    assert "+0.90" in below
    assert "\N{MINUS SIGN}0.40" in below
    assert "reaches the threshold" in marks.waterfall([], 0.7, 0.7)


def test_owners_of_a_quarter_stand_out_and_an_unknown_share_is_said() -> None:
    markup = marks.ownership(owners())
    assert "share unknown" in markup
    assert "33.33\N{NO-BREAK SPACE}%" in markup
    assert markup.count("beneficial owner") == 3


def test_a_hostile_tree_of_owners_is_cut_off_and_says_so() -> None:
    deep: dict[str, object] = {"name": "end"}
    for _level in range(500):
        deep = {"name": "x", "share": 1, "owners": [deep]}
    assert "and 1 more owner" in marks.ownership(deep)
    assert "and 60 more owners" in marks.ownership({"name": "x", "owners": [{"name": "y"}] * 100})


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_the_path_leads_from_any_entry_to_the_root(pair: tuple[int, int]) -> None:
    held = proof(*pair)
    steps = climb(*pair, bytes.fromhex(held["leaf"]), [bytes.fromhex(one) for one in held["steps"]])
    assert (steps[-1].parent.hex() if steps else held["leaf"]) == held["root"]


def test_a_proof_that_does_not_hold_is_drawn_as_one_that_does_not() -> None:
    held = proof(5, 11)
    wrong = "00" * 32
    good = marks.proof_path(5, 11, held["leaf"], held["steps"], held["root"])
    assert "is-root" in good
    assert "leads to the signed root" in good
    for bad in (
        marks.proof_path(5, 11, wrong, held["steps"], held["root"]),
        marks.proof_path(5, 11, held["leaf"], [wrong, *held["steps"][1:]], held["root"]),
        marks.proof_path(5, 11, held["leaf"], held["steps"], wrong),
    ):
        assert "is-broken" in bad
        assert "does not lead to the signed root" in bad


@pytest.mark.parametrize(
    ("index", "size", "cut"), [(11, 11, 0), (-1, 11, 0), (5, 11, 1), (5, 3, 0), (0, 1, 0)]
)
def test_a_proof_of_the_wrong_shape_is_refused_in_words(index: int, size: int, cut: int) -> None:
    held = proof(5, 11)
    drawn = marks.proof_path(index, size, held["leaf"], held["steps"][cut:], held["root"])
    assert "does not belong" in drawn
    assert "<svg" not in drawn


def test_hashes_that_are_no_hex_are_refused_in_words() -> None:
    assert "does not belong" in marks.proof_path(0, 1, HOSTILE.replace("\ud800", ""), [], "zz")


def test_no_checkpoint_is_said_and_one_can_be_drawn() -> None:
    assert "No checkpoint" in marks.checkpoints([])
    assert "1 checkpoint, 0 witnessed." in marks.checkpoints([{"at": NOW, "size": 0}])


def test_a_head_says_how_many_signed_it_and_how_long_that_took() -> None:
    hour = dt.timedelta(hours=1)
    held = [
        {"at": NOW, "size": 1, "witnesses": 2, "of": 2, "quorum": True, "later": hour},
        {"at": NOW + 2 * hour, "size": 2, "witnesses": 1, "of": 2, "quorum": False},
        {"at": NOW + 4 * hour, "size": 3},
    ]
    drawn = str(marks.checkpoints(held))
    assert "3 checkpoints, 1 witnessed." in drawn
    assert "2 of 2 witnesses, 1 h later" in drawn
    assert "1 of 2 witnesses<" in drawn
    # A tick for each that was signed, the lower one for too few, and a line for the hour that the first one took.
    lines = re.findall(r'<line class="witness"[^>]*y1="([0-9.]+)"[^>]*y2="([0-9.]+)"', drawn)
    assert [float(low) - float(high) for high, low in lines] == [14.0, 0.0, 7.0]
