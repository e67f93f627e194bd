"""When each stretch of a log was recorded and which classes it holds: a question for these looks at few places.

Rules: entries stand in the order of the log, and clocks go back, so no order in time is believed: of each whole stretch
the earliest and the latest moment and the classes are noted, with the places of those that are rare in it, in one
small file beside the log. It only saves reading: an index by class would take 58 bytes of each entry on PostgreSQL
(ADR 32). A stretch that is not noted is read, and a file that does not belong to the log as it stands counts as none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from itertools import count as count_up
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
#: Up to so many entries of a class in one stretch have their places noted; of more only that they are there.
FEW: Final = 16
#: So many noted places are asked for at once.
AT_ONCE: Final = 200
_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Times:
    """What is noted of a log.

    :param spans: of each whole stretch the earliest and the latest moment, in microseconds since 1970, or nothing when
        all its entries were pruned before it was noted. :param last: identifier of the last noted entry.
    :param classes: of each whole stretch the classes of its entries, with their places where they are few, else none.
    """

    spans: tuple[tuple[int, int] | None, ...] = ()
    last: str = ""
    classes: tuple[dict[str, tuple[int, ...]], ...] = ()


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
        classes = tuple(
            {str(name): tuple(int(place) for place in places) for name, places in one.items()}
            for one in told["classes"]
        )
        found = Times(spans, str(told["last"]), classes)
        whole = (
            told["k"] == KIND and len(spans) == len(classes) > 0 and all(map(_within, count_up(), classes))
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Times()
    return found if whole and _last(len(spans)) == found.last else Times()


def _within(number: int, classes: dict[str, tuple[int, ...]]) -> bool:
    return all(place // WIDTH == number for places in classes.values() for place in places)


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
        told = {
            "classes": [*held.classes, *map(_classes, fresh)],
            "k": KIND,
            "last": _last(whole),
            "spans": [*held.spans, *map(_span, fresh)],
        }
        TileWriter(logs.folder(log)).keep(NAME, json.dumps(told, separators=(",", ":")).encode("ascii"))
    return len(fresh)


def _stretch(number: int) -> QuerySet[Entry]:
    return Entry.objects.filter(idx__gte=number * WIDTH, idx__lt=(number + 1) * WIDTH)


def _span(number: int) -> tuple[int, int] | None:
    found = _stretch(number).aggregate(low=Min("at"), high=Max("at"))
    return None if found["low"] is None else (count(found["low"]), count(found["high"]))


def _places(number: int) -> dict[str, list[int]]:
    held: dict[str, list[int]] = {}
    for cls, idx in _stretch(number).order_by("idx").values_list("cls", "idx"):
        held.setdefault(cls, []).append(idx)
    return held


def _classes(number: int) -> dict[str, tuple[int, ...]]:
    return {
        cls: tuple(places) if len(places) <= FEW else () for cls, places in sorted(_places(number).items())
    }


def keep_all_up() -> int:
    """Note what became whole of every log."""
    return sum(keep_up(log) for log in logs.living())


def _outside(span: tuple[int, int] | None, since: datetime | None, until: datetime | None) -> bool:
    """Say whether nothing of a stretch was recorded in a time."""
    if span is None:
        return False
    return (since is not None and span[1] < count(since)) or (until is not None and span[0] >= count(until))


def runs(log: Log, since: datetime | None, until: datetime | None) -> list[tuple[int, int | None]]:
    """Return every run of places that may hold something of this time, the newest first; an open one has no end.

    :param since: the first moment that counts. :param until: the first one that does not.
    """
    known = read(log).spans
    found: list[tuple[int, int | None]] = []
    for number, span in enumerate(known):
        if _outside(span, since, until):
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


def of_classes(
    log: Log, since: datetime | None, until: datetime | None, classes: frozenset[str]
) -> Iterator[tuple[int, int | None] | list[int]]:
    """Yield every run of places that may hold something of these classes and this time, the newest first.

    Where only a few stand, their places themselves are given. Whatever is given holds one of them at least, but for
    the last run of the log, which is not noted yet.
    """
    told = read(log)
    run: tuple[int, int | None] | None = (len(told.spans) * WIDTH, None)
    places: list[int] = []
    for number in reversed(range(len(told.spans))):
        held = [told.classes[number][one] for one in classes & told.classes[number].keys()]
        if not held or _outside(told.spans[number], since, until):
            continue
        if all(held):
            if run is not None:
                yield run
                run = None
            places += sorted(chain.from_iterable(held), reverse=True)
            if len(places) >= AT_ONCE:
                yield places
                places = []
            continue
        if places:
            yield places
            places = []
        first = number * WIDTH
        if run is not None and run[0] == first + WIDTH:
            run = (first, run[1])
            continue
        if run is not None:
            yield run
        run = (first, first + WIDTH)
    if places:
        yield places
    if run is not None:
        yield run


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
        if any(
            cls not in classes or (classes[cls] and not {*places} <= {*classes[cls]})
            for cls, places in _places(number).items()
        ):
            yield f"the file {NAME} does not name every class of the entries from {number * WIDTH} on"
