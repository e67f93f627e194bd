"""What is never pruned because trust rests on it: how the keys of a log change, and whom two persons accepted."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from muniment.ledger.models import Log
from muniment.ledger.tables.trusted import LogKey, WitnessPolicy
from muniment.ledger.words import ref
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def needed(tenant: UUID) -> Iterator[str]:
    """Return the subjects whose entries stay: which keys sign, and whose witness counts, is read from these entries."""
    with tenant_scope(tenant):
        log: Log | None = Log.objects.first() if LogKey.objects.exists() else None
        accepted = WitnessPolicy.objects.filter(accepted_at__isnull=False).order_by("-number").first()
    if log is not None:
        yield f"log/{log.tag}"
    if accepted is not None and tenant == DEPLOYMENT:
        yield ref(accepted)
