"""Following each log: what is under a signed checkpoint and was not acknowledged yet is sent, in its order.

Rules: off the path of every entry and through the one way out; a bounded part of a log is in memory at a time; a
record that the collector refuses for good is searched out, set aside and told by an entry, and keeps nobody waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import structlog

from muniment.ledger import drawing, logs, queries
from muniment.ledger.action import Act, action
from muniment.ledger.drawing import Range
from muniment.ledger.exports.asked import Asked
from muniment.ledger.models import Entry, Log
from muniment.ledger.openings import opened_event
from muniment.ledger.pushing import cursor, otlp
from muniment.ledger.pushing.cursor import Cursor
from muniment.ledger.pushing.otlp import Verdict
from muniment.spine import config
from muniment.spine.actor import system
from muniment.spine.errors import Busy, MunimentError
from muniment.spine.installation import egress
from muniment.spine.lines import header_lines
from muniment.spine.scope import tenant_scope

log = structlog.get_logger("muniment.ledger")

#: Most entries and most bytes of one request before it is compressed, and most requests for one log in one go.
MOST: Final = 200
LARGEST: Final = 1 << 20
ROUNDS: Final = 20
LARGEST_ANSWER: Final = 64 * 1024
#: Seconds to wait after a first failure, at most after many, and where only somebody's hand can mend it.
FIRST_WAIT, LONGEST_WAIT, HELD_WAIT = 2.0, 300.0, 900.0
#: An entry that was not acknowledged for so long is worth a second look.
LATE: Final = timedelta(minutes=5)
#: For how long `check` tells of what the collector refused for good, and of how many such parts at most.
ASIDE_TOLD: Final = timedelta(days=30)
MOST_ASIDE: Final = 10
HAND: Final = frozenset({"ledger.begin_push", "ledger.set_aside"})


@action("ledger.begin_push", cls="export", says="entries of the ledger are pushed to {facts.to} from now on")
def begin_push(act: Act, *, to: str, classes: Sequence[str]) -> None:
    """Put on record that entries leave the house by themselves from now on, and where to."""
    act.record("ledger.push", stream="ledger", to=to, classes=list(classes))


@action(
    "ledger.set_aside",
    cls="export",
    says="{facts.count:entry|entries} of the ledger could not be given to the collector and went aside",
)
def set_aside(act: Act, *, first: int, end: int, count: int, why: str) -> None:
    """Put on record that the collector refused entries for good, and where they stand in the log."""
    act.record("ledger.push", stream="ledger", first=first, end=end, count=count, why=why)


@dataclass(frozen=True, slots=True)
class Behind:
    """How far a log's pushing is behind.

    :param entries: under a signed checkpoint and not acknowledged. :param oldest: when the first of them happened.
    :param until: nothing is sent before; empty when nothing is waited for.
    :param to: host and port of the collector. :param place: of the next entry to be sent.
    :param sent_at: when something was last acknowledged; empty before that.
    """

    origin: str
    sent: int
    aside: int
    entries: int
    oldest: datetime | None
    fault: str
    until: str
    to: str = ""
    place: int = 0
    sent_at: str = ""

    def late(self, now: datetime) -> bool:
        """Say whether somebody should look."""
        return self.oldest is not None and now - self.oldest > LATE


def _to() -> str:
    settings = config.current()
    return " ".join([settings.otlp_address, *sorted(settings.otlp_classes)])


def behind(one: Log) -> Behind:
    """Return how far a log's pushing is behind, from what is kept durably."""
    held = cursor.read(one)
    held = held if held.to == _to() else Cursor()
    with tenant_scope(one.tenant_id):
        newest = queries.newest_checkpoint()
        size = newest.size if newest else 0
        oldest: Entry | None = Entry.objects.filter(idx__gte=held.place, idx__lt=size).order_by("idx").first()
    left = max(size - held.place, 0)
    return Behind(
        one.origin,
        held.sent,
        held.aside,
        left,
        oldest.at if oldest else None,
        held.fault,
        held.until,
        urlsplit(config.current().otlp_address).netloc,
        held.place,
        held.sent_at,
    )


@dataclass(frozen=True, slots=True)
class Aside:
    """Entries that the collector refused for good.

    :param first: the place of the first of them. :param end: the place after the last.
    """

    first: int
    end: int
    count: int
    why: str

    @property
    def what(self) -> str:
        """Say which entries these are, by their places in the log."""
        if self.count == 1:
            return f"entry no. {self.first}"
        return f"{self.count} entries between no. {self.first} and no. {self.end - 1}"


def aside_lately(one: Log, now: datetime) -> list[Aside]:
    """Return what the collector refused for good in the last days, the newest first.

    Nothing is sent twice to a collector that refused it, so somebody is to carry these over by hand; what is older was
    told for long enough, and stands in the ledger.
    """
    with tenant_scope(one.tenant_id):
        rows = Entry.objects.filter(kind="ledger.set_aside", at__gte=now - ASIDE_TOLD).order_by("-idx")
        facts = [opened_event(row).facts for row in rows[:MOST_ASIDE]]
    return [
        Aside(int(one["first"]), int(one["end"]), int(one["count"]), str(one["why"]))
        for one in facts
        if {"first", "end", "count", "why"} <= one.keys()
    ]


