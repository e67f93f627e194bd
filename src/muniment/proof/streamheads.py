"""The stream-heads map: how far every stream of a log goes, under one root, so that nothing can be left out.

Rules (`docs/formats/stream-heads.md`): the map takes the tag of a stream to the number and place of its last
entry. It is a tree over the bits of the tags: a subtree without a stream is the empty root, one with a single
stream is that stream's leaf, and any other is the node over its halves. So equal maps have equal roots, a tag has
one place only, and nobody can show under one root both where a stream ends and that there is none.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from muniment.proof.errors import Malformed
from muniment.proof.merkle import EMPTY_ROOT, HASH, leaf_hash, node_hash

HEAD_DOMAIN = b"muniment.stream-head/1\x00"
TAG = 16
DEEPEST_TAG = 8 * TAG
_NUMBER = 8
HEAD_ROW = TAG + 2 * _NUMBER
_TOP = 16
"""Above so many bits subtrees are remembered; below, some dozens of streams at most are hashed anew."""

#: A subtree: its hash, and whether more than one stream is in it; None for an empty one.
Part = Optional[tuple[bytes, bool]]  # noqa: UP045  # this line is run, and by Python 3.9 too


@dataclass(frozen=True)
class Head:
    """Where a stream ends: the number of its last entry within the stream, and that entry's place in the log."""

    tag: bytes
    sn: int
    index: int

    def row(self) -> bytes:
        """Return the head as 32 bytes: tag, number and place (8 bytes each, big-endian)."""
        return self.tag + self.sn.to_bytes(_NUMBER, "big") + self.index.to_bytes(_NUMBER, "big")

    def hashed(self) -> bytes:
        """Return the head's hash as a leaf of the map."""
        return _hashed(self.row())


