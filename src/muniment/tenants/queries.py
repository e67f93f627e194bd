"""Reads of the register of tenants."""

from __future__ import annotations

from uuid import UUID

from muniment.spine.errors import Absent
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants.models import Tenant


def every_tenant() -> list[Tenant]:
    """Return all tenants, by name; for the installation's own work."""
    with tenant_scope(DEPLOYMENT):
        return list(Tenant.everything.order_by("name"))


def named(slug: str) -> Tenant:
    """Return the tenant with this short name; for the installation's own work.

    :raises Absent: when there is none.
    """
    with tenant_scope(DEPLOYMENT):
        found: Tenant | None = Tenant.everything.filter(slug=slug).first()
    if found is None:
        raise Absent("There is no tenant of that short name.", todo="List them with: muniment tenant list.")
    return found


def own(tenant: UUID) -> Tenant:
    """Return one's own tenant."""
    with tenant_scope(tenant):
        found: Tenant = Tenant.objects.get(id=tenant)
        return found
