"""The walk over one log: its entries in order, held against the tree, the files, the signed heads and their numbers.

Rules: what was pruned lawfully is walked by the hashes in the tiles, which stay; what a pruning carried over (numbers
of streams and lanes, digests of rows, entries that were to be kept) is believed as far as its entry committed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from muniment.ledger import accepted
from muniment.ledger import deep as depth
from muniment.ledger.disk import Disk
from muniment.ledger.logged import Logged
from muniment.ledger.models import Entry, Lane, Log, Outbox, Stream
from muniment.ledger.numbers import Counted, number_faults, standing
from muniment.ledger.record import body_digest
from muniment.ledger.said import Said
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.tiles import WIDTH

MOST_NAMED: Final = 1000
CHUNK: Final = 500


@dataclass(slots=True)
class Finding:
    """What was looked at and what did not hold.

    :param entries: those that are there. :param pruned: those that were taken away below a signed bound.
    :param accepted: damage that two persons accepted: told each time, and no fault.
    :param not_held: what could not be looked at, because what it takes was pruned.
    """

    entries: int = 0
    rows: int = 0
    pruned: int = 0
    faults: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    not_held: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return not self.faults

    def add(self, sentence: str) -> None:
        """Note a fault; past a thousand no more are named."""
        if len(self.faults) < MOST_NAMED:
            self.faults.append(sentence)

    def extend(self, sentences: Iterator[str], *, of: str = "") -> None:
        """Note every fault of a check, with what it is about in front of it."""
        for sentence in sentences:
            self.add(f"{of}: {sentence}" if of else sentence)


@dataclass(slots=True)
class Start:
    """Where a walk begins, and what is known of what lies before.

    :param tree: the range over what lies before. :param numbered: whether the numbers of streams and lanes before it
        are known; a walk over the tail alone does not know them, and only asks that they go on.
    :param kept: entries before it that must still be there, as inclusive ranges.
    """

    tree: CompactRange = field(default_factory=CompactRange)
    numbered: bool = True
    numbers: dict[UUID, int] = field(default_factory=dict)
    lanes: dict[str, Counted] = field(default_factory=dict)
    last: depth.Last = field(default_factory=dict)
    kept: Sequence[tuple[int, int]] = ()


@dataclass(slots=True)
class Walk:
    """What is remembered while the events of one log are walked in order.

    :param logged: what the files hold of each entry under the published head.
    :param bound: below it entries were pruned: their hashes are walked by the tiles.
    """

    log: Log
    found: Finding
    deep: bool
    key: bytes | None
    disk: Disk
    logged: Logged
    signed: Iterator[tuple[int, Any]]
    streams: dict[UUID, Stream]
    start: Start = field(default_factory=Start)
    bound: int = 0
    head: tuple[int, Any] | None = None
    tree: CompactRange = field(default_factory=CompactRange)

    def __post_init__(self) -> None:
        """Let what a deep check remembers of the rows lie in a file: it is as much as there are rows."""
        if self.deep:
            self.start.last = Said(self.start.last.items())

    def entries(self, until: int | None = None, *, strange: bool = True) -> None:
        """Check every entry in its place, and on the way each file and each signed size that it completes.

        :param until: stop before this one, to see how things stood there.
        :param strange: whether files that are none of the log's are looked for.
        """
        self.head = next(self.signed, None)
        self.tree = self.start.tree
        if self.bound:
            self._pruned()
        ahead = Entry.objects.filter(idx__gte=self.tree.size).order_by("idx")
        if until is not None:
            ahead = ahead.filter(idx__lt=until)
        for entry, listed in self._with_lists(ahead):
            if entry.idx != self.tree.size:
                self.found.add(f"{self.log.origin}: entry {self.tree.size} is missing")
            raw = self._entry(entry, listed)
            self.tree.append(leaf_hash(raw))
            self.found.extend(self.disk.take(raw), of=self.log.origin)
            self._heads()
            self.found.entries += 1
        if until is not None:
            return
        self.found.extend(self.disk.end(strange=strange), of=self.log.origin)
        while self.head is not None:
            self._not_led_to(self.head[0])
            self.head = next(self.signed, None)

    def _pruned(self) -> None:
        """Walk the hashes of what was pruned, and hold what is left of it against them."""
        left = self._with_lists(Entry.objects.filter(idx__lt=self.bound).order_by("idx"))
        one = next(left, None)
        wanted = _Wanted(self.start.kept)
        for number in range(self.bound // WIDTH):
            hashes, faults = self.disk.pass_by(number)
            self.found.extend(iter(faults), of=self.log.origin)
            if hashes is None:
                self.found.add(f"{self.log.origin}: the entries below {self.bound} cannot be passed by")
                return
            while one is not None and one[0].idx < (number + 1) * WIDTH:
                entry, listed = one
                self.found.extend(wanted.until(entry.idx), of=self.log.origin)
                self._left_over(entry, listed, hashes[entry.idx % WIDTH])
                one = next(left, None)
            for hashed in hashes:
                self.tree.append(hashed)
                self._heads()
            self.found.pruned += WIDTH
        self.found.extend(wanted.until(self.bound), of=self.log.origin)

    def _left_over(self, entry: Entry, listed: bytes | None, hashed: bytes) -> None:
        """Check an entry that outlived its neighbours; what it says of rows is carried over already."""
        self.found.pruned -= 1
        self.found.entries += 1
        name = f"entry {entry.idx}"
        held = self.logged.hold(entry)
        if leaf_hash(held.raw) != hashed:
            self.found.add(f"{name}: it is not the one that the tree holds")
        self.found.extend(iter(held.faults), of=name)
        if self.deep and held.leaf is not None:
            self.found.extend(depth.contents_faults(entry, held.leaf, name, listed, {}))

    def _heads(self) -> None:
        """Hold the tree against every checkpoint row of its size."""
        while self.head is not None and self.head[0] <= self.tree.size:
            if self.head[0] < self.tree.size or bytes(self.head[1]) != self.tree.root():
                self._not_led_to(self.head[0])
            self.head = next(self.signed, None)

    def _not_led_to(self, size: int) -> None:
        self.found.add(f"{self.log.origin}: the entries do not lead to the checkpoint signed at {size}")

    def _with_lists(self, events: Any) -> Iterator[tuple[Any, bytes | None]]:
        """Yield events with their row lists, which only the deep check asks for: some hundreds in one question."""
        left = events.iterator(chunk_size=CHUNK)
        while part := list(islice(left, CHUNK)):
            lists = depth.row_lists(part) if self.deep else {}
            for event in part:
                yield event, lists.get(event.id)

    def _entry(self, entry: Entry, listed: bytes | None) -> bytes:
        """Check one entry; returns its leaf as it was logged."""
        name = f"entry {entry.idx}"
        held = self.logged.hold(entry)
        self.found.extend(iter(held.faults), of=name)
        if entry.idx >= self.log.size:
            self.found.add(f"{name}: it stands behind the end of the log")
        if held.leaf is None:
            return held.raw
        numbers = self.start.numbers
        if entry.sn != numbers.get(entry.stream, 0 if self.start.numbered else entry.sn):
            self.found.add(f"{name}: a number is missing in its stream")
        numbers[entry.stream] = entry.sn + 1
        if held.leaf.x == body_digest(bytes(entry.body)):
            self.found.extend(self._standing_faults(entry), of=name)
        if self.deep:
            self.found.extend(depth.contents_faults(entry, held.leaf, name, listed, self.start.last))
        return held.raw

    def _standing_faults(self, event: Any) -> Iterator[str]:
        """Hold the number of an event, and the index of its stream, against what was met so far."""
        try:
            said = standing(bytes(event.body))
        except ValueError as why:
            yield str(why)
            return
        if said is None:
            return
        if not self.start.lanes.setdefault(said.lane, Counted()).take(said.number):
            yield f"another event bears its number {said.number} in lane {said.lane}"
        stream = self.streams.get(event.stream)
        if stream is not None and bytes(stream.subject_index).hex() != said.stream:
            yield f"its stream {stream.id} is now indexed as another subject's"

    def waiting(self) -> None:
        """Check what waits for its place."""
        for event, listed in self._with_lists(Outbox.objects.order_by("order", "id")):
            name = f"waiting event {event.id}"
            leaf, fault = depth.leaf_to_come(event, self.streams, self.key)
            if leaf is None:
                self.found.add(f"{name}: {fault}")
            elif self.deep:
                self.found.extend(depth.contents_faults(event, leaf, name, listed, self.start.last))
            self.found.extend(self._standing_faults(event), of=name)

    def counts(self) -> Iterator[str]:
        """Hold streams and lanes against the numbers that were met."""
        numbers = self.start.numbers
        for one in sorted(numbers.keys() | self.streams.keys()):
            if one not in self.streams:
                yield f"stream {one}: its row is missing"
            elif self.streams[one].next_sn != numbers.get(one, 0):
                yield f"stream {one}: its next number is not the one that follows"
        known = accepted.all_accepted()
        self.found.accepted += [one.sentence for one in known if not one.fault]
        yield from (one.fault for one in known if one.fault)
        yield from accepted.lost(self.start.lanes, known)
        yield from number_faults(
            self.start.lanes,
            {lane.hex: count for lane, count in Lane.objects.values_list("id", "next_number")},
        )


class _Wanted:
    """The entries below the bound that must still be there, asked in order."""

    def __init__(self, kept: Sequence[tuple[int, int]]) -> None:
        self._left = iter(kept)
        self._next: tuple[int, int] | None = next(self._left, None)

    def until(self, index: int) -> Iterator[str]:
        """Yield a sentence for each entry before this one that was to be kept and was not met; take this one as met."""
        while self._next is not None and self._next[0] <= index:
            first, last = self._next
            if first == index:
                self._next = (first + 1, last) if first < last else next(self._left, None)
                return
            yield f"entry {first} is missing: it was to be kept when those beside it were pruned"
            self._next = (first + 1, last) if first < last else next(self._left, None)
