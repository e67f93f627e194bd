"""What was logged of an entry, held against its row: the leaf is made from the row, so the files say what it was.

Rules (ADR 29): a row that gives the hash in its tile is as it was logged. For one that does not, the leaf in the bundle
counts when it leads to the signed head, and what differs is named column by column; where neither leads there, the
walk goes on with the row and its roots tell. What no signed head covers yet is held by the log's own head alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from muniment.ledger.models import Entry
from muniment.ledger.record import body_digest
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Leaf, parse_leaf
from muniment.proof.merkle import leaf_hash, verify_inclusion
from muniment.proof.tiles import WIDTH, Tiles


@dataclass(frozen=True, slots=True)
class Held:
    """An entry as the walk goes on with it.

    :param raw: the leaf that was logged, as far as that is known; empty when the row gives none.
    :param leaf: the same, read; ``None`` when it cannot be.
    :param faults: what the row says differently.
    """

    raw: bytes
    leaf: Leaf | None
    faults: tuple[str, ...]


class Logged:
    """The leaves of one log as its files hold them under a signed head.

    :param head: the published one; without it every row is taken at its word, and the roots tell.
    """

    def __init__(self, folder: Path, head: Checkpoint | None) -> None:
        self._head = head
        self._tiles = Tiles(folder, 0 if head is None else head.size)
        self._number = -1
        self._hashes: list[bytes] = []

    def hold(self, entry: Entry) -> Held:
        """Return an entry's leaf as it was logged, and what its row says differently."""
        told = ""
        try:
            raw = entry.leaf
        except Malformed as why:
            raw, told = b"", why.what
        if leaf_hash(raw) != self._hash(entry.idx):
            raw = self._signed(entry.idx) or raw
        try:
            leaf = parse_leaf(raw)
        except Malformed as why:
            return Held(raw, None, (f"the leaf cannot be read ({told or why.what})",))
        return Held(raw, leaf, tuple(column_faults(entry, leaf, raw)))

    def _hash(self, index: int) -> bytes | None:
        """Return the hash that the tile of a place holds for it; ``None`` where there is none that can be read."""
        if self._head is None or index >= self._head.size:
            return None
        number, within = divmod(index, WIDTH)
        if number != self._number:
            self._number = number
            try:
                self._hashes = self._tiles.tile(0, number)
            except Malformed:
                self._hashes = []
        return self._hashes[within] if within < len(self._hashes) else None

    def _signed(self, index: int) -> bytes | None:
        """Return the leaf that the bundle of a place holds for it, if it leads to the signed head."""
        if self._head is None or index >= self._head.size:
            return None
        try:
            raw = self._tiles.entry(index)
            path = self._tiles.inclusion(index)
            verify_inclusion(leaf_hash(raw), index, self._head.size, path, self._head.root)
        except Malformed:
            return None
        return raw


def column_faults(entry: Entry, leaf: Leaf, raw: bytes) -> Iterator[str]:
    """Hold the columns of a row against the leaf that was logged, and name those that say something else.

    :param raw: the leaf as it was logged.
    """
    if leaf.x != body_digest(bytes(entry.body)):
        yield "its sealed contents are not those that were logged"
    held = (
        ("stream", entry.stream.bytes == leaf.st),
        ("sn", entry.sn == leaf.sn),
        ("cls", entry.cls == leaf.cls),
        ("at", int(entry.at.timestamp()) == leaf.t),
        *_rest(entry, leaf, raw),
    )
    if wrong := [name for name, agrees in held if not agrees]:
        yield f"its columns do not agree with its leaf ({', '.join(wrong)})"


def _rest(entry: Entry, leaf: Leaf, raw: bytes) -> tuple[tuple[str, bool], ...]:
    """Hold what the row keeps of the leaf itself: an older one all of it, and then no root."""
    if entry.kept_leaf is None:
        return (("root", entry.root is not None and bytes(entry.root) == b"".join(leaf.f)),)
    return ("leaf", bytes(entry.kept_leaf) == raw), ("root", entry.root is None)
