"""What an export is asked for: the form, the filters, the cursor. Pure.

Rules: a cursor names the size of the log and the place from which to go on, so that the same cursor gives the same
bytes however the log has grown since; the time is half-open, from ``since`` up to and without ``until``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol

from muniment.ledger.exports import cef, ocsf, sheet
from muniment.ledger.exports.line import Line
from muniment.spine.errors import Invalid

#: Most entries of one export over a page or the API; the command line knows no bound.
MOST_HERE: Final = 10_000
UNBOUNDED: Final = 2**62
OUTCOMES: Final = ("done", "refused")
_CURSOR: Final = re.compile(r"(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})")
_KIND: Final = re.compile(r"[a-z_]{1,30}\.[a-z_]{1,60}")
_NAME: Final = re.compile(r"[\x21-\x7e]{1,120}")


class Form(Protocol):
    """A module that puts entries into somebody's words."""

    HEAD: bytes

    def line(self, one: Line) -> bytes:
        """Write one entry."""
        ...


FORMS: Final[Mapping[str, Any]] = {"ocsf": ocsf, "csv": sheet, "cef": cef}
ENDINGS: Final[Mapping[str, str]] = {"ocsf": "jsonl", "csv": "csv", "cef": "cef"}
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "ocsf": "application/jsonl; charset=utf-8",
    "csv": "text/csv; charset=utf-8; header=present",
    "cef": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for; empty filters ask for everything.

    :param form: ``ocsf``, ``csv`` or ``cef``. :param subject: the thing that entries are about.
    :param cursor: where an earlier export ended; empty for the beginning.
    :param most: at most so many entries. :param personal: whether facts about persons are shown.
    """

    form: str
    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    kind: str = ""
    subject: str = ""
    outcome: str = ""
    cursor: str = ""
    most: int = MOST_HERE
    personal: bool = False

    def filters(self) -> dict[str, str]:
        """Return the filters that are set, as they are put on record."""
        given = {
            "actor": self.actor,
            "kind": self.kind,
            "object": self.subject,
            "outcome": self.outcome,
            "since": _told(self.since),
            "until": _told(self.until),
        }
        return {name: value for name, value in given.items() if value}


def _told(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def of_filters(form: str, filters: Mapping[str, str], *, personal: bool) -> Asked:
    """Return what was asked for, from what stands on record of it."""
    since, until = (
        datetime.fromisoformat(filters[name]) if name in filters else None for name in ("since", "until")
    )
    return Asked(
        form,
        since,
        until,
        actor=filters.get("actor", ""),
        kind=filters.get("kind", ""),
        subject=filters.get("object", ""),
        outcome=filters.get("outcome", ""),
        personal=personal,
    )


def require_asked(asked: Asked) -> Asked:
    """Return what is asked for after making sure that it can be answered.

    :raises Invalid: for an unknown form or outcome, a filter that is none, a time that ends before it begins.
    """
    if asked.form not in FORMS:
        raise Invalid("There is no such form of an export.", todo="Choose ocsf, csv or cef.", where="format")
    if asked.outcome and asked.outcome not in OUTCOMES:
        raise Invalid("There is no such outcome.", todo="Choose done or refused.", where="outcome")
    if asked.kind and not _KIND.fullmatch(asked.kind):
        raise Invalid("This is no action's name.", todo="Write it like cases.decide.", where="kind")
    for name, value in (("actor", asked.actor), ("object", asked.subject)):
        if value and not _NAME.fullmatch(value):
            raise Invalid("This filter names nothing that the ledger could hold.", where=name)
    if any(at is not None and at.tzinfo is None for at in (asked.since, asked.until)):
        raise Invalid(
            "A time without its zone is not one moment.", todo="Write it like 2030-01-31T12:00:00Z."
        )
    if asked.since and asked.until and asked.since >= asked.until:
        raise Invalid("The time ends before it begins.", todo="Turn both ends round.", where="until")
    if asked.most < 1:
        raise Invalid("An export of nothing is none.", todo="Ask for at least one entry.", where="limit")
    if asked.cursor:
        parse_cursor(asked.cursor)
    return asked


def parse_cursor(text: str) -> tuple[int, int]:
    """Return the size of the log and the place to go on from.

    :raises Invalid: for anything but a cursor that was given out.
    """
    found = _CURSOR.fullmatch(text)
    size, first = (int(one) for one in found.groups()) if found else (0, 1)
    if first > size:
        raise Invalid(
            "This is no cursor of an export.", todo="Take it from the export before.", where="cursor"
        )
    return size, first


def moment(text: str, *, end: bool = False) -> datetime:
    """Return a day or a moment as a moment in UTC; a day as an end means that the whole day is in.

    :raises Invalid: for anything else, and for a moment without its zone.
    """
    try:
        if len(text) == len("2030-01-31"):
            day = datetime.combine(date.fromisoformat(text), time(), UTC)
            return day + timedelta(days=1) if end else day
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid(
            "This is neither a day nor a moment.", todo="Write it like 2030-01-31 or 2030-01-31T12:00:00Z."
        )
    return found.astimezone(UTC)
