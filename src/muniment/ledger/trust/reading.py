"""A log held against keys that somebody trusts: followed through the log itself, and never past what they announced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from muniment.ledger import logs
from muniment.ledger.models import Checkpoint, Log
from muniment.ledger.trust import rotation
from muniment.proof.errors import Malformed
from muniment.proof.note import Key
from muniment.proof.succession import Line
from muniment.spine.scope import tenant_scope


@dataclass(frozen=True, slots=True)
class Followed:
    """What somebody who trusts certain keys learns of one log: sentences, and what does not hold."""

    origin: str
    said: tuple[str, ...]
    faults: tuple[str, ...]


def follow(trusted: tuple[Key, ...]) -> list[Followed]:
    """Hold every log for which there is a trusted key against those keys."""
    names = {key.name for key in trusted}
    found = [_followed(log, trusted) for log in logs.every() if log.origin in names]
    return found or [Followed("", (), ("None of the trusted keys is of a log of this installation.",))]


def _followed(log: Log, trusted: tuple[Key, ...]) -> Followed:
    try:
        line = rotation.followed(log, trusted)
    except Malformed as why:
        return Followed(log.origin, (f"{log.origin}: its keys cannot be followed",), (str(why),))
    return Followed(log.origin, tuple(_said(line)), tuple(_faults(log, line)))


def _said(line: Line) -> Iterator[str]:
    if not line.turns:
        yield f"{line.origin}: signed by the trusted keys"
    for turn in line.turns:
        if turn.good is not None:
            yield (
                f"{line.origin}: its keys were stolen and replaced at entry {turn.index}; what the stolen ones alone"
                f" signed beyond {turn.good.size} entries does not count"
            )
        elif turn.announced:
            yield (
                f"{line.origin}: its keys were changed at entry {turn.index}, under the trusted ones;"
                f" both were to sign until {turn.until[:10]}"
            )
        else:
            yield f"{line.origin}: the old keys were let go at entry {turn.index}"


def _faults(log: Log, line: Line) -> Iterable[str]:
    """Hold every head that was kept, and the published file, against the keys that were in force."""
    with tenant_scope(log.tenant_id):
        rows = [
            (f"the checkpoint row at {row.size} entries", row.note)
            for row in Checkpoint.objects.order_by("size")
        ]
    shown = logs.folder(log) / "checkpoint"
    if shown.is_file():
        rows.append(("the file checkpoint", shown.read_text(encoding="utf-8", errors="replace")))
    for name, note in rows:
        if not line.at(_size(note)):
            continue  # older than the trusted keys: nothing can be said of it
        try:
            line.open(note.encode("utf-8"))
        except (Malformed, UnicodeEncodeError) as why:
            yield f"{name} is not signed by the keys that were in force: {why}"
    kinds = {key.kind for key in line.keys}
    held = {key for key in logs.keys_at(log, log.published) if key.kind in kinds}
    if set(line.at(log.published)) != held:
        yield "the keys in the database are not those that the log announced under the trusted ones"


def _size(note: str) -> int:
    lines = note.split("\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdecimal() and len(lines[1]) < 19 else 0
