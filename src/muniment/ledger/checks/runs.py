"""Checks of a log as the worker runs them: the tail every five minutes, everything once a day; each leaves a row.

Rules: a check of the whole log, and every check that finds something new, is an entry too (``ledger.verify``); a good
check of the tail is only a row, or a quiet log would grow by being looked at. A check that could not be done is
recorded as such and never as a good one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction

from muniment.ledger import logs, vouch
from muniment.ledger import verify as whole
from muniment.ledger.action import Act, action
from muniment.ledger.checks.tail import verify_tail
from muniment.ledger.models import Log
from muniment.ledger.tables.checks import Check
from muniment.ledger.walk import Finding
from muniment.spine import ports
from muniment.spine.actor import Actor, system
from muniment.spine.errors import MunimentError
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.spine.session import open_action

#: How often the worker looks, and for how long a good check of a tail is remembered.
TAIL_EVERY: Final = timedelta(minutes=5)
WHOLE_EVERY: Final = timedelta(days=1)
REMEMBERED: Final = timedelta(days=30)
MOST_NAMED: Final = 20


class What(StrEnum):
    """How much of a log was looked at."""

    TAIL = "tail"
    FULL = "full"
    DEEP = "deep"


class Outcome(StrEnum):
    """What came of a check; ``accepted``: everything holds but for damage that two persons accepted."""

    HOLDS = "holds"
    ACCEPTED = "accepted"
    FAULTS = "faults"
    NOT_DONE = "not done"


#: After these the log may go on: nothing was found that nobody has seen yet.
GOOD: Final = (Outcome.HOLDS, Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Result:
    """One check before it is written down.

    :param faults: the sentences, at most :data:`MOST_NAMED` of ``count``, and behind them those of accepted damage.
    """

    what: What
    began: datetime
    milliseconds: int
    size: int
    entries: int
    rows: int
    outcome: Outcome
    count: int
    faults: tuple[str, ...]

    def row(self, tenant: UUID, entry: UUID | None) -> Check:
        """Return the row that keeps it, with its voucher."""
        made = Check(
            tenant_id=tenant,
            what=str(self.what),
            began_at=self.began,
            milliseconds=self.milliseconds,
            size=self.size,
            entries=self.entries,
            rows=self.rows,
            outcome=str(self.outcome),
            fault_count=self.count,
            faults=json.dumps(self.faults) if self.faults else None,
            entry=entry,
        )
        made.voucher = vouch.voucher(vouch.key_of(tenant), made)
        return made


@action(
    "ledger.verify",
    cls="log.check",
    says="the log was checked ({facts.what}): {facts.outcome}, {facts.faults:fault|faults}",
)
def verify(act: Act, *, result: Result, log: Log) -> Check:
    """Put on record that a log was held against itself, and what did not hold."""
    event = act.record(
        f"log/{log.tag}",
        stream="log",
        what=result.what,
        outcome=result.outcome,
        faults=result.count,
        size=result.size,
        entries=result.entries,
        rows=result.rows,
        named=list(result.faults),
    )
    made = result.row(act.tenant, event)
    with open_action(LEDGER_HAND):
        made.save(force_insert=True)
    return made


def check(what: What, tenant: UUID, actor: Actor | None = None) -> Check:
    """Hold one log against itself, now, and keep what came of it.

    :param actor: who asked; the worker when nobody did.
    """
    began, since = ports.now(), ports.monotonic()
    log = logs.of(tenant)
    try:
        found = verify_tail(tenant) if what is What.TAIL else whole.verify_log(tenant, deep=what is What.DEEP)
        if tenant == DEPLOYMENT and what is not What.TAIL:
            found.extend(whole.installation_faults())
            _closed(found, deep=what is What.DEEP)
        good = Outcome.ACCEPTED if found.accepted else Outcome.HOLDS
        outcome = good if found.holds else Outcome.FAULTS
    except (MunimentError, OSError) as why:
        found = Finding()
        told = why.what if isinstance(why, MunimentError) else type(why).__name__
        found.add(f"{log.origin}: the check could not be done ({told})")
        outcome = Outcome.NOT_DONE
    result = Result(
        what,
        began,
        round((ports.monotonic() - since) * 1000),
        log.size,
        found.entries,
        found.rows,
        outcome,
        len(found.faults),
        (*found.faults[:MOST_NAMED], *found.accepted[:MOST_NAMED]),
    )
    return keep(result, log, actor)


def _closed(found: Finding, *, deep: bool) -> None:
    """Hold the logs of closed tenants, too: nothing can be written down in them, so it stands with the deployment's."""
    alive = {log.tenant_id for log in logs.living()}
    for log in logs.every():
        if log.tenant_id not in alive:
            one = whole.verify_log(log.tenant_id, deep=deep)
            found.extend(iter(one.faults))
            found.entries += one.entries


