"""The tree of RFC 6962: hashing, growing, proving and verifying.

Rules: a leaf is SHA-256(0x00 || bytes), a node SHA-256(0x01 || left || right). Proofs are verified by the
algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2, except that a tree of size 0 proves nothing: first contact is a
state of its own, never an empty proof. A proof of the wrong length is refused, not padded or cut.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from muniment.proof.errors import Malformed

HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256

Nodes = Callable[[int, int], bytes]
"""Gives the hash of the perfect subtree at (level, index), whose first leaf is index * 2**level."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf of the tree."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent."""
    return _sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The few hashes from which a growing tree's root follows: one for each bit of its size.

    `size` and `hashes` (32 bytes each, left to right, greatest subtree first) are all that has to be stored
    to go on appending after a restart.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        ones = f"{size:b}".count("1")
        if size < 0 or len(self.hashes) != ones or any(len(one) != HASH for one in self.hashes):
            raise Malformed("The stored hashes do not belong to a tree of the stored size.")

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash at the right edge; amortised two node hashes."""
        left = self.size
        while left & 1:
            hashed = _sha256(b"\x01" + self.hashes.pop() + hashed).digest()
            left >>= 1
        self.hashes.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands; of the empty tree SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found

    def copy(self) -> CompactRange:
        """Return a range that can grow apart from this one, for a batch that may yet be rolled back."""
        return CompactRange(self.size, self.hashes)


def root_of(entries: Iterable[bytes]) -> bytes:
    """Return the root over entries (not hashes), for lists that are committed whole."""
    grown = CompactRange()
    for entry in entries:
        grown.append(leaf_hash(entry))
    return grown.root()


def subtree_root(first: int, last: int, nodes: Nodes) -> bytes:
    """Return the hash over the leaves first..last-1, as RFC 6962 splits them.

    `first` must be a multiple of the greatest power of two below the width, which holds for every range that
    a proof needs.
    """
    tail: list[bytes] = []
    while True:
        width = last - first
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            found = nodes(level, first >> level)
            break
        split = _split(width)
        level = split.bit_length() - 1
        tail.append(nodes(level, first >> level))
        first += split
    for left in reversed(tail):
        found = node_hash(left, found)
    return found


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root of the tree of `size` leaves.

    :raises Malformed: when the index is not in the tree.
    """
    if not 0 <= index < size:
        raise Malformed("There is no such entry in a tree of this size.")
    ranges = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    return [subtree_root(low, high, nodes) for low, high in reversed(ranges)]


def inclusion_of_many(places: Sequence[int], size: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that lead from several leaves together to the root, each hash once, from left to right.

    They are those of the greatest subtrees in which none of the leaves stands.

    :param places: of the leaves, growing.
    :raises Malformed: when there is none, they do not grow, or one is not in the tree.
    """
    _require_places(places, size)
    found: list[bytes] = []

    def over(first: int, last: int, low: int, high: int) -> None:
        if low == high:
            found.append(subtree_root(first, last, nodes))
        elif last - first > 1:
            middle = first + _split(last - first)
            cut = bisect_left(places, middle, low, high)
            over(first, middle, low, cut)
            over(middle, last, cut, high)

    over(0, size, 0, len(places))
    return found


