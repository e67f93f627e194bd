"""Every way an export comes to be and leaves the house. No copy of it is kept here.

Rules: what an export holds is digested first, then put on record, and only then given out; it is made anew for each
copy and held against its digest, so that an erased value cannot leave with an old export; facts about persons are
given only to a role that may, and only when asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from muniment.ledger import drawing, logs, queries, reading
from muniment.ledger.action import Act, action
from muniment.ledger.drawing import Drawn, Range
from muniment.ledger.exports.asked import ENDINGS, MOST_HERE, Asked, of_filters, require_asked
from muniment.ledger.models import Entry, Event, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import rotation
from muniment.proof.exported import ACTIONS, write_export
from muniment.spine import ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Absent, Busy, Clash, Refused
from muniment.spine.scope import tenant_scope

#: Most bytes of a copy over a page or the API, where it is made in memory and held against its digest first.
LARGEST_HERE: Final = 64 << 20
SETTLE: Final = "Wait a few seconds, then try again."


@dataclass(frozen=True, slots=True)
class Export:
    """An export as its entry in the ledger tells it.

    :param event: the entry's identifier. :param idx: its place; ``None`` while it waits for one.
    """

    id: UUID
    event: UUID
    idx: int | None
    at: datetime
    actor: str
    asked: Asked
    range: Range
    entries: int
    size: int
    sha256: str
    withheld: int
    erased: int

    @property
    def cursor(self) -> str | None:
        """Where the next export goes on; ``None`` when nothing is left."""
        return f"{self.range.size}.{self.range.end}" if self.range.end < self.range.size else None

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"ledger-{self.range.first}-{self.sha256[:8]}.{ENDINGS[self.asked.form]}"

    @property
    def small(self) -> bool:
        """Whether a copy can be taken over a page or the API."""
        return self.entries <= MOST_HERE and self.size <= LARGEST_HERE


def subject_of(export_id: UUID) -> str:
    """Return the name under which the ledger speaks of an export and of its copies."""
    return f"ledger.Export/{export_id}"


def _put_on_record(act: Act, drawn: Drawn | None) -> UUID:
    if drawn is None:
        # The door lets nobody in for whom nothing was drawn; this is for whoever calls it by another way.
        raise Refused("Nothing was drawn for this export.")
    made = ports.new_id()
    act.record(
        subject_of(made),
        stream="ledger",
        bytes=drawn.size,
        entries=drawn.entries,
        erased=drawn.erased,
        filters=drawn.asked.filters(),
        form=drawn.asked.form,
        range=drawn.range.told(),
        sha256=drawn.sha256,
        withheld=drawn.withheld,
    )
    return made


@action("ledger.export", cls="export", says="{actor} exported {facts.entries:entry|entries} of the ledger")
def export(act: Act, *, drawn: Drawn | None) -> UUID:
    """Put an export on record that withholds facts about persons; returns its identifier."""
    return _put_on_record(act, drawn)


@action(
    "ledger.export_personal",
    cls="export",
    says="{actor} exported {facts.entries:entry|entries} of the ledger with facts about persons",
)
def export_personal(act: Act, *, drawn: Drawn | None) -> UUID:
    """Put an export on record that shows facts about persons too; returns its identifier."""
    return _put_on_record(act, drawn)


def make(actor: Actor, asked: Asked) -> Export:
    """Draw an export, put it on record and return what is known of it; :func:`copy` gives its bytes.

    The work is done before the action, which would keep other writers waiting for as long as it takes.

    :raises Invalid: for filters or a cursor that are none. :raises Refused: when the actor may not.
    :raises Busy: before the log's first checkpoint.
    """
    require_asked(asked)
    door, kind = (export_personal, ACTIONS[1]) if asked.personal else (export, ACTIONS[0])
    with tenant_scope(actor.tenant):
        drawn = drawing.draw(asked) if kind in actor.may else None
        return described(_event(door(actor, drawn=drawn)))


def _event(export_id: UUID) -> Event:
    for table in (Entry, Outbox):
        found: Event | None = table.objects.filter(subject=subject_of(export_id), kind__in=ACTIONS).first()
        if found is not None and found.cls != "refusal":
            return found
    raise Absent


def described(event: Event) -> Export:
    """Return an export as its entry tells it."""
    facts: dict[str, Any] = opened_event(event).facts
    return Export(
        id=UUID(event.subject.partition("/")[2]),
        event=event.id,
        idx=getattr(event, "idx", None),
        at=event.at,
        actor=event.actor,
        asked=of_filters(facts["form"], facts["filters"], personal=event.kind == ACTIONS[1]),
        range=Range(**facts["range"]),
        entries=facts["entries"],
        size=facts["bytes"],
        sha256=facts["sha256"],
        withheld=facts["withheld"],
        erased=facts["erased"],
    )


@dataclass(frozen=True, slots=True)
class Whole:
    """An export with the copies that were taken of it, the oldest first."""

    export: Export
    copies: tuple[queries.Told, ...]


def read(actor: Actor, *, export_id: UUID) -> Whole:
    """Return an export with its copies, and put on record that the entries about it were read.

    :raises Absent: when there is none in this tenant.
    """
    with tenant_scope(actor.tenant):
        event = _event(export_id)
        wanted = queries.Wanted(subject=event.subject)
        found = reading.read(actor, wanted=wanted)
        copies = [one for one in (*found.waiting, *found.entries) if one.kind == "ledger.download"]
        return Whole(described(event), tuple(queries.told(reversed(copies))))


@action("ledger.download", cls="export", says="{actor} took a copy of an export of the ledger", reads=True)
def download(act: Act, *, export_id: UUID) -> Export:
    """Put on record that a copy of an export leaves the house.

    :raises Absent: when there is none in this tenant.
    :raises Refused: when it shows facts about persons and the actor's role may not see them there.
    """
    made = described(_event(export_id))
    if made.asked.personal and ACTIONS[1] not in act.actor.may:
        raise Refused(
            "This export shows facts about persons, which your role may not export.",
            todo="Make an export without them.",
        )
    act.record(subject_of(export_id), stream="ledger", sha256=made.sha256)
    return made


def copy(actor: Actor, *, export_id: UUID) -> tuple[Export, bytes]:
    """Return an export's bytes after holding them against the digest on record, for pages and the API.

    :raises Clash: when it can no longer be made to the byte. :raises Refused: when it is too large for this way.
    """
    with tenant_scope(actor.tenant):
        known = described(_event(export_id))
        if not known.small:
            raise Refused(
                "This export is too large to be taken here.",
                todo="Use muniment ledger export on the machine.",
            )
        made = download(actor, export_id=export_id)
        raw = b"".join(drawing.lines(made.asked, made.range))
        if hashlib.sha256(raw).hexdigest() != made.sha256:
            raise changed()
        return made, raw


def stream(actor: Actor, *, export_id: UUID) -> tuple[Export, Iterator[bytes]]:
    """Return an export's bytes line by line, for the command line, which knows no bound.

    The caller holds them against the digest and throws them away when they differ. To be drawn in the tenant's scope.
    """
    with tenant_scope(actor.tenant):
        made = download(actor, export_id=export_id)
    return made, drawing.lines(made.asked, made.range)


def changed() -> Clash:
    """Return the refusal of an export that would not be the same bytes any more."""
    return Clash(
        "This export can no longer be made as it was: something in it was erased since.",
        todo="Make a new one with the same filters.",
    )


def manifest(actor: Actor, *, export_id: UUID) -> tuple[str, bytes]:
    """Return the manifest's name and bytes: an export's entry, opened, and the proof of it under a signed checkpoint.

    It holds who exported what and when, counts and digests, and nothing of what the file says.

    :raises Busy: while no checkpoint covers the entry.
    :raises Refused: when the actor may not read the ledger.
    """
    if "ledger.read" not in actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")
    with tenant_scope(actor.tenant):
        event = _event(export_id)
        if not isinstance(event, Entry):
            raise Busy("This export has no proof yet.", todo=SETTLE)
        proof = queries.proof_file(event)
        shown = tuple(one for one in opened_event(event).openings if one.path != "origin")
        steps = rotation.steps_of(logs.of(actor.tenant))
        raw = write_export(event.idx, bytes(event.leaf), shown, proof, queries.keys(), succession=steps)
        return f"{described(event).name}.manifest.json", raw
