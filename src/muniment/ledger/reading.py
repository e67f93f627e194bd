"""Reading the ledger is on record too: who looked at what others did is itself something that was done."""

from __future__ import annotations

from dataclasses import dataclass

from muniment.ledger import queries
from muniment.ledger.action import Act, action
from muniment.ledger.models import Event


@dataclass(frozen=True, slots=True)
class Reading:
    """What was asked for: entries in their places, and events that wait for theirs."""

    entries: tuple[Event, ...]
    waiting: tuple[Event, ...] = ()


@action(
    "ledger.read", cls="log.read", says="{actor} read {facts.entries:entry|entries} of the ledger", reads=True
)
def read(act: Act, *, wanted: queries.Wanted) -> Reading:
    """Return entries of the tenant's ledger, and put on record that they were read.

    :raises Absent: when one entry is asked for that is not there.
    """
    if wanted.entry is not None:
        found = Reading((queries.entry(wanted.entry),))
    else:
        ahead = wanted.before is None
        found = Reading(tuple(queries.entries(wanted)), tuple(queries.waiting(wanted)) if ahead else ())
    act.record("ledger", entries=len(found.entries) + len(found.waiting), entry=wanted.entry)
    return found
