"""Carrying out an order: journal, keys, tables, pages, entry; and doing so again after a restore.

Rules: a line of the journal is on the disk before a key is destroyed; each step can be done again without harm, so that
whatever breaks off is finished by whoever comes next (the job, a command, the start of the installation); one process
at a time, since the journal is held. Nothing is carried out while the clock is not trusted.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import connection

from muniment.ledger import clock, logs, sequence
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.words import moment
from muniment.lifecycle import actions, cleaning, queries
from muniment.lifecycle.journal import Book, Deed, Journal, Line, changed
from muniment.lifecycle.models import ErasedKey, Erasure, Kind, State
from muniment.proof.merkle import leaf_hash
from muniment.spine import config, ports
from muniment.spine.actor import Actor, system
from muniment.spine.errors import Refused
from muniment.spine.installation import key_store, keyring, provider
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import storage

MAY: Final = frozenset(
    {
        "lifecycle.clean",
        "lifecycle.clear",
        "lifecycle.execute",
        "lifecycle.note_journal",
        "lifecycle.replay",
    }
)


def journal() -> Journal:
    """Return the erasure journal of this installation."""
    return Journal(config.current().journal_file, provider().derive("erasure-journal"))


def hand(tenant: UUID) -> Actor:
    """Return who carries out orders."""
    return system("erasure", may=MAY, tenant=tenant)


def carry_out(tenant: UUID, erasure_id: UUID) -> Erasure:
    """Carry out an order that was confirmed, or finish what was begun; what is done already is not done again.

    :raises Refused: when a legal hold keeps all of it, or the clock is not trusted.
    :raises Busy: when the journal, the key store or the database cannot be written; it is tried again.
    """
    with tenant_scope(tenant), journal().held() as book:
        order = queries.erasure(erasure_id)
        if order.state not in {State.ORDERED, State.CLEARED}:
            return order
        line = book.of(order.id)
        held: list[list[str]] = []
        if order.state == State.ORDERED:
            require_clock(tenant)
            found = None if line is not None else queries.extent(order.kind, order.target)
            line = line or book.append(_deed(order, found.keys if found else ()))
            held = found.held if found else _held_beside(order, line)
        assert line is not None, "a cleared order stands in the journal"  # noqa: S101  # a check of our own
        note_head(book)
        counts = queries.counts(line.deed.keys)
        destroy(line.deed)
        if order.state == State.ORDERED:
            actions.clear(hand(tenant), erasure_id=order.id, keys=line.deed.keys, counts=counts, held=held)
        cleaned = cleaning.clean()
        sequence.sequence(tenant)
        return actions.execute(
            hand(tenant),
            erasure_id=order.id,
            request=entry_at(order.request_event) | {"by": order.asked_by},
            order=entry_at(order.order_event) | {"by": order.answered_by},
            journal={"line": line.number, "sha256": line.digest},
            cleaned=cleaned.told(),
            cleaned_at=cleaned.at,
        )


def require_clock(tenant: UUID) -> None:
    """Refuse to destroy anything while the clock is not trusted.

    :raises Refused: saying who must confirm it.
    """
    with tenant_scope(tenant):
        clock.require_trusted_clock()


def _deed(order: Erasure, keys: tuple[tuple[str, UUID], ...]) -> Deed:
    return Deed(
        tenant=order.tenant_id,
        order=order.id,
        number=order.number,
        kind=order.kind,
        target=order.target,
        basis=order.basis,
        at=moment(ports.now()),
        keys=keys,
    )


def _held_beside(order: Erasure, line: Line) -> list[list[str]]:
    """Return what is held now of what the journal does not name, for an order that was broken off."""
    try:
        return [
            one
            for one in queries.extent(order.kind, order.target).held
            if UUID(one[1]) not in line.deed.names
        ]
    except Refused:
        return []


def destroy(deed: Deed) -> int:
    """Destroy the keys that a line names and the files that they opened; returns how many keys were there.

    :raises Busy: when the key store cannot do it now; it is tried again.
    """
    gone = keyring().destroy_many(deed.tenant, deed.names)
    for what, name in deed.keys:
        if what == "file":
            storage.path_of(name).unlink(missing_ok=True)
    return gone


def entry_at(event: UUID | None) -> dict[str, Any]:
    """Return where an event stands in the log, and its leaf's hash, which holds its commitments."""
    found: Entry = Entry.objects.get(id=event)
    return {"entry": found.idx, "leaf": leaf_hash(bytes(found.leaf)).hex()}


# ---------------------------------------------------------------- the journal against everything else


