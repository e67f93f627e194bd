"""Tables of the ledger: the outbox, its lanes, the entries, their row lists, streams, logs and checkpoints.

Rules: entries and checkpoints are append-only (entries but for what lies below a bound that the ledger signed), row
lists go with their entry, the outbox is a queue that only the sequencer empties, and no table has a foreign key, so
that nothing that is recorded can be pulled away by deleting something else.
Columns that repeat what an opening says (kind, actor, subject) are there for search; ``ledger verify --deep``
holds them against the opening.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import models

from muniment.ledger.tables import checks as _checks  # noqa: F401  # Django looks for its tables here
from muniment.ledger.tables import damage as _damage  # noqa: F401  # as above
from muniment.ledger.tables import pruning as _pruning  # noqa: F401  # as above
from muniment.ledger.tables import questions as _questions  # noqa: F401  # as above
from muniment.ledger.tables import time as _time  # noqa: F401  # as above
from muniment.ledger.tables import trusted as _trusted  # noqa: F401  # as above
from muniment.ledger.tables.narrow import Short, Word
from muniment.proof.leaf import Leaf
from muniment.proof.merkle import HASH
from muniment.spine.guard import Kept
from muniment.spine.models import Row, TenantManager
from muniment.spine.scope import active_tenant

#: What a binary column gives: PostgreSQL's driver answers with a view.
Octets = bytes | memoryview


class LedgerRow(Row):
    """A row of one tenant's log; the deployment's own log has the deployment's identifier."""

    class Meta(Row.Meta):
        abstract = True

    objects: ClassVar[TenantManager[Any]] = TenantManager()


class Event(LedgerRow):
    """What outbox and entries share: an event as it was recorded, sealed before it was written."""

    cls = models.CharField(max_length=40)
    kind = models.CharField(max_length=60)
    actor = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    at = models.DateTimeField()
    stream = models.UUIDField()
    body = models.BinaryField()

    class Meta(LedgerRow.Meta):
        abstract = True


class Outbox(Event):
    """Events of committed actions that wait for their place in the log."""

    kept: ClassVar[Kept] = Kept.QUEUE

    tenant_id = models.UUIDField(editable=False, default=active_tenant)
    order = models.BigIntegerField()
    commitments = models.BinaryField()
    voucher = models.BinaryField(max_length=32, default=bytes)

    class Meta(LedgerRow.Meta):
        indexes = [models.Index(fields=["tenant_id", "order"], name="waiting_in_order")]

    def leaf_at(self, sn: int) -> Leaf:
        """Return the leaf that the event has at this number of its stream."""
        return _leaf(self, sn, self.commitments)


class Lane(LedgerRow):
    """One of the rows in which the events of a log are counted as they are recorded, without a gap.

    A transaction takes a lane that nobody else holds, or opens another one, so that nobody waits for anybody; a
    transaction that is taken back takes its count back with it. The event's number stands in its body, which its
    leaf names: one that is taken away before it has its place leaves a hole for good.
    """

    kept: ClassVar[Kept] = Kept.REGISTER

    next_number = models.BigIntegerField(default=0)


