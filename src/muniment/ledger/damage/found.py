"""What is damaged in one log so that it cannot mend itself, each piece with the row as it stands.

Rules: what can be accepted is a waiting event or a count of refusals that does not bear its voucher, the number of an
event that was taken away before it had its place, and a guarded row that is not what its last entry committed. What
is signed or published (entries, heads, tiles) can be accepted by nobody: it would have to be signed anew.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from muniment.ledger import accepted, logs, rows, verify, vouch
from muniment.ledger.models import Entry, Lane, Outbox, RowList
from muniment.ledger.numbers import Counted, standing
from muniment.ledger.openings import opened_event
from muniment.ledger.pruning.bound import in_force
from muniment.ledger.snapshot import one_moment
from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.spine.envelope import Tampered
from muniment.spine.guard import GuardedTable, Kept, guarded_tables
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.models import Tally
from muniment.spine.scope import tenant_scope

#: How many are named at once, of each kind: who finds more has not damage before him but another database.
MOST: Final = 100
CHUNK: Final = 1000
LARGEST_LIST: Final = 1 << 26
#: Of a count of refusals this goes on being counted while people decide.
_GOES_ON: Final = frozenset({"times", "voucher"})
_ROW: Final = re.compile(
    r"([a-z0-9_]+) ([0-9a-f]{32}): this row was (added|changed|removed) behind the application's back"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of damage before anybody said anything about it.

    :param name: what is damaged, such as ``waiting:7f3…``. :param check: the sentence of the check that found it.
    :param lost: what cannot be had again. :param evidence: the row as it stands, canonical JSON.
    :param digest: by which people name it. :param number: lane and number of the event that is lost with it.
    :param taken: the guarded rows that are from now on held as they stand.
    """

    name: str
    check: str
    lost: str
    evidence: str
    digest: str
    number: str = ""
    taken: tuple[tuple[str, str], ...] = ()


def pieces(tenant: UUID) -> list[Piece]:
    """Return what is damaged in a tenant's log and can be accepted, found by the whole check.

    In the log of a tenant that was closed nothing can be accepted any more, since nothing more can be written there.
    """
    if tenant not in {log.tenant_id for log in logs.living()}:
        return []
    found = verify.verify_log(tenant, deep=True)
    with tenant_scope(tenant), one_moment():
        key = vouch.key_of(tenant)
        bad = [
            one
            for one in Outbox.objects.order_by("order", "id").iterator(CHUNK)
            if not vouch.vouched(key, one)
        ]
        met = _met(key)
        open_numbers = set(_holes(met))
        made = [_waiting(one, open_numbers) for one in bad[:MOST]]
        made += [_count(one) for one in Tally.objects.filter(tenant_id=tenant) if not vouch.vouched(key, one)]
        taken = {number for one in made for number in [one.number] if number}
        made += [_number(one) for one in sorted(open_numbers - taken)[:MOST]]
        known = {mark for one in made for mark in one.taken}
        for sentence in found.faults:
            match = _ROW.match(sentence)
            if match is not None and (match[1], match[2]) not in known:
                made.append(_row(match[1], match[2], sentence))
    return made


def again(name: str, number: str) -> Piece | None:
    """Return a piece that was proposed as it stands now; ``None`` when it is gone.

    Nobody else takes such a row away: the sequencer passes none by, and who accepts holds the proposal.

    :param number: what was found to be lost with it.
    """
    kind, _, rest = name.partition(":")
    if kind == "waiting":
        event: Outbox | None = Outbox.objects.filter(id=UUID(rest)).first()
        if event is None or vouch.vouched(vouch.key_of(event.tenant_id), event):
            return None
        return _waiting(event, {number})
    if kind == "count":
        tally: Tally | None = Tally.objects.select_for_update().filter(id=UUID(rest)).first()
        return None if tally is None or vouch.vouched(vouch.key_of(tally.tenant_id), tally) else _count(tally)
    if kind == "number":
        return _number(number)
    table, _, row = rest.partition("/")
    return _row(table, row, "")


def _piece(name: str, check: str, lost: str, shown: dict[str, Any], **rest: Any) -> Piece:
    """Join a piece; its digest is over the row, but for what goes on being counted."""
    still = {
        one: value for one, value in shown.items() if not name.startswith("count:") or one not in _GOES_ON
    }
    digest = hashlib.sha256(canonical({"name": name, "row": still})).hexdigest()
    return Piece(name, check, lost, canonical(shown).decode("utf-8"), digest, **rest)


