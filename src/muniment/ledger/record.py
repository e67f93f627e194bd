"""How an event becomes a row of the outbox: committed, sealed, and only then written.

Rules (``docs/formats/leaf.md``): each field is committed under its own salt; salts and values are encrypted
before they reach the database, a person's fields under that person's key; the plain text of a fact never stands in a
table, a write-ahead log or a backup. Each event is numbered and vouched for as it is written.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from muniment.ledger import numbers, rows, vouch
from muniment.ledger.body import write_body, write_part
from muniment.ledger.models import Outbox, RowList, Stream
from muniment.ledger.words import Sealed, plain
from muniment.proof.canonical import canonical
from muniment.proof.leaf import SALT, Opening, commit, seal_fields
from muniment.spine import asking, envelope, ports
from muniment.spine.actor import Actor
from muniment.spine.blind import blind
from muniment.spine.installation import keyring
from muniment.spine.sealed import TENANT_KEY

_order_lock = threading.Lock()
_last_order = 0
#: Seconds by which the clock may fall behind the kernel's count before it was set back.
SET_BACK = 1.0
_ahead = 0.0
_asked: set[UUID] = set()


@dataclass(frozen=True, slots=True)
class Fact:
    """One event before it is sealed."""

    event: UUID
    cls: str
    kind: str
    actor: Actor
    subject: str
    stream: str
    at: datetime
    outcome: str
    cause: str
    facts: dict[str, Any]


def _wall() -> int:
    """Return the time in nanoseconds, as far as the clock tells microseconds."""
    return int(ports.now().timestamp() * 1_000_000) * 1000


def _next_order(least: int = 0) -> int:
    """Return a number greater than ``least`` and every one before it in this process, near the time."""
    global _last_order  # noqa: PLW0603  # one counter for the process is the point
    with _order_lock:
        _last_order = max(_last_order + 1, least + 1, _wall())
        return _last_order


def _waiting_order(tenant: UUID) -> int:
    """Return the order of the newest waiting event of a tenant where the clock may have been set back; 0 elsewhere.

    Asked of the database by a process that has not written for the tenant yet, and by one whose clock went back: an
    event must not be placed before one that waits already, whichever process wrote that, under whichever clock.
    """
    global _ahead  # noqa: PLW0603  # one clock for the process
    ahead = ports.now().timestamp() - ports.monotonic()
    with _order_lock:
        if ahead < _ahead - SET_BACK:
            _asked.clear()
        _ahead = ahead
        if tenant in _asked and _last_order < _wall() + 1_000_000:
            return 0
        _asked.add(tenant)
    return Outbox.objects.aggregate(newest=Max("order"))["newest"] or 0


def place(tenant: UUID, event: UUID) -> bytes:
    """Return the additional data of an event's body."""
    return b"muniment.event\0" + tenant.bytes + event.bytes


def stream_named(tenant: UUID, name: str) -> Stream:
    """Return the stream of this name, and begin it with a random tag when it is new."""
    index = blind(keyring().blind_key(tenant), "stream", name)
    found: Stream | None = Stream.objects.filter(subject_index=index).first()
    if found is None:
        found = Stream.objects.create(tenant_id=tenant, subject_index=index)
    return found


def _seal_openings(
    tenant: UUID,
    fact: Fact,
    openings: tuple[Opening, ...],
    keys: dict[str, UUID],
    seeds: dict[UUID, bytes],
    *,
    stands: numbers.Standing,
) -> bytes:
    """Return the encrypted body: one part for each key, each with the values that it opens."""
    parts: dict[UUID, list[Opening]] = {key_id: [] for key_id in seeds}
    for opening in openings:
        parts[keys.get(opening.path, TENANT_KEY)].append(opening)
    closed = {
        one.slot: commit(one.salt, one.path, canonical(one.value)) for one in openings if one.path in keys
    }
    ring = keyring()
    ring.ensure_keys(tenant, [key for key in parts if key != TENANT_KEY])
    sealed = []
    for key_id, held in sorted(parts.items(), key=lambda pair: pair[0].bytes):
        own = key_id == TENANT_KEY
        key = ring.tenant_key(tenant) if own else ring.key(tenant, key_id)
        plain_part = write_part(seeds[key_id], held, closed if own else None)
        sealed.append(envelope.seal_for(key_id, key, plain_part, place(tenant, fact.event)))
    return write_body(stands, sealed)


def origin_of(actor: Actor) -> dict[str, object]:
    """Return how and from where an actor came, with the number of what it answers and who gave the command."""
    asked = asking.current()
    if asked is None:
        return actor.origin
    return actor.origin | {"request": asked.number} | ({"user": asked.user} if asked.user else {})


def append(events: list[Fact], touched: set[tuple[str, str]]) -> None:
    """Write these events to the outbox, in the transaction that is open; the first one commits the rows.

    :raises TypeError: for a value that is no fact.
    """
    tenant = events[0].actor.tenant
    found = rows.marks(touched)
    streams: dict[str, Stream] = {}
    waiting = []
    least = _waiting_order(tenant)
    lane, first = numbers.take(tenant, len(events))
    key = vouch.key_of(tenant)
    for number, fact in enumerate(events):
        fixed: dict[str, Any] = {
            "action": fact.kind,
            "actor": fact.actor.id,
            "at": plain(fact.at),
            "origin": plain(origin_of(fact.actor)),
            "subject": fact.subject,
            "outcome": fact.outcome,
        }
        if fact.cause:
            fixed["cause"] = fact.cause
        if found and number == 0:
            body, fixed["rows"] = rows.encode(found)
            RowList.objects.create(id=fact.event, tenant_id=tenant, body=body)
        given = {name: value for name, value in fact.facts.items() if value is not None}
        keys = {
            f"facts.{name}": value.subject
            for name, value in given.items()
            if isinstance(value, Sealed) and value.subject is not None
        }
        values = {
            name: plain(value.value if isinstance(value, Sealed) else value) for name, value in given.items()
        }
        seeds = {key: ports.random_bytes(SALT) for key in (TENANT_KEY, *keys.values())}
        apart = {path: seeds[key] for path, key in keys.items()}
        root, openings = seal_fields(fixed, values, seeds[TENANT_KEY], apart)
        if fact.stream not in streams:
            streams[fact.stream] = stream_named(tenant, fact.stream)
        stream = streams[fact.stream]
        stands = numbers.Standing(lane.hex, first + number, bytes(stream.subject_index).hex())
        event = Outbox(
            id=fact.event,
            tenant_id=tenant,
            cls=fact.cls,
            kind=fact.kind,
            actor=fact.actor.id,
            subject=fact.subject,
            at=fact.at,
            stream=stream.id,
            body=_seal_openings(tenant, fact, openings, keys, seeds, stands=stands),
            order=_next_order(least),
            commitments=b"".join(root),
        )
        event.voucher = vouch.voucher(key, event)
        waiting.append(event)
    Outbox.objects.bulk_create(waiting)


def body_digest(body: bytes) -> bytes:
    """Return what the leaf says of the encrypted body."""
    return hashlib.sha256(body).digest()
