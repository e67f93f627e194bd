"""The bound that is in force: read from the table, believed only as far as the entry that signed it says the same.

Rules: a bound without its entry, with other numbers, or younger than a year is a finding, and then the check goes as
if nothing had been pruned, so that everything that is gone is named as missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from muniment.ledger.models import Checkpoint, Entry, Event, Outbox
from muniment.ledger.openings import Opened, opened_event
from muniment.ledger.pruning import carried
from muniment.ledger.tables.pruning import Prune
from muniment.ledger.walk import Start
from muniment.ledger.words import moment
from muniment.proof.errors import Malformed
from muniment.proof.leaf import parse_leaf, require_opened
from muniment.spine.envelope import Tampered
from muniment.spine.keyring import KeyDestroyed

KIND: Final = "ledger.prune"
YEAR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound as its entry signed it.

    :param below: entries with a smaller index may be gone, bundles below it are. :param index: of the entry that says
        so, once it has its place. :param classes: by class, the index and the time below which its entries are gone.
    """

    below: int
    entry: UUID
    index: int | None
    at: datetime
    number: int
    goes: int
    classes: dict[str, tuple[int, datetime]]
    shown: Opened


def said(cls: str, below: int, before: datetime) -> str:
    """Return how the entry says it for one class."""
    return f"{cls}<{below}@{moment(before)}"


def newest() -> Bound | None:
    """Return the bound that is in force in the current tenant's log, without holding it against anything.

    :raises Malformed: when its entry is not there or cannot be read.
    """
    rows = _rows()
    if not rows:
        return None
    event = _event(rows[0].entry)
    if event is None:
        raise Malformed("The entry that states the bound of pruning is missing.")
    try:
        shown = opened_event(event)
        facts = shown.facts
        below, number, goes = int(facts["bound"]), int(facts["number"]), int(facts["goes"])
    except (KeyError, ValueError, Tampered, KeyDestroyed):
        raise Malformed("The entry that states the bound of pruning cannot be read.") from None
    classes = {one.cls: (one.bound, one.before) for one in rows}
    return Bound(below, event.id, getattr(event, "idx", None), event.at, number, goes, classes, shown)


def _rows() -> list[Prune]:
    last: Prune | None = Prune.objects.order_by("-number").first()
    return [] if last is None else list(Prune.objects.filter(number=last.number).order_by("cls"))


def _event(entry: UUID) -> Event | None:
    for table in (Entry, Outbox):
        found: Event | None = table.objects.filter(id=entry).first()
        if found is not None:
            return found
    return None


def in_force(faults: list[str]) -> tuple[int, Start]:
    """Return the bound of the current tenant's log and where a check begins behind it.

    :param faults: takes a sentence for each thing that does not hold; the bound is then 0.
    """
    try:
        bound = newest()
        if bound is None:
            faults.extend(_unlisted(-1))
            return 0, Start()
        told = [*_faults(bound), *_unlisted(bound.number)]
        held = carried.read(bound.entry)
        if carried.root(held) != bound.shown.facts.get("carried"):
            told.append("what a pruning carried over is not what its entry committed")
        start = carried.begin(held)
    except Malformed as why:
        faults.append(f"pruning: {why.what}")
        return 0, Start()
    except (ValueError, KeyError, TypeError):
        faults.append("pruning: what was carried over cannot be read")
        return 0, Start()
    faults.extend(f"pruning: {one}" for one in told)
    return (0, Start()) if told else (bound.below, start)


def _faults(bound: Bound) -> Iterator[str]:
    facts = bound.shown.facts
    rows: list[Any] = _rows()
    if sorted(said(one.cls, one.bound, one.before) for one in rows) != facts.get("classes"):
        yield "the bounds in the table are not those that were signed"
    if {(one.number, one.entry, one.at) for one in rows} != {(bound.number, bound.entry, bound.at)}:
        yield "the bounds in the table bear another number, entry or time than was signed"
    if bound.shown.value("action") != KIND or bound.shown.value("at") != moment(bound.at):
        yield "its entry is of another kind or time"
    if bound.index is not None:
        try:
            leaf = parse_leaf(Entry.objects.get(id=bound.entry).leaf)
            for opening in bound.shown.openings:
                require_opened(leaf, opening)
        except Malformed as why:
            yield f"its entry is not what was committed ({why.what})"
    for cls, (below, before) in bound.classes.items():
        if below > bound.below or before > bound.at - YEAR:
            yield f"the bound of {cls} reaches into the last twelve months"
    if bound.below:
        covers: Checkpoint | None = Checkpoint.objects.filter(size__gte=bound.below).order_by("size").first()
        if covers is None or covers.at > bound.at - YEAR:
            yield "no checkpoint that is a year older than the pruning covers what was pruned"


def _unlisted(number: int) -> Iterator[str]:
    """Name prunings that are on record and not in the table."""
    count = Entry.objects.filter(kind=KIND, cls="log.prune").count()
    count += Outbox.objects.filter(kind=KIND, cls="log.prune").count()
    if count != number + 1:
        yield f"{count} prunings are on record, and the table of bounds says {number + 1}"
