"""Why something of the ledger cannot be shown: *erased*, *pruned*, *withheld* or *missing*; what is proven then.

Rules: a key that no order names is *missing* and never anything kinder, as is a place that no signed bound covers
(``pruning.gaps``); a sealed body that does not open was changed, and that is said of this one entry and keeps no other
from being read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from muniment.ledger import erased
from muniment.ledger.erased import Order
from muniment.ledger.openings import Opened

#: What each word means, and what can still be proven then.
MEANINGS: Final[dict[str, str | Promise]] = {
    "erased": _(
        "Erased means: the key was destroyed by an order that is on record, so nobody can read this part any more, and "
        "nor can we. It is still proven that the entry stands at its place as it was recorded; what the part said is "
        "proven only by somebody who kept it opened."
    ),
    "pruned": _(
        "Pruned means: it was taken out when its time of keeping was over, below a bound that the log signed. A proof "
        "of it that somebody kept still holds, since its digest stays in the tree."
    ),
    "withheld": _(
        "Withheld means: it is there and is not shown. The files of this page show none of what was recorded, only "
        "sealed places; whoever is given a value with its salt can hold it against them."
    ),
    "missing": _(
        "Missing means: it must be here and is not, and no order and no bound says why. What is left is proven as "
        "before; what is missing is not, and that it is gone is itself a finding."
    ),
    "changed": _(
        "Changed means: what lies here is not what was recorded. The digest in the tree proves that; a copy from a "
        "backup can be held against it."
    ),
}


def orders(of: Iterable[Opened], tenant: UUID) -> Mapping[UUID, Order]:
    """Return the orders to erase that carried out what these entries lack; asked only if one lacks something."""
    return erased.erased(tenant) if any(one.gone for one in of) else {}


def word(of: Opened, known: Mapping[UUID, Order], tenant: UUID) -> str:
    """Return in one word why an entry cannot be read whole: a key of :data:`MEANINGS`, or nothing when it can."""
    if of.fault:
        return "changed"
    if not of.gone:
        return ""
    return "erased" if tenant in known or of.gone <= known.keys() else "missing"
