"""Which entries somebody asks for, and how the tables are asked without counting or sorting a million of them.

Rules: every question is answered along one index, the newest first, from a place on; nothing is counted over the whole
log. Time is asked by place: only stretches of the log that hold something of that time are read, whatever order the
clock has put them in, and so are classes (``spans``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from muniment.ledger.action import REGISTRY
from muniment.ledger.models import Entry, Log, Stream
from muniment.ledger.questions import spans
from muniment.spine.blind import blind
from muniment.spine.installation import keyring
from muniment.spine.scope import current_tenant

PAGE: Final = 50
#: Classes by which every database has an index (ADR 32).
INDEXED: Final = frozenset({"refusal"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries somebody asks for.

    :param classes: classes of leaves; empty for all of them.
    :param before: places below this one. :param since: what happened from this moment, or the beginning of this day
        in UTC, on. :param until: what happened before this moment, or up to the end of this day in UTC.
    :param outcome: ``done``, ``refused`` or both.
    :param about: everything in the series of this thing, not only what names it. :param stream: the series itself.
    :param entry: this one only, wherever it stands.
    :param readings: with those that changed nothing, where somebody only looked at something.
    """

    classes: frozenset[str] = frozenset()
    kind: str = ""
    actor: str = ""
    subject: str = ""
    before: int | None = None
    since: date | None = None
    until: date | None = None
    most: int = PAGE
    entry: UUID | None = None
    readings: bool = True
    outcome: str = ""
    about: str = ""
    stream: UUID | None = None


def is_reading() -> Q:
    """Return the condition of entries of actions that change nothing; a reading that was refused is none."""
    kinds = sorted(kind for kind, known in REGISTRY.items() if known.reads)
    return Q(kind__in=kinds) & ~Q(cls="refusal")


def series_of(name: str) -> UUID | None:
    """Return the series in which the entries about a thing are numbered; ``None`` while there is none.

    :param name: of the thing, as entries name it, such as ``cases.Case/`` and its identifier.
    """
    index = blind(keyring().blind_key(current_tenant()), "stream", name)
    found: Stream | None = Stream.objects.filter(subject_index=index).first()
    return None if found is None else found.id


def _first(of: date | None) -> datetime | None:
    """Return the first moment that counts."""
    return of if of is None or isinstance(of, datetime) else datetime.combine(of, time(), UTC)


def _end(of: date | None) -> datetime | None:
    """Return the first moment that does not count any more."""
    if of is None or isinstance(of, datetime):
        return of
    return datetime.combine(of, time(), UTC) + timedelta(days=1)


def _apart(rows: Any, column: str, values: list[str], *, alone: bool) -> Any:
    """Narrow rows by a column; by its own index only when no narrower question has one.

    Without counts of what the tables hold, SQLite guesses which of two indexes is the narrow one, and reads twenty
    thousand refusals to find those of somebody who was never refused anything. An expression has no index.
    """
    if alone:
        return rows.filter(
            **{f"{column}__in" if len(values) > 1 else column: values if len(values) > 1 else values[0]}
        )
    beside = f"{column}_beside"
    return rows.annotate(**{beside: Coalesce(column, Value(""))}).filter(**{f"{beside}__in": values})


def matching(rows: Any, wanted: Wanted) -> Any:
    """Narrow entries or waiting events to those that are asked for, the narrowest question first."""
    alone = True
    stream = series_of(wanted.about) if wanted.about else wanted.stream
    if wanted.about and stream is None:
        return rows.none()
    if stream is not None:
        rows, alone = rows.filter(stream=stream), False
    classes = sorted(wanted.classes)
    if wanted.outcome == "refused":
        if classes and "refusal" not in classes:
            return rows.none()
        classes = ["refusal"]
    for column, values in (
        ("subject", [wanted.subject]),
        ("actor", [wanted.actor]),
        ("kind", [wanted.kind]),
        ("cls", classes),
    ):
        if any(values):
            rows, alone = _apart(rows, column, values, alone=alone), False
    if wanted.outcome == "done":
        rows = rows.exclude(cls="refusal")
    if wanted.since is not None:
        rows = rows.filter(at__gte=_first(wanted.since))
    if wanted.until is not None:
        rows = rows.filter(at__lt=_end(wanted.until))
    if not wanted.readings:
        rows = rows.exclude(is_reading())
    return rows


def _by_place(wanted: Wanted) -> frozenset[str]:
    """Return the classes that are asked for by place: all but refusals, unless something narrower has an index."""
    narrower = wanted.about or wanted.stream or wanted.subject or wanted.actor or wanted.kind
    return frozenset() if narrower or wanted.classes <= INDEXED else wanted.classes


def between(rows: Any, wanted: Wanted) -> Iterator[Any]:
    """Yield the parts of the log that a question about time or classes, or a page of it, can mean, newest first."""
    if wanted.before is not None:
        rows = rows.filter(idx__lt=wanted.before)
    since, until, classes = _first(wanted.since), _end(wanted.until), _by_place(wanted)
    if classes:
        for part in spans.of_classes(Log.objects.get(), since, until, classes):
            if isinstance(part, list):
                yield rows.filter(idx__in=part)
            elif wanted.before is None or part[0] < wanted.before:
                yield _run(rows, *part)
        return
    if since is None and until is None:
        yield rows
        return
    for first, end in spans.runs(Log.objects.get(), since, until):
        if wanted.before is None or first < wanted.before:
            yield _run(rows, first, end)


def _run(rows: Any, first: int, end: int | None) -> Any:
    return rows.filter(idx__gte=first) if end is None else rows.filter(idx__gte=first, idx__lt=end)


def in_order(rows: Any, wanted: Wanted) -> Iterator[Any]:
    """Yield what is asked for, the newest first; one series by its own numbers, along which it has an index."""
    if not (wanted.about or wanted.stream):
        for part in between(rows, wanted):
            yield part.order_by("-idx")
        return
    if wanted.before is not None:
        last: Entry | None = Entry.objects.filter(idx=wanted.before).first()
        if last is not None and last.stream == (series_of(wanted.about) if wanted.about else wanted.stream):
            rows = rows.filter(sn__lt=last.sn)
        else:
            rows = rows.filter(idx__lt=wanted.before)
    yield rows.order_by("-sn")
