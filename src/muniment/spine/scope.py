"""Which tenant we are working for. Without one, nothing can be read or written.

The scope is a context variable. Managers refuse to build a query without it; PostgreSQL's row-level security
and SQLCipher's triggers are told the same value before each statement (:mod:`muniment.spine.session`), so the
database refuses what Python forgot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

#: The installation itself, where law, lists and the register of tenants belong.
DEPLOYMENT: Final = UUID(int=0)

_tenant: ContextVar[UUID | None] = ContextVar("muniment_tenant", default=None)


class NoTenant(RuntimeError):
    """Something asked for a tenant's rows without saying which tenant (always our bug)."""


@contextmanager
def tenant_scope(tenant: UUID) -> Iterator[None]:
    """Work for this tenant until the block ends."""
    token = _tenant.set(tenant)
    try:
        yield
    finally:
        _tenant.reset(token)


def active_tenant() -> UUID | None:
    """Return the tenant we are working for, or ``None`` outside every scope."""
    return _tenant.get()


def current_tenant() -> UUID:
    """Return the tenant we are working for.

    :raises NoTenant: outside every scope, so that a forgotten scope fails instead of leaking.
    """
    tenant = _tenant.get()
    if tenant is None:
        raise NoTenant("rows of a tenant were asked for outside every tenant scope")
    return tenant
