"""What became of the promises that somebody holds: until when each entry had to stand under a signed head, and did it.

Rules: whoever asks gets the receipts of what they did themselves, never another's; a promise counts as kept when a head
that covers the entry was signed in time. What the tables say here is for its holder's eye: the receipt itself is what
proves, held against the log by any program (`docs/formats/receipt.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from muniment.ledger import queries, reading
from muniment.ledger.models import Checkpoint, Entry
from muniment.proof.receipt import PROMISE
from muniment.spine.actor import Actor
from muniment.spine.scope import tenant_scope

MOST = queries.PAGE


@dataclass(frozen=True, slots=True)
class Promise:
    """One receipt and what became of it.

    :param due: until when the entry had to be covered. :param covered: when the first head that covers it was signed.
    """

    told: queries.Told
    due: datetime
    covered: datetime | None
    state: str


def state_of(due: datetime, covered: datetime | None, now: datetime) -> str:
    """Return ``kept``, ``late``, ``open`` while there is time, or ``broken``. Pure."""
    if covered is not None:
        return "kept" if covered <= due else "late"
    return "open" if now <= due else "broken"


def of(actor: Actor, now: datetime, *, before: int | None = None, most: int = MOST) -> list[Promise]:
    """Return the receipts of what somebody did, the newest first; what only read has none.

    :raises Refused: for whoever may not read the ledger.
    """
    wanted = queries.Wanted(actor=actor.id, before=before, readings=False, most=most)
    found = reading.read(actor, wanted=wanted)
    with tenant_scope(actor.tenant):
        told = queries.told([*found.waiting, *found.entries])
        covered = _covered([one.id for one in found.entries])
    made = []
    for one in told:
        # As the receipt counts: whole seconds.
        due = one.at.replace(microsecond=0) + timedelta(seconds=PROMISE)
        head = covered.get(one.id)
        signed = None if head is None else head.replace(microsecond=0)
        made.append(Promise(one, due, head, state_of(due, signed, now)))
    return made


def _covered(entries: list[UUID]) -> dict[UUID, datetime | None]:
    """Return when the first head was signed that covers each of these entries."""
    heads = Checkpoint.objects.filter(size__gt=OuterRef("idx")).order_by("size").values("at")[:1]
    rows: Any = Entry.objects.filter(id__in=entries).annotate(covered=Subquery(heads))
    return dict(rows.values_list("id", "covered"))