class Entry(Event):
    """One event in its place in the log.

    Its leaf is made again from its columns (ADR 29). ``root`` is what the event's commitments lead to, as the outbox
    had it; ``kept_leaf`` is the whole leaf of an entry from before, which has no ``root``.
    """

    kept: ClassVar[Kept] = Kept.PRUNED
    pruned_by: ClassVar[str] = "ledger_prune"

    # Every index of the table begins with it or needs it not: one of its own would answer nothing.
    tenant_id = models.UUIDField(editable=False, default=active_tenant)
    cls = Word(max_length=40)
    kind = Word(max_length=60)
    actor = Word(max_length=80)
    subject = Word(max_length=120)
    idx = models.BigIntegerField()
    sn = models.BigIntegerField()
    kept_leaf = models.BinaryField(null=True, db_column="leaf")
    root = models.BinaryField(null=True)

    class Meta(LedgerRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "idx"], name="one_entry_per_place"),
            models.UniqueConstraint(fields=["stream", "sn"], name="one_entry_per_number_of_a_stream"),
        ]
        indexes = [
            models.Index(Short("tenant_id"), Short("subject"), name="entry_by_subject"),
            models.Index(Short("tenant_id"), Short("kind"), "idx", name="entry_by_kind"),
            models.Index(Short("tenant_id"), Short("actor"), "idx", name="entry_by_actor"),
            # On PostgreSQL it holds refusals alone (ADR 32).
            models.Index(Short("tenant_id"), Short("cls"), "idx", name="entry_by_class"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.idx}"

    @property
    def leaf(self) -> bytes:
        """The leaf as the row gives it: what was logged, unless somebody changed the row.

        :raises Malformed: when the columns cannot be those of a leaf.
        """
        if self.kept_leaf is not None:
            return bytes(self.kept_leaf)
        return _leaf(self, self.sn, self.root or b"").encode()


def _leaf(event: Event, sn: int, commitments: bytes | memoryview[int]) -> Leaf:
    return leaf_of(event.cls, event.stream, sn, event.at, event.body, commitments)


def leaf_of(  # noqa: PLR0917  # the columns of a row, in one order
    cls: str, stream: UUID, sn: int, at: datetime, body: Octets, commitments: Octets
) -> Leaf:
    """Return the leaf that the columns of a row give."""
    raw = bytes(commitments)
    return Leaf(
        cls=cls,
        f=tuple(raw[start : start + HASH] for start in range(0, len(raw), HASH)),
        sn=sn,
        st=stream.bytes,
        t=int(at.timestamp()),
        x=hashlib.sha256(bytes(body)).digest(),
    )


def leaves_of(rows: models.QuerySet[Entry]) -> list[bytes]:
    """Return the leaves of entries in the order of the query; as `Entry.leaf`, without an object for each row.

    :raises Malformed: when the columns of one cannot be those of a leaf.
    """
    columns = rows.values_list("kept_leaf", "cls", "stream", "sn", "at", "body", "root")
    return [
        leaf_of(cls, stream, sn, at, body, root or b"").encode() if kept is None else bytes(kept)
        for kept, cls, stream, sn, at, body, root in columns.iterator(chunk_size=1000)
    ]


class RowList(LedgerRow):
    """The rows that one event changed, with their digests; the event commits the root over them.

    ``id`` is the event's. ``body`` is canonical JSON: a list of ``[table, row id, digest in hex or ""]``,
    sorted; an empty digest says that the row was removed.
    """

    kept: ClassVar[Kept] = Kept.QUEUE

    body = models.BinaryField()


class Stream(LedgerRow):
    """The random tag and the next number of one subject's stream of events, and where its last one stands.

    ``last_idx`` is empty for a stream that went on last before places were noted here.
    """

    kept: ClassVar[Kept] = Kept.REGISTER

    subject_index = models.BinaryField(max_length=16)
    next_sn = models.BigIntegerField(default=0)
    last_idx = models.BigIntegerField(null=True)

    class Meta(LedgerRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "subject_index"], name="one_stream_per_subject"),
        ]


class Log(LedgerRow):
    """One log: its origin, its size, its compact range, and how far it was published."""

    kept: ClassVar[Kept] = Kept.REGISTER
    seen_by_deployment: ClassVar[bool] = True

    tag = models.CharField(max_length=32)
    origin = models.CharField(max_length=120)
    vkeys = models.TextField()
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=bytes)
    published = models.BigIntegerField(default=0)
    voucher = models.BinaryField(max_length=32, default=bytes)

    class Meta(LedgerRow.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant_id"], name="one_log_per_tenant")]

    def __str__(self) -> str:
        return self.origin


class Checkpoint(LedgerRow):
    """A signed head of the log, as published; they are numbered from 0 without a gap."""

    kept: ClassVar[Kept] = Kept.APPEND_ONLY

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    at = models.DateTimeField()
    number = models.BigIntegerField(default=0)
    voucher = models.BinaryField(max_length=32, default=bytes)

    class Meta(LedgerRow.Meta):
        indexes = [models.Index(fields=["tenant_id", "size"], name="checkpoint_by_size")]

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"
