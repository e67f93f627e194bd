"""Which keys were destroyed by order, and by which: what tells *erased* from *missing*.

The room that carries out erasures stands above this one; it puts a function here that knows its orders. A destroyed key
that no order names was destroyed behind everybody's back, and what stood under it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Order:
    """The lawful destruction of one key.

    :param key: name of the key that was destroyed; the tenant's own identifier for all that it had.
    :param subject: the thing of the ledger that is the order, as an entry names it.
    :param number: the order's number in its tenant, for people.
    :param at: when it was carried out.
    :param basis: the code of the legal basis.
    """

    key: UUID
    subject: str
    number: int
    at: datetime
    basis: str


#: Each takes a tenant and yields the orders that were carried out in it.
ORDERS: list[Callable[[UUID], Iterable[Order]]] = []


def erased(tenant: UUID) -> dict[UUID, Order]:
    """Return every key of a tenant that was destroyed by order, with the order; to be asked in the tenant's scope."""
    return {one.key: one for known in ORDERS for one in known(tenant)}