def keep(result: Result, log: Log, actor: Actor | None = None) -> Check:
    """Write down what came of a check: as an entry, or as a row alone when there is nothing to tell."""
    tenant = log.tenant_id
    with tenant_scope(tenant):
        before = newest(result.what)
        told = before is not None and (before.outcome, faults_of(before)) == (result.outcome, result.faults)
        quiet = result.outcome in GOOD and (before is None or before.outcome in GOOD)
        if result.what is What.TAIL and (quiet or told):
            with transaction.atomic(), open_action(LEDGER_HAND):
                made = result.row(tenant, None)
                made.save(force_insert=True)
            return made
    clerk = actor or system("worker", may=frozenset({"ledger.verify"}), tenant=tenant)
    return verify(clerk, result=result, log=log)


def left(what: What, now: datetime) -> list[Log]:
    """Return the logs that the worker has still to hold, so that a run that was killed goes on where it was.

    Where it was is written down by the check of each log itself, with its voucher. The deployment's log comes last:
    its check says that the run ended, and one of another log counts for the run that began after that.
    """
    every = logs.living()
    if what is not What.DEEP:
        return every
    with tenant_scope(DEPLOYMENT):
        ended = newest(What.DEEP)
    return [one for one in every if not _held(one, ended, now)]


def _held(log: Log, ended: Check | None, now: datetime) -> bool:
    """Say whether a log was held already since the last run ended; only what the ledger itself wrote counts."""
    with tenant_scope(log.tenant_id):
        last = newest(What.DEEP)
        if last is None or last.outcome == Outcome.NOT_DONE or _over(last.began_at, WHOLE_EVERY, now):
            return False
        if log.tenant_id == DEPLOYMENT or (ended is not None and last.began_at <= ended.began_at):
            return False
        return vouch.vouched(vouch.key_of(log.tenant_id), last)


def check_all(what: What) -> list[Check]:
    """Hold every log of the installation against itself, one after the other, those of closed tenants with its own."""
    return [check(what, log.tenant_id) for log in logs.living()]


def due(now: datetime) -> list[What]:
    """Return which checks the worker must run now, by what the deployment's log remembers of the last ones."""
    with tenant_scope(DEPLOYMENT):
        if not Log.objects.exists():
            return []
        last = {what: newest(what) for what in What}
    whole_ones = [one.began_at for one in (last[What.FULL], last[What.DEEP]) if one is not None]
    if not whole_ones or _over(max(whole_ones), WHOLE_EVERY, now):
        return [What.DEEP]
    tail = last[What.TAIL]
    begun = max([*whole_ones, *([tail.began_at] if tail is not None else [])])
    return [What.TAIL] if _over(begun, TAIL_EVERY, now) else []


def _over(began: datetime, every: timedelta, now: datetime) -> bool:
    """Say whether it is time again; a clock that was put back counts as time."""
    return not timedelta(0) <= now - began < every


def forget(now: datetime) -> int:
    """Take away good checks of tails that are older than a month; returns how many.

    Whole checks and findings stay: they are entries, too.
    """
    gone = 0
    for log in logs.every():
        with tenant_scope(log.tenant_id), transaction.atomic(), open_action(LEDGER_HAND):
            old = Check.objects.filter(began_at__lt=now - REMEMBERED, what=str(What.TAIL), entry__isnull=True)
            gone += old.delete()[0]
    return gone


def newest(what: What | None = None) -> Check | None:
    """Return the last check of the current tenant's log, of one kind or of any."""
    held = Check.objects.order_by("-began_at", "-id")
    if what is not None:
        held = held.filter(what=str(what))
    found: Check | None = held.first()
    return found


def history(most: int = 100, what: What | None = None, before: datetime | None = None) -> list[Check]:
    """Return the checks of the current tenant's log, the newest first, for the page that shows them."""
    held = Check.objects.order_by("-began_at", "-id")
    if what is not None:
        held = held.filter(what=str(what))
    if before is not None:
        held = held.filter(began_at__lt=before)
    return list(held[:most])


def faults_of(one: Check) -> tuple[str, ...]:
    """Return the sentences of a check; ``one.fault_count`` may be more than are named."""
    return tuple(json.loads(str(one.faults))) if one.faults else ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the current tenant's log stood when it was last looked at.

    :param whole: the last check of all of it. :param tail: the last check of its end.
    :param alarm: what somebody must see to; empty when nothing must.
    """

    whole: Check | None
    tail: Check | None
    alarm: tuple[str, ...]
    late: bool


def standing(now: datetime) -> Standing:
    """Return how the current tenant's log stood when it was last looked at, and whether that is too long ago."""
    deep, full, tail = newest(What.DEEP), newest(What.FULL), newest(What.TAIL)
    held = sorted((one for one in (deep, full) if one is not None), key=lambda one: one.began_at)
    last = held[-1] if held else None
    alarm = [
        sentence for one in (last, tail) if one and one.outcome not in GOOD for sentence in faults_of(one)
    ]
    late = last is not None and now - last.began_at > 2 * WHOLE_EVERY
    return Standing(last, tail, tuple(dict.fromkeys(alarm)), late)
