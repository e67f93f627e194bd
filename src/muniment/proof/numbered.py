"""The streams of a copied log: numbered without a gap, and leading to every map of streams that the log committed.

Rules (`docs/formats/stream-heads.md`): leaves and what is published of the stream-heads leaves are all that it takes,
no key and no database. Where entries were pruned or withheld, a stream begins where it is first met, and the maps,
which are about all that came before, cannot be made again: that is said and is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from muniment.proof.errors import Malformed
from muniment.proof.leaf import Leaf, parse_leaf
from muniment.proof.streamproof import RebuiltHeads


class StreamsSeen:
    """What is remembered of the streams while the leaves of a log are read in order.

    :param published: returns what is published about the stream-heads leaf at a place; None when nothing is.
    :param size: of the log under the signed checkpoint.
    """

    def __init__(self, published: Callable[[int], bytes | None], size: int) -> None:
        self._maps = RebuiltHeads(published, size)
        self._next: dict[bytes, int] = {}
        self._whole = True
        self._ours: bool | None = None

    def lost(self) -> None:
        """Take note that entries are not there: from here on streams begin anywhere."""
        self._whole = False
        self._next.clear()

    def take(self, index: int, raw: bytes) -> Iterator[str]:
        """Take the next leaf; yields a sentence for each thing that does not hold.

        A log whose first entry is none of ours has no streams, and nothing is asked of it.
        """
        if self._ours is False:
            return
        try:
            leaf = parse_leaf(raw)
        except Malformed as why:
            if self._ours:
                self.lost()
                yield f"entry {index}: it is no leaf of a ledger ({why})"
            self._ours = bool(self._ours)
            return
        self._ours = True
        yield from self._number(index, leaf)
        if self._whole:
            yield from self._maps.take(index, leaf)

    def _number(self, index: int, leaf: Leaf) -> Iterator[str]:
        wanted = self._next.get(leaf.st, 0 if self._whole else leaf.sn)
        self._next[leaf.st] = leaf.sn + 1
        if leaf.sn == wanted:
            return
        name = f"entry {index}: it is number {leaf.sn} of stream {leaf.st.hex()}"
        self._whole = False
        if leaf.sn > wanted:
            yield f"{name}, and number {wanted} is missing before it"
        else:
            yield f"{name}, and a number {leaf.sn} of it stands before it already"

    def said(self) -> str:
        """Return what was held against each other, for people."""
        if not self._ours:
            return "The entries are no leaves of a ledger, so nothing was looked for in streams."
        if not self._whole:
            return "The maps of streams could not all be made again: not every entry before them is here."
        return (
            f"{len(self._next)} streams are numbered without a gap; {self._maps.checked} maps of them hold."
        )
