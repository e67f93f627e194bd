"""The deep half of verifying: what each event committed to, and each guarded row against its last event.

Rules: an opening counts only after it was held against its leaf; what a row looked like is taken from the openings
and from the row lists whose root these commit, never from a column.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from itertools import islice
from uuid import UUID

from muniment.ledger import rows, said, vouch
from muniment.ledger.models import Event, Outbox, RowList, Stream
from muniment.ledger.openings import opened_event
from muniment.ledger.sequence import leaf_of
from muniment.ledger.words import moment
from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import Leaf, parse_leaf, require_opened
from muniment.proof.merkle import root_of
from muniment.spine.envelope import Tampered
from muniment.spine.guard import GuardedTable, Kept, guarded_tables
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import current_tenant

#: By table and row: the digest that was committed last, empty for a row that was removed, and by which event.
Last = MutableMapping[tuple[str, str], tuple[str, str]]


def row_lists(events: Sequence[Event]) -> dict[UUID, bytes]:
    """Return the row lists of these events, by event."""
    wanted = RowList.objects.filter(id__in=[event.id for event in events])
    return {event: bytes(body) for event, body in wanted.values_list("id", "body")}


def contents_faults(event: Event, leaf: Leaf, name: str, listed: bytes | None, last: Last) -> Iterator[str]:
    """Hold what an event says against the commitments of its leaf, and note what it says of the rows it changed.

    :param listed: its row list, when there is one.
    """
    try:
        shown = opened_event(event)
        for opening in shown.openings:
            require_opened(leaf, opening)
    except (Malformed, Tampered, KeyDestroyed, ValueError) as why:
        # A body may leave the time to its row; the fraction of a second, which the leaf does not hold, is held here.
        yield f"{name}: its contents, with the time in its row, are not what was committed ({why})"
        return
    if shown.erased and not shown.openings:
        return  # a tenant that was closed: what is left is the leaf, and whether by order is another check's question
    said = tuple(shown.value(path) for path in ("action", "actor", "subject", "at"))
    if said != (event.kind, event.actor, event.subject, moment(event.at)):
        yield f"{name}: its search columns do not say what was committed"
    yield from _row_list(str(shown.value("rows")), listed, name, last)


def _row_list(committed: str, listed: bytes | None, name: str, last: Last) -> Iterator[str]:
    """Hold a row list against the root that its event committed, and note what it says of each row."""
    if listed is None:
        if committed:
            yield f"{name}: the list of the rows that it changed is missing"
        return
    try:
        marks = parse(listed, largest=1 << 30)
    except Malformed as why:
        yield f"{name}: the list of the rows that it changed cannot be read ({why.what})"
        return
    if root_of(canonical(mark) for mark in marks).hex() != committed:
        yield f"{name}: the list of the rows that it changed is not what was committed"
        return
    for table, row, digest in marks:
        last[table, row] = (digest, name)


def leaf_to_come(waiting: Outbox, streams: dict[UUID, Stream], key: bytes | None) -> tuple[Leaf | None, str]:
    """Return the leaf that a waiting event will have, or why it will have none."""
    stream = streams.get(waiting.stream)
    if stream is None:
        return None, "its stream is missing"
    if key is not None and not vouch.vouched(key, waiting):
        return None, "it is not as it was recorded"
    try:
        return parse_leaf(leaf_of(waiting, stream)), ""
    except Malformed as why:
        return None, f"no leaf can be made of it ({why.what})"


def guarded_faults(last: Last) -> Iterator[str | None]:
    """Hold every guarded row of the current tenant against the event that changed it last.

    Yields ``None`` for each row that was looked at, and a sentence for each that does not hold.
    """
    try:
        vouch.key_of(current_tenant())
    except KeyDestroyed:
        return  # what was committed of the rows that outlive a closed tenant cannot be opened any more
    for item in guarded_tables():
        if item.kept is Kept.GUARDED:
            yield from _table_faults(item, last)


def _table_faults(item: GuardedTable, last: Last) -> Iterator[str | None]:
    """Walk a table and what was committed of it side by side, both in the order of their rows."""
    committed = said.standing(last, item.table)
    ahead = next(committed, None)
    for table, row, digest in _own_rows(item):
        yield None
        while ahead is not None and ahead[0] < row:
            yield _removed(table, ahead)
            ahead = next(committed, None)
        if ahead is None or ahead[0] != row:
            yield f"{table} {row}: this row was added behind the application's back"
            continue
        if ahead[1] != digest:
            yield f"{table} {row}: this row was changed behind the application's back (last by {ahead[2]})"
        ahead = next(committed, None)
    while ahead is not None:
        yield _removed(item.table, ahead)
        ahead = next(committed, None)


def _removed(table: str, ahead: tuple[str, str, str]) -> str:
    return f"{table} {ahead[0]}: this row was removed behind the application's back (last by {ahead[2]})"


def _own_rows(item: GuardedTable) -> Iterator[rows.RowMark]:
    """Yield the marks of the rows that belong to the current tenant, whatever else the database lets it read.

    In the order of their identifiers, some hundreds at a time: neither database hands over a table whole.
    """
    own = item.model._base_manager.filter(tenant_id=current_tenant()).order_by("pk")
    left = own.values_list("pk", flat=True).iterator(chunk_size=rows.CHUNK)
    while part := [key.hex for key in islice(left, rows.CHUNK)]:
        yield from rows.digests(item, part)
