"""When each stretch of a log was recorded and which classes it holds: a question for these looks at few places.

Rules: entries stand in the order of the log, and clocks go back, so no order in time is believed: of each whole stretch
the earliest and the latest moment and the classes are noted, in one small file beside the log. It only saves reading:
an index by class would take 58 bytes of each entry on PostgreSQL (ADR 32). A stretch that is not noted is read, and a
file that does not belong to the log as it stands counts as none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from django.db.models import Max, Min, QuerySet

from muniment.ledger import logs
from muniment.ledger.models import Entry, Log
from muniment.proof.tiles import TileWriter
from muniment.spine.scope import tenant_scope

NAME: Final = "times.json"
KIND: Final = "muniment.times/2"
#: Places of one stretch.
WIDTH: Final = 1024
#: So many runs of stretches are asked for one after the other; more are joined over the smallest gaps.
MOST_RUNS: Final = 32
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    """What is noted of a log.

    :param spans: of each whole stretch the earliest and the latest moment, in microseconds since 1970, or nothing when
        all its entries were pruned before it was noted. :param last: identifier of the last noted entry.
    :param classes: of each whole stretch the classes of its entries.
    """

    spans: tuple[tuple[int, int] | None, ...] = ()
    last: str = ""
    classes: tuple[frozenset[str], ...] = ()


def count(moment: datetime) -> int:
    """Return a moment in microseconds since 1970."""
    return (moment - _BEGIN) // _ONE


def read(log: Log) -> Times:
    """Return what is noted of a log; nothing when it cannot be read or speaks of other entries.

    To be asked in the tenant's scope.
    """
    try:
        told = json.loads((logs.folder(log) / NAME).read_bytes())
        spans = tuple(None if one is None else (int(one[0]), int(one[1])) for one in told["spans"])
        names = [str(one) for one in told["names"]]
        classes = tuple(frozenset(names[number] for number in one) for one in told["classes"])
        found = Times(spans, str(told["last"]), classes)
        whole = told["k"] == KIND and len(spans) == len(classes) > 0
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return Times()
    return found if whole and _last(len(spans)) == found.last else Times()


def _last(stretches: int) -> str:
    last: Any = Entry.objects.filter(idx=stretches * WIDTH - 1).values_list("id", flat=True).first()
    return "" if last is None else str(last)


def keep_up(log: Log) -> int:
    """Note the stretches of a log that became whole; returns how many there were."""
    with tenant_scope(log.tenant_id):
        size = Log.objects.get().size
        whole = size // WIDTH
        held = read(log) if whole else Times()
        if len(held.spans) >= whole:
            return 0
        fresh = range(len(held.spans), whole)
        classes = [*held.classes, *map(_classes, fresh)]
        names = sorted(frozenset().union(*classes))
        told = {
            "classes": [[names.index(name) for name in sorted(one)] for one in classes],
            "k": KIND,
            "last": _last(whole),
            "names": names,
            "spans": [*held.spans, *map(_span, fresh)],
        }
        TileWriter(logs.folder(log)).keep(NAME, json.dumps(told, separators=(",", ":")).encode("ascii"))
    return len(fresh)


def _stretch(number: int) -> QuerySet[Entry]:
    return Entry.objects.filter(idx__gte=number * WIDTH, idx__lt=(number + 1) * WIDTH)


def _span(number: int) -> tuple[int, int] | None:
    found = _stretch(number).aggregate(low=Min("at"), high=Max("at"))
    return None if found["low"] is None else (count(found["low"]), count(found["high"]))


def _classes(number: int) -> frozenset[str]:
    return frozenset(_stretch(number).order_by().values_list("cls", flat=True).distinct())


def keep_all_up() -> int:
    """Note what became whole of every log."""
    return sum(keep_up(log) for log in logs.living())


def runs(
    log: Log, since: datetime | None, until: datetime | None, classes: frozenset[str] = frozenset()
) -> list[tuple[int, int | None]]:
    """Return every run of places that may hold something that is asked for, the newest first; an open one has no end.

    :param since: the first moment that counts. :param until: the first one that does not.
    :param classes: one of them; empty for every class.
    """
    low = None if since is None else count(since)
    high = None if until is None else count(until)
    times = read(log)
    known = times.spans
    found: list[tuple[int, int | None]] = []
    for number, (span, held) in enumerate(zip(known, times.classes, strict=True)):
        if span is not None and (
            (low is not None and span[1] < low) or (high is not None and span[0] >= high)
        ):
            continue
        if classes and not classes & held:
            continue
        first, end = number * WIDTH, (number + 1) * WIDTH
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    behind = len(known) * WIDTH
    if found and found[-1][1] == behind:
        found[-1] = (found[-1][0], None)
    else:
        found.append((behind, None))
    return list(reversed(_joined(found)))


def _joined(found: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """Join runs over the smallest gaps until there are few enough; the places between are read in vain."""
    if len(found) <= MOST_RUNS:
        return found
    gaps = [(after[0] - (before[1] or 0), number) for number, (before, after) in enumerate(pairwise(found))]
    ends = sorted(number for _gap, number in sorted(gaps)[-(MOST_RUNS - 1) :])
    begins = [0, *(number + 1 for number in ends)]
    return [
        (found[first][0], found[last][1]) for first, last in zip(begins, [*ends, len(found) - 1], strict=True)
    ]


def faults(log: Log) -> Iterator[str]:
    """Hold what is noted against the entries: a stretch that claims less time than it holds hides some of them."""
    told = read(log)
    for number, (noted, classes) in enumerate(zip(told.spans, told.classes, strict=True)):
        held = _span(number)
        if held is not None and noted is not None and (held[0] < noted[0] or held[1] > noted[1]):
            yield f"the file {NAME} does not say when the entries from {number * WIDTH} on were recorded"
        if not _classes(number) <= classes:
            yield f"the file {NAME} does not name every class of the entries from {number * WIDTH} on"
