"""What the ledger says of one request: used by the tests that ask every address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.ledger import logs
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.spine.scope import tenant_scope


@dataclass(frozen=True)
class Said:
    """One entry as it was committed."""

    actor: str
    kind: str
    subject: str
    outcome: str
    role: str
    factors: tuple[str, ...]
    address: str
    request: str
    facts: dict[str, Any]
    user: str = ""
    via: str = ""


def said(tenant: UUID, request: str = "") -> Iterator[Said]:
    """Yield what waits in a tenant's outbox; or what one request left, whether it waits or has its place."""
    with tenant_scope(tenant):
        placed = Entry.objects.order_by("idx") if request else ()
        for row in [*placed, *Outbox.objects.order_by("order")]:
            one = _said(row)
            if not request or one.request == request:
                yield one


def _said(row: Outbox | Entry) -> Said:
    opened = opened_event(row)
    origin = opened.value("origin")
    return Said(
        opened.value("actor"),
        opened.value("action"),
        opened.value("subject"),
        opened.value("outcome"),
        origin["role"],
        tuple(origin["factors"]),
        origin["address"],
        origin.get("request", ""),
        opened.facts,
        origin.get("user", ""),
        origin["via"],
    )


class Since:
    """What was put on record since one looked last, whether it waits or has its place."""

    def __init__(self) -> None:
        self.seen: set[UUID] = set()
        self.new()

    def new(self) -> list[Said]:
        """Return the entries of every log that were not there the last time."""
        found = []
        # The log of who was closed cannot be opened any more.
        for log in logs.living():
            with tenant_scope(log.tenant_id):
                for table in (Entry, Outbox):
                    fresh = set(table.objects.values_list("id", flat=True)) - self.seen
                    found += [_said(row) for row in table.objects.filter(id__in=fresh)]
                    self.seen |= fresh
        return found
