"""Between which moments an entry was made, as outside authorities say; and whether every token on record holds.

An entry was there before the first token on a head that covers it, and came after the last token that its own log took
up before it. A tenant's head is covered through its anchor in the deployment's log. The operator's clock plays no part.

Rules: a bound counts only when its token holds now, from the bytes that are kept, under the certificates of the
settings; what does not hold bounds nothing, and the next token does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from muniment.ledger import logs
from muniment.ledger.models import Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.tables.time import Stamp
from muniment.ledger.time import authorities, stamping, tokens
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.timestamp import Stamped, verify_timestamp
from muniment.spine import ports
from muniment.spine.errors import Invalid
from muniment.spine.scope import DEPLOYMENT, current_tenant, tenant_scope

#: Tokens that are tried in turn when the nearest one does not hold.
MOST_TRIED: Final = 8


@dataclass(frozen=True, slots=True)
class Bound:
    """A moment that an outside authority stated.

    :param at: the moment, in UTC. :param authority: its name in the settings. :param digest: SHA-256 of the token.
    :param size: of the deployment's head that the token is about.
    :param test: whether it is a test authority, which must be said wherever the moment is shown.
    """

    at: datetime
    authority: str
    digest: str
    size: int
    test: bool


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which moments an entry was made; a side that nobody bounds is None."""

    not_before: Bound | None
    not_after: Bound | None


@dataclass(frozen=True, slots=True)
class TimeState:
    """How the installation stands with its authorities, for its page and for ``check``.

    :param named: names of the authorities that are asked. :param last: the newest token that is on record.
    :param late: whether there was no new one for too long. :param unreadable: what is wrong with the settings.
    """

    named: tuple[str, ...]
    heard: tuple[stamping.Heard, ...]
    last: Stamp | None
    late: bool
    test: bool
    unreadable: str = ""


def bounds(entry: Entry) -> Bounds:
    """Return between which moments an entry of the current tenant's log was made."""
    return Bounds(_not_before(entry), _not_after(entry))


def _not_before(entry: Entry) -> Bound | None:
    found = noted_below(entry.idx)
    held = [] if found is None else [_bound(one) for one in found[1]]
    return max((one for one in held if one is not None), key=lambda one: one.at, default=None)


def _not_after(entry: Entry) -> Bound | None:
    if current_tenant() == DEPLOYMENT:
        place: int | None = entry.idx
    else:
        above = anchor_above(Log.objects.get(), entry.idx)
        place = None if above is None else above.idx
    row = None if place is None else stamp_above(place)
    return None if row is None else _bound(row)


def noted_below(idx: int) -> tuple[Entry, list[Stamp]] | None:
    """Return the nearest entry below a place of the current tenant's log that names tokens which hold, with those.

    The tokens are about one head, the newest that is named there.
    """
    return _holding(_notes().filter(idx__lt=idx).order_by("-idx"))


def noted_between(first: int, last: int) -> tuple[Entry, list[Stamp]] | None:
    """Return the first entry between two places of the current tenant's log that names tokens which hold."""
    return _holding(_notes().filter(idx__gt=first, idx__lt=last).order_by("idx"))


def _notes() -> QuerySet[Entry]:
    found: QuerySet[Entry] = Entry.objects.filter(
        kind="ledger.stamp" if current_tenant() == DEPLOYMENT else "ledger.note_stamp"
    )
    return found


def _holding(rows: QuerySet[Entry]) -> tuple[Entry, list[Stamp]] | None:
    for row in rows[:MOST_TRIED]:
        facts = opened_event(row).facts
        digests = facts.get("tokens") or [facts.get("token", "")]
        found = list(Stamp.objects.filter(digest__in=digests).order_by("-size", "authority"))
        held = [one for one in found if _bound(one) is not None]
        if held:
            return row, [one for one in held if (one.size, one.root) == (held[0].size, held[0].root)]
    return None


def stamp_above(place: int) -> Stamp | None:
    """Return the first token that holds on a head of the deployment's log that covers a place in it."""
    rows: list[Stamp] = list(Stamp.objects.filter(size__gt=place).order_by("size", "at")[:MOST_TRIED])
    return next((row for row in rows if _bound(row) is not None), None)


def newest_stamp() -> Stamp | None:
    """Return the token that holds on the newest head of the deployment's log."""
    rows: list[Stamp] = list(Stamp.objects.order_by("-size", "at")[:MOST_TRIED])
    return next((row for row in rows if _bound(row) is not None), None)


