"""The map of stream heads: one root for one map, and nothing shown twice under it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.small_log import seeded

from muniment.proof.errors import Malformed
from muniment.proof.merkle import EMPTY_ROOT, node_hash
from muniment.proof.streamheads import (
    DEEPEST_TAG,
    Head,
    HeadMap,
    head_in,
    require_head,
    require_no_stream,
)

tags = st.one_of(
    st.binary(min_size=16, max_size=16),
    # Tags that agree for long, as an operator could choose them.
    st.integers(0, 63).map(lambda low: b"\xaa" * 15 + bytes([low])),
)
maps = st.dictionaries(tags, st.tuples(st.integers(0, 9), st.integers(10, 1 << 40)), max_size=24)


def heads(of: dict[bytes, tuple[int, int]]) -> list[Head]:
    return [Head(tag, sn, index) for tag, (sn, index) in of.items()]


def plainly(of: list[Head], depth: int = 0) -> bytes:
    """The root as the format's page defines it."""
    if not of:
        return EMPTY_ROOT
    if len(of) == 1:
        return of[0].hashed()
    halves: list[list[Head]] = [[], []]
    for head in of:
        halves[int.from_bytes(head.tag, "big") >> (127 - depth) & 1].append(head)
    return node_hash(plainly(halves[0], depth + 1), plainly(halves[1], depth + 1))


@given(maps)
def test_the_root_is_the_one_that_the_format_defines(of: dict[bytes, tuple[int, int]]) -> None:
    assert HeadMap(heads(of)).root() == plainly(heads(of))


@given(maps, maps)
def test_the_order_and_the_steps_in_which_a_map_grew_do_not_show(
    first: dict[bytes, tuple[int, int]], then: dict[bytes, tuple[int, int]]
) -> None:
    grown = HeadMap(heads(first))
    grown.root()
    for head in heads(then):
        grown.put(head)
    whole = {**first, **then}
    again = HeadMap(sorted(heads(whole), key=lambda head: head.tag, reverse=True))
    assert (grown.root(), grown.streams) == (again.root(), len(whole))
    assert list(grown.heads()) == sorted(heads(whole), key=lambda head: head.tag)


@given(maps, tags)
def test_every_head_is_shown_and_every_other_tag_shown_absent(
    of: dict[bytes, tuple[int, int]], asked: bytes
) -> None:
    held = HeadMap(heads(of))
    root = held.root()
    for tag in [*of, asked]:
        path, at = held.path(tag)
        assert len(path) <= DEEPEST_TAG
        if tag in of:
            assert at == held.get(tag) == Head(tag, *of[tag])
            require_head(at, path, root)
            with pytest.raises(Malformed):
                require_no_stream(tag, at, path, root)
            with pytest.raises(Malformed):
                require_no_stream(tag, None, path, root)
        else:
            assert held.get(tag) is None
            require_no_stream(tag, at, path, root)
            with pytest.raises(Malformed):
                require_head(Head(tag, 0, 0), path, root)


def test_a_head_that_says_something_else_is_refused() -> None:
    random_bytes = seeded("heads")
    held = HeadMap(Head(random_bytes(16), 3, 40 + at) for at in range(50))
    head = next(held.heads())
    path, _ = held.path(head.tag)
    root = held.root()
    require_head(head, path, root)
    for other in (
        Head(head.tag, head.sn - 1, head.index),
        Head(head.tag, head.sn, head.index - 1),
        Head(head.tag[:15], head.sn, head.index),
        Head(head.tag, 41, 40),
        Head(head.tag, -1, 40),
        Head(head.tag, 0, 1 << 63),
    ):
        with pytest.raises(Malformed):
            require_head(other, path, root)
    for bent in (path[1:], path[:-1], (*path, path[0]), (path[0][:31], *path[1:]), path[::-1]):
        with pytest.raises(Malformed):
            require_head(head, bent, root)
    with pytest.raises(Malformed, match="wrong length"):
        require_head(head, path * 40, root)


def test_a_stream_that_stands_elsewhere_does_not_show_another_ones_absence() -> None:
    far, near = Head(b"\x00" * 16, 0, 0), Head(b"\xf0" + b"\x00" * 15, 0, 1)
    held = HeadMap([far, near, Head(b"\x80" + b"\x00" * 15, 0, 2)])
    root = held.root()
    path, at = held.path(b"\xff" * 16)
    assert at == near
    require_no_stream(b"\xff" * 16, near, path, root)
    beside, _ = held.path(far.tag)
    with pytest.raises(Malformed, match="does not stand where"):
        require_no_stream(b"\xff" * 16, far, beside, root)
    with pytest.raises(Malformed, match="must be 16 bytes"):
        require_no_stream(b"\xff" * 15, near, path, root)


def test_the_empty_map_has_no_stream_and_a_head_reads_back_from_its_bytes() -> None:
    held = HeadMap()
    assert held.root() == EMPTY_ROOT
    assert held.path(b"\x01" * 16) == ((), None)
    require_no_stream(b"\x01" * 16, None, (), EMPTY_ROOT)
    head = Head(b"\x07" * 16, 1, 258)
    assert head_in(head.row()) == head


def _counting(counted: list[bytes], left: bytes, right: bytes) -> bytes:
    counted.append(left)
    return node_hash(left, right)


def test_a_change_costs_as_much_in_a_large_map_as_in_a_small_one(monkeypatch: Any) -> None:
    """What is counted are hashes, since a machine may be slow."""
    from muniment.proof import streamheads

    random_bytes = seeded("many")
    costs = []
    for size in (2_000, 20_000):
        held = HeadMap(Head(random_bytes(16), 0, at) for at in range(size))
        held.root()
        counted: list[bytes] = []
        monkeypatch.setattr(streamheads, "node_hash", partial(_counting, counted))
        held.put(Head(random_bytes(16), 0, size))
        held.root()
        costs.append(len(counted))
        monkeypatch.undo()
    assert max(costs) < 40
