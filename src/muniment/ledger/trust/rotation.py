"""One pair of a log's keys follows another: announced in an entry, signing beside it for a while, then alone.

Rules: new keys are on the disk before anybody hears of them; which keys sign a head follows from where the log itself
has the entries, so that a crash between two steps changes nothing. Whoever trusts the old keys follows the file
`succession` beside the tiles (`docs/formats/checkpoint.md`). Keys that were let go are destroyed. One person proposes
keys, another one announces them, and both stand in the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from muniment.ledger import logs, vouch
from muniment.ledger.action import Act, action
from muniment.ledger.models import Checkpoint, Entry, Event, Log, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.refusals import constraint
from muniment.ledger.sequence import head_to_change
from muniment.ledger.tables.trusted import LogKey
from muniment.proof.errors import Malformed
from muniment.proof.layout import write_event
from muniment.proof.note import Key
from muniment.proof.signer import Signer, new_signer
from muniment.proof.succession import Line, Step, begin_line, follow_keys, parse_succession, write_succession
from muniment.proof.tiles import Tiles, TileWriter
from muniment.proof.tlogproof import write_tlog_proof
from muniment.spine import config
from muniment.spine.actor import Actor, system
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Absent, Busy, Clash, Refused
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

#: The steps of the log's keys, beside its tiles.
SUCCESSION: Final = "succession"
PROPOSED: Final = "ledger.propose_key"
ROTATED: Final = "ledger.rotate_key"
#: What a step shows of its entry: nothing of who acted and from where.
SHOWN: Final = ("action", "at", "outcome")

UNDER_WAY: Final = Clash(
    "New keys of this log were announced already, and the old ones still sign.",
    todo="Wait until they were let go.",
)
constraint("one_key_per_number_of_a_log", UNDER_WAY)


SAME: Final = Refused(
    "Who proposed the keys cannot announce them.", todo="Let an administrator announce them."
)
NOT_PROPOSED: Final = Absent(
    "No such keys wait to be announced.",
    todo="Propose keys first, and give the digest that is printed then: muniment ledger propose-key.",
)


def _lines(keys: Iterable[Key]) -> str:
    return "".join(key.encode() + "\n" for key in keys)


def digest_of(vkeys: str) -> str:
    """Return the digest by which people name a pair of keys."""
    return hashlib.sha256(vkeys.encode("ascii")).hexdigest()


@action(
    PROPOSED, cls="system.change", says="{actor} proposed new keys of {subject} with the digest {facts.keys}"
)
def propose_key(act: Act, *, number: int, vkeys: str) -> str:
    """Propose the keys that are to follow the present ones; nothing signs with them before another one agrees.

    :returns: the digest by which the other one names them.
    """
    log: Log = Log.objects.get()
    sha256 = digest_of(vkeys)
    act.record(f"log/{log.tag}", stream="log", number=number, keys=sha256)
    return sha256


def said_of_keys(kind: str) -> Event | None:
    """Return the newest entry of an action about the current tenant's keys, whether it has its place or waits."""
    for rows in (Outbox.objects.order_by("-order"), Entry.objects.order_by("-idx")):
        found: Event | None = rows.filter(kind=kind).exclude(cls="refusal").first()
        if found is not None:
            return found
    return None


def _require_proposed(act: Act, number: int, sha256: str) -> None:
    """Make sure that the newest proposal is about these keys, and by somebody else."""
    newest = said_of_keys(PROPOSED)
    said = None if newest is None else opened_event(newest)
    if said is None or (said.facts.get("number"), said.facts.get("keys")) != (number, sha256):
        raise NOT_PROPOSED
    if said.value("actor") == act.actor.id:
        raise SAME


@action(
    ROTATED,
    cls="system.change",
    says="{actor} announced new keys of {subject}; the old ones sign until {facts.until}",
)
def rotate_key(act: Act, *, number: int, vkeys: str, until: datetime) -> LogKey:
    """Announce the keys that somebody else proposed; the present ones sign on until the time that is named.

    :param number: how many pairs came before.
    :raises Absent: when these were not proposed last. :raises Refused: for the one who proposed them.
    :raises Clash: while other keys are being announced.
    """
    _require_proposed(act, number, digest_of(vkeys))
    return announced(act, number, vkeys, until)