def beside(row: Stamp) -> list[Stamp]:
    """Return a token with those of other authorities on the same head that hold, each authority once."""
    found = {row.authority: row}
    for one in Stamp.objects.filter(size=row.size, root=row.root).order_by("at"):
        if one.authority not in found and _bound(one) is not None:
            found[one.authority] = one
    return list(found.values())


def anchor_above(log: Log, idx: int) -> Entry | None:
    """Return the first anchor in the deployment's log of a head that covers a place of a tenant's log."""
    with tenant_scope(DEPLOYMENT):
        rows = _anchors(log)
        low, high = 0, rows.count()
        # Anchors grow with their place, so that a thousand need ten looks.
        while low < high:
            middle = (low + high) // 2
            if int(opened_event(rows[middle]).facts["size"]) > idx:
                high = middle
            else:
                low = middle + 1
        found: Entry | None = rows[low : low + 1].first()
        return found


def anchor_below(log: Log, size: int) -> Entry | None:
    """Return the last anchor of a tenant's log among the first entries of the deployment's log."""
    with tenant_scope(DEPLOYMENT):
        found: Entry | None = _anchors(log).filter(idx__lt=size).last()
        return found


def _anchors(log: Log) -> QuerySet[Entry]:
    found: QuerySet[Entry] = Entry.objects.filter(kind="ledger.anchor", subject=f"log/{log.tag}")
    return found.order_by("idx")


def _bound(row: Stamp) -> Bound | None:
    try:
        held = verified(row)
    except (Malformed, Invalid):
        return None
    return Bound(held.at, row.authority, row.digest, row.size, held.test)


def head_text(row: Stamp) -> bytes:
    """Return the three lines that a token is about."""
    house = logs.of(DEPLOYMENT)
    return Checkpoint(house.origin, row.size, bytes.fromhex(row.root)).text().encode("utf-8")


def verified(row: Stamp) -> Stamped:
    """Verify the token of a row again, from the bytes that are kept.

    :raises Malformed: when it is missing, another one, about something else, or of no authority of the settings.
    :raises Invalid: when the settings of an authority cannot be read.
    """
    known = next((one for one in authorities.named() if one.name == row.authority), None)
    if known is None:
        raise Malformed("The settings name no such time-stamp authority.", where=row.authority)
    try:
        raw = tokens.read(logs.of(DEPLOYMENT), row.digest)
    except OSError:
        raise Malformed("The file of a time-stamp is missing.", where=row.digest) from None
    if hashlib.sha256(raw).hexdigest() != row.digest:
        raise Malformed("The file of a time-stamp is another one.", where=row.digest)
    held = verify_timestamp(raw, hashlib.sha256(head_text(row)).digest(), known.roots, known.others)
    if (held.at, held.test) != (row.at, row.test):
        raise Malformed("A time-stamp says something else than its row.", where=row.digest)
    return held


def faults() -> Iterator[str]:
    """Hold every token on record against its file, its head and the certificates of the settings."""
    with tenant_scope(DEPLOYMENT):
        house: Log | None = Log.objects.first()
        if house is None:
            return  # without its log no token is about anything, and that it is missing is named elsewhere
        for row in Stamp.objects.order_by("size", "at").iterator(chunk_size=500):
            name = f"time-stamp of {row.authority} at {row.size} entries"
            try:
                verified(row)
                if not stamping.ours(house, head_text(row)):
                    yield f"{name}: the log published no such head"
            except (Malformed, Invalid) as why:
                yield f"{name}: {why.what}"
        on_record = set(Stamp.objects.values_list("digest", flat=True))
        noted = Entry.objects.filter(kind="ledger.stamp").order_by("idx")
        for entry in noted.iterator(chunk_size=500):
            digest = str(opened_event(entry).facts.get("token", ""))
            if digest not in on_record:
                yield f"entry {entry.idx}: the time-stamp that it names has no row"


def time_state(now: datetime | None = None) -> TimeState:
    """Return how the installation stands with its time-stamp authorities."""
    moment = now or ports.now()
    try:
        found = authorities.named()
    except Invalid as why:
        return TimeState((), (), None, True, False, why.what)
    asked = tuple(one.name for one in found if one.url)
    last: Stamp | None = Stamp.objects.order_by("-at").first()
    late = bool(asked) and (last is None or moment - last.at > timedelta(hours=3))
    heard = tuple(one for one in stamping.last_heard() if one.name in asked)
    return TimeState(asked, heard, last, late, any(one.test for one in found if one.url))
