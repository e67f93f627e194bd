"""The sequencer: it gives each waiting event its place in the log.

Rules: one sequencer at a time for a log (its row is locked); order is the outbox's; leaf, number within the
stream, compact range and the emptying of the outbox commit together, so that a crash repeats nothing and loses nothing.
An event or a head that does not bear its voucher is refused: nothing that somebody put into the database is placed.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction

from muniment.ledger import logs, vouch
from muniment.ledger.models import Entry, Log, Outbox, Stream
from muniment.proof.merkle import HASH, CompactRange, leaf_hash
from muniment.spine.errors import Clash
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

BATCH: Final = 1000


def compact_range(log: Log) -> CompactRange:
    """Return the log's compact range as stored."""
    raw = bytes(log.frontier)
    return CompactRange(log.size, [raw[at : at + HASH] for at in range(0, len(raw), HASH)])


def head_to_change(key: bytes) -> Log:
    """Return the current tenant's log, locked until the transaction ends.

    :raises Clash: when its row is not as the ledger wrote it: what it says would be signed.
    """
    log: Log = Log.objects.select_for_update().get()
    if not vouch.vouched(key, log):
        raise Clash(
            "The head of a log in the database is not what the ledger wrote.",
            todo="Stop, and run: muniment ledger verify --deep.",
        )
    return log


def leaf_of(event: Outbox, stream: Stream) -> bytes:
    """Return the leaf of a waiting event, in the next place of its stream."""
    return event.leaf_at(stream.next_sn).encode()


def sequence_batch(tenant: UUID, most: int = BATCH) -> int:
    """Give places to at most ``most`` waiting events of one tenant; returns how many there were."""
    with tenant_scope(tenant):
        if not Outbox.objects.exists():
            return 0
        with transaction.atomic(), open_action(LEDGER_HAND):
            key = vouch.key_of(tenant)
            log = head_to_change(key)
            waiting: list[Outbox] = list(Outbox.objects.order_by("order", "id")[:most])
            streams = {
                stream.id: stream for stream in Stream.objects.filter(id__in={one.stream for one in waiting})
            }
            if not {event.stream for event in waiting} <= streams.keys():
                # Named so that the worker goes on with the other logs instead of ending.
                raise Clash(
                    "A stream that a waiting event belongs to is missing.",
                    todo="Stop, and run: muniment ledger verify --deep.",
                )
            if not all(vouch.vouched(key, event) for event in waiting):
                raise Clash(
                    "A waiting event is not what was recorded.",
                    todo="Stop, and run: muniment ledger verify --deep.",
                )
            grown = compact_range(log)
            entries = []
            for event in waiting:
                stream = streams[event.stream]
                entries.append(
                    Entry(
                        id=event.id,
                        tenant_id=tenant,
                        cls=event.cls,
                        kind=event.kind,
                        actor=event.actor,
                        subject=event.subject,
                        at=event.at,
                        stream=event.stream,
                        body=event.body,
                        idx=grown.size,
                        sn=stream.next_sn,
                        root=event.commitments,
                    )
                )
                grown.append(leaf_hash(leaf_of(event, stream)))
                stream.next_sn, stream.last_idx = stream.next_sn + 1, grown.size - 1
            Entry.objects.bulk_create(entries)
            Stream.objects.bulk_update(streams.values(), ["next_sn", "last_idx"])
            Outbox.objects.filter(id__in=[event.id for event in waiting]).delete()
            log.size, log.frontier = grown.size, b"".join(grown.hashes)
            log.voucher = vouch.voucher(key, log)
            log.save(update_fields=["size", "frontier", "voucher"])
    return len(waiting)


def sequence(tenant: UUID) -> int:
    """Give a place to every event of one tenant that waits; returns how many there were."""
    done = 0
    while part := sequence_batch(tenant):
        done += part
    return done


def sequence_all() -> int:
    """Give a place to every waiting event of the installation."""
    return sum(sequence(log.tenant_id) for log in logs.every())
