"""Checking the ledger against itself, and, in depth, every guarded row and stored file against the ledger.

Plain: entries are numbered without a gap, their leaves lead to the stored range, to the tiles on the disk and to
the signed checkpoint, bodies are those that the leaves name, streams are numbered without a gap.
Deep: each opening is what was committed, the search columns say what the openings say, and each guarded row is what
the entry that last changed it committed; other rooms add checks of their own (stored files).

What was found is a list of sentences that name the row or file; an empty list means that everything holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from muniment.ledger import logs, rows
from muniment.ledger.models import Checkpoint, Entry, Log, Outbox, RowList, Stream
from muniment.ledger.openings import opened_event
from muniment.ledger.record import body_digest
from muniment.ledger.sequence import compact_range, leaf_of
from muniment.ledger.words import moment
from muniment.proof.canonical import canonical, parse
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import parse_leaf, require_opened
from muniment.proof.merkle import CompactRange, leaf_hash, root_of
from muniment.proof.note import parse_key
from muniment.proof.tiles import Tiles
from muniment.spine.envelope import Tampered
from muniment.spine.guard import Kept, guarded_tables
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import DEPLOYMENT, current_tenant, tenant_scope

#: Checks that other rooms add: each takes a tenant and yields sentences about what does not hold.
DEEP_CHECKS: list[Callable[[UUID], Iterator[str]]] = []

MOST_NAMED: Final = 1000


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

    def extend(self, sentences: Iterator[str]) -> None:
        """Note every fault of a check."""
        for sentence in sentences:
            self.add(sentence)


def _checkpoint_faults(log: Log, grown: dict[int, bytes]) -> Iterator[str]:
    try:
        keys = [parse_key(line) for line in log.vkeys.splitlines()]
    except Malformed as why:
        yield f"{log.origin}: its public keys cannot be read ({why.what})"
        return
    for kept in Checkpoint.objects.order_by("size", "at"):
        try:
            head, _ = open_checkpoint(kept.note.encode("utf-8"), keys, origin=log.origin)
        except Malformed as why:
            yield f"{log.origin}: the checkpoint at {kept.size} is not signed by the log ({why.what})"
            continue
        if head.size != kept.size or bytes(kept.root) != head.root:
            yield f"{log.origin}: the checkpoint row at {kept.size} is not what was signed"
        if grown.get(head.size) != head.root:
            yield f"{log.origin}: the entries do not lead to the checkpoint signed at {head.size}"
    if log.published:
        tiles = Tiles(logs.folder(log), log.published)
        try:
            head, _ = open_checkpoint(tiles.checkpoint(), keys, origin=log.origin)
            if head.size != log.published or tiles.range().root() != head.root:
                yield f"{log.origin}: the tiles do not lead to the published checkpoint"
            tiled = CompactRange()
            for leaf in tiles.entries(0, log.published):
                tiled.append(leaf_hash(leaf))
            if tiled.root() != head.root:
                yield f"{log.origin}: the entry bundles do not lead to the published checkpoint"
        except Malformed as why:
            yield f"{log.origin}: {why}"


def _entry_faults(entry: Entry) -> Iterator[str]:
    try:
        leaf = parse_leaf(bytes(entry.leaf))
    except Malformed as why:
        yield f"entry {entry.idx}: the leaf cannot be read ({why.what})"
        return
    if leaf.x != body_digest(bytes(entry.body)):
        yield f"entry {entry.idx}: its sealed contents are not those that were logged"
    if (leaf.st, leaf.sn, leaf.cls, leaf.t) != (
        entry.stream.bytes,
        entry.sn,
        entry.cls,
        int(entry.at.timestamp()),
    ):
        yield f"entry {entry.idx}: its columns do not agree with its leaf"


def _opening_faults(entry: Any, commitments: Any, name: str) -> Iterator[str]:
    try:
        shown = opened_event(entry)
        for opening in shown.openings:
            require_opened(commitments, opening)
    except (Malformed, Tampered, KeyDestroyed, ValueError) as why:
        yield f"{name}: its contents are not what was committed ({why})"
        return
    said = tuple(shown.value(path) for path in ("action", "actor", "subject", "at"))
    if said != (entry.kind, entry.actor, entry.subject, moment(entry.at)):
        yield f"{name}: its search columns do not say what was committed"


def _row_list(event: Any, name: str, last: dict[tuple[str, str], tuple[str, str]]) -> Iterator[str]:
    """Check the row list of one event and note what it says of each row."""
    committed = opened_event(event).value("rows")
    held = RowList.objects.filter(id=event.id).first()
    if held is None:
        if committed:
            yield f"{name}: the list of the rows that it changed is missing"
        return
    listed = parse(bytes(held.body), largest=1 << 30)
    if root_of(canonical(mark) for mark in listed).hex() != committed:
        yield f"{name}: the list of the rows that it changed is not what was committed"
        return
    for table, row, digest in listed:
        last[table, row] = (digest, name)


def _waiting_faults(waiting: Outbox, streams: dict[UUID, Stream]) -> Iterator[str]:
    """Hold a waiting event against what its leaf will say."""
    name = f"waiting event {waiting.id}"
    stream = streams.get(waiting.stream)
    if stream is None:
        yield f"{name}: its stream is missing"
        return
    try:
        leaf = parse_leaf(leaf_of(waiting, stream))
    except Malformed as why:
        yield f"{name}: no leaf can be made of it ({why.what})"
        return
    yield from _opening_faults(waiting, leaf, name)


def _stream_faults(numbers: dict[UUID, int], streams: dict[UUID, Stream]) -> Iterator[str]:
    for one in sorted(numbers.keys() | streams.keys()):
        if one not in streams:
            yield f"stream {one}: its row is missing"
        elif streams[one].next_sn != numbers.get(one, 0):
            yield f"stream {one}: its next number is not the one that follows"


def _row_faults(last: dict[tuple[str, str], tuple[str, str]], found: Finding) -> Iterator[str]:
    for item in guarded_tables():
        if item.kept is not Kept.GUARDED:
            continue
        seen = set()
        scoped = _OwnRows(item)
        for table, row, digest in scoped.marks():
            found.rows += 1
            seen.add((table, row))
            known = last.get((table, row))
            if known is None or not known[0]:
                yield f"{table} {row}: this row was added behind the application's back"
            elif known[0] != digest:
                yield f"{table} {row}: this row was changed behind the application's back (last by {known[1]})"
        for (table, row), (digest, name) in last.items():
            if table == item.table and digest and (table, row) not in seen:
                yield f"{table} {row}: this row was removed behind the application's back (last by {name})"


class _OwnRows:
    """The rows of one table that belong to the current tenant, whatever else the database lets it read."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def marks(self) -> Iterator[rows.RowMark]:
        """Yield the marks of these rows."""
        own = [
            key.hex
            for key in self.item.model._base_manager.filter(tenant_id=current_tenant()).values_list(
                "pk", flat=True
            )
        ]
        yield from rows.digests(self.item, own)


