"""Refusals beyond those of a minute that are recorded one by one: counted, and the count is put on record.

Rules: a flood of refusals costs one row that is counted up, and one entry a minute for each actor and kind; nothing is
dropped: count and entry change hands in one transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F

from muniment.ledger import record
from muniment.spine import ports
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

#: For how long refusals are counted together.
WINDOW: Final = timedelta(seconds=60)


def count(actor: Actor, kind: str) -> None:
    """Count one more refusal of this kind for this actor."""
    whose = {"tenant_id": actor.tenant, "actor": actor.id, "kind": kind}
    counted = Tally.objects.filter(**whose)
    if counted.update(times=F("times") + 1):
        return
    begun = {"actor_kind": str(actor.kind), "role": actor.role, "since": ports.now()}
    try:
        with transaction.atomic():
            Tally.objects.create(**whose, **begun)
    except IntegrityError:
        # Somebody else began the row between the two statements.
        counted.update(times=F("times") + 1)


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
        if row is None:
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
