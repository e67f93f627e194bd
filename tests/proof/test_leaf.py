"""Leaves: sixteen commitments, nothing readable, and openings that open only what was logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.small_log import Log, seeded

from muniment.proof.canonical import GREATEST, canonical, encode64, parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import (
    LARGEST_LEAF,
    SLOTS,
    Leaf,
    Opening,
    arranged,
    commit,
    parse_leaf,
    parse_opening,
    require_opened,
    salt_of,
    seal_fields,
    unused_of,
)
from muniment.proof.merkle import CompactRange, leaf_hash


def test_a_leaf_comes_back_and_shows_no_value(log: Log) -> None:
    raw = log.entries[3]
    leaf = parse_leaf(raw)
    assert leaf.encode() == raw
    assert (leaf.cls, leaf.sn, len(leaf.f)) == ("decision.approve", 3, 1)
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
    commitments, (opening,) = seal_fields({}, {"n": 1}, seeded("one")(32))
    leaf = Leaf("a", commitments, 0, bytes(16), 0, bytes(32))
    changed: dict[str, Any] = {"salt": bytes(32), "path": "facts.m", "value": True, "slot": 9}
    with pytest.raises(Malformed):
        require_opened(leaf, replace(opening, **{part: changed[part]}))


def test_every_slot_stands_in_the_tree_used_or_not() -> None:
    seed = seeded("two")(32)
    (root,), none = seal_fields({}, {}, seed)
    assert none == ()
    grown = CompactRange()
    for slot in range(16):
        grown.append(leaf_hash(unused_of(seed, slot)))
    assert root == grown.root()
    assert (
        len({unused_of(seed, slot) for slot in range(16)} | {salt_of(seed, slot) for slot in range(16)}) == 32
    )


def test_a_field_apart_has_a_salt_that_the_other_seed_does_not_tell() -> None:
    _, (beside, apart) = seal_fields({"action": "a"}, {"name": "Zoë"}, b"1" * 32, {"facts.name": b"2" * 32})
    assert (beside.salt, apart.salt) == (salt_of(b"1" * 32, 0), salt_of(b"2" * 32, 8))


def test_what_is_open_can_be_shown_when_the_rest_is_closed() -> None:
    root, openings = seal_fields({"action": "a"}, {"name": "Zoë"}, b"1" * 32, {"facts.name": b"2" * 32})
    hidden = openings[1]
    closed = {hidden.slot: commit(hidden.salt, hidden.path, canonical(hidden.value))}
    assert arranged(b"1" * 32, [(0, "action", "a", b"1" * 32)], closed) == (root, openings[:1])


@pytest.mark.parametrize("beside", [(), (bytes(32),) * 3, (bytes(32),) * 4, (bytes(32),) * 5])
def test_an_opening_with_other_hashes_beside_it_does_not_open(log: Log, beside: tuple[bytes, ...]) -> None:
    with pytest.raises(Malformed, match="not the one that was logged"):
        require_opened(parse_leaf(log.entries[3]), replace(log.openings[3][0], beside=beside))


def test_a_leaf_of_version_1_takes_no_hashes_beside_an_opening() -> None:
    salt = bytes(32)
    first = Leaf("a", (commit(salt, "action", b'"a"'), *(bytes(32),) * 15), 0, bytes(16), 0, bytes(32))
    assert parse_leaf(first.encode()) == first
    require_opened(first, Opening(0, "action", salt, "a"))
    with pytest.raises(Malformed, match="not the one that was logged"):
        require_opened(first, Opening(0, "action", salt, "a", (bytes(32),) * 4))


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
        seal_fields(fixed, facts, seeded("three")(32))


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
        {"k": "muniment.leaf/1"},
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


@pytest.mark.parametrize("count", [1, SLOTS])
@pytest.mark.parametrize(("sn", "t"), [(0, 0), (7, 1_790_000_000), (GREATEST, GREATEST)])
def test_a_leaf_is_written_as_the_canonical_form_of_its_parts(count, sn, t):
    roots = tuple(bytes([number]) * 32 for number in range(count))
    one = Leaf(cls="case.change_2.a", f=roots, sn=sn, st=b"\xfe" * 16, t=t, x=b"\xff" * 32)
    assert one.encode() == canonical(
        {
            "alg": "hs256",
            "cls": "case.change_2.a",
            "f": encode64(roots[0]) if count == 1 else [encode64(root) for root in roots],
            "k": "muniment.leaf/2" if count == 1 else "muniment.leaf/1",
            "sn": sn,
            "st": encode64(b"\xfe" * 16),
            "t": t,
            "x": encode64(b"\xff" * 32),
        }
    )


@pytest.mark.parametrize(("sn", "t"), [(GREATEST + 1, 0), (0, GREATEST + 1)])
def test_a_number_that_not_every_reader_keeps_is_not_written(sn, t):
    with pytest.raises(Malformed, match="out of range"):
        Leaf(cls="c", f=(bytes(32),), sn=sn, st=bytes(16), t=t, x=bytes(32)).encode()