def verify_many(
    hashed: Sequence[bytes], places: Sequence[int], size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Make sure that several leaf hashes stand at their places in the tree of `size` leaves with this root.

    :param places: of the leaves, growing. :param proof: as `inclusion_of_many` orders it.
    :raises Malformed: when they do not, or the proof has the wrong length.
    """
    _require_places(places, size)
    if len(hashed) != len(places) or any(len(one) != HASH for one in (*hashed, *proof)):
        raise Malformed(
            "A leaf hash and the hashes of a proof are 32 bytes each, and each leaf has its place."
        )
    left = iter(proof)

    def over(first: int, last: int, low: int, high: int) -> bytes:
        if low == high:
            found = next(left, b"")
            if not found:
                raise Malformed("The inclusion proof has the wrong length.")
            return found
        if last - first == 1:
            return hashed[low]
        middle = first + _split(last - first)
        cut = bisect_left(places, middle, low, high)
        return node_hash(over(first, middle, low, cut), over(middle, last, cut, high))

    found = over(0, size, 0, len(places))
    if next(left, None) is not None:
        raise Malformed("The inclusion proof has the wrong length.")
    if found != root:
        raise Malformed("The inclusion proof does not lead to the root.")


def _require_places(places: Sequence[int], size: int) -> None:
    if not places or not 0 <= places[0] <= places[-1] < size:
        raise Malformed("There is no such entry in a tree of this size.")
    if any(places[at] >= places[at + 1] for at in range(len(places) - 1)):
        raise Malformed("The places of the entries do not grow.")


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the hashes that show the tree of `old` leaves to be the beginning of the tree of `new` leaves.

    :raises Malformed: unless 0 < old <= new.
    """
    if not 0 < old <= new:
        raise Malformed("A consistency proof leads from a tree that is not empty to one at least as large.")
    if old == new:
        return []
    ranges = []
    first, last = 0, new
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    if first:
        ranges.append((first, last))
    return [subtree_root(low, high, nodes) for low, high in reversed(ranges)]


def verify_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Make sure that a leaf hash stands at `index` in the tree of `size` leaves with this root.

    :raises Malformed: when it does not; the message says whether the shape or the hash is wrong.
    """
    if not 0 <= index < size:
        raise Malformed("There is no such entry in a tree of this size.")
    if len(hashed) != HASH or len(root) != HASH:
        raise Malformed("A leaf hash and a root are 32 bytes each.")
    # RFC 9162, 2.1.3.2, walked in two stretches: below the point where the paths of this leaf and of the last
    # one part, the bits of the index say on which side a hash stands; above it every hash stands on the left.
    inner = (index ^ (size - 1)).bit_length()
    steps = inner + f"{index >> inner:b}".count("1")
    # All lengths at once: one hash too short beside one too long would make two nodes that are not 65 bytes, which
    # lead to the root only for who breaks SHA-256.
    if len(proof) != steps or len(b"".join(proof)) != HASH * steps:
        raise Malformed("The inclusion proof has the wrong length.")
    found, sides = hashed, index
    for one in proof[:inner]:
        found = _sha256(b"\x01" + one + found if sides & 1 else b"\x01" + found + one).digest()
        sides >>= 1
    for one in proof[inner:]:
        found = _sha256(b"\x01" + one + found).digest()
    if found != root:
        raise Malformed("The inclusion proof does not lead to the root.")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Make sure that nothing in the older tree was changed or taken away in the newer one.

    :raises Malformed: when it was, when the proof is misshapen, or when the older tree is empty.
    """
    if not 0 < old <= new:
        raise Malformed("Consistency is only defined from a tree that is not empty to one at least as large.")
    if old == new:
        if proof or old_root != new_root:
            raise Malformed("Two trees of one size must be the same tree, and need no proof.")
        return
    verify_subtree_consistency((0, old), new, proof, old_root, new_root)


def verify_subtree_inclusion(
    hashed: bytes, index: int, subtree: tuple[int, int], proof: Sequence[bytes], root: bytes
) -> None:
    """Make sure that a leaf hash stands at `index` of the log, within a subtree of it.

    :param subtree: its first leaf, and the one behind its last.
    :raises Malformed: when it does not, or when there is no such subtree.
    """
    first, last = subtree
    _require_subtree(first, last)
    verify_inclusion(hashed, index - first, last - first, proof, root)


def verify_subtree_consistency(
    subtree: tuple[int, int], size: int, proof: Sequence[bytes], part: bytes, root: bytes
) -> None:
    """Make sure that a subtree with the hash `part` belongs to the tree with this root.

    Subtrees are those of draft-ietf-plants-merkle-tree-certs; one that begins at 0 is an older tree of the
    same log, so this is also the consistency proof of RFC 9162, 2.1.4.2.

    :param subtree: its first leaf, and the one behind its last.
    :raises Malformed: when it does not belong, or the proof is misshapen.
    """
    first, last = subtree
    _require_subtree(first, last)
    if last > size or any(len(one) != HASH for one in proof):
        raise Malformed("The consistency proof has the wrong length, or the subtree ends outside the tree.")
    low, high, edge = first, last - 1, size - 1
    while low != high and (high == edge or high & 1):
        low, high, edge = low >> 1, high >> 1, edge >> 1
    path = list(proof) if low != high else [part, *proof]
    if not path:
        raise Malformed("The consistency proof has the wrong length.")
    if _both_roots(low, high, edge, path) != (part, root):
        raise Malformed("The newer tree does not continue the older one.")


def _both_roots(low: int, high: int, edge: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the hash of the subtree and of the whole tree that the path of a consistency proof leads to."""
    before = after = path[0]
    for one in path[1:]:
        if edge == 0:
            raise Malformed("The consistency proof has the wrong length.")
        if high & 1 or high == edge:
            if low < high:
                before = node_hash(one, before)
            after = node_hash(one, after)
            while not high & 1:
                low, high, edge = low >> 1, high >> 1, edge >> 1
        else:
            after = node_hash(after, one)
        low, high, edge = low >> 1, high >> 1, edge >> 1
    if edge:
        raise Malformed("The consistency proof has the wrong length.")
    return before, after


def _require_subtree(first: int, last: int) -> None:
    width = last - first
    if first < 0 or width < 1 or first % (1 << (width - 1).bit_length()):
        raise Malformed("There is no such subtree.")


def _split(width: int) -> int:
    """Return the greatest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def root_of_full(hashes: Sequence[bytes]) -> bytes:
    """Return the root over hashes, as many as a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def joined(hashes: Sequence[bytes]) -> bytes:
    """Return the root over subtrees that stand beside each other, the greatest first."""
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found
