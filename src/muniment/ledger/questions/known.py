"""Questions that everybody has from the first day, and those that people of the tenant keep.

Rule: a question is nothing but the fields of an address, so that it can be sent as a link and read by a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from muniment.ledger.tables.questions import Question
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid

#: Fields of the address that a question may hold.
FIELDS: Final = frozenset(
    {"group", "kind", "actor", "subject", "about", "outcome", "since", "until", "days", "readings", "stream"}
)
LONGEST_FIELD: Final = 120
#: Those into which a person can type anything, a name too.
TYPED: Final = frozenset({"actor", "subject", "about"})

SHIPPED: Final[tuple[tuple[str | Promise, dict[str, str]], ...]] = (
    (gettext_lazy("Refusals of the last 7 days"), {"group": "refusals", "days": "7"}),
    (gettext_lazy("Decisions of the last 30 days"), {"group": "decisions", "days": "30"}),
    (gettext_lazy("Changes of roles"), {"kind": "access.change_role"}),
    (gettext_lazy("Who made or took packs and exports"), {"group": "exports"}),
    (gettext_lazy("Who read the ledger"), {"kind": "ledger.read"}),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A question as a page offers it.

    :param id: of one that is kept; ``None`` for those that everybody has.
    :param own: whether the person who looks keeps it themselves.
    """

    name: str
    address: str
    id: UUID | None = None
    own: bool = False
    shared: bool = False


def require_question(asked: Mapping[str, str]) -> None:
    """Refuse to keep what asks for nothing, or for what no address of the ledger can hold.

    :raises Invalid: naming what is wrong.
    """
    if not any(asked.values()):
        raise Invalid("This asks for everything, which needs no name.", todo="Choose a filter first.")
    if set(asked) - FIELDS or any(len(value) > LONGEST_FIELD for value in asked.values()):
        raise Invalid("This is no question to the ledger.", todo="Choose a filter on its page.")


def parted(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns in which a question is kept: what can be anything is sealed."""
    words = {name: value for name, value in asked.items() if name in TYPED}
    return {
        "asked": {name: value for name, value in asked.items() if name not in TYPED},
        "words": json.dumps(words) if words else None,
    }


def _asked(row: Question) -> dict[str, str]:
    return {**row.asked, **(json.loads(row.words) if row.words else {})}


def questions(actor: Actor) -> list[Known]:
    """Return the questions that this person may choose from: everybody's, shared ones, their own."""
    shipped = [Known(str(name), f"?{urlencode(asked)}") for name, asked in SHIPPED]
    rows: list[Question] = list(
        Question.objects.filter(kept_by=actor.id).order_by("kept_at", "id")[:200]
    ) + list(Question.objects.filter(shared=True).exclude(kept_by=actor.id).order_by("kept_at", "id")[:200])
    kept = [
        Known(str(row.name), f"?{urlencode(_asked(row))}", row.id, row.kept_by == actor.id, row.shared)
        for row in rows
    ]
    return [*shipped, *kept]
