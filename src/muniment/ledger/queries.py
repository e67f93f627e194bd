"""Reads of the ledger for pages and programs: entries as sentences, proofs, checkpoints, tiles.

Whoever shows the contents of entries goes through ``ledger.reading``, so that the reading is on record. Tiles,
checkpoints and proofs hold salted commitments and no contents, and are served without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from muniment.ledger import logs, sentences, standing
from muniment.ledger.erased import Order
from muniment.ledger.models import Checkpoint, Entry, Event, Log, Outbox
from muniment.ledger.openings import Opened, opened_if_whole
from muniment.ledger.questions import wanted as asking
from muniment.ledger.questions.wanted import between, in_order, is_reading, matching
from muniment.ledger.witnessing import dressed
from muniment.proof import kept
from muniment.proof.errors import Malformed
from muniment.proof.leaf import FIXED
from muniment.proof.merkle import leaf_hash, verify_inclusion
from muniment.proof.tiles import Tiles
from muniment.proof.tlogproof import write_tlog_proof
from muniment.spine.errors import Absent, Busy

Wanted = asking.Wanted
PAGE: Final = asking.PAGE
MOST_CHECKPOINTS: Final = 200
#: Hidden entries are counted up to so many, so that the page of a long log stays quick.
MOST_COUNTED: Final = 1_000
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_TILE: Final = re.compile(r"(?:[0-9]{1,2}|entries)/(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[0-9]{1,3})?")
#: What else of a log's folder its readers get: signed by the log, or opened against leaves that it signed. How asking
#: witnesses or pushing went is nobody's outside.
_BESIDE: Final = re.compile(
    r"cose-head|succession|pruned\.json|witnessed|heads/(?:x[0-9]{3}/){0,6}[0-9]{3}|cosigned/[1-9][0-9]{0,18}"
)


def hidden(wanted: Wanted) -> int:
    """Return how many entries are left out because they only read; at most one more than :data:`MOST_COUNTED`."""
    if wanted.readings:
        return 0
    rows = matching(Entry.objects.order_by(), replace(wanted, readings=True)).filter(is_reading())
    found = 0
    for part in between(rows, wanted):
        found += int(part[: MOST_COUNTED + 1 - found].count())
        if found > MOST_COUNTED:
            break
    return found


def entries(wanted: Wanted) -> list[Entry]:
    """Return the entries that are asked for, the newest first."""
    found: list[Entry] = []
    for part in in_order(matching(Entry.objects, wanted), wanted):
        found += part[: wanted.most - len(found)]
        if len(found) >= wanted.most:
            break
    return found


def waiting(wanted: Wanted) -> list[Outbox]:
    """Return events that are committed and wait for their place, the newest first."""
    return list(matching(Outbox.objects.order_by("-order", "-id"), wanted)[: wanted.most])


def entry(entry_id: UUID) -> Event:
    """Return an entry, or the event that will become it.

    :raises Absent: when there is none in this tenant.
    """
    # What waits is asked first: an event may be given its place between the two, and never goes back.
    for table in (Outbox, Entry):
        found: Event | None = table.objects.filter(id=entry_id).first()
        if found is not None:
            return found
    raise Absent


def neighbours(of: Entry) -> tuple[Entry | None, Entry | None]:
    """Return the entries before and after this one."""
    before: Entry | None = Entry.objects.filter(idx=of.idx - 1).first()
    after: Entry | None = Entry.objects.filter(idx=of.idx + 1).first()
    return before, after


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as a page tells it.

    :param idx: its place in the log; ``None`` while it waits for one.
    :param url: where the page of its subject stands, if it has one.
    :param lacks: in one word why it cannot be read whole, see ``ledger.standing``; empty when it can.
    """

    id: UUID
    idx: int | None
    sentence: str
    group: str
    refused: bool
    at: datetime
    kind: str
    actor: str
    who: str
    subject: str
    about: str
    url: str
    opened: Opened
    lacks: str = ""


def told(events: Iterable[Event]) -> list[Told]:
    """Return entries in words; all names are found at once."""
    held = list(events)
    called = sentences.names(
        [*(one.actor for one in held), *(sentences.person_in(one.subject) for one in held)]
    )
    shown = [opened_if_whole(one) for one in held]
    orders = standing.orders(shown, held[0].tenant_id) if held else {}
    return [_told(one, called, opened, orders) for one, opened in zip(held, shown, strict=True)]


def _told(event: Event, called: dict[str, str], opened: Opened, orders: Mapping[UUID, Order]) -> Told:
    return Told(
        id=event.id,
        idx=getattr(event, "idx", None),
        sentence=sentences.changed(event.kind)
        if opened.fault
        else sentences.sentence(event.kind, event.actor, event.subject, opened, called),
        group=str(sentences.group_of(event.cls)),
        refused=event.cls == "refusal",
        at=event.at,
        kind=event.kind,
        actor=event.actor,
        who=called[event.actor],
        subject=event.subject,
        about=sentences.subject_in_words(event.subject, opened.facts, called),
        url=sentences.address(event.subject),
        opened=opened,
        lacks=standing.word(opened, orders, event.tenant_id),
    )


def about(subject: str, leave_out: Sequence[str] = ()) -> list[Told]:
    """Return all that happened to one thing, the oldest first; what still waits for its place comes last.

    Refusals are about nobody's thing and are not among them.
    """
    placed = Entry.objects.filter(subject=subject).exclude(kind__in=leave_out).order_by("idx")
    unplaced = Outbox.objects.filter(subject=subject).exclude(kind__in=leave_out).order_by("order", "id")
    return told([*placed, *unplaced])