def push_all(now: datetime) -> int:
    """Send what was not acknowledged yet, of every log; returns how many entries were.

    :raises Invalid: for headers that cannot be read.
    """
    if not config.current().otlp_address:
        return 0
    return sum(push(one, now) for one in logs.living())


def push(one: Log, now: datetime) -> int:
    """Send what of one log was not acknowledged yet, a bounded part at a time."""
    with tenant_scope(one.tenant_id):
        newest = queries.newest_checkpoint()
        if newest is None:
            return 0
        held = cursor.read(one)
        if held.to != _to():
            held = _begun(one)
        if held.waits(now):
            return 0
        # A log that a restore has set back is told by its witnesses; here it must not keep new entries waiting.
        held = replace(held, place=min(held.place, newest.size))
        before = held.sent
        for _ in range(ROUNDS):
            found, end = _part(held.place, newest.size, one.origin)
            if end == held.place:
                break
            held, goes_on = _sent(one, held, found, end, now)
            cursor.keep(one, held)
            if not goes_on:
                break
        return held.sent - before


def _begun(one: Log) -> Cursor:
    settings = config.current()
    hand = system("worker", may=HAND, tenant=one.tenant_id)
    begin_push(hand, to=urlsplit(settings.otlp_address).netloc, classes=sorted(settings.otlp_classes))
    held = Cursor(to=_to())
    cursor.keep(one, held)
    return held


@dataclass(frozen=True, slots=True)
class _Record:
    place: int
    kind: str
    told: dict[str, object]


def _part(first: int, size: int, origin: str) -> tuple[list[_Record], int]:
    """Return the next entries to be sent, and the place after the last that was looked at."""
    wanted = frozenset(config.current().otlp_classes)
    found: list[_Record] = []
    end, weight = first, 0
    for entry in drawing.entries(Asked("ocsf"), Range(first, size, size), MOST):
        if not wanted or entry.cls in wanted:
            told = otlp.record(drawing.line_of(entry, origin, personal=False))
            weight += len(str(told))
            if found and weight > LARGEST:
                return found, end
            found.append(_Record(entry.idx, entry.kind, told))
        end = entry.idx + 1
    return found, end if end > first else size


def _sent(one: Log, held: Cursor, found: list[_Record], end: int, now: datetime) -> tuple[Cursor, bool]:
    """Send a part; returns how the log stands then, and whether to go on."""
    waiting = [found] if found else []
    taken = 0
    bad: list[_Record] = []
    why = ""
    while waiting:
        some = waiting.pop(0)
        status, asked, fault, dropped = _exchange(some, one.origin)
        found_so = otlp.verdict(status)
        if found_so is Verdict.BAD and len(some) > 1:
            half = len(some) // 2
            waiting[:0] = [some[:half], some[half:]]
        elif found_so is Verdict.BAD:
            bad, why = [*bad, *some], fault
        elif found_so is Verdict.TAKEN:
            taken += len(some) - dropped
            if dropped:
                bad, why = [*bad, *some[:dropped]], f"{dropped} of these were taken and dropped."
        else:
            # What was sent of this part is sent again with the rest of it; its identifiers tell the doubles.
            failures = held.failures + 1
            again = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
            wait = HELD_WAIT if found_so is Verdict.HELD else max(asked, again)
            until = (now + timedelta(seconds=wait)).isoformat()
            return replace(held, failures=failures, until=until, fault=fault), False
    told = [each for each in bad if each.kind != "ledger.set_aside"]
    if told:
        hand = system("worker", may=HAND, tenant=one.tenant_id)
        first, last = min(each.place for each in told), max(each.place for each in told)
        set_aside(hand, first=first, end=last + 1, count=len(told), why=why)
        log.error("push_set_aside", log=one.origin, first=first, count=len(told))
    sent_at = now.isoformat() if taken else held.sent_at
    return Cursor(held.to, end, held.sent + taken, held.aside + len(bad), sent_at=sent_at), True


def _exchange(some: list[_Record], origin: str) -> tuple[int, float, str, int]:
    """Send records once; returns the status, for how long to wait, why it failed, and how many were dropped.

    No answer counts as 503, a way that is closed to us as 403.
    """
    settings = config.current()
    try:
        answer = egress().post(
            settings.otlp_address,
            otlp.packed([each.told for each in some], origin),
            LARGEST_ANSWER,
            kind="application/json",
            headers={"Content-Encoding": "gzip", **header_lines(settings.otlp_headers)},
        )
    except Busy as why:
        return 503, 0.0, why.what, 0
    except MunimentError as why:
        return 403, 0.0, why.what, 0
    status = answer.status
    dropped = min(otlp.rejected(answer.body), len(some)) if status < 300 else 0
    return status, otlp.wait_asked(answer.retry_after), otlp.in_words(status), dropped