def announced(act: Act, number: int, vkeys: str, until: datetime, **facts: str | int | bool) -> LogKey:
    """Put new keys on record and into force, within the action of whoever may.

    :param facts: what else the entry says.
    :raises Clash: while other keys are being announced.
    """
    with open_action(LEDGER_HAND):
        key = vouch.key_of(act.tenant)
        log = head_to_change(key)
        last: LogKey | None = LogKey.objects.order_by("-number").first()
        if number != (0 if last is None else last.number) + 1 or (last is not None and last.retired is None):
            raise UNDER_WAY
        before = "".join(log.vkeys.splitlines(keepends=True)[-2:])
        log.vkeys += vkeys
        log.voucher = vouch.voucher(key, log)
        log.save(update_fields=["vkeys", "voucher"])
    event = act.record(
        f"log/{log.tag}",
        stream="log",
        number=number,
        keys=digest_of(vkeys),
        before=digest_of(before),
        until=until,
        **facts,
    )
    made: LogKey = LogKey.objects.create(
        number=number, vkeys=vkeys, announced=event, announced_at=act.now, until=until
    )
    return made


@action(
    "ledger.retire_key",
    cls="system.change",
    says="the keys of {subject} before number {facts.number} were let go",
)
def retire_key(act: Act, *, key_id: UUID, vkeys: str) -> LogKey:
    """Let go of the keys that others follow: from this entry on they sign nothing.

    :param vkeys: the lines of the keys that go.
    """
    row: LogKey = LogKey.objects.select_for_update().get(id=key_id)
    if row.retired is not None:
        raise Clash("These keys were let go already.")
    log: Log = Log.objects.get()
    row.retired = act.record(f"log/{log.tag}", stream="log", number=row.number, keys=digest_of(vkeys))
    row.retired_at = act.now
    row.save()
    return row


def propose(actor: Actor, log: Log) -> str:
    """Make new keys for a log and propose them. Broken off, it goes on with the keys that it made.

    :param actor: somebody in the log's tenant.
    :returns: the lines of the keys.
    :raises Clash: while other keys are being announced.
    :raises Busy: when keys lie there that cannot be opened, or the folder cannot be written.
    """
    number, made = prepared(log)
    vkeys = made.vkeys().decode("ascii")
    propose_key(actor, number=number, vkeys=vkeys)
    return vkeys


def rotate(actor: Actor, log: Log, now: datetime, sha256: str) -> LogKey:
    """Announce the keys that somebody else proposed.

    :param actor: another one in the log's tenant. :param sha256: the digest as the other one told it.
    :raises Absent: when no such keys wait. :raises Refused: for the one who proposed them.
    :raises Clash: while other keys are being announced.
    """
    number = _next(log)
    if not logs.key_path(log, number).exists():
        raise NOT_PROPOSED
    vkeys = prepared(log)[1].vkeys().decode("ascii")
    if digest_of(vkeys) != sha256:
        raise NOT_PROPOSED
    until = now + timedelta(days=config.current().key_overlap_days)
    return rotate_key(actor, number=number, vkeys=vkeys, until=until)


def _next(log: Log) -> int:
    """Return the number of the pair that would follow.

    :raises Clash: while other keys are being announced.
    """
    with tenant_scope(log.tenant_id):
        last: LogKey | None = LogKey.objects.order_by("-number").first()
    if last is not None and last.retired is None:
        raise UNDER_WAY
    return 1 if last is None else last.number + 1


def prepared(log: Log) -> tuple[int, Signer]:
    """Return the keys that would follow, on the disk before anybody hears of them, and their number.

    :raises Clash: while other keys are being announced.
    :raises Busy: when keys lie there that cannot be opened, or the folder cannot be written.
    """
    number = _next(log)
    if logs.key_path(log, number).exists():
        try:
            return number, logs.opened_signer(log, number)
        except (Malformed, Tampered):
            raise Busy(
                "Keys that nobody announced lie in the folder of signing keys, and cannot be opened.",
                todo=f"Nothing was signed with them: move {logs.key_path(log, number).name} away and begin again.",
            ) from None
    made = new_signer(log.origin)
    try:
        logs.keep(log.tag, made, number)
    except OSError:
        raise Busy(
            "The new keys could not be written; nothing was announced.",
            todo="See that the folder of signing keys can be written and has room, then begin again.",
        ) from None
    return number, made


