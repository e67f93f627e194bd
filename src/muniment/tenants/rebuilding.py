"""What an organisation is called and whether it is closed, rebuilt from the entries (``ledger verify --deep``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from muniment.ledger.checks.rebuilt import Said, differences, history, rebuilds
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants.models import Tenant

TABLE: Final = rebuilds("tenants_tenant", "name", "slug", "closed")
KINDS: Final = frozenset({"tenants.create", "lifecycle.empty"})


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each thing of the register that is not what the tenant's own log says."""
    if tenant == DEPLOYMENT:
        return
    with tenant_scope(tenant):
        expected: dict[str, Any] = {}
        for one in history(KINDS):
            expected |= _after(one)
        rows = (
            (str(row.pk), {"name": row.name, "slug": row.slug, "closed": row.closed_at is not None})
            for row in Tenant.objects.filter(id=tenant)
        )
        yield from differences(TABLE, {str(tenant): expected}, rows)


def _after(one: Said) -> dict[str, Any]:
    if one.kind == "lifecycle.empty":
        return {"closed": True}
    return {name: one.facts[name] for name in ("name", "slug") if name in one.facts} | {"closed": False}
