"""The tree: growing, proving, verifying, and refusing what is not proved."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.proof.errors import Malformed
from muniment.proof.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    subtree_root,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

ENTRIES = [f"entry {number}".encode() for number in range(70)]


@cache
def node(level: int, index: int) -> bytes:
    if level == 0:
        return leaf_hash(ENTRIES[index])
    return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))


def _nodes_from(first: int) -> Nodes:
    return lambda level, index: node(level, (first >> level) + index)


def slow_root(entries: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if len(entries) == 1:
        return leaf_hash(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return node_hash(slow_root(entries[:split]), slow_root(entries[split:]))


@settings(deadline=None)
@given(st.integers(1, 70))
def test_every_way_to_the_root_is_the_definition(size: int) -> None:
    assert root_of(ENTRIES[:size]) == slow_root(ENTRIES[:size]) == subtree_root(0, size, node)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == CompactRange().root() == EMPTY_ROOT


def test_every_leaf_of_every_small_tree_is_proved_and_no_other_passes() -> None:
    for size in range(1, 40):
        root = root_of(ENTRIES[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            verify_inclusion(node(0, index), index, size, proof, root)
            for wrong in (
                (node(0, index + 1), index, size, proof, root),
                (node(0, index), index + 1, size, proof, root),
                (node(0, index), index, size, [*proof, root], root),
                (node(0, index), index, size, proof, node(0, 69)),
            ):
                with pytest.raises(Malformed):
                    verify_inclusion(*wrong)
            if proof:
                with pytest.raises(Malformed):
                    verify_inclusion(node(0, index), index, size, proof[:-1], root)
                with pytest.raises(Malformed):
                    verify_inclusion(node(0, index), index, size, [proof[0][:31], *proof[1:]], root)


def test_every_older_tree_is_shown_to_be_the_beginning_of_every_newer_one() -> None:
    for new in range(1, 34):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, node)
            roots = root_of(ENTRIES[:old]), root_of(ENTRIES[:new])
            verify_consistency(old, new, proof, *roots)
            for broken in ([*proof, roots[0]], proof[1:] if proof else [roots[0]]):
                with pytest.raises(Malformed):
                    verify_consistency(old, new, broken, *roots)
            with pytest.raises(Malformed):
                verify_consistency(old, new, proof, roots[0], node(0, 0) if new > 1 else node(0, 1))
            if old < new:
                with pytest.raises(Malformed):
                    verify_consistency(old, new, proof, node(0, 69), roots[1])


def test_every_subtree_is_proved_to_belong_to_its_tree() -> None:
    size = 27
    root = root_of(ENTRIES[:size])
    for first in range(0, size, 4):
        for last in range(first + 1, min(first + 4, size) + 1):
            verify_subtree_inclusion(
                node(0, last - 1),
                last - 1,
                (first, last),
                inclusion_proof(last - 1 - first, last - first, _nodes_from(first)),
                subtree_root(first, last, node),
            )
    edge = [node(3, 2), node(4, 0)]
    verify_subtree_consistency((24, 27), size, edge, subtree_root(24, 27, node), root)
    with pytest.raises(Malformed):
        verify_subtree_consistency((24, 27), size, edge[::-1], subtree_root(24, 27, node), root)
    with pytest.raises(Malformed):
        verify_subtree_consistency((24, 28), size, edge, subtree_root(24, 27, node), root)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (-4, 0), (2, 1), (1, 3), (4, 12)])
def test_what_is_no_subtree_is_refused(first: int, last: int) -> None:
    with pytest.raises(Malformed, match="no such subtree"):
        verify_subtree_inclusion(node(0, 0), 0, (first, last), [], node(0, 0))


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 4)])
def test_an_empty_or_shrinking_tree_proves_nothing(old: int, new: int) -> None:
    with pytest.raises(Malformed):
        verify_consistency(old, new, [], EMPTY_ROOT, EMPTY_ROOT)
    with pytest.raises(Malformed):
        consistency_proof(old, new, node)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_there_is_no_proof_of_an_entry_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(Malformed):
        inclusion_proof(index, size, node)
    with pytest.raises(Malformed):
        verify_inclusion(node(0, 0), index, size, [], node(0, 0))


def test_what_is_no_hash_and_a_proof_that_is_cut_off_are_refused_with_their_reason() -> None:
    whole = slow_root(ENTRIES[:5])
    for leaf, root in ((b"short", whole), (node(0, 0), b"short")):
        with pytest.raises(Malformed, match="32 bytes each"):
            verify_inclusion(leaf, 0, 5, inclusion_proof(0, 5, node), root)
    with pytest.raises(Malformed, match="wrong length"):
        verify_consistency(3, 5, [], slow_root(ENTRIES[:3]), whole)


@pytest.mark.parametrize("moved", [1, 16, 32, -1])
def test_a_proof_whose_hashes_are_parted_elsewhere_is_refused(moved: int) -> None:
    """The same bytes in all, one hash too short and the next one too long."""
    whole = slow_root(ENTRIES[:5])
    first, second, *rest = inclusion_proof(0, 5, node)
    verify_inclusion(node(0, 0), 0, 5, [first, second, *rest], whole)
    both = first + second
    cut = len(first) - moved
    with pytest.raises(Malformed):
        verify_inclusion(node(0, 0), 0, 5, [both[:cut], both[cut:], *rest], whole)
    with pytest.raises(Malformed, match="wrong length"):
        verify_inclusion(node(0, 0), 0, 5, [first, second[:-1], *rest], whole)


def test_a_copied_range_grows_apart_from_its_source() -> None:
    grown = CompactRange()
    for number in range(5):
        grown.append(node(0, number))
    again = CompactRange(grown.size, grown.hashes)
    apart = grown.copy()
    apart.append(node(0, 5))
    assert (grown.size, apart.size) == (5, 6)
    assert again.root() == grown.root() == root_of(ENTRIES[:5])
    assert apart.root() == root_of(ENTRIES[:6])


@pytest.mark.parametrize(("size", "hashes"), [(-1, []), (3, [b"a" * 32]), (1, [b"short"])])
def test_a_damaged_range_is_not_continued(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(Malformed, match="do not belong"):
        CompactRange(size, hashes)


def _cases(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]


def _agrees(case: dict[str, Any], check: Callable[..., None], *given: Any, empty: bool = False) -> None:
    """Judge as the authors do, apart from what begins with nothing: that we always refuse."""
    if case["wantErr"] or empty:
        with pytest.raises(Malformed):
            check(*given)
    else:
        check(*given)


def _raw(text: str | None) -> bytes:
    return b64decode(text or "")


def test_the_official_cases_are_judged_as_their_authors_judge_them(real_vectors: Path) -> None:
    root = real_vectors / "merkle" / "testdata"
    kinds = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")
    cases = [(kind, case) for kind in kinds for case in _cases(root / kind)]
    place: tuple[int, ...]
    for kind, case in cases:
        proof = [_raw(one) for one in case["proof"] or []]
        if kind == "inclusion":
            place = (case["leafIdx"], case["treeSize"])
            _agrees(case, verify_inclusion, _raw(case["leafHash"]), *place, proof, _raw(case["root"]))
        elif kind == "consistency":
            roots = (_raw(case["root1"]), _raw(case["root2"]))
            place = (case["size1"], case["size2"])
            _agrees(case, verify_consistency, *place, proof, *roots, empty=case["size1"] == 0)
        elif kind == "subtreeinclusion":
            part = (case["start"], case["end"])
            hashed = _raw(case["leafHash"])
            _agrees(case, verify_subtree_inclusion, hashed, case["leafIdx"], part, proof, _raw(case["root"]))
        else:
            roots = (_raw(case["root1"]), _raw(case["root2"]))
            part = (case["start"], case["end"])
            empty = case["start"] == case["end"]
            _agrees(case, verify_subtree_consistency, part, case["size"], proof, *roots, empty=empty)
    assert len(cases) == 518
