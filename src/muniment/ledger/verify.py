"""Checking the ledger against itself, and, in depth, every guarded row and stored file against the ledger.

Plain: entries are numbered without a gap, their leaves lead to the stored head, to every file on the disk and to
every signed checkpoint, bodies are those that the leaves name, streams and lanes are numbered without a gap, what
waits or is not signed yet bears its voucher, and no log is missing.
Deep: each opening is what was committed, the search columns say what the openings say, and each guarded row is what
the entry that last changed it committed; other rooms add checks of their own (stored files).

What was found is a list of sentences that name the row or file; an empty list means that everything holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from muniment.ledger import deep as depth
from muniment.ledger import heads, logs, receipts, streams, vouch
from muniment.ledger.disk import Disk
from muniment.ledger.models import Checkpoint, Entry, Lane, Log, Outbox, Stream
from muniment.ledger.numbers import Counted, number_faults, standing
from muniment.ledger.openings import opened_event
from muniment.ledger.record import body_digest
from muniment.ledger.snapshot import one_moment
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Leaf, parse_leaf
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.note import Key
from muniment.spine import config
from muniment.spine.envelope import Tampered
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: Checks that other rooms add: each takes a tenant and yields sentences about what does not hold.
DEEP_CHECKS: list[Callable[[UUID], Iterator[str]]] = []

MOST_NAMED: Final = 1000
CHUNK: Final = 500
ANCHORS: Final = "log.checkpoint"


@dataclass(slots=True)
class Finding:
    """What was looked at and what did not hold."""

    entries: int = 0
    rows: int = 0
    faults: list[str] = field(default_factory=list)

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
class _Walk:
    """What is remembered while the events of one log are walked in order."""

    log: Log
    found: Finding
    deep: bool
    key: bytes | None
    disk: Disk
    signed: Iterator[tuple[int, Any]]
    streams: dict[UUID, Stream]
    head: tuple[int, Any] | None = None
    tree: CompactRange = field(default_factory=CompactRange)
    numbers: dict[UUID, int] = field(default_factory=dict)
    lanes: dict[str, Counted] = field(default_factory=dict)
    last: depth.Last = field(default_factory=dict)

    def entries(self) -> None:
        """Check every entry in its place, and on the way each file and each signed size that it completes."""
        self.head = next(self.signed, None)
        for entry, listed in self._with_lists(Entry.objects.order_by("idx")):
            if entry.idx != self.tree.size:
                self.found.add(f"{self.log.origin}: entry {self.tree.size} is missing")
            self._entry(entry, listed)
            raw = bytes(entry.leaf)
            self.tree.append(leaf_hash(raw))
            self.found.extend(self.disk.take(raw), of=self.log.origin)
            self._heads()
            self.found.entries += 1
        self.found.extend(self.disk.end(), of=self.log.origin)
        while self.head is not None:
            self._not_led_to(self.head[0])
            self.head = next(self.signed, None)

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

    def _entry(self, entry: Entry, listed: bytes | None) -> None:
        name = f"entry {entry.idx}"
        try:
            leaf = parse_leaf(bytes(entry.leaf))
        except Malformed as why:
            self.found.add(f"{name}: the leaf cannot be read ({why.what})")
            return
        before = len(self.found.faults)
        self.found.extend(_column_faults(entry, leaf), of=name)
        if entry.sn != self.numbers.get(entry.stream, 0):
            self.found.add(f"{name}: a number is missing in its stream")
        self.numbers[entry.stream] = entry.sn + 1
        if len(self.found.faults) == before:
            self.found.extend(self._standing_faults(entry), of=name)
        if self.deep:
            self.found.extend(depth.contents_faults(entry, leaf, name, listed, self.last))

    def _standing_faults(self, event: Any) -> Iterator[str]:
        """Hold the number of an event, and the index of its stream, against what was met so far."""
        try:
            said = standing(bytes(event.body))
        except ValueError as why:
            yield str(why)
            return
        if said is None:
            return
        if not self.lanes.setdefault(said.lane, Counted()).take(said.number):
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
                self.found.extend(depth.contents_faults(event, leaf, name, listed, self.last))
            self.found.extend(self._standing_faults(event), of=name)

    def counts(self) -> Iterator[str]:
        """Hold streams and lanes against the numbers that were met."""
        for one in sorted(self.numbers.keys() | self.streams.keys()):
            if one not in self.streams:
                yield f"stream {one}: its row is missing"
            elif self.streams[one].next_sn != self.numbers.get(one, 0):
                yield f"stream {one}: its next number is not the one that follows"
        yield from number_faults(
            self.lanes, {lane.hex: count for lane, count in Lane.objects.values_list("id", "next_number")}
        )


def _column_faults(entry: Entry, leaf: Leaf) -> Iterator[str]:
    if leaf.x != body_digest(bytes(entry.body)):
        yield "its sealed contents are not those that were logged"
    said = (entry.stream.bytes, entry.sn, entry.cls, int(entry.at.timestamp()))
    if (leaf.st, leaf.sn, leaf.cls, leaf.t) != said:
        yield "its columns do not agree with its leaf"


def verify_log(tenant: UUID, *, deep: bool = False) -> Finding:
    """Check one tenant's log, and with ``deep`` its rows and files.

    :returns: what was looked at, and a sentence for each thing that does not hold.
    """
    found = Finding()
    with tenant_scope(tenant):
        early: Log | None = Log.objects.first()
        keys, file = _outside(early, found)
        with one_moment():
            log: Log | None = Log.objects.first()
            if log is None or early is None or (log.tag, log.vkeys) != (early.tag, early.vkeys):
                found.add(f"tenant {tenant}: its log is missing")
                return found
            _tables(log, keys, file, found, deep=deep)
            if deep:
                for check in DEEP_CHECKS:
                    found.extend(check(tenant))
    return found


def _outside(log: Log | None, found: Finding) -> tuple[tuple[Key, ...] | None, heads.Published]:
    """Read what the database does not hold: first, so that it is never newer than what the tables say."""
    nothing = heads.Published(b"", None, "")
    if log is None:
        return None, nothing
    try:
        keys = heads.keys_of(log)
    except Malformed as why:
        found.add(f"{log.origin}: its public keys cannot be read ({why.what})")
        return None, nothing
    found.extend(heads.key_faults(log, keys), of=log.origin)
    found.extend(receipts.key_faults(log, keys), of=log.origin)
    return keys, heads.published(log, keys)


def _tables(
    log: Log, keys: tuple[Key, ...] | None, file: heads.Published, found: Finding, *, deep: bool
) -> None:
    try:
        key = vouch.key_of(log.tenant_id)
    except KeyDestroyed:
        # A tenant whose own key was destroyed: what stands in the tree is all that is left, and it still verifies.
        key = None
    signed = Checkpoint.objects.order_by("size", "number").values_list("size", "root")
    walk = _Walk(
        log,
        found,
        deep,
        key,
        Disk(logs.folder(log), 0 if file.head is None else file.head.size),
        signed.iterator(chunk_size=1000),
        {one.id: one for one in Stream.objects.iterator(chunk_size=1000)},
    )
    walk.entries()
    found.extend(heads.head_faults(log, key, walk.tree), of=log.origin)
    if keys is not None:
        found.extend(heads.row_faults(log, keys, key), of=log.origin)
        found.extend(heads.file_faults(log, file), of=log.origin)
    found.extend(streams.map_faults(log), of=log.origin)
    walk.waiting()
    found.extend(walk.counts(), of=log.origin)
    if deep:
        for sentence in depth.guarded_faults(walk.last):
            if sentence is None:
                found.rows += 1
            else:
                found.add(sentence)


def _anchored() -> dict[str, tuple[int, str]]:
    """Return the last size and root that the deployment's log holds of each log, by the log's name there.

    The class stands in the leaf, and what an anchor says is sealed under a key that the database does not have.
    """
    said: dict[str, tuple[int, str]] = {}
    with tenant_scope(DEPLOYMENT):
        for events in (Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")):
            for event in events.filter(cls=ANCHORS).iterator(chunk_size=1000):
                try:
                    shown = opened_event(event)
                    size, root = int(shown.facts["size"]), str(shown.facts["root"])
                except (Malformed, Tampered, ValueError, KeyError):
                    continue  # the walk over the deployment's log names it
                name = str(shown.value("subject"))
                said[name] = max(said.get(name, (0, "")), (size, root))
    return said


def _anchor_faults() -> Iterator[str]:
    """Hold every tenant's log against what the deployment's log says of its heads, so that none is dropped whole."""
    known = {f"log/{log.tag}": log for log in logs.every()}
    for subject, (size, root) in sorted(_anchored().items()):
        if subject not in known:
            yield f"{subject}: the deployment's log says that it stood at {size} entries, and it is missing"
            continue
        with tenant_scope(known[subject].tenant_id):
            held = Checkpoint.objects.filter(size=size).first()
        if held is None or bytes(held.root).hex() != root:
            yield f"{known[subject].origin}: its checkpoint at {size} is not the one in the deployment's log"


def _left_behind() -> Iterator[str]:
    """Name the folders of logs whose row is gone: a log is never removed."""
    tags = {log.tag for log in logs.every()}
    above = config.current().data / "log"
    for one in sorted(above.iterdir()) if above.is_dir() else ():
        if one.name not in tags:
            yield f"log/{one.name}: its files are on the disk, and its row is missing"


def verify(*, deep: bool = False) -> dict[UUID, Finding]:
    """Check every log of the installation, and that none of them is missing."""
    tenants = [log.tenant_id for log in logs.every()]
    found = {tenant: verify_log(tenant, deep=deep) for tenant in dict.fromkeys([*tenants, DEPLOYMENT])}
    with one_moment():
        found[DEPLOYMENT].extend(_anchor_faults())
        found[DEPLOYMENT].extend(_left_behind())
    return found