def _verbatim(row: Any) -> dict[str, Any]:
    """Return the columns of a row as they are stored, sealed ones sealed, as tagged text."""
    fields = list(row._meta.concrete_fields)
    values = type(row)._base_manager.values_list(*(one.attname for one in fields)).get(pk=row.pk)
    return {
        str(one.column): rows.stored(value)
        for one, value in zip(fields, values, strict=True)
        if value is not None
    }


def _waiting(event: Outbox, open_numbers: set[str]) -> Piece:
    shown = _verbatim(event)
    listed = RowList.objects.filter(id=event.id).values_list("body", flat=True).first()
    if listed is not None:
        shown["list of rows"] = rows.stored(listed)
    try:
        said = standing(bytes(event.body))
    except ValueError:
        said = None
    number = f"{said.lane}/{said.number}" if said is not None else ""
    taken = tuple(_as_left(listed))
    lost = f"an event of {event.kind}, as its row says; {_contents(event)}"
    if taken:
        lost += f"; {len(taken)} rows that it changed are held as they stand"
    check = f"waiting event {event.id}: it is not as it was recorded"
    number = number if number in open_numbers else ""
    return _piece(f"waiting:{event.id.hex}", check, lost, shown, number=number, taken=taken)


def _contents(event: Outbox) -> str:
    try:
        shown = opened_event(event)
    except (Malformed, Tampered, KeyDestroyed, ValueError):
        return "its sealed contents were changed and cannot be read"
    return f"its sealed contents still open and say {shown.value('action')}"


def _as_left(listed: bytes | None) -> Iterator[tuple[str, str]]:
    """Yield the guarded rows that stand exactly as the list of a lost event says that it left them."""
    if listed is None or len(listed) > LARGEST_LIST:
        return
    try:
        marks = [
            (str(table), str(row), str(digest))
            for table, row, digest in parse(bytes(listed), largest=LARGEST_LIST)
        ]
    except (Malformed, ValueError, TypeError):
        return
    tables = {item.table: item for item in guarded_tables() if item.kept is Kept.GUARDED}
    for table, row, digest in marks:
        if table in tables and re.fullmatch("[0-9a-f]{32}", row) and _stands(tables[table], row) == digest:
            yield table, row


def _stands(item: GuardedTable, row: str) -> str:
    [(_, _, digest)] = rows.digests(item, [row])
    return digest


def _count(tally: Tally) -> Piece:
    lost = f"a count of refusals of {tally.kind}; how many there were is not known"
    check = f"count {tally.id.hex} of refusals: it is not as the ledger wrote it"
    return _piece(f"count:{tally.id.hex}", check, lost, _verbatim(tally))


def _number(number: str) -> Piece:
    lane, _, counted = number.partition("/")
    check = f"lane {lane}: event number {counted} was recorded and then taken away"
    return _piece(
        f"number:{number}", check, "an event of which nothing is left but its number", {}, number=number
    )


def _row(table: str, row: str, check: str) -> Piece:
    [item] = [one for one in guarded_tables() if one.table == table and one.kept is Kept.GUARDED]
    held = item.model._base_manager.filter(pk=row).first()
    shown = {} if held is None else _verbatim(held)
    lost = "what this row said when the ledger last wrote it; it is held as it stands"
    return _piece(f"row:{table}/{row}", check, lost, shown, taken=((table, row),))


def _met(key: bytes) -> dict[str, Counted]:
    """Return which numbers of the current tenant's lanes are there, or were accepted as lost."""
    below, start = in_force([])
    met = start.lanes
    placed = Entry.objects.filter(idx__gte=below).order_by("idx").values_list("body", flat=True)
    _take(met, placed.iterator(chunk_size=CHUNK))
    good = (one for one in Outbox.objects.iterator(chunk_size=CHUNK) if vouch.vouched(key, one))
    _take(met, (one.body for one in good))
    accepted.lost(met, accepted.all_accepted())
    return met


def _take(met: dict[str, Counted], bodies: Iterable[bytes]) -> None:
    for body in bodies:
        try:
            said = standing(bytes(body))
        except ValueError:
            continue
        if said is not None:
            met.setdefault(said.lane, Counted()).take(said.number)


def _holes(met: dict[str, Counted]) -> Iterator[str]:
    """Yield the numbers that were counted and that no event bears."""
    counts: Iterable[tuple[UUID, int]] = Lane.objects.order_by("id").values_list("id", "next_number")
    for lane, count in counts:
        found = met.get(lane.hex, Counted())
        for number in range(found.low, min(count, found.low + CHUNK)):
            if number not in found.beyond:
                yield f"{lane.hex}/{number}"
