"""The work of a screening: load the lists, ask the scorer, write what it said in small steps.

The index over the lists stays in the memory of the process that works (one index for each set of list
versions, the oldest given up); the process that serves pages never loads it.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django_tasks import task

from muniment.access.rules import WORKER
from muniment.counterparties import queries as parties
from muniment.counterparties.queries import ToScreen
from muniment.screening import actions, queries, rules
from muniment.screening.models import RunState, Screened, ScreeningRun
from muniment.sources import queries as sources
from muniment.spine.actor import system
from muniment.spine.attempts import attempt
from muniment.spine.errors import Clash, Invalid
from muniment.spine.scope import current_tenant

if TYPE_CHECKING:
    from muniment.screening.matching import ScreeningIndex

#: Called with what is being done, how far, and out of how many.
Progress = Callable[[str, int, int], None]

KEPT: Final = 2
ENDED: Final = frozenset({RunState.FINISHED, RunState.FAILED})

_indexes: OrderedDict[tuple[str, ...], ScreeningIndex] = OrderedDict()
_lock = threading.Lock()


@cache
def _warm() -> None:
    """Let the scorer fill its tables once, since the first comparison would otherwise take seconds."""
    from muniment.screening.matching import warm_up  # noqa: PLC0415  # see loaded

    warm_up()


def loaded(snapshots: Sequence[UUID], progress: Progress | None = None) -> ScreeningIndex:
    """Return the index over these versions of lists; built once in a process, kept until two newer ones came.

    Threads that ask at the same time wait for one of them to build it.
    """
    # Loaded here, since the scorer's tables take a hundred megabytes that only a worker should carry.
    from muniment.screening.matching import ListVersion, ScreeningIndex  # noqa: PLC0415

    name = tuple(sorted(str(one) for one in snapshots))
    with _lock:
        if name in _indexes:
            _indexes.move_to_end(name)
            return _indexes[name]
        _warm()
        held = [sources.snapshot(one) for one in snapshots]
        versions = [ListVersion(one.key, one.version, one.sha256, sources.entities(one)) for one in held]
        index = ScreeningIndex.build(
            versions, (lambda done, whole: progress("lists", done, whole)) if progress else None
        )
        _indexes[name] = index
        while len(_indexes) > KEPT:
            _indexes.popitem(last=False)
        return index


def forget() -> None:
    """Give up every index that is in memory."""
    with _lock:
        _indexes.clear()


def perform(run_id: UUID, progress: Progress | None = None) -> ScreeningRun:
    """Do a run that waits, in this process and in the tenant's scope; a run half done is gone on with.

    The command line and the worker may do the same run at once: each party is written by one of them, and
    both end with the same run.

    :param progress: called while lists are loaded and while parties are screened.
    """
    held = queries.run(run_id)
    if held.state in ENDED:
        return held
    try:
        return _carried_out(held, progress)
    except Clash:
        # Somebody else ended it meanwhile: the worker, while the command line did so too.
        done = queries.run(run_id)
        if done.state not in ENDED:
            raise
        return done


def _carried_out(held: ScreeningRun, progress: Progress | None) -> ScreeningRun:
    worker = system("worker", may=WORKER, tenant=current_tenant())
    ids = parties.ids_to_screen()
    actions.finish(worker, run_id=held.id, whole=len(ids))
    written = queries.done(held)
    try:
        index = loaded([UUID(one["snapshot"]) for one in held.lists], progress)
        while batch := [ident for ident in ids if ident not in written][: actions.BATCH]:
            outcomes = []
            for party in parties.to_screen(batch):
                outcomes.append(_asked(index, party, held))
                if progress is not None:
                    progress("counterparties", len(written) + len(outcomes), len(ids))
            try:
                actions.finish(worker, run_id=held.id, outcomes=outcomes)
            except Clash:
                # Somebody else screens them too; what is written is written, and the rest is gone on with.
                others = queries.done(held) - written
                if not others:
                    raise
                written |= others
            else:
                written |= set(batch)
    except Invalid as why:
        return actions.finish(worker, run_id=held.id, closing=actions.Closing(why=why.what))
    return actions.finish(worker, run_id=held.id, closing=actions.Closing(digest=_digest(held)))


def _asked(index: ScreeningIndex, party: ToScreen, held: ScreeningRun) -> rules.Outcome:
    result = index.screen(
        party.query,
        threshold=held.threshold / 1000,
        cutoff=held.cutoff / 1000,
        exhaustive=held.exhaustive,
    )
    whole = result.to_bytes()
    return rules.Outcome(
        counterparty_id=party.id,
        person=party.kind == "person",
        reference=party.reference,
        party_mark=party.mark,
        query=party.query,
        record=result.to_record(),
        result=whole.decode(),
        digest=hashlib.sha256(whole).hexdigest(),
    )


def _digest(held: ScreeningRun) -> str:
    rows: list[Any] = list(
        Screened.objects.filter(run=held).only("tenant_id", "reference", "digest", "person")
    )
    queries.warm(rows)
    return rules.results_digest([(row.reference, str(row.digest)) for row in rows], held.lists)


@task()
def work(run_id: str) -> str:
    """Do a run that waits; when no further try would help, enter the reason so that nobody waits for it."""
    wanted = UUID(run_id)

    def give_up(why: str) -> None:
        if queries.run(wanted).state not in ENDED:
            worker = system("worker", may=WORKER, tenant=current_tenant())
            actions.finish(worker, run_id=wanted, closing=actions.Closing(why=why))

    return attempt(queries.WORK, wanted, lambda: perform(wanted), give_up)
