"""Stream-heads leaves, and proofs that a stream is whole.

Rules (``docs/formats/stream-heads.md``): within a minute each entry is among those of which a stream-heads leaf
commits how far every stream goes; where nothing new was logged no leaf is made. The leaf gets its place in the
transaction that counts what is before it, so that no two are about the same, whoever else settles meanwhile. What it
says is public and is published beside the tiles: whoever has the log's entries makes the map again and compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min

from muniment.ledger import logs, vouch
from muniment.ledger.action import Act, action
from muniment.ledger.models import Entry, Log, Stream
from muniment.ledger.openings import opened_event
from muniment.ledger.sequence import head_to_change, sequence
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import parse_leaf
from muniment.proof.merkle import inclusion_of_many
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import (
    HEADS_CLASS,
    LARGEST_HEADS,
    LARGEST_STREAM,
    MOST_IN_LONG,
    MOST_IN_STREAM,
    Placed,
    RebuiltHeads,
    StreamProof,
    heads_said,
    parse_heads,
    write_heads,
)
from muniment.proof.tiles import Tiles, tile_name
from muniment.spine.actor import system
from muniment.spine.blind import blind
from muniment.spine.errors import Absent, Busy, Refused
from muniment.spine.installation import keyring
from muniment.spine.scope import tenant_scope

KIND: Final = "ledger.commit_heads"
EVERY: Final = timedelta(seconds=60)
CHUNK: Final = 5000
#: More bytes than anything but the leaf itself needs of a proof, for each of its entries and hashes.
PER_ENTRY: Final = 64
STALE: Final = "The map of streams that the ledger committed cannot be made again from its tables."

#: The last entry of every stream. Where its place is not noted, one look into the index finds it; where it is, the
#: entry itself may have been pruned.
LAST_OF_EACH: Final = """
SELECT s.id, s.next_sn - 1, COALESCE(s.last_idx, e.idx) FROM ledger_stream s
LEFT JOIN ledger_entry e ON s.last_idx IS NULL
    AND e.tenant_id = s.tenant_id AND e.stream = s.id AND e.sn = s.next_sn - 1
WHERE s.tenant_id = %s AND s.next_sn > 0
"""
#: Streams of which another place is noted than that of their last entry, or any while they have none yet.
MISPLACED: Final = """
SELECT s.id FROM ledger_stream s
LEFT JOIN ledger_entry e ON e.tenant_id = s.tenant_id AND e.stream = s.id AND e.sn = s.next_sn - 1
WHERE s.tenant_id = %s AND s.last_idx IS NOT NULL AND (s.next_sn = 0 OR s.last_idx <> e.idx) ORDER BY s.id
"""


@dataclass(slots=True)
class _Kept:
    """A map as this process made it last, and the leaf that was the last one in it."""

    size: int = 0
    leaf: bytes = b""
    heads: HeadMap = field(default_factory=HeadMap)


_maps: dict[str, _Kept] = {}
_one_at_a_time = RLock()


def forget() -> None:
    """Forget every map; the next one is made from the tables."""
    with _one_at_a_time:
        _maps.clear()


def file_of(index: int) -> str:
    """Return where below a log's folder the openings of a stream-heads leaf are published."""
    return f"heads/{tile_name(index)}"


def published_in(folder: Path, index: int) -> bytes | None:
    """Return what is published about a stream-heads leaf; ``None`` when nothing is."""
    try:
        with (folder / file_of(index)).open("rb") as file:
            return file.read(LARGEST_HEADS + 1)
    except OSError:
        return None


def said_by(entry: Entry) -> bytes:
    """Return what is to be published about a stream-heads leaf."""
    return write_heads(entry.idx, opened_event(entry).openings)


@action(
    KIND, cls=HEADS_CLASS, says="the ledger wrote down where each of {facts.streams} streams of entries ends"
)
def commit_heads(act: Act, *, root: bytes, size: int, streams: int) -> None:
    """Commit how far every stream of the log goes, so that nothing can be left out of one unnoticed."""
    act.record("heads", stream="heads", root=root.hex(), size=size, streams=streams)


def make_due(tenant: UUID, now: datetime) -> bool:
    """Make a stream-heads leaf when an entry has waited for one for a minute; returns whether one was made."""
    with tenant_scope(tenant):
        oldest = _oldest_uncovered()
        if oldest is None or oldest.at > now - EVERY:
            return False
    return make(tenant)


def make(tenant: UUID) -> bool:
    """Make a stream-heads leaf over all that has a place, and give it its own; returns whether one was needed."""
    clerk = system("sequencer", may=frozenset({KIND}), tenant=tenant)
    with tenant_scope(tenant), _one_at_a_time:
        if _oldest_uncovered() is None:
            return False
        # Once before the transaction: making a map from nothing takes seconds, and a writer keeps others waiting.
        before: Log = Log.objects.get()
        _map_at(before, before.size)
        with transaction.atomic():
            log = head_to_change(vouch.key_of(tenant))
            if _oldest_uncovered() is None:
                return False
            heads = _map_at(log, log.size)
            commit_heads(clerk, root=heads.root(), size=log.size, streams=heads.streams)
            sequence(tenant)
    return True