@dataclass(slots=True)
class _Walk:
    """What is remembered while the entries of one log are walked in order."""

    log: Log
    found: Finding
    deep: bool
    heads: set[int]
    tree: CompactRange = field(default_factory=CompactRange)
    grown: dict[int, bytes] = field(default_factory=dict)
    numbers: dict[UUID, int] = field(default_factory=dict)
    last: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Check one entry in its place."""
        if entry.idx != self.tree.size:
            self.found.add(f"{self.log.origin}: entry {self.tree.size} is missing")
        self.found.extend(_entry_faults(entry))
        if entry.sn != self.numbers.get(entry.stream, 0):
            self.found.add(f"entry {entry.idx}: a number is missing in its stream")
        self.numbers[entry.stream] = entry.sn + 1
        self.tree.append(leaf_hash(bytes(entry.leaf)))
        if self.tree.size in self.heads:
            self.grown[self.tree.size] = self.tree.root()
        self.found.entries += 1
        if self.deep:
            _deep_entry(entry, self.found, self.last)


def verify_log(tenant: UUID, *, deep: bool = False) -> Finding:
    """Check one tenant's log, and with ``deep`` its rows and files.

    :returns: what was looked at, and a sentence for each thing that does not hold.
    """
    found = Finding()
    with tenant_scope(tenant):
        log: Log | None = Log.objects.first()
        if log is None:
            found.add(f"tenant {tenant}: its log is missing")
            return found
        walk = _Walk(log, found, deep, set(Checkpoint.objects.values_list("size", flat=True)))
        for entry in Entry.objects.order_by("idx").iterator(chunk_size=1000):
            walk.take(entry)
        found.extend(_head_faults(log, walk))
        streams = {one.id: one for one in Stream.objects.all()}
        found.extend(_stream_faults(walk.numbers, streams))
        found.extend(_checkpoint_faults(log, walk.grown))
        if deep:
            for waiting in Outbox.objects.order_by("order", "id"):
                before = len(found.faults)
                found.extend(_waiting_faults(waiting, streams))
                if len(found.faults) == before:
                    found.extend(_row_list(waiting, f"waiting event {waiting.id}", walk.last))
            found.extend(_row_faults(walk.last, found))
            for check in DEEP_CHECKS:
                found.extend(check(tenant))
    return found


def _head_faults(log: Log, walk: _Walk) -> Iterator[str]:
    try:
        stored = compact_range(log)
    except Malformed as why:
        yield f"{log.origin}: its stored head cannot be read ({why.what})"
        return
    if (stored.size, stored.hashes) != (walk.tree.size, walk.tree.hashes):
        yield f"{log.origin}: the entries do not lead to the stored head"


def _anchor_faults() -> Iterator[str]:
    """Hold every tenant's log against what the deployment's log says of its heads, so that none is dropped whole."""
    heads: dict[str, tuple[int, str]] = {}
    with tenant_scope(DEPLOYMENT):
        for entry in Entry.objects.filter(kind="ledger.anchor").order_by("idx").iterator(chunk_size=1000):
            try:
                facts = opened_event(entry).facts
            except (Malformed, Tampered, ValueError):
                continue  # the walk over the deployment's log names it
            heads[entry.subject] = (int(facts["size"]), str(facts["root"]))
    known = {f"log/{log.tag}": log for log in logs.every()}
    for subject, (size, root) in sorted(heads.items()):
        if subject not in known:
            yield f"{subject}: the deployment’s log says that it stood at {size} entries, and it is missing"
            continue
        with tenant_scope(known[subject].tenant_id):
            held = Checkpoint.objects.filter(size=size).first()
        if held is None or bytes(held.root).hex() != root:
            yield f"{known[subject].origin}: its checkpoint at {size} is not the one in the deployment’s log"


def _deep_entry(entry: Entry, found: Finding, last: dict[tuple[str, str], tuple[str, str]]) -> None:
    name = f"entry {entry.idx}"
    try:
        leaf = parse_leaf(bytes(entry.leaf))
        before = len(found.faults)
        found.extend(_opening_faults(entry, leaf, name))
        if len(found.faults) == before:
            found.extend(_row_list(entry, name, last))
    except Malformed as why:
        found.add(f"{name}: {why.what}")


def verify(*, deep: bool = False) -> dict[UUID, Finding]:
    """Check every log of the installation, and that none of them is missing."""
    found = {log.tenant_id: verify_log(log.tenant_id, deep=deep) for log in logs.every()}
    found.setdefault(DEPLOYMENT, Finding()).extend(_anchor_faults())
    return found
