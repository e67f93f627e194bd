"""What may be pruned now: the bound, the classes that may go below it, and what must stay.

Rules: whole bundles only; nothing that a checkpoint signed before the cut-off does not cover; nothing at all while
somebody has a reason against it (a hold, a clock that is not trusted); what others still need stays entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max, Q

from muniment.ledger import rules
from muniment.ledger.action import CLASSES
from muniment.ledger.clock import clock_is_trusted
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.pruning.carried import as_ranges
from muniment.ledger.tables.pruning import Retention
from muniment.proof.tiles import WIDTH
from muniment.spine.scope import DEPLOYMENT

#: Reasons against any pruning: each function takes a tenant and the time, and returns sentences.
STOPS: list[Callable[[UUID, datetime], Iterable[str]]] = []

#: What is still needed: each function takes a tenant and returns subjects (as entries name them) whose entries stay.
KEEPERS: list[Callable[[UUID], Iterable[str]]] = []

CHUNK: Final = 500
CLOCK: Final = "the clock was set forward by more than a day, and two people have not said that it is right"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go.

    :param below: whole bundles below this index go. :param classes: by class, index and time below which entries go.
    :param kept: entries below the bound that stay, as inclusive ranges. :param goes: how many entries go now.
    :param months: by class, for how long the tenant keeps entries.
    """

    below: int
    classes: dict[str, tuple[int, datetime]]
    kept: tuple[tuple[int, int], ...]
    goes: int
    months: dict[str, int]


def chosen() -> dict[str, int]:
    """Return what the current tenant chose: months by class; an empty class stands for all others."""
    return dict(Retention.objects.values_list("cls", "months"))


def stops(tenant: UUID, now: datetime) -> list[str]:
    """Return every reason for which nothing may be pruned now."""
    told = [] if clock_is_trusted() else [CLOCK]
    return told + [sentence for stop in STOPS for sentence in stop(tenant, now)]


def _signed_before(moment: datetime) -> int:
    """Return how many entries were under a checkpoint at a moment."""
    held = Checkpoint.objects.filter(at__lte=moment).order_by("-size").values_list("size", flat=True).first()
    return int(held or 0)


def plan(log: Log, now: datetime, before: int) -> Plan:
    """Return what may go in the current tenant's log.

    :param before: the bound that is in force; it never goes back.
    """
    months = chosen()
    cuts = {cls: rules.cut_off(cls, months, now) for cls in sorted(CLASSES)}
    latest = max(cut for cut in cuts.values() if cut is not None)
    young = Entry.objects.filter(at__gte=latest).order_by("idx").values_list("idx", flat=True).first()
    below = min(log.published if young is None else young, _signed_before(latest), log.published)
    below = max(before, below - below % WIDTH)
    classes = {
        cls: (min(below, _signed_before(cut)), cut)
        for cls, cut in cuts.items()
        if cut is not None and cut <= latest
    }
    going = goes_now(classes, still_needed(log)) & ~Q(idx__in=_last_heads(log, below))
    left = Entry.objects.filter(idx__lt=below).exclude(going).order_by("idx").values_list("idx", flat=True)
    count = Entry.objects.filter(going).count()
    return Plan(below, classes, tuple(as_ranges(left.iterator(chunk_size=CHUNK))), count, months)


def still_needed(log: Log) -> frozenset[str]:
    """Return the subjects whose entries stay."""
    return frozenset(subject for keeper in KEEPERS for subject in keeper(log.tenant_id))


def goes_now(classes: Mapping[str, tuple[int, datetime]], needed: frozenset[str]) -> Q:
    """Return the condition of the entries that may go."""
    going = Q(pk__in=[])
    for cls, (below, cut) in classes.items():
        going |= Q(cls=cls, idx__lt=below, at__lt=cut)
    return going & ~Q(subject__in=sorted(needed))


def _last_heads(log: Log, below: int) -> list[int]:
    """Return where the newest head of each log stands in the deployment's, below the bound.

    A log that rests says nothing new; without its last head there it could be dropped whole and nobody would know.
    """
    if log.tenant_id != DEPLOYMENT:
        return []
    heads = Entry.objects.filter(cls="log.checkpoint").values("subject").annotate(last=Max("idx"))
    return [one["last"] for one in heads.order_by() if one["last"] < below]