def _newest(below: int | None = None) -> Entry | None:
    """Return the newest stream-heads leaf of the current tenant's log, or the newest with a place below one."""
    rows = Entry.objects.filter(kind=KIND, cls=HEADS_CLASS).order_by("-idx")
    found: Entry | None = (rows if below is None else rows.filter(idx__lt=below)).first()
    return found


def _oldest_uncovered() -> Entry | None:
    """Return the first entry that no stream-heads leaf is about; those leaves themselves are not waited for."""
    newest = _newest()
    covered = 0 if newest is None else int(opened_event(newest).facts["size"])
    found: Entry | None = Entry.objects.filter(idx__gte=covered).exclude(kind=KIND).order_by("idx").first()
    return found


def _map_at(log: Log, size: int) -> HeadMap:
    """Return the map over the first entries of a log: the one made last, brought forward, or else a new one.

    What this process remembers counts only while the log still holds the entry at which it was made: a database
    that was put back to an older state has other ones.
    """
    kept = _maps.get(log.tag)
    if kept is None or kept.size > size or kept.leaf != _leaf_before(kept.size):
        kept = _Kept(size, _leaf_before(size), HeadMap(_last_of_each(log, size)))
    elif kept.size < size:
        for head in _between(kept.size, size):
            kept.heads.put(head)
        kept.size, kept.leaf = size, _leaf_before(size)
    _maps[log.tag] = kept
    return kept.heads


def _leaf_before(size: int) -> bytes:
    found: Entry | None = Entry.objects.filter(idx=size - 1).first()
    return b"" if found is None else found.leaf


def _between(first: int, last: int) -> Iterator[Head]:
    """Yield where each entry of a stretch brings its stream, in the order of the log."""
    rows = Entry.objects.filter(idx__gte=first, idx__lt=last).order_by("idx")
    for stream, sn, idx in rows.values_list("stream", "sn", "idx").iterator(chunk_size=CHUNK):
        yield Head(stream.bytes, sn, idx)


