"""Who signed which head over time: the first kept head that holds a state or an entry, and how long that took.

Rules: nothing that is kept is believed; each file is verified when it is read, by the keys of the log and of the
witnesses in force, and must be a head that this log published. A tenant's state that was not signed by itself is
covered by the deployment's first signed head that holds an anchor of it, or of a later one. Of heads whose signatures
are not kept any more nothing is said but that a later one covers them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from muniment.ledger import lag, logs, witnessing
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import accepting
from muniment.proof.cosigned import ANCHOR
from muniment.proof.errors import Malformed
from muniment.proof.kept import cosigned_sizes
from muniment.proof.policy import Policy, Witnessed
from muniment.spine.errors import Invalid
from muniment.spine.scope import DEPLOYMENT, current_tenant, tenant_scope


@dataclass(frozen=True, slots=True)
class Cover:
    """The first head with signatures of witnesses that holds a state of a log.

    :param size: of that head. :param through: whether it is one of the deployment's log.
    :param own: whether it is the very state that was asked about.
    :param names: the witnesses that signed it; ``of`` how many the policy names.
    :param quorum: whether they are enough. :param at: when the last of them signed, by its own clock.
    """

    size: int
    through: bool
    own: bool
    names: tuple[str, ...]
    of: int
    quorum: bool
    at: datetime | None


class Kept:
    """The kept heads of one log, verified when they are looked at, each once."""

    def __init__(self, log: Log, found: Policy) -> None:
        self.log, self.found = log, found
        try:
            self.keys = lag.keys_of(log, found)
        except Malformed:
            self.keys = ()
        self.newest = lag.covered(log, found)
        self.sizes = cosigned_sizes(logs.folder(log))
        if self.newest is not None and self.newest.checkpoint.size not in self.sizes:
            self.sizes = sorted([*self.sizes, self.newest.checkpoint.size])
        with tenant_scope(log.tenant_id):
            rows = Checkpoint.objects.filter(size__in=self.sizes).values_list("size", "root")
            self.roots = {(size, bytes(root)) for size, root in rows}
        self.seen: dict[int, Witnessed | None] = {}

    def at(self, size: int) -> Witnessed | None:
        """Return the head of a size if it holds and is one that this log published."""
        if size not in self.seen:
            self.seen[size] = self._read(size)
        return self.seen[size]

    def first(self, size: int) -> Witnessed | None:
        """Return the smallest head of this size or more that has the quorum; else the smallest that anybody signed."""
        partly = None
        for one in self.sizes[bisect_left(self.sizes, size) :]:
            head = self.at(one)
            if head is not None and head.quorum:
                return head
            partly = partly or head
        return partly

    def _read(self, size: int) -> Witnessed | None:
        head = None
        with suppress(Malformed):
            head = lag.verified(witnessing.kept_at(self.log, size), self.found, self.keys)
        if head is None or head.checkpoint.size != size:
            newest = self.newest
            head = newest if newest is not None and newest.checkpoint.size == size else None
        return head if head and (size, head.checkpoint.root) in self.roots else None


def states(sizes: Collection[int]) -> dict[int, Cover]:
    """Return by which head each state of the current tenant's log is covered; those without one are left out."""
    try:
        found = accepting.in_force().policy
    except Invalid:
        return {}
    if found is None or not found.witnesses or not sizes:
        return {}
    log: Log = Log.objects.get()
    covers: dict[int, Cover] = {}
    if log.origin in {one.origin for one in witnessing.chosen(found)}:
        own = Kept(log, found)
        covers = {size: _cover(head, found, size) for size in sizes if (head := own.first(size))}
    if current_tenant() != DEPLOYMENT:
        lacking = [size for size in sizes if size not in covers or not covers[size].quorum]
        covers |= {
            size: one for size, one in _through(log, found, lacking) if one.quorum or size not in covers
        }
    return covers


def entry(of: Entry) -> Cover | None:
    """Return the first head with the quorum that holds an entry, or None."""
    found = states([of.idx + 1]).get(of.idx + 1)
    return found if found is not None and found.quorum else None


def head_over(log: Log, place: int) -> bytes:
    """Return the kept head of a log, of this size or more, that most witnesses signed; the smallest of these.

    :returns: nothing when none is kept that has the quorum.
    """
    with suppress(Invalid):
        found = accepting.in_force().policy
        if found is not None and found.witnesses:
            kept = Kept(log, found)
            held = [head for size in kept.sizes if size >= place and (head := kept.at(size)) and head.quorum]
            best = max(held, key=lambda one: (len(_signed(one, found)), -one.checkpoint.size), default=None)
            return b"" if best is None else witnessing.kept_at(log, best.checkpoint.size)
    return b""


def _through(log: Log, found: Policy, sizes: Collection[int]) -> Iterator[tuple[int, Cover]]:
    """Find for each state the first anchor of it or of a later one, and the first head above that."""
    if not sizes:
        return
    kept = Kept(logs.of(DEPLOYMENT), found)
    if not kept.sizes:
        return
    anchors = _anchors(log, min(sizes), kept.sizes[0])
    anchored = [size for size, _ in anchors]
    for size in sizes:
        at = bisect_left(anchored, size)
        head = kept.first(anchors[at][1] + 1) if at < len(anchors) else None
        if head is not None:
            yield size, _cover(head, found)


def _anchors(log: Log, least: int, oldest: int) -> list[tuple[int, int]]:
    """Return the anchored sizes of a log and where the deployment's log holds them, from a size on, in order.

    :param oldest: the size of the oldest kept head: of the anchors that it holds the newest is enough, since the same
        head comes first for all of them.
    """
    held: list[tuple[int, int]] = []
    with tenant_scope(DEPLOYMENT):
        rows = Entry.objects.filter(kind=ANCHOR, subject=f"log/{log.tag}").order_by("-idx")
        for one in rows.iterator(chunk_size=200):
            size = int(opened_event(one).facts["size"])
            if size < least:
                break
            held.append((size, one.idx))
            if one.idx < oldest:
                break
    return held[::-1]


def _signed(head: Witnessed, found: Policy) -> tuple[str, ...]:
    """Name the witnesses all of whose keys signed."""
    keys = found.witness_keys
    names = sorted({key.name for key in keys})
    return tuple(name for name in names if all(key in head.good for key in keys if key.name == name))


def _cover(head: Witnessed, found: Policy, asked: int | None = None) -> Cover:
    times = [one for one in head.times.values() if one]
    return Cover(
        head.checkpoint.size,
        through=asked is None,
        own=head.checkpoint.size == asked,
        names=_signed(head, found),
        of=len({key.name for key in found.witness_keys}),
        quorum=bool(head.quorum),
        at=datetime.fromtimestamp(max(times), UTC) if times else None,
    )
