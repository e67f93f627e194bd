"""Who holds which role, rebuilt from the entries alone and held against the table (``ledger verify --deep``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from muniment.access.models import Person
from muniment.ledger.checks.rebuilt import differences, history
from muniment.spine.scope import DEPLOYMENT, tenant_scope

KINDS = frozenset({"access.create_person", "access.change_role", "access.deactivate"})


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each person who holds another role than the entries say, or whose closed account is open."""
    if tenant == DEPLOYMENT:
        return
    with tenant_scope(tenant):
        expected: dict[str, dict[str, Any]] = {}
        for one in history(KINDS):
            if "role" in one.facts:
                expected.setdefault(one.subject, {})["role"] = one.facts["role"]
            elif one.kind == "access.deactivate":
                expected.setdefault(one.subject, {})["is_active"] = False
        rows = (
            (f"{Person._meta.label}/{row.pk}", {"role": row.role, "is_active": row.is_active})
            for row in Person.objects.all()
        )
        yield from differences("access_person", expected, rows)
