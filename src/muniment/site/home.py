"""What the first page shows: what needs somebody today, what changed, and three pictures of how things stand.

It looks into the rooms through their queries and holds no rule of its own. Every figure stands with what it is a part
of and leads to its list; what somebody may not see is left out, not greyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeVar
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muniment.access.queries import Described
from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.cases import rules as case_rules
from muniment.cases.forms import OUTCOMES_SAID
from muniment.cases.models import Item, ItemKind, State
from muniment.scans.models import Assessment, Finding, Scan, ScanState
from muniment.scans.queries import unanchored
from muniment.screening import queries as screening
from muniment.screening.models import Match, RunState, ScreeningRun
from muniment.site.home_broken import broken
from muniment.site.home_pictures import address, coverage, findings, first_steps, latest_scan, name_of, pace
from muniment.sources.models import Snapshot, SnapshotKind
from muniment.sources.naming import dated
from muniment.sources.rules import called, cited
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.scope import current_tenant, tenant_scope
from muniment.ui.words.numbers import counted
from muniment.vault.models import DocumentVersion

R = TypeVar("R")

MOST_LINES: Final = 12
MOST_CHANGES: Final = 8
RECENT: Final = timedelta(days=30)
#: So many things of one day by one hand stand each for itself; more are told in one sentence.
MOST_SINGLE: Final = 2
#: So many acts are named in such a sentence.
MOST_NAMED: Final = 4
#: So many rows of a kind are looked at, the newest first.
MOST_READ: Final = 200
#: Whether quotes still stand is looked up anew after so many seconds; reading every text takes too long for each page.
QUOTES_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody: one sentence, one action.

    :param tone, icon, word: the badge beneath it. :param due: until when; ``None`` when nobody set a day.
    """

    sentence: str
    url: str
    step: str
    tone: str
    icon: str
    word: str
    due: datetime | None = None
    overdue: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed of late."""

    sentence: str
    url: str
    at: datetime


# --- what needs you


def needs(actor: Actor, now: datetime) -> list[Need]:
    """Return what needs this person, the most urgent first."""
    found = [*_decisions(actor, now), *_broken(actor), *_conflicts(actor), *_alerts(actor), *_loose(actor)]
    found.sort(key=lambda one: (one.due is None, one.due or now))
    return found


def _decisions(actor: Actor, now: datetime) -> Iterator[Need]:
    if "cases.read_queue" not in actor.may:
        return
    waiting = cases.read_queue(actor, state=case_queries.WAITING)
    asked = case_queries.asked(waiting)
    who = case_queries.who(one.requested_by for one in asked.values())
    for case in waiting:
        page = address("cases:case", case.id)
        overdue = case.due_at < now
        decision = asked.get(case.id)
        if decision is not None:
            words = {
                "number": case.number,
                "who": who[decision.requested_by].name,
                "outcome": OUTCOMES_SAID[decision.outcome],
                "title": case.title,
            }
            if case_rules.why_not_decide(actor, decision):
                sentence = _("Case %(number)d waits for somebody else’s decision: %(title)s") % words
                step = _("Look at it")
            else:
                sentence = _("Decide case %(number)d: %(who)s proposes “%(outcome)s” – %(title)s") % words
                step = _("Decide")
            badge = ("attention", "pen", _("Proposed"))
            yield Need(sentence, page, step, *badge, case.due_at, overdue, step == _("Decide"))
        elif "cases.propose" in actor.may:
            sentence = _("Nobody has proposed an outcome for case %(number)d: %(title)s") % {
                "number": case.number,
                "title": case.title,
            }
            yield Need(sentence, page, _("Propose"), "information", "dot", _("Open"), case.due_at, overdue)


def _without_case(kind: str, ids: Sequence[UUID]) -> list[UUID]:
    """Return which of these belong to no case that still stands."""
    held = set(
        Item.objects.filter(kind=kind, item_id__in=ids)
        .exclude(case__state=State.WITHDRAWN)
        .values_list("item_id", flat=True)
    )
    return [one for one in ids if one not in held]


def _conflicts(actor: Actor) -> Iterator[Need]:
    scan = latest_scan() if "scans.read" in actor.may else None
    if scan is None:
        return
    rows = Finding.objects.filter(scan=scan, status="conflict_found").exclude(assessment=Assessment.DISAGREED)
    found = {row["id"]: row for row in rows.order_by("position").values("id", "act", "eid")}
    left = _without_case(ItemKind.FINDING, list(found))
    badge = ("fault", "cross", _("Conflict found"))
    if len(left) > 3:
        first = found[left[0]]
        sentence = ngettext(
            "%(count)d of %(all)d conflicts of the latest scan belongs to no case; it is %(first)s.",
            "%(count)d of %(all)d conflicts of the latest scan belong to no case; the first is %(first)s.",
            len(left),
        ) % {"count": len(left), "all": len(found), "first": f"{called(first['act'])} {cited(first['eid'])}"}
        yield Need(
            sentence, address("scans:scan", scan.id, status="conflict_found"), _("Look at them"), *badge
        )
        return
    for one in left:
        row = found[one]
        sentence = _("A document conflicts with %(act)s %(place)s, and no case is open about it.") % {
            "act": called(row["act"]),
            "place": cited(row["eid"]),
        }
        yield Need(sentence, address("scans:finding", one), _("Look at it"), *badge)


def _alerts(actor: Actor) -> Iterator[Need]:
    run = screening.latest() if "screening.read" in actor.may else None
    if run is None:
        return
    rows = Match.objects.filter(screened__run=run, verdict="alert")
    undecided = dict(rows.filter(state__in=["open", "reopened"]).values_list("id", "screened_id"))
    # Counterparties are counted, as everywhere on this page: one of them may resemble several entries.
    left = {undecided[one] for one in _without_case(ItemKind.MATCH, list(undecided))}
    if left:
        sentence = ngettext(
            "%(count)d of the %(all)d counterparties with an alert has one that is in no case yet.",
            "%(count)d of the %(all)d counterparties with an alert have one that is in no case yet.",
            len(left),
        ) % {"count": len(left), "all": rows.values("screened_id").distinct().count()}
        page = address("screening:run", run.id, verdict="alert")
        yield Need(sentence, page, _("Look at them"), "fault", "warning", _("Alert"))


@lru_cache(maxsize=64)
def _loose_ids(tenant: UUID, scan_id: UUID, _moment: int) -> tuple[UUID, ...]:
    with tenant_scope(tenant):
        return tuple(unanchored(Finding.objects.filter(scan_id=scan_id)))


def _loose(actor: Actor) -> Iterator[Need]:
    scan = latest_scan() if "scans.read" in actor.may else None
    if scan is None:
        return
    loose = _loose_ids(current_tenant(), scan.id, int(ports.now().timestamp()) // QUOTES_SECONDS)
    if loose:
        sentence = ngettext(
            "%(count)d finding of the latest scan no longer stands: its quote is not in the stored text.",
            "%(count)d findings of the latest scan no longer stand: their quotes are not in the stored texts.",
            len(loose),
        ) % {"count": len(loose)}
        page = address("scans:scan", scan.id)
        yield Need(sentence, page, _("Look at the scan"), "fault", "unanchored", _("Unanchored"))


def _broken(actor: Actor) -> Iterator[Need]:
    """Yield work that was given up and that nothing later replaced."""
    badge = ("fault", "cross", _("Could not be done"))
    for one in broken(actor):
        yield Need(one.sentence, one.url, _("Try it again") if one.may_retry else _("Look at it"), *badge)


# --- what changed


def changes(actor: Actor, now: datetime) -> list[Change]:
    """Return what changed of late: law and lists, scans, screenings, documents; the newest first."""
    since = now - RECENT
    found = [*_sources(since), *_work(actor, since), *_documents(actor, since)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST_CHANGES]


def _sources(since: datetime) -> Iterator[Change]:
    rows: list[Snapshot] = list(
        Snapshot.objects.filter(imported_at__gte=since).order_by("-imported_at")[:MOST_READ]
    )
    for together in _same_day(
        [row for row in rows if row.kind == SnapshotKind.ACT], lambda row: row.imported_at
    ):
        if len(together) > MOST_SINGLE:
            names = list({row.key: name_of(row) for row in reversed(together)}.values())
            shown = ", ".join(names[:MOST_NAMED])
            sentence = ngettext(
                "Law was taken in, %(texts)d texts of %(count)d act: %(names)s.",
                "Law was taken in, %(texts)d texts of %(count)d acts: %(names)s.",
                len(names),
            ) % {
                "texts": len(together),
                "count": len(names),
                "names": shown if len(names) <= MOST_NAMED else _("%(names)s and others") % {"names": shown},
            }
            yield Change(sentence, address("sources:index"), together[0].imported_at)
            continue
        for row in together:
            words = {"name": name_of(row), "version": dated(row.version)}
            sentence = _("%(name)s was taken in, %(version)s.") % words
            yield Change(sentence, address("sources:snapshot", row.id), row.imported_at)
    for row in rows:
        if row.kind == SnapshotKind.LIST:
            entries = int(row.counts.get("entities", 0))
            sentence = ngettext(
                "%(name)s of %(version)s was loaded: %(entries)s entry.",
                "%(name)s of %(version)s was loaded: %(entries)s entries.",
                entries,
            ) % {"name": name_of(row), "version": row.version, "entries": counted(entries)}
            yield Change(sentence, address("sources:snapshot", row.id), row.imported_at)


def _work(actor: Actor, since: datetime) -> Iterator[Change]:
    if "scans.read" in actor.may:
        for scan in Scan.objects.filter(state=ScanState.DONE, finished_at__gte=since).order_by("-number")[:3]:
            conflicts = scan.counts.get("conflict_found", 0)
            sentence = ngettext(
                "Scan %(number)d found %(conflicts)s conflict; it looked at %(all)s duties.",
                "Scan %(number)d found %(conflicts)s conflicts; it looked at %(all)s duties.",
                conflicts,
            ) % {
                "number": scan.number,
                "conflicts": counted(conflicts),
                "all": counted(sum(scan.counts.values())),
            }
            yield Change(sentence, address("scans:scan", scan.id), scan.finished_at)
    if "screening.read" in actor.may:
        done = ScreeningRun.objects.filter(state=RunState.FINISHED, finished_at__gte=since)
        for run in done.order_by("-number")[:3]:
            sentence = _("Screening %(number)d: %(alerts)s of %(all)s counterparties have an alert.") % {
                "number": run.number,
                "alerts": counted(run.alerts),
                "all": counted(run.parties),
            }
            yield Change(sentence, address("screening:run", run.id), run.finished_at)


def _documents(actor: Actor, since: datetime) -> Iterator[Change]:
    if "vault.read" not in actor.may:
        return
    rows = DocumentVersion.objects.filter(received_at__gte=since).select_related("document")
    held: list[DocumentVersion] = list(rows.order_by("-received_at", "id")[:MOST_READ])
    who = case_queries.who(one.received_by for one in held)
    for together in _same_day(held, lambda one: one.received_at, lambda one: one.received_by):
        first = together[0]
        if len(together) > MOST_SINGLE:
            sentence = _("%(who)s filed %(count)d documents, the last of them %(title)s.") % {
                "who": who[first.received_by].name,
                "count": len(together),
                "title": first.document.title,
            }
            yield Change(sentence, address("vault:index"), first.received_at)
        else:
            yield from _filed(together, who)


def _filed(held: Sequence[DocumentVersion], who: Mapping[str, Described]) -> Iterator[Change]:
    for one in held:
        sentence = _("%(who)s filed %(title)s, version %(number)d.") % {
            "who": who[one.received_by].name,
            "title": one.document.title,
            "number": one.number,
        }
        yield Change(sentence, address("vault:document", one.document_id), one.received_at)


def _same_day(
    rows: Sequence[R], at: Callable[[R], datetime], by: Callable[[R], str] = lambda _row: ""
) -> list[list[R]]:
    """Put together what happened on one day by one hand, so that a busy hour does not fill the list.

    :param rows: the newest first; they stay so.
    """
    found: dict[tuple[str, date], list[R]] = {}
    for row in rows:
        found.setdefault((by(row), timezone.localtime(at(row)).date()), []).append(row)
    return list(found.values())


def whole(actor: Actor) -> dict[str, Any]:
    """Return all that the first page shows to this person."""
    now = ports.now()
    needed = needs(actor, now)
    scan = latest_scan() if "scans.read" in actor.may else None
    return {
        "needs": list(islice(needed, MOST_LINES)),
        "more": max(0, len(needed) - MOST_LINES),
        "changes": changes(actor, now),
        "steps": first_steps(actor),
        "scan": scan,
        "bars": findings(scan) if scan else [],
        "duties": sum(scan.counts.values()) if scan else 0,
        "coverage": coverage() if "screening.read" in actor.may else None,
        "pace": pace(now) if "cases.read" in actor.may else None,
        "works": "cases.read" in actor.may,
        "may_people": "access.create_person" in actor.may,
    }
