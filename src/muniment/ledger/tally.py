"""Refusals beyond those of a minute that are recorded one by one: counted, and the count is put on record.

Rules: a flood of refusals costs one row that is counted up, and one entry a minute for each actor and kind; nothing is
dropped: count and entry change hands in one transaction. A count bears a voucher, since it is signed as an entry in
the end: one that somebody wrote into the database is never put on record and ``ledger verify`` names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from muniment.ledger import record, vouch
from muniment.spine import ports
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

#: For how long refusals are counted together.
WINDOW: Final = timedelta(seconds=60)


def count(actor: Actor, kind: str) -> None:
    """Count one more refusal of this kind for this actor, within the caller's transaction."""
    whose = {"tenant_id": actor.tenant, "actor": actor.id, "kind": kind}
    key = vouch.key_of(actor.tenant)
    counted = Tally.objects.select_for_update().filter(**whose)
    row: Tally | None = counted.first()
    if row is None:
        row = Tally(**whose, actor_kind=str(actor.kind), role=actor.role, since=ports.now())
        row.voucher = vouch.voucher(key, row)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            # Somebody else began the row between the two statements.
            row = counted.get()
        else:
            return
    good = vouch.vouched(key, row)
    row.times += 1
    if good:
        # What somebody else wrote is counted on and never vouched for.
        row.voucher = vouch.voucher(key, row)
    row.save(update_fields=["times", "voucher"])


def tally_faults(tenant: UUID, key: bytes) -> Iterator[str]:
    """Hold a tenant's counts against their vouchers, for ``ledger verify``."""
    for row in Tally.objects.filter(tenant_id=tenant).order_by("id").iterator(chunk_size=500):
        if not vouch.vouched(key, row):
            yield f"count {row.id.hex} of refusals: it is not as the ledger wrote it, and is not put on record"


def settle(now: datetime, *, whole: bool = False) -> int:
    """Put counts on record whose minute is over, one entry for each.

    :param whole: those too whose minute is not over yet, for a process that ends.
    :returns: how many refusals they stood for.
    """
    due = Tally.objects.all() if whole else Tally.objects.filter(since__lte=now - WINDOW)
    return sum(_settle(row.id, now) for row in due.only("id"))


def _settle(row_id: Any, now: datetime) -> int:
    with transaction.atomic():
        row: Tally | None = Tally.objects.select_for_update().filter(id=row_id).first()
        if row is None or not vouch.vouched(vouch.key_of(row.tenant_id), row):
            return 0
        actor = Actor(
            id=row.actor,
            kind=ActorKind(row.actor_kind),
            tenant=row.tenant_id,
            may=frozenset(),
            role=row.role,
        )
        fact = record.Fact(
            event=ports.new_id(),
            cls="refusal",
            kind=row.kind,
            actor=actor,
            subject="refusal",
            stream="refusal",
            at=now,
            outcome="refused",
            cause="",
            facts={
                "why": f"{row.times} more refusals of this kind since the last that was recorded by itself.",
                "times": row.times,
                "since": row.since,
            },
        )
        with tenant_scope(row.tenant_id), open_action(LEDGER_HAND):
            record.append([fact], set())
        row.delete()
        return row.times
