"""What deleted rows left on the pages of the database when an erasure could not have them rewritten itself.

Rules: whether something is left is read from orders and entries, never from a mark of its own; it is tried again by the
worker until it is done, and when it cannot be done that is said with the reason, in the log and by ``check``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from muniment.ledger import logs
from muniment.ledger.models import Entry, Event, Outbox
from muniment.ledger.openings import opened_event
from muniment.lifecycle import actions, cleaning, executing
from muniment.lifecycle.models import Erasure, State
from muniment.spine.actor import Actor
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: Seconds between two tries of the worker.
EVERY: Final = 300.0


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to be rewritten.

    :param orders: by organisation, its orders. :param others: when organisations were closed, or orders carried out
        again after a restore, whose rows are still to be rewritten. :param since: the oldest of all.
    """

    orders: dict[UUID, list[UUID]]
    others: list[datetime]
    since: datetime | None

    @property
    def count(self) -> int:
        """How many erasures wait for it."""
        return sum(map(len, self.orders.values())) + len(self.others)


def left() -> Left:
    """Return what is still to be rewritten, in all organisations."""
    orders: dict[UUID, list[UUID]] = {}
    others: list[datetime] = []
    times: list[datetime] = []
    done = _newest_cleaning()
    for one in logs.living():
        with tenant_scope(one.tenant_id):
            rows = Erasure.objects.filter(state=State.EXECUTED, cleaned_at__isnull=True)
            for order, at in rows.order_by("number").values_list("id", "executed_at"):
                orders.setdefault(one.tenant_id, []).append(order)
                times.append(at)
            others += [event.at for event in _since("lifecycle.replay", done)]
    with tenant_scope(DEPLOYMENT):
        for event in _since("lifecycle.close", done):
            if str(opened_event(event).facts.get("cleaned", "")).startswith(cleaning.LEFT):
                others.append(event.at)
    return Left(orders, others, min([*times, *others], default=None))


def _since(kind: str, after: datetime | None) -> Iterator[Event]:
    for table in (Entry, Outbox):
        rows = table.objects.filter(kind=kind).exclude(cls="refusal")
        yield from rows.filter(at__gt=after) if after is not None else rows


def _newest_cleaning() -> datetime | None:
    """Return when everything was rewritten last, as the deployment's log says."""
    found: datetime | None = None
    with tenant_scope(DEPLOYMENT):
        for event in _since("lifecycle.clean", None):
            told = str(opened_event(event).facts.get("cleaned", ""))
            if not told.startswith(cleaning.LEFT) and (found is None or event.at > found):
                found = event.at
    return found


def clean(by: Actor | None = None) -> cleaning.Cleaned | None:
    """Rewrite what is left and put that on record in each log concerned; nothing when nothing is left.

    That it could not be done is not put on record each time, or the log would fill with it.

    :param by: who asks for it: then it is done, and what came of it is put on record, whatever is left.
    """
    found = left()
    if not found.count and by is None:
        return None
    cleaned = cleaning.clean()
    if cleaned.at is None and by is None:
        return cleaned
    if cleaned.at is not None:
        for tenant, orders in found.orders.items():
            actions.clean(
                executing.hand(tenant), cleaned=cleaned.told(), cleaned_at=cleaned.at, erasures=orders
            )
    actions.clean(by or executing.hand(DEPLOYMENT), cleaned=cleaned.told(), cleaned_at=cleaned.at)
    return cleaned
