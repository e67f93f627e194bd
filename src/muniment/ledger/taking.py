"""Pruning from beginning to end: look, sign, publish, and only then take away.

Rules: a log that does not hold is not pruned; nothing goes before its bound stands under a signed checkpoint; each
step may be broken off and done again; what is left over by a crash is taken away by the next run. Tiles,
checkpoints and the rows of what is still needed stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction

from muniment.ledger import logs, publish, verify
from muniment.ledger.models import Entry, Log, RowList
from muniment.ledger.pruning import acts, carried, plan, shown, under_way
from muniment.ledger.pruning.bound import Bound, newest
from muniment.ledger.snapshot import one_moment
from muniment.ledger.tables.pruning import Carried, Prune
from muniment.ledger.walk import Start
from muniment.proof.errors import Malformed
from muniment.proof.tiles import WIDTH, tile_path
from muniment.spine import ports
from muniment.spine.actor import Actor, system
from muniment.spine.errors import Busy, Clash
from muniment.spine.guard import LEDGER_HAND, PRUNING_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

#: The worker prunes a log at most so often: each pruning writes down anew what is carried over.
EVERY: Final = timedelta(days=28)
PART: Final = 500
WHY: Final = "The time for which entries are kept is over."


@dataclass(frozen=True, slots=True)
class Pruned:
    """What came of pruning one log.

    :param below: the bound that is in force. :param gone: entries taken away now. :param bundles: files, likewise.
    :param stops: why nothing new was decided; empty when something was, or nothing was due.
    """

    tenant: UUID
    origin: str
    below: int
    gone: int
    bundles: int
    stops: tuple[str, ...] = ()


def prune(tenant: UUID, actor: Actor | None = None, *, at_most_each: timedelta = timedelta(0)) -> Pruned:
    """Prune one log as far as its rules allow, and finish what an earlier run left over.

    :param at_most_each: nothing new is decided when the last pruning is younger.
    :raises Clash: when the log does not hold: what is wrong would be beyond finding out afterwards.
    """
    now = ports.now()
    with tenant_scope(tenant):
        log = logs.of(tenant)
        in_force = _newest()
        stops = plan.stops(tenant, now)
        with under_way.alone(tenant) as free:
            stops += [] if free else [under_way.STOP]
        gone, bundles = (0, 0) if in_force is None or stops else _finish(log, in_force)
        due = in_force is None or now - in_force.at >= at_most_each
        if due and not stops and _decide(log, in_force, now, actor):
            in_force = _newest()
            if in_force is not None:
                more = carry_out(log, in_force)
                gone, bundles = gone + more[0], bundles + more[1]
    return Pruned(tenant, log.origin, 0 if in_force is None else in_force.below, gone, bundles, tuple(stops))


def _finish(log: Log, bound: Bound) -> tuple[int, int]:
    """Take away what an earlier run signed and left, before anything new is decided; mostly there is nothing left."""
    if bound.index is None or bound.index >= log.published:
        publish.settle()
        again = _newest()
        bound = bound if again is None else again
    return carry_out(log, bound)


def _newest() -> Bound | None:
    try:
        return newest()
    except Malformed as why:
        raise Clash(why.what, todo="Run: muniment ledger verify --deep.") from None


def _decide(log: Log, in_force: Bound | None, now: datetime, actor: Actor | None) -> bool:
    """Sign a new bound, when something is due; returns whether one was signed."""
    before = 0 if in_force is None else in_force.below
    wanted = plan.plan(log, now, before)
    if not wanted.goes:
        return False
    with one_moment():
        found, start = verify.state_at(log.tenant_id, wanted.below)
    if not found.holds:
        raise Clash(
            f"The log does not hold, so it is not pruned: {found.faults[0]}",
            todo="Run: muniment ledger verify --deep.",
        )
    start.kept = wanted.kept
    clerk = actor or system("worker", may=frozenset({"ledger.prune"}), tenant=log.tenant_id)
    number = 0 if in_force is None else in_force.number + 1
    acts.prune(clerk, wanted=wanted, start=start, number=number, why=WHY)
    publish.settle()
    return True


def carry_out(log: Log, bound: Bound) -> tuple[int, int]:
    """Take away what lies below a bound that stands under a signed checkpoint; returns how many entries and files went.

    Nothing goes while somebody reads entries for a proof or an export; the next run takes it away then.

    :raises Busy: while the bound is not signed yet.
    """
    fresh = logs.of(log.tenant_id)
    if bound.index is None or bound.index >= fresh.published:
        raise Busy("The bound of pruning is not under a checkpoint yet.", todo="Run: muniment ledger settle.")
    start: Start = carried.begin(carried.read(bound.entry))
    with under_way.alone(log.tenant_id) as free:
        if not free:
            return 0, 0
        shown.show(fresh, bound)
        gone = _entries(fresh, bound, start)
        bundles = sum(1 for one in _bundles(fresh, bound) if _unlink(one))
    with transaction.atomic(), open_action(LEDGER_HAND):
        Carried.objects.exclude(entry=bound.entry).delete()
    return gone, bundles


def _entries(log: Log, bound: Bound, start: Start) -> int:
    """Take away the rows, some hundreds in one transaction, each with its list of rows.

    What somebody came to need since the bound was signed stays for now.
    """
    gone = 0
    needed = sorted(plan.still_needed(log))
    kept = start.kept
    last = -1
    while True:
        part = list(
            Entry.objects.filter(idx__lt=bound.below, idx__gt=last)
            .exclude(subject__in=needed)
            .order_by("idx")
            .values_list("id", "idx")[:PART]
        )
        if not part:
            return gone
        last = part[-1][1]
        going = [one for one, idx in part if not any(first <= idx <= end for first, end in kept)]
        if going:
            with transaction.atomic():
                with open_action(LEDGER_HAND):
                    RowList.objects.filter(id__in=going).delete()
                with open_action(PRUNING_HAND):
                    Entry.objects.filter(id__in=going).delete()
            gone += len(going)


def _bundles(log: Log, bound: Bound) -> Iterator[Path]:
    folder = logs.folder(log)
    for number in range(bound.below // WIDTH):
        yield folder / tile_path("entries", number)


def _unlink(path: Path) -> bool:
    if not path.exists():
        return False
    path.unlink()
    return True


def bounds() -> list[Prune]:
    """Return every bound that was ever in force in the current tenant's log, the newest first, for the page."""
    return list(Prune.objects.order_by("-number", "cls"))