def logged_head() -> tuple[int, str]:
    """Return number and digest of the journal's line that the deployment's log spoke of last; (0, "") when of none."""
    with tenant_scope(DEPLOYMENT):
        for rows in (Outbox.objects.order_by("-order"), Entry.objects.order_by("-idx")):
            event = rows.filter(kind="lifecycle.note_journal").exclude(cls="refusal").first()
            if event is not None:
                facts = opened_event(event).facts
                return int(facts["line"]), str(facts["sha256"])
    return 0, ""


def note_head(book: Book) -> None:
    """Put the journal's head into the deployment's log, unless it stands there."""
    line, digest = book.head
    if logged_head()[0] < line:
        actions.note_journal(hand(DEPLOYMENT), line=line, sha256=digest)


def require_whole(lines: list[Line]) -> None:
    """Refuse a journal that was cut or exchanged: the deployment's log knows where it stood.

    :raises Clash: naming the line.
    """
    number, digest = logged_head()
    if number > len(lines):
        raise changed(f"it has {len(lines)} lines, and the log says that it had {number}")
    if number and lines[number - 1].digest != digest:
        raise changed(f"line {number} is not the one in the log")


def catch_up() -> int:
    """Hold the journal against the key store and the tables, erase again what came back, finish what was begun.

    Called before anything is served. Returns how many orders needed something.

    :raises Clash: when the journal was cut or changed; nothing is served then.
    :raises Busy: when the key store or the database does not answer.
    """
    done = 0
    known = journal().lines()
    if not known and Erasure._meta.db_table not in connection.introspection.table_names():
        return 0  # the tables are older than this version: `muniment migrate` comes first
    if not known and not logged_head()[0] and not _begun():
        return 0
    with journal().held() as book:
        require_whole(book.lines)
        note_head(book)
        again = [line for line in book.lines if line.deed.kind != Kind.TENANT and _came_back(line)]
        for line in again:
            _erase_again(line)
        done += len(again)
    for tenant, erasure_id in _begun():
        try:
            carry_out(tenant, erasure_id)
        except Refused:
            continue  # a hold or the clock: nothing is destroyed, and the pages say why
        done += 1
    return done


def _begun() -> list[tuple[UUID, UUID]]:
    """Return the orders that were confirmed and not finished."""
    found = []
    for log in logs.every():
        with tenant_scope(log.tenant_id):
            rows = Erasure.objects.filter(state__in=[State.ORDERED, State.CLEARED]).exclude(kind=Kind.TENANT)
            found += [(log.tenant_id, row.id) for row in rows]
    return found


def keys_there(line: Line) -> bool:
    """Return whether a key that a line names is there."""
    return bool(key_store().get_many(line.deed.tenant, line.deed.names))


def older(*, keys: bool, tables: bool) -> str:
    """Return what is older than the journal, in words."""
    named = [name for name, it_is in (("the key store", keys), ("the database", tables)) if it_is]
    return f"older than the journal: {' and '.join(named)}"


def _came_back(line: Line) -> bool:
    """Return whether keys of a line are there, or its tenant's tables do not know of it."""
    return keys_there(line) or _unknown(line)


def _unknown(line: Line) -> bool:
    """Return whether the tables are from before a line: neither its order nor its keys nor a replay stand there."""
    deed = line.deed
    with tenant_scope(deed.tenant):
        order: Erasure | None = Erasure.objects.filter(id=deed.order).first()
        if order is not None:
            return False
        known = set(ErasedKey.objects.filter(key_id__in=deed.names).values_list("key_id", flat=True))
        return not known.issuperset(deed.names) and not replayed(deed)


def replayed(deed: Deed) -> bool:
    """Return whether the log of the current scope says that an order was carried out again."""
    wanted = {"kind": "lifecycle.replay", "subject": f"lifecycle.Erasure/{deed.order}"}
    return any(table.objects.filter(**wanted).exists() for table in (Entry, Outbox))


def _erase_again(line: Line) -> None:
    deed, unknown = line.deed, _unknown(line)
    gone = destroy(deed)
    with tenant_scope(deed.tenant):
        order: Erasure | None = Erasure.objects.filter(id=deed.order).first()
        if order is not None and order.state in {State.ORDERED, State.CLEARED}:
            return  # it is finished in its own way right after
        try:
            actions.replay(
                hand(deed.tenant),
                order=deed.order,
                number=deed.number,
                kind=deed.kind,
                target=deed.target,
                keys=gone,
                line=line.number,
                older=older(keys=gone > 0, tables=unknown),
            )
        except KeyDestroyed:
            return  # the tenant itself is gone
        cleaning.clean()
