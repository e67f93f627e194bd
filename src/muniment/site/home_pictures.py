"""The pictures of the first page, and the first steps of an empty house.

Every figure stands with what it is a part of and leads to its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID

from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from muniment.cases import queries as case_queries
from muniment.cases.models import Answer, Case, Decision
from muniment.counterparties import queries as counterparties
from muniment.scans.models import Finding, Scan, ScanState
from muniment.screening import queries as screening
from muniment.screening.models import ScreeningRun
from muniment.sources import queries as sources
from muniment.sources.models import Snapshot, SnapshotKind
from muniment.sources.naming import numbered
from muniment.sources.rules import called
from muniment.spine.actor import Actor
from muniment.vault.models import Document

WEEKS: Final = 12


def address(name: str, *arguments: object, **asked: str) -> str:
    """Return where a page stands; empty when its room has no such page."""
    try:
        found = reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
    return found + ("?" + "&".join(f"{key}={value}" for key, value in asked.items()) if asked else "")


def name_of(row: Snapshot) -> str:
    """Return what people call an act or list: its common name where it has one, else its title."""
    common = called(row.key)
    return common if common != row.key else numbered(row.title)


def latest_scan() -> Scan | None:
    """Return the newest scan that is done."""
    found: Scan | None = Scan.objects.filter(state=ScanState.DONE).order_by("-number").first()
    return found


def findings(scan: Scan) -> list[dict[str, Any]]:
    """Return a bar for each act of a scan, divided by status; every count leads to its findings."""
    rows = Finding.objects.filter(scan=scan).order_by().values("act", "status").annotate(count=Count("id"))
    by_act: dict[str, dict[str, int]] = {}
    for row in rows:
        by_act.setdefault(row["act"], {})[row["status"]] = row["count"]
    return [
        {
            "label": called(act),
            "url": address("scans:scan", scan.id, act=act),
            "parts": [
                (shown, counts[status], address("scans:scan", scan.id, act=act, status=status))
                for status, shown in case_queries.FINDING_STATUS.items()
                if status in counts
            ],
        }
        for act, counts in sorted(by_act.items(), key=lambda pair: called(pair[0]))
    ]


@dataclass(frozen=True, slots=True)
class ListUsed:
    """A list that the latest screening used: which version, when it was loaded, whether a newer one is there."""

    name: str
    version: str
    entries: int
    url: str
    newer: str
    loaded: datetime | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many counterparties were screened as they are now, and against what."""

    screened: int
    whole: int
    alerts: int
    considers: int
    run: ScreeningRun | None
    lists: tuple[ListUsed, ...]

    @property
    def left(self) -> int:
        """How many are not screened, or were changed since."""
        return self.whole - self.screened


def coverage() -> Coverage:
    """Return how far screening covers the counterparties."""
    counts = counterparties.standings()
    run = screening.latest()
    newest = {one.key: one for one in sources.newest(SnapshotKind.LIST)}
    lists = []
    used = {
        one.id: one
        for one in Snapshot.objects.filter(id__in=[row["snapshot"] for row in run.lists] if run else [])
    }
    for one in run.lists if run else []:
        now, row = newest.get(one["key"]), used.get(UUID(one["snapshot"]))
        newer = now.version if now is not None and row is not None and now.id != row.id else ""
        page = address("sources:snapshot", one["snapshot"])
        name, loaded = (name_of(row), row.imported_at) if row else (one["key"], None)
        lists.append(ListUsed(name, one["version"], int(one["entries"]), page, newer, loaded))
    screened = counts["clear"] + counts["consider"] + counts["alert"]
    return Coverage(screened, counts[""], counts["alert"], counts["consider"], run, tuple(lists))


@dataclass(frozen=True, slots=True)
class Pace:
    """How many decisions fell in each week, and how long they took.

    :param middle: the median time from proposal to decision over all of them.
    :param most: how many fell in the busiest week.
    """

    weeks: tuple[tuple[str, float | None], ...]
    count: int
    middle: timedelta | None
    most: int = 0

    @property
    def is_quick(self) -> bool:
        """Whether half of them came so soon after the proposal that a length in seconds would say nothing."""
        return self.middle is not None and self.middle < timedelta(minutes=1)


def pace(now: datetime) -> Pace:
    """Return the decisions of the last weeks, with the median time that they took."""
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    first = monday - timedelta(weeks=WEEKS - 1)
    rows = Decision.objects.filter(answer__in=[Answer.APPROVED, Answer.REJECTED], decided_at__gte=first)
    taken: list[timedelta] = []
    weeks = [0] * WEEKS
    for asked, decided in rows.values_list("requested_at", "decided_at"):
        weeks[(decided - first) // timedelta(weeks=1)] += 1
        taken.append(decided - asked)
    labels = [
        _("week of %(day)s") % {"day": (first + timedelta(weeks=week)).strftime("%-d %b")}
        for week in range(WEEKS)
    ]
    labels[-1] = _("this week")
    middle = timedelta(seconds=median(one.total_seconds() for one in taken)) if taken else None
    return Pace(tuple(zip(labels, map(float, weeks), strict=True)), len(taken), middle, max(weeks))


# --- an empty house


@dataclass(frozen=True, slots=True)
class Step:
    """A first step: what to do, where, and whether it is done."""

    sentence: str
    url: str
    step: str
    done: bool


def first_steps(actor: Actor) -> list[Step]:
    """Return what to do first, in this order; empty once everything was done once."""
    steps = []
    if "vault.upload" in actor.may:
        steps = [
            Step(
                _("File the firm’s policies: what is not on file cannot be held against the law."),
                address("vault:upload"),
                _("File a document"),
                Document.objects.exists(),
            ),
            Step(
                _("Hold them against the law: choose the acts that apply to you."),
                address("scans:start"),
                _("Start a scan"),
                Scan.objects.exists(),
            ),
            Step(
                _("Bring in the counterparties, with their owners."),
                address("counterparties:offer"),
                _("Import a file"),
                counterparties.standings()[""] > 0,
            ),
            Step(
                _("Screen them against every loaded list."),
                address("screening:index"),
                _("Start a screening"),
                ScreeningRun.objects.exists(),
            ),
            Step(
                _("Open a case about whatever needs a decision; another person decides it."),
                address("cases:index"),
                _("Open a case"),
                Case.objects.exists(),
            ),
        ]
    return [] if all(one.done for one in steps) else steps
