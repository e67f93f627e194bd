"""Leaves: sixteen commitments, nothing readable, and openings that open only what was logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.small_log import Log, seeded

from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import (
    LARGEST_LEAF,
    Leaf,
    Opening,
    commit,
    parse_leaf,
    parse_opening,
    require_opened,
    seal_fields,
)


def test_a_leaf_comes_back_and_shows_no_value(log: Log) -> None:
    raw = log.entries[3]
    leaf = parse_leaf(raw)
    assert leaf.encode() == raw
    assert (leaf.cls, leaf.sn, len(leaf.f)) == ("decision.approve", 3, 16)
    assert len(raw) < LARGEST_LEAF
    assert b"person/3" not in raw
    assert b"cleared" not in raw


def test_every_opening_opens_its_own_slot_and_no_other_leaf(log: Log) -> None:
    leaf, other = parse_leaf(log.entries[3]), parse_leaf(log.entries[4])
    assert [(one.slot, one.path) for one in log.openings[3]] == [
        (0, "action"),
        (1, "actor"),
        (2, "at"),
        (8, "facts.final"),
        (9, "facts.names"),
        (10, "facts.outcome"),
        (11, "facts.score"),
    ]
    for opening in log.openings[3]:
        require_opened(leaf, opening)
        with pytest.raises(Malformed, match="not the one that was logged"):
            require_opened(other, opening)


@settings(deadline=None)
@given(st.sampled_from(["salt", "path", "value", "slot"]))
def test_a_changed_opening_does_not_open(part: str) -> None:
    commitments, (opening,) = seal_fields({}, {"n": 1}, seeded("one"))
    leaf = Leaf("a", commitments, 0, bytes(16), 0, bytes(32))
    changed: dict[str, Any] = {"salt": bytes(32), "path": "facts.m", "value": True, "slot": 9}
    with pytest.raises(Malformed):
        require_opened(leaf, replace(opening, **{part: changed[part]}))


def test_the_unused_slots_cannot_be_told_from_the_used_ones() -> None:
    commitments, openings = seal_fields({}, {}, seeded("two"))
    assert openings == ()
    assert len(set(commitments)) == 16
    assert all(len(one) == 32 for one in commitments)


def test_a_value_cannot_pass_for_another_fields_value() -> None:
    salt = bytes(32)
    assert commit(salt, "at", b'"or"') != commit(salt, "a", b't"or"')


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed, match="salt"):
        commit(bytes(length), "at", b"1")


@pytest.mark.parametrize(
    ("fixed", "facts"),
    [
        ({"colour": 1}, {}),
        ({}, {f"n{number}": 1 for number in range(9)}),
        ({}, {"N": 1}),
        ({}, {"a.b": 1}),
        ({}, {"a": 1.5}),
        ({"action": None}, {}),
    ],
)
def test_fields_that_have_no_place_are_refused(fixed: dict[str, Any], facts: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        seal_fields(fixed, facts, seeded("three"))


@pytest.mark.parametrize(
    "change",
    [
        {"cls": "Decision"},
        {"cls": ""},
        {"f": ()},
        {"f": (bytes(31),) * 16},
        {"st": b"short"},
        {"x": b"short"},
        {"sn": -1},
        {"t": -1},
        {"t": 2**53},
    ],
)
def test_a_leaf_out_of_form_is_not_written(log: Log, change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        replace(parse_leaf(log.entries[0]), **change).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "hs512"},
        {"k": "muniment.leaf/2"},
        {"f": []},
        {"f": ["AA=="] * 16},
        {"f": [7] * 16},
        {"st": "AA=="},
        {"sn": True},
        {"t": "1"},
        {"note": "more"},
        {"cls": "x" * 5000},
    ],
)
def test_a_leaf_out_of_form_is_not_read(log: Log, change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_leaf(canonical({**parse(log.entries[0]), **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 16},
        {"slot": -1},
        {"slot": 1},
        {"slot": True},
        {"path": "facts.x"},
        {"salt": "AA=="},
        {"more": 1},
    ],
)
def test_an_opening_out_of_form_is_not_read(change: dict[str, Any]) -> None:
    shown = Opening(0, "action", bytes(32), "x").shown()
    assert parse_opening(shown) == Opening(0, "action", bytes(32), "x")
    with pytest.raises(Malformed):
        parse_opening({**shown, **change})


@pytest.mark.parametrize("held", [None, [], {}, {"path": "action", "salt": "", "slot": 0}])
def test_what_is_no_opening_is_refused(held: Any) -> None:
    with pytest.raises(Malformed):
        parse_opening(held)
