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
    kind = "ledger.stamp" if current_tenant() == DEPLOYMENT else "ledger.note_stamp"
    for row in Entry.objects.filter(kind=kind, idx__lt=entry.idx).order_by("-idx")[:MOST_TRIED]:
        facts = opened_event(row).facts
        digests = facts.get("tokens") or [facts.get("token", "")]
        found = [_bound(one) for one in Stamp.objects.filter(digest__in=digests)]
        held = [one for one in found if one is not None]
        if held:
            return max(held, key=lambda one: one.at)
    return None


def _not_after(entry: Entry) -> Bound | None:
    place = entry.idx if current_tenant() == DEPLOYMENT else _anchor(entry)
    if place is None:
        return None
    for row in Stamp.objects.filter(size__gt=place).order_by("size", "at")[:MOST_TRIED]:
        found = _bound(row)
        if found is not None:
            return found
    return None


def _anchor(entry: Entry) -> int | None:
    """Return the place in the deployment's log of the first anchor of a head that covers a tenant's entry."""
    own: Log = Log.objects.get()
    with tenant_scope(DEPLOYMENT):
        rows = Entry.objects.filter(kind="ledger.anchor", subject=f"log/{own.tag}").order_by("idx")
        low, high = 0, rows.count()
        # Anchors grow with their place, so that a thousand need ten looks.
        while low < high:
            middle = (low + high) // 2
            if int(opened_event(rows[middle]).facts["size"]) > entry.idx:
                high = middle
            else:
                low = middle + 1
        last: Entry | None = rows[low : low + 1].first()
        return None if last is None else last.idx


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
