"""What the ledger says of one request: used by the tests that ask every address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from muniment.ledger.models import Outbox
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


def said(tenant: UUID, request: str = "") -> Iterator[Said]:
    """Yield what waits in a tenant's outbox, or what of it one request left."""
    with tenant_scope(tenant):
        for row in Outbox.objects.order_by("order"):
            opened = opened_event(row)
            origin = opened.value("origin")
            if request and origin.get("request") != request:
                continue
            yield Said(
                row.actor,
                row.kind,
                row.subject,
                opened.value("outcome"),
                origin["role"],
                tuple(origin["factors"]),
                origin["address"],
                origin.get("request", ""),
                opened.facts,
            )