@dataclass(frozen=True, slots=True)
class Field:
    """One committed field of an entry, opened."""

    path: str
    name: str
    value: str

    @property
    def is_digest(self) -> bool:
        """Whether the value is a digest, which pages show short."""
        return bool(_DIGEST.fullmatch(self.value))


def fields(of: Told) -> list[Field]:
    """Return the fields of an entry that can be opened, by slot."""
    people = sentences.names(str(one.value) for one in of.opened.openings if _names_somebody(one.path))
    return [
        Field(
            one.path,
            sentences.field_in_words(one.path),
            people[str(one.value)] if _names_somebody(one.path) else sentences.in_words(one.value),
        )
        for one in of.opened.openings
    ]


def _names_somebody(path: str) -> bool:
    """Say whether a field holds the identifier of somebody who acts."""
    return path == "actor" or path.endswith("_by")


def unopened(of: Told) -> int:
    """Return how many of the sixteen slots of a leaf are not opened: unused ones, or erased."""
    return 2 * len(FIXED) - len(of.opened.openings)


@dataclass(frozen=True, slots=True)
class Proof:
    """That one entry stands under one signed checkpoint.

    :param file: the C2SP tlog-proof. :param fault: what is wrong when no proof can be made; empty when one was.
    """

    index: int
    size: int
    leaf: str
    hashes: tuple[str, ...]
    root: str
    file: bytes
    fault: str = ""


def proof(of: Entry) -> Proof | None:
    """Return the proof of an entry under the newest checkpoint; ``None`` while no checkpoint covers it."""
    log: Log = Log.objects.get()
    newest = newest_checkpoint()
    if newest is None or of.idx >= newest.size:
        return None
    root = bytes(newest.root).hex()
    try:
        hashed = leaf_hash(of.leaf)
    except Malformed as why:
        return Proof(of.idx, newest.size, "", (), root, b"", why.what)
    try:
        hashes = Tiles(logs.folder(log), newest.size).inclusion(of.idx)
        verify_inclusion(hashed, of.idx, newest.size, hashes, bytes(newest.root))
        file = write_tlog_proof(of.idx, hashes, dressed(log, newest.note.encode("utf-8")))
    except Malformed as why:
        return Proof(of.idx, newest.size, hashed.hex(), (), root, b"", why.what)
    return Proof(of.idx, newest.size, hashed.hex(), tuple(one.hex() for one in hashes), root, file)


def leaf_of(found: Event) -> bytes:
    """Return the leaf of an entry as its row gives it.

    :raises Busy: before it has its place, or when its row cannot be that of a leaf any more.
    """
    if not isinstance(found, Entry):
        raise Busy("This entry is not yet in its place.", todo="Wait a few seconds, then try again.")
    try:
        return found.leaf
    except Malformed as why:
        raise Busy(why.what, todo="Tell the operator to run: muniment ledger verify --deep.") from None


def proof_file(found: Event) -> bytes:
    """Return the proof of an entry as a C2SP tlog-proof.

    :raises Busy: while no checkpoint covers it, or when the log's files cannot be read.
    """
    made = proof(found) if isinstance(found, Entry) else None
    if made is None:
        raise Busy("No checkpoint covers this entry yet.", todo="Wait a few seconds, then try again.")
    if made.fault:
        raise Busy(made.fault, todo="Tell the operator to run: muniment ledger verify --deep.")
    return made.file


def newest_checkpoint() -> Checkpoint | None:
    """Return the newest signed head of the log."""
    found: Checkpoint | None = Checkpoint.objects.order_by("-size", "-at").first()
    return found


def checkpoints(most: int = MOST_CHECKPOINTS) -> list[Checkpoint]:
    """Return the latest checkpoints, the newest first."""
    return list(Checkpoint.objects.order_by("-size", "-at")[:most])


def checkpoint_count() -> int:
    """Return how many heads of this log were signed."""
    return int(Checkpoint.objects.count())


def note() -> str:
    """Return the published checkpoint as the signed note that it is (C2SP tlog-checkpoint), cosignatures included.

    :raises Absent: before the first one.
    """
    newest = newest_checkpoint()
    if newest is None:
        raise Absent("No checkpoint has been signed yet.")
    log: Log = Log.objects.get()
    return dressed(log, newest.note.encode("utf-8")).decode("utf-8")


def keys() -> str:
    """Return the log's public keys, one verifier key a line."""
    log: Log = Log.objects.get()
    return str(log.vkeys)


def origin() -> str:
    """Return the log's name."""
    log: Log = Log.objects.get()
    return str(log.origin)


def size() -> int:
    """Return how many entries have a place in the log."""
    log: Log = Log.objects.get()
    return int(log.size)


def tile(path: str) -> bytes:
    """Return a tile or entry bundle of the tenant's own log, as C2SP tlog-tiles names them below ``tile/``.

    :raises Absent: when it does not exist, or the name is none of a tile.
    """
    if not _TILE.fullmatch(path):
        raise Absent
    return _file_of_log(f"tile/{path}")


def beside(name: str) -> bytes:
    """Return a file that stands beside the tiles of the tenant's own log, to the byte.

    A copy that is to be verified without this installation needs them as it needs the tiles.

    :raises Absent: when it does not exist, or is none that readers get.
    """
    if not _BESIDE.fullmatch(name):
        raise Absent
    return _file_of_log(name)


def cosigned_sizes() -> list[int]:
    """Return at which sizes the tenant's own log keeps a head with the cosignatures it got, in order."""
    return kept.cosigned_sizes(logs.folder(Log.objects.get()))


def _file_of_log(name: str) -> bytes:
    log: Log = Log.objects.get()
    try:
        return (logs.folder(log) / name).read_bytes()
    except OSError:
        raise Absent from None
