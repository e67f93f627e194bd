"""Keys of a log that were stolen: one person replaces them at once, and it is unconfirmed until another one agrees.

Rules (ADR 31, `docs/formats/checkpoint.md`): the tree and the origin stay. The entry names the last state of the log
that a witness has signed, or that was published where nobody was named; alone, the stolen keys count for nothing
beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from muniment.ledger.action import Act, action
from muniment.ledger.models import Entry, Event, Log, Outbox
from muniment.ledger.openings import Opened, opened_event
from muniment.ledger.tables.trusted import LogKey
from muniment.ledger.trust import rotation
from muniment.proof.errors import Malformed
from muniment.spine.actor import Actor
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Absent, Refused
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import tenant_scope

REPLACED: Final = "ledger.replace_key"
CONFIRMED: Final = "ledger.confirm_key"
SAME: Final = Refused(
    "Who replaced the keys cannot confirm it.", todo="Let another administrator confirm it."
)
ASK: Final = "Ask whoever did it why; then an administrator runs: muniment ledger confirm-key."


@dataclass(frozen=True, slots=True)
class Good:
    """The last state of a log that is surely its own.

    :param witnessed: whether somebody outside has signed it; else it is the newest one that was published.
    """

    size: int
    root: bytes
    witnessed: bool


@action(
    REPLACED,
    cls="system.change",
    says=(
        "{actor} replaced keys of {subject} that were stolen; what those alone signed beyond {facts.good_size}"
        " entries does not count"
    ),
)
def replace_key(act: Act, *, number: int, vkeys: str, good: Good) -> LogKey:
    """Replace keys that were stolen, at once and by one person; another one is to confirm it.

    :param good: the last state that is surely the log's own.
    :raises Clash: while other keys are being announced.
    """
    return rotation.announced(
        act,
        number,
        vkeys,
        act.now,
        good_size=good.size,
        good_root=good.root.hex(),
        witnessed=good.witnessed,
    )


def replace(actor: Actor, log: Log, good: Good) -> LogKey:
    """Make new keys for a log whose own were stolen, and announce them at once.

    :param good: as :func:`muniment.ledger.lag.last_good` finds it.
    :raises Clash: while other keys are being announced. :raises Busy: when the new ones cannot be written.
    """
    number, made = rotation.prepared(log)
    return replace_key(actor, number=number, vkeys=made.vkeys().decode("ascii"), good=good)


@action(CONFIRMED, cls="system.change", says="{actor} confirmed that the keys of {subject} were stolen")
def confirm_key(act: Act, *, number: int) -> None:
    """Confirm that somebody else was right to replace the keys of the log.

    :raises Absent: when nothing waits to be confirmed. :raises Refused: for the one who replaced them.
    """
    log: Log = Log.objects.select_for_update().get()
    by = {one.number: one.actor for one in unconfirmed(log)}
    if number not in by:
        raise Absent("Nothing of the keys of this log waits to be confirmed.")
    if by[number] == act.actor.id:
        raise SAME
    act.record(f"log/{log.tag}", stream="log", number=number)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Keys that one person replaced alone."""

    number: int
    actor: str
    at: str
    good_size: int

    def __str__(self) -> str:
        """Say it as a check does."""
        return (
            f"its keys were called stolen and replaced by one person alone on {self.at[:10]}, and nobody has"
            " confirmed it"
        )


def unconfirmed(log: Log) -> list[Unconfirmed]:
    """Return what one person did to a log's keys in an emergency and nobody else has confirmed."""
    held: dict[int, Unconfirmed] = {}
    with tenant_scope(log.tenant_id):
        for kind, said in _told(REPLACED, CONFIRMED):
            number, actor = int(said.facts.get("number", 0)), str(said.value("actor"))
            if kind == REPLACED:
                good = int(said.facts.get("good_size", 0))
                held[number] = Unconfirmed(number, actor, str(said.value("at")), good)
            elif number in held and held[number].actor != actor:
                del held[number]
    return list(held.values())


def faults(log: Log) -> Iterator[str]:
    """Name what was done to a log's keys by one person alone, in the current tenant's scope."""
    yield from (str(one) for one in unconfirmed(log))
    proposed: tuple[object, object, object] | None = None
    for kind, said in _told(rotation.PROPOSED, rotation.ROTATED):
        keys, actor = (said.facts.get("number"), said.facts.get("keys")), said.value("actor")
        if kind == rotation.PROPOSED:
            proposed = (*keys, actor)
        elif proposed is None or proposed[:2] != keys or proposed[2] == actor:
            yield f"its keys number {keys[0]} were announced by one person alone: nobody else proposed them"


def _told(*kinds: str) -> Iterator[tuple[str, Opened]]:
    """Yield what entries of some actions say, in order; one that cannot be opened is named by the walk."""
    placed, waiting = Entry.objects.order_by("idx"), Outbox.objects.order_by("order", "id")
    for rows in (placed, waiting):
        event: Event
        for event in rows.filter(kind__in=kinds).exclude(cls="refusal"):
            try:
                said = opened_event(event)
            except (Malformed, Tampered, KeyDestroyed, ValueError):
                continue
            # Nobody can open an entry of an organisation that was closed.
            if said.value("action"):
                yield event.kind, said