def _asked(question: str, log: Log) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a question about one log, whose first column is the tag of a stream."""
    with connection.cursor() as cursor:
        cursor.execute(question, [Log._meta.pk.get_db_prep_value(log.tenant_id, connection)])
        while rows := cursor.fetchmany(CHUNK):
            for stream, *rest in rows:
                yield (stream if isinstance(stream, UUID) else UUID(stream), *rest)


def _last_of_each(log: Log, size: int) -> Iterator[Head]:
    """Yield where every stream ends among the first entries of a log."""
    later = {stream for (stream,) in Entry.objects.filter(idx__gte=size).values_list("stream").distinct()}
    for stream, sn, idx in _asked(LAST_OF_EACH, log):
        if stream not in later and idx is not None:
            yield Head(stream.bytes, sn, idx)
    for stream in later:
        rows = Entry.objects.filter(stream=stream, idx__lt=size).order_by("-sn")
        for sn, idx in rows.values_list("sn", "idx")[:1]:
            yield Head(stream.bytes, sn, idx)


def map_faults(log: Log) -> Iterator[str]:
    """Make the map of streams again, entry by entry, and hold it against every stream-heads leaf.

    The columns of the entries were held against their leaves before. A log of which something was pruned has not got
    all that it takes: its newest map alone is made, from where each stream ends, unless that was pruned too
    (:func:`not_held`).
    """
    for (stream,) in _asked(MISPLACED, log):
        yield f"stream {stream}: the place noted for its last entry is not where that entry stands"
    folder = logs.folder(log)
    rebuilt = RebuiltHeads(partial(published_in, folder), log.published)
    rows = Entry.objects.order_by("idx").values_list("idx", "stream", "sn", "cls")
    for number, (idx, stream, sn, cls) in enumerate(rows.iterator(chunk_size=CHUNK)):
        if idx != number:
            yield from _newest_faults(log, folder)
            return
        if not 0 <= sn <= idx:
            return
        if cls == HEADS_CLASS:
            try:
                leaf = parse_leaf(Entry.objects.get(idx=idx).leaf)
            except Malformed:
                return
            yield from rebuilt.hold(idx, leaf)
        rebuilt.step(Head(stream.bytes, sn, idx))


def _newest_faults(log: Log, folder: Path) -> Iterator[str]:
    """Hold the newest stream-heads leaf against where the streams end."""
    newest = _newest(log.published)
    if newest is None:
        return
    name = f"the stream-heads leaf at {newest.idx}"
    raw = published_in(folder, newest.idx)
    if raw is None:
        yield f"{name}: what it says is not published"
        return
    try:
        said = heads_said(parse_leaf(newest.leaf), newest.idx, parse_heads(raw, newest.idx))
    except Malformed as why:
        yield f"{name}: what is published is not what it says ({why})"
        return
    if _reach_below(log, said.size):
        return
    if HeadMap(_last_of_each(log, said.size)).root() != said.root:
        yield f"{name}: the streams do not end where the map says that it commits"


def _reach_below(log: Log, size: int) -> int:
    """Return of how many streams nobody can tell any more where they ended among the first entries of a log."""
    later = Entry.objects.filter(idx__gte=size).values("stream").annotate(first=Min("sn"))
    gone: int = sum(
        one["first"] > 0 and not Entry.objects.filter(stream=one["stream"], sn=one["first"] - 1).exists()
        for one in later.iterator(chunk_size=CHUNK)
    )
    untold: int = sum(idx is None for _stream, _sn, idx in _asked(LAST_OF_EACH, log))
    return gone + untold


def not_held(log: Log) -> Iterator[str]:
    """Say which maps of streams could not be made again because entries that lead to them were pruned."""
    newest = _newest(log.published)
    if newest is None or Entry.objects.count() == log.size:
        return
    reach = _reach_below(log, int(opened_event(newest).facts["size"]))
    if not reach:
        yield (
            f"The maps of streams before entry {newest.idx} were not made again: entries that led to them were"
            " pruned."
        )
        return
    yield (
        f"No map of streams up to entry {newest.idx} was made again: of {reach} streams that go on behind it, the"
        " entries before it were pruned. The next one can be."
    )


def tag_of(tenant: UUID, name: str) -> bytes:
    """Return the tag of the stream in which the events of a subject are numbered, such as ``cases.Case/…``.

    :raises Absent: when there is none: nothing was ever logged in it.
    """
    index = blind(keyring().blind_key(tenant), "stream", name)
    with tenant_scope(tenant):
        found: UUID | None = Stream.objects.filter(subject_index=index).values_list("id", flat=True).first()
    if found is None:
        raise Absent("Nothing was ever logged under this name.")
    return found.bytes


def proof(tenant: UUID, tag: bytes, checkpoint: bytes | None = None) -> StreamProof:
    """Return the proof that a stream is whole up to the newest published stream-heads leaf, or was not there.

    :param checkpoint: the published one under which to prove; the newest when it is left out.
    :raises Busy: while no stream-heads leaf is published.
    :raises Refused: for a stream that is too long to be proven in one file.
    """
    with tenant_scope(tenant):
        log: Log = Log.objects.get()
        folder = logs.folder(log)
        raw = Tiles(folder, log.published).checkpoint() if checkpoint is None else checkpoint
        size = parse_checkpoint(raw).size
        newest = _newest(size)
        raw_said = None if newest is None else published_in(folder, newest.idx)
        if newest is None or raw_said is None:
            raise Busy(
                "The ledger has not yet written down where its streams end.",
                todo="Wait a minute, or run: muniment ledger settle.",
            )
        openings = parse_heads(raw_said, newest.idx)
        said = heads_said(parse_leaf(newest.leaf), newest.idx, openings)
        tiles = Tiles(folder, size)
        with _one_at_a_time:
            heads = _map_at(log, said.size)
            path, at = heads.path(tag)
            if heads.root() != said.root:
                # What the map takes was pruned since; the next leaf is about what is there.
                raise Busy(STALE, todo="Run: muniment ledger settle, then try again.")
        whole = at.sn + 1 if at is not None and at.tag == tag else 0
        if whole > MOST_IN_LONG:
            raise Refused(f"This stream has more than {MOST_IN_LONG} entries, too many for one proof.")
        rows = Entry.objects.filter(stream=UUID(bytes=tag), sn__lt=whole).order_by("sn")
        held = [(one.idx, one.leaf) for one in rows.iterator(chunk_size=CHUNK)]
        said_by_heads = _placed(tiles, newest.idx, newest.leaf)
        if whole <= MOST_IN_STREAM:
            entries = tuple(_placed(tiles, idx, leaf) for idx, leaf in held)
            return StreamProof(tag, raw, said_by_heads, openings, path, at, entries)
        shared = inclusion_of_many([idx for idx, _ in held], size, tiles.node)
    if sum(len(leaf) for _, leaf in held) * 4 // 3 + PER_ENTRY * (len(held) + len(shared)) > LARGEST_STREAM:
        raise Refused("The leaves of this stream are too large for one proof.")
    entries = tuple(Placed(idx, leaf, ()) for idx, leaf in held)
    return StreamProof(tag, raw, said_by_heads, openings, path, at, entries, tuple(shared))


def _placed(tiles: Tiles, index: int, leaf: bytes) -> Placed:
    return Placed(index, leaf, tuple(tiles.inclusion(index)))
