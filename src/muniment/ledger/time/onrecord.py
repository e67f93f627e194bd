"""Tokens on record: an entry of the deployment's log for each, and one in every log that grew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from muniment.ledger import logs
from muniment.ledger.action import Act, action
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.refusals import constraint
from muniment.ledger.tables.time import Stamp
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Clash
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: A log in which nothing else happened is told of a token once in this time.
QUIET: Final = timedelta(days=1)
CLERK: Final = frozenset({"ledger.note_stamp", "ledger.stamp"})
#: What a log says of itself once it was told: by these alone it did not grow, or it would never rest.
OF_ITSELF: Final = ("ledger.note_stamp", "ledger.commit_heads")

constraint("one_row_per_time_stamp", Clash("This time-stamp is on record already."))


@dataclass(frozen=True, slots=True)
class Fresh:
    """A token that was verified and is kept.

    :param digest: SHA-256 of the token. :param size: of the head that it is about. :param root: of that, in hex.
    :param off: seconds by which our clock was ahead of the authority's.
    """

    authority: str
    digest: str
    size: int
    root: str
    at: datetime
    off: int
    test: bool


@action(
    "ledger.stamp",
    cls="system.change",
    says="{facts.authority} time-stamped the log of the installation at {facts.size:entry|entries}",
)
def stamp(act: Act, *, fresh: Fresh) -> Stamp:
    """Put a time-stamp on the installation's log on record.

    :raises Clash: when it is on record already.
    """
    row: Stamp = Stamp.objects.create(
        authority=fresh.authority,
        digest=fresh.digest,
        size=fresh.size,
        root=fresh.root,
        at=fresh.at,
        test=fresh.test,
    )
    act.record(
        row,
        authority=fresh.authority,
        token=fresh.digest,
        size=fresh.size,
        root=fresh.root,
        time=fresh.at,
        ahead=fresh.off,
        test=fresh.test,
    )
    return row


@action(
    "ledger.note_stamp",
    cls="system.change",
    says="the log took up {facts.tokens:time-stamp|time-stamps} of the installation, the last one of {facts.time}",
)
def note_stamp(act: Act, *, rows: Sequence[Stamp]) -> None:
    """Take the digests of new time-stamps into a tenant's log: what comes after them came after their time."""
    act.record(
        "time",
        tokens=[row.digest for row in rows],
        authorities=[row.authority for row in rows],
        time=max(row.at for row in rows),
    )


def put(fresh: Fresh) -> Stamp:
    """Put a token on record in the deployment's log."""
    made: Stamp = stamp(system("stamper", may=CLERK), fresh=fresh)
    return made


def tell_tenants(rows: Sequence[Stamp]) -> int:
    """Take new tokens into every tenant's log that grew since it was last told.

    :returns: how many logs were told.
    """
    told = 0
    for log in logs.every():
        if log.tenant_id == DEPLOYMENT:
            continue
        with tenant_scope(log.tenant_id):
            last: Entry | None = Entry.objects.filter(kind="ledger.note_stamp").order_by("-idx").first()
            waits = Outbox.objects.exclude(kind__in=OF_ITSELF).exists()
            grew = waits or last is None or _more_was_said(after=last.idx)
            quiet = last is not None and ports.now() - last.at < QUIET
        if grew or not quiet:
            note_stamp(system("stamper", may=CLERK, tenant=log.tenant_id), rows=rows)
            told += 1
    return told


def _more_was_said(*, after: int) -> bool:
    return Entry.objects.filter(idx__gt=after).exclude(kind__in=OF_ITSELF).exists()
