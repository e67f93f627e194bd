"""Drawing an export out of the ledger: entries in their order, line by line, in bounded memory.

Rules: only entries under a signed checkpoint are drawn; they are taken in parts by their place, never all at once; the
same range, filters and form give the same bytes, until something in them is erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from muniment.ledger import queries
from muniment.ledger.exports.asked import FORMS, UNBOUNDED, Asked, parse_cursor
from muniment.ledger.exports.line import Line
from muniment.ledger.models import Checkpoint, Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.pruning import under_way
from muniment.ledger.sentences import person_in
from muniment.proof.merkle import leaf_hash
from muniment.spine.errors import Busy, Invalid
from muniment.spine.scope import current_tenant

PART: Final = 500


@dataclass(frozen=True, slots=True)
class Range:
    """Places of the log: from ``first`` up to and without ``end``, in the log as it stood at ``size`` entries."""

    first: int
    end: int
    size: int

    def told(self) -> dict[str, int]:
        """Return the range as it is put on record."""
        return {"end": self.end, "first": self.first, "size": self.size}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an export holds, counted and digested.

    :param withheld: facts about persons that could be opened and are not shown. :param erased: parts whose key was
        destroyed.
    """

    asked: Asked
    range: Range
    entries: int
    size: int
    sha256: str
    withheld: int
    erased: int


def begin(asked: Asked) -> Range:
    """Return the places that an export may draw from, by its cursor or from the beginning.

    :raises Busy: before the first checkpoint.
    :raises Invalid: for a cursor that no export gave out.
    """
    if asked.cursor:
        size, first = parse_cursor(asked.cursor)
        if not Checkpoint.objects.filter(size=size).exists():
            raise Invalid(
                "This is no cursor of an export.", todo="Take it from the export before.", where="cursor"
            )
        return Range(first, size, size)
    newest = queries.newest_checkpoint()
    if newest is None:
        raise Busy("The log has no signed checkpoint yet.", todo="Wait a few seconds, then try again.")
    return Range(0, newest.size, newest.size)


def _narrowed(asked: Asked) -> Any:
    """Return the entries that the filters name, in the order of the log."""
    rows = Entry.objects.order_by("idx")
    for name, value in (("actor", asked.actor), ("kind", asked.kind), ("subject", asked.subject)):
        if value:
            rows = rows.filter(**{name: value})
    if asked.since is not None:
        rows = rows.filter(at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(at__lt=asked.until)
    if asked.outcome:
        refused = {"cls": "refusal"}
        rows = rows.filter(**refused) if asked.outcome == "refused" else rows.exclude(**refused)
    return rows


def entries(asked: Asked, within: Range, most: int = UNBOUNDED) -> Iterator[Entry]:
    """Yield the entries of a range, at most so many; a part of them is in memory at a time."""
    rows, first, left = _narrowed(asked), within.first, most
    while left > 0:
        part = list(rows.filter(idx__gte=first, idx__lt=within.end)[: min(PART, left)])
        yield from part
        if len(part) < min(PART, left):
            return
        left -= len(part)
        first = part[-1].idx + 1


def line_of(entry: Entry, log: str, *, personal: bool) -> Line:
    """Return one entry as exports tell it.

    :param log: the log's origin. :param personal: whether facts under persons' own keys are shown.
    """
    opened = opened_event(entry)
    origin = opened.value("origin", {})
    hidden = frozenset() if personal else opened.personal
    shown = [one for one in opened.openings if one.path.startswith("facts.") and one.path not in hidden]
    subject = str(opened.value("subject"))
    return Line(
        index=entry.idx,
        leaf=leaf_hash(bytes(entry.leaf)).hex(),
        log=log,
        event=str(entry.id),
        cls=entry.cls,
        at=str(opened.value("at")),
        action=str(opened.value("action")),
        actor=str(opened.value("actor")),
        subject=subject,
        outcome=str(opened.value("outcome")),
        person=person_in(subject),
        cause=str(opened.value("cause")),
        actor_kind=str(origin.get("kind", "")),
        via=str(origin.get("via", "")),
        address=str(origin.get("address", "")),
        role=str(origin.get("role", "")),
        factors=[str(one) for one in origin.get("factors", [])],
        facts={one.path.removeprefix("facts."): one.value for one in shown},
        withheld=sorted(path.removeprefix("facts.") for path in hidden),
        erased=opened.erased,
    )


def lines(asked: Asked, within: Range) -> Iterator[bytes]:
    """Yield an export's bytes: its head, then each line."""
    form = FORMS[asked.form]
    log = queries.origin()
    yield form.HEAD
    with under_way.reading(current_tenant()):
        for entry in entries(asked, within):
            yield form.line(line_of(entry, log, personal=asked.personal))


def draw(asked: Asked) -> Drawn:
    """Go through an export once without keeping it: what goes on record is known before anything is given out.

    :raises Busy: before the first checkpoint.
    :raises Invalid: for a cursor that no export gave out.
    """
    with under_way.reading(current_tenant()):
        return _drawn(asked, begin(asked))


def _drawn(asked: Asked, within: Range) -> Drawn:
    form, log = FORMS[asked.form], queries.origin()
    digest = hashlib.sha256(form.HEAD)
    count = withheld = erased = last = 0
    size = len(form.HEAD)
    for entry in entries(asked, within, asked.most):
        one = line_of(entry, log, personal=asked.personal)
        raw = form.line(one)
        digest.update(raw)
        count, size, last = count + 1, size + len(raw), one.index
        withheld, erased = withheld + len(one.withheld), erased + one.erased
    end = last + 1 if count == asked.most else within.end
    return Drawn(
        asked, Range(within.first, end, within.size), count, size, digest.hexdigest(), withheld, erased
    )