class HeadMap:
    """The map as it grows with the log; a change costs some dozens of hashes, however many streams there are.

    :param heads: to begin with, such as those that were kept when the entries before were pruned.
    """

    def __init__(self, heads: Iterable[Head] = ()) -> None:
        self.streams = 0
        self._rows: dict[int, list[bytes]] = {}
        self._parts: dict[int, Part] = {}
        self._changed: set[int] = set()
        for head in heads:
            self.put(head)

    def put(self, head: Head) -> None:
        """Take over where a stream ends now."""
        prefix = int.from_bytes(head.tag[: _TOP // 8], "big")
        rows = self._rows.setdefault(prefix, [])
        at = bisect_left(rows, head.tag)
        if at < len(rows) and rows[at].startswith(head.tag):
            rows[at] = head.row()
        else:
            rows.insert(at, head.row())
            self.streams += 1
        self._changed.add((1 << _TOP) + prefix)

    def get(self, tag: bytes) -> Head | None:
        """Return where a stream ends; None when there is none with this tag."""
        rows = self._rows.get(int.from_bytes(tag[: _TOP // 8], "big"), [])
        at = bisect_left(rows, tag)
        return head_in(rows[at]) if at < len(rows) and rows[at].startswith(tag) else None

    def heads(self) -> Iterator[Head]:
        """Yield every head, sorted by tag."""
        for prefix in sorted(self._rows):
            for row in self._rows[prefix]:
                yield head_in(row)

    def root(self) -> bytes:
        """Return the root of the map; of the empty one SHA-256 of nothing."""
        self._settle()
        top = self._parts.get(1)
        return top[0] if top else EMPTY_ROOT

    def path(self, tag: bytes) -> tuple[tuple[bytes, ...], Head | None]:
        """Return the hashes beside the way to a tag's place, the deepest first, and the head that stands there.

        It is the tag's own head, or that of the one stream that is alone where the tag would stand, or None.
        """
        self._settle()
        beside: list[bytes] = []
        at, depth = 1, 0
        while depth < _TOP:
            part = self._parts.get(at)
            if part is None or not part[1]:
                break
            at = 2 * at + _bit(tag, depth)
            other = self._parts.get(at ^ 1)
            beside.append(other[0] if other else EMPTY_ROOT)
            depth += 1
        if depth < _TOP:
            return tuple(reversed(beside)), self._alone(at, depth)
        rows = self._rows.get(at - (1 << _TOP), [])
        low, high = 0, len(rows)
        while high - low > 1:
            middle = _middle(rows, low, high, depth)
            right = _bit(tag, depth)
            other = _part(rows, low, middle, depth + 1) if right else _part(rows, middle, high, depth + 1)
            beside.append(other[0] if other else EMPTY_ROOT)
            low, high = (middle, high) if right else (low, middle)
            depth += 1
        return tuple(reversed(beside)), head_in(rows[low]) if high > low else None

    def _alone(self, at: int, depth: int) -> Head | None:
        """Return the only head of a subtree above the remembered depth."""
        while self._parts.get(at) is not None and depth < _TOP:
            at = 2 * at if self._parts.get(2 * at) is not None else 2 * at + 1
            depth += 1
        rows = self._rows.get(at - (1 << _TOP), [])
        return head_in(rows[0]) if rows else None

    def _settle(self) -> None:
        """Hash anew what changed: the groups, and then level by level what is above them."""
        for at in self._changed:
            rows = self._rows[at - (1 << _TOP)]
            self._parts[at] = _part(rows, 0, len(rows), _TOP)
        level = self._changed
        while level and 1 not in level:
            level = {at >> 1 for at in level}
            for at in level:
                self._parts[at] = _folded(self._parts.get(2 * at), self._parts.get(2 * at + 1))
        self._changed = set()


def require_head(head: Head, path: Sequence[bytes], root: bytes) -> None:
    """Make sure that a stream ends here, in the map with this root.

    :raises Malformed: when it does not.
    """
    if len(head.tag) != TAG or not 0 <= head.sn <= head.index < 1 << 63:
        raise Malformed("The head of a stream is out of range.")
    _require_way(head.tag, head.hashed(), path, root)


def require_no_stream(tag: bytes, other: Head | None, path: Sequence[bytes], root: bytes) -> None:
    """Make sure that the map with this root has no stream with a tag.

    :param other: the stream that is alone where the tag would stand; None when nothing is there.
    :raises Malformed: when it is not shown.
    """
    if len(tag) != TAG:
        raise Malformed(f"The tag of a stream must be {TAG} bytes.")
    if other is None:
        _require_way(tag, EMPTY_ROOT, path, root)
        return
    require_head(other, path, root)
    if other.tag == tag or any(_bit(tag, depth) != _bit(other.tag, depth) for depth in range(len(path))):
        raise Malformed("The other stream does not stand where this one would.")


def _require_way(tag: bytes, found: bytes, path: Sequence[bytes], root: bytes) -> None:
    if len(path) > DEEPEST_TAG or any(len(one) != HASH for one in path):
        raise Malformed("The way through the map has the wrong length.")
    for above, one in enumerate(path, start=1):
        right = _bit(tag, len(path) - above)
        found = node_hash(one, found) if right else node_hash(found, one)
    if found != root:
        raise Malformed("The way through the map does not lead to its root.")


def _hashed(row: bytes) -> bytes:
    return leaf_hash(HEAD_DOMAIN + row)


def head_in(row: bytes) -> Head:
    """Read a head from its 32 bytes."""
    middle = TAG + _NUMBER
    return Head(row[:TAG], int.from_bytes(row[TAG:middle], "big"), int.from_bytes(row[middle:], "big"))


def _bit(tag: bytes, depth: int) -> int:
    return tag[depth >> 3] >> (7 - (depth & 7)) & 1


def _middle(rows: Sequence[bytes], low: int, high: int, depth: int) -> int:
    """Return where, of sorted rows that agree before it, those begin whose bit at `depth` is set."""
    while low < high:
        middle = (low + high) // 2
        if _bit(rows[middle], depth):
            high = middle
        else:
            low = middle + 1
    return low


def _part(rows: Sequence[bytes], low: int, high: int, depth: int) -> Part:
    """Return the subtree over sorted rows that agree in their first `depth` bits."""
    if high - low < 2:
        return (_hashed(rows[low]), False) if high > low else None
    middle = _middle(rows, low, high, depth)
    return _folded(_part(rows, low, middle, depth + 1), _part(rows, middle, high, depth + 1))


def _folded(left: Part, right: Part) -> Part:
    """Return the subtree over two halves; a stream that is alone stands as high as it can."""
    if left is None or right is None:
        only = left or right
        if only is None or not only[1]:
            return only
    return node_hash(left[0] if left else EMPTY_ROOT, right[0] if right else EMPTY_ROOT), True
