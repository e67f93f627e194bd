"""Holding orders against keys: what was erased is gone, and what is gone was erased by order.

Part of `ledger verify --deep`. It asks the key store for the keys that rows, entries and files name, and never for what
they open.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from muniment.ledger.erased import erased
from muniment.lifecycle import traces
from muniment.spine.installation import key_store
from muniment.tenants.models import Tenant


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each key that is there though it was erased, or gone though nobody ordered it."""
    ordered = erased(tenant)
    store = key_store()
    for name in sorted(store.get_many(tenant, ordered), key=str):
        yield (
            f"erasure {ordered[name].number}: the key {name} that it destroyed is there again"
            " (start the installation: the erasure journal is carried out again)"
        )
    closed = Tenant.objects.filter(id=tenant, closed_at__isnull=False).exists()
    if closed or tenant in ordered:
        return
    named = traces.every_key()
    here = store.get_many(tenant, [name for _what, name in named])
    gone = [(what, name) for what, name in named if name not in here and name not in ordered]
    buried = store.destroyed(tenant, [name for _what, name in gone])
    for what, name in gone:
        if name in buried:
            yield f"key {name}: it was destroyed, and no order to erase says so ({what})"
        else:
            yield (
                f"key {name}: it is missing, and nobody destroyed it ({what}): the key store is older than the tables,"
                " or somebody took the key out"
            )
    if named and store.get(tenant, tenant) is None:
        yield f"tenant {tenant}: its own key was destroyed, and no order to erase says so"