def let_go(log: Log, now: datetime) -> LogKey | None:
    """Let go of a log's old keys when their time is over and a head was published that both have signed."""
    with tenant_scope(log.tenant_id):
        row: LogKey | None = LogKey.objects.filter(retired__isnull=True, until__lte=now).first()
        if row is None:
            return None
        before = logs.pairs(log)
        if before[-1].number != row.number or before[-1].first >= log.published:
            return None
    vkeys = _lines(before[-2].keys)
    clerk = system("sequencer", may=frozenset({"ledger.retire_key"}), tenant=log.tenant_id)
    return retire_key(clerk, key_id=row.id, vkeys=vkeys)


def published(log: Log) -> None:
    """After a head was published: write the steps of the log's keys for readers, and destroy keys that were let go."""
    with tenant_scope(log.tenant_id):
        rows: list[LogKey] = list(LogKey.objects.order_by("number"))
        if not rows:
            return
        _write_steps(log, rows)
    for pair in logs.pairs(log):
        if pair.last is not None and pair.last < log.published:
            logs.destroy(log, pair.number)


def _write_steps(log: Log, rows: list[LogKey]) -> None:
    """Add the steps that are not in the file yet; those that are there stay, whatever was pruned meanwhile."""
    held: tuple[Step, ...] = ()
    with suppress(Malformed, OSError):
        held = parse_succession((logs.folder(log) / SUCCESSION).read_bytes())[1]
    before = log.vkeys.splitlines(keepends=True)[:2]
    about = []
    for row in rows:
        # Behind the new keys those before them: whoever trusts the new ones alone learns the older ones.
        about.append((row.announced, row.vkeys, "".join(before)))
        if row.retired is not None:
            about.append((row.retired, "".join(before), ""))
        before = row.vkeys.splitlines(keepends=True)
    fresh = []
    for event, vkeys, behind in about[len(held) :]:
        entry: Entry | None = Entry.objects.filter(id=event).first()
        head: Checkpoint | None = (
            None if entry is None else Checkpoint.objects.filter(size__gt=entry.idx).order_by("size").first()
        )
        if entry is None or head is None:
            break
        fresh.append(_step(log, entry, head, vkeys, behind))
    if fresh:
        TileWriter(logs.folder(log)).keep(SUCCESSION, write_succession(log.origin, [*held, *fresh]))


def _step(log: Log, entry: Entry, head: Checkpoint, vkeys: str, behind: str) -> Step:
    openings = tuple(
        one for one in opened_event(entry).openings if one.path in SHOWN or one.path.startswith("facts.")
    )
    hashes = Tiles(logs.folder(log), head.size).inclusion(entry.idx)
    return Step(
        write_event(entry.idx, bytes(entry.leaf), openings),
        write_tlog_proof(entry.idx, hashes, head.note.encode()),
        # An entry of before the keys behind were named there says nothing of them.
        (vkeys + (behind if any(one.path == "facts.before" for one in openings) else "")).encode("ascii"),
    )


def succession(log: Log) -> bytes:
    """Return the steps of a log's keys as readers get them.

    :raises Absent: when its keys were never changed.
    """
    try:
        return (logs.folder(log) / SUCCESSION).read_bytes()
    except OSError:
        raise Absent("The keys of this log were never changed, or no head says so yet.") from None


def steps_of(log: Log) -> bytes | None:
    """Return the steps of a log's keys for a file that is to be read by whoever has other ones; None without any."""
    try:
        return succession(log)
    except Absent:
        return None


def followed(log: Log, trusted: tuple[Key, ...]) -> Line:
    """Follow a log's keys from trusted ones, through the file beside its tiles.

    :raises Malformed: when a step does not hold.
    """
    raw = steps_of(log)
    return begin_line(log.origin, trusted) if raw is None else follow_keys(raw, trusted)
