"""What was accepted as damage, as the entries say it: for every later check, which names it and goes on.

Rules: an acceptance counts only when its entry was written by one who is not the one whose proposal stands before it;
what was accepted is named each time and for ever, and covers exactly the number and the rows that its entry names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from muniment.ledger.models import Entry, Event, Outbox
from muniment.ledger.numbers import Counted
from muniment.ledger.openings import opened_event
from muniment.proof.errors import Malformed
from muniment.spine.envelope import Tampered
from muniment.spine.keyring import KeyDestroyed

PROPOSED: Final = "ledger.propose_damage"
ACCEPTED: Final = "ledger.accept_damage"
CLASS: Final = "log.damage"


@dataclass(frozen=True, slots=True)
class Accepted:
    """One piece of damage that two persons accepted.

    :param number: lane and number of the event that is lost. :param sentence: as every check tells it.
    :param fault: why it does not count; empty when it does.
    """

    number: str
    sentence: str
    fault: str = ""


def all_accepted() -> list[Accepted]:
    """Return what was accepted in the current tenant's log, in the order in which it was."""
    proposals: dict[tuple[str, str], str] = {}
    made = []
    for event in _events():
        where = f"entry {event.idx}" if isinstance(event, Entry) else f"waiting event {event.id}"
        try:
            shown = opened_event(event)
            facts = shown.facts
            actor, on = str(shown.value("actor")), str(shown.value("at"))[:10]
            name, digest = str(facts["what"]), str(facts["digest"])
            if event.kind == PROPOSED:
                proposals[name, digest] = actor
                continue
            number, by = str(facts.get("number", "")), str(facts["proposed_by"])
            sentence = (
                f"{where}: accepted damage: {name}; lost: {facts['lost']}; found by the check that said:"
                f" {facts['check']}; proposed by {by}, accepted by {actor} on {on}"
            )
        except (Malformed, Tampered, KeyDestroyed, ValueError, KeyError):
            made.append(Accepted("", "", f"{where}: what it accepts as damage cannot be read"))
            continue
        alone = proposals.get((name, digest)) != by or by == actor
        fault = f"{where}: it accepts damage that nobody else proposed" if alone else ""
        made.append(Accepted(number, sentence, fault))
    return made


def _events() -> Iterator[Event]:
    for events in (Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")):
        yield from events.filter(kind__in=(PROPOSED, ACCEPTED), cls=CLASS).iterator(chunk_size=100)


def lost(met: dict[str, Counted], known: Sequence[Accepted]) -> list[str]:
    """Count the numbers that were accepted as lost as met; returns a sentence for each that is not lost at all."""
    faults = []
    for one in known:
        lane, _, number = one.number.partition("/")
        if one.fault or not number:
            continue
        if not met.setdefault(lane, Counted()).take(int(number)):
            faults.append(f"lane {lane}: event number {number} was accepted as lost, and an event bears it")
    return faults
