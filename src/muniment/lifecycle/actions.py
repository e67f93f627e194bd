"""Every way an order to erase or a legal hold comes to be, is answered and is put on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from muniment.ledger.action import Act, action
from muniment.ledger.refusals import constraint
from muniment.ledger.words import Sealed
from muniment.lifecycle import queries, rules
from muniment.lifecycle.models import ErasedKey, Erasure, Hold, Kind, State
from muniment.lifecycle.unlinking import unlink
from muniment.spine import queue
from muniment.spine.errors import Absent, Clash, Refused
from muniment.tenants.models import Tenant

PERFORM = "muniment.lifecycle.jobs.perform"

constraint(
    "one_open_erasure_per_person",
    Clash("An erasure of these data is under way already.", todo="Look at the list of erasures."),
)
constraint(
    "nobody_confirms_their_own_erasure",
    Refused("You asked for this yourself, so somebody else must confirm it."),
)
constraint("one_erasure_per_number", Clash("Somebody asked at this moment.", todo="Reload the page."))


constraint(
    "nobody_lifts_a_hold_alone", Refused("You asked for this yourself, so somebody else must confirm it.")
)
constraint("one_hold_per_number", Clash("Somebody placed a hold at this moment.", todo="Reload the page."))


def locked(erasure_id: UUID) -> Erasure:
    """Return an order, locked until the transaction ends.

    :raises Absent: when there is none in this tenant.
    """
    found: Erasure | None = Erasure.objects.select_for_update().filter(id=erasure_id).first()
    if found is None:
        raise Absent
    return found


@action("lifecycle.ask_erasure", cls="tenant.change", says="{actor} asked for erasure {facts.number}")
def ask_erasure(act: Act, *, target: UUID, basis: str, asked_for: str, reason: str) -> Erasure:
    """Ask that somebody's data be erased; another person confirms or refuses.

    :param asked_for: who asks, as the firm knows it.
    :raises Absent: when there is no such person in this tenant.
    :raises Refused: when the account is in use, or a legal hold keeps everything.
    :raises Clash: when it was asked for already, or the data are erased.
    """
    rules.require_person(act.actor)
    kind = queries.require_erasable(target)
    if kind != Kind.TENANT and not _something_left(kind, target):
        raise Clash("These data were erased already.", todo="Its certificate stands in the list of erasures.")
    rules.require_not_held(queries.on_everything())
    made = Erasure(
        number=queries.next_number(Erasure),
        kind=kind,
        target=target,
        basis=rules.require_basis(basis),
        asked_for=rules.require_asker(asked_for),
        reason=rules.require_reason(reason),
        asked_by=act.actor.id,
        asked_at=act.now,
    )
    made.request_event = act.record(
        made,
        number=made.number,
        kind=kind,
        target=target,
        basis=basis,
        asked_for=Sealed(str(made.asked_for)),
        reason=Sealed(str(made.reason)),
    )
    made.save(force_insert=True)
    return made


def _something_left(kind: str, target: UUID) -> bool:
    """Return whether something of somebody is still there: nothing was erased, or a hold kept a part of it."""
    gone = set(ErasedKey.objects.values_list("key_id", flat=True))
    return any(name not in gone for _what, name in queries.extent(kind, target).keys)


@action(
    "lifecycle.answer_erasure",
    cls="tenant.change",
    says="{actor} answered erasure {facts.number}: {facts.answer}",
)
def answer_erasure(act: Act, *, erasure_id: UUID, approve: bool, reason: str) -> Erasure:
    """Order an erasure that another person asked for, or refuse it; ordered, it is carried out at once.

    It cannot be taken back once the keys are gone, so two people stand behind it.

    :raises Clash: when it was answered meanwhile. :raises Refused: for the one who asked, or when all of it is held.
    """
    rules.require_person(act.actor)
    order = locked(erasure_id)
    rules.require_asked(order)
    rules.require_somebody_else(order.asked_by, act.actor)
    if approve and order.kind != Kind.TENANT:
        queries.extent(order.kind, order.target)
    elif approve:
        rules.require_not_held(queries.in_force())
    order.state = State.ORDERED if approve else State.REFUSED
    order.answered_by, order.answered_at = act.actor.id, act.now
    order.answer_reason = rules.require_reason(reason)
    order.order_event = act.record(
        order,
        number=order.number,
        answer="ordered" if approve else "refused",
        reason=Sealed(str(order.answer_reason)),
        asked_by=order.asked_by,
    )
    order.save()
    if approve and order.kind != Kind.TENANT:
        queue.enqueue(PERFORM, str(act.tenant), str(order.id))
    return order


@action("lifecycle.clear", cls="tenant.change", says="the keys of erasure {facts.number} were destroyed")
def clear(
    act: Act,
    *,
    erasure_id: UUID,
    keys: Sequence[tuple[str, UUID]],
    counts: Mapping[str, int],
    held: Sequence[Sequence[str]],
) -> Erasure:
    """Take out of the tables what still leads to somebody whose keys were destroyed, and note the keys.

    :param keys: (what, name) of the destroyed keys. :param held: what a hold kept: [what, key, hold].
    :raises Clash: unless the order waits for this.
    """
    order = locked(erasure_id)
    if order.state != State.ORDERED:
        raise Clash("This erasure is not waiting for that.", todo="There is nothing to do.")
    known = set(ErasedKey.objects.values_list("key_id", flat=True))
    ErasedKey.objects.bulk_create(
        ErasedKey(erasure=order, key_id=name, what=what) for what, name in keys if name not in known
    )
    whole = any(name == order.target for _what, name in keys)
    index = unlink(order.kind, order.target, order.number) if whole else 0
    order.state = State.CLEARED
    order.counts = {**counts, "index": index}
    order.held = [list(one) for one in held]
    order.save()
    act.record(order, number=order.number, keys=[str(name) for _what, name in keys], index=index)
    return order


@action("lifecycle.execute", cls="tenant.change", says="erasure {facts.number} was carried out")
def execute(
    act: Act,
    *,
    erasure_id: UUID,
    request: Mapping[str, Any],
    order: Mapping[str, Any],
    journal: Mapping[str, Any],
    cleaned: str,
    cleaned_at: datetime | None,
) -> Erasure:
    """Put on record that an erasure was carried out: what, by whose order, on which basis, and what stayed.

    The certificate is this entry, opened, with its proof.

    :param request: the entry that asked. :param order: the entry that ordered. :param journal: the journal's line.
    :param cleaned: what was rewritten, in words. :param cleaned_at: when; ``None`` when it is left for later.
    :raises Clash: unless the keys are gone and the entry is not there yet.
    """
    row = locked(erasure_id)
    if row.state != State.CLEARED:
        raise Clash("This erasure is not waiting for that.", todo="There is nothing to do.")
    row.state, row.executed_at, row.cleaned_at = State.EXECUTED, act.now, cleaned_at
    row.executed_event = act.record(
        row,
        number=row.number,
        basis=row.basis,
        request={**request, "kind": row.kind, "target": row.target},
        order=order,
        unreadable=row.counts,
        held=row.held,
        journal=journal,
        cleaned=cleaned,
    )
    row.save()
    return row


@action(
    "lifecycle.replay",
    cls="tenant.change",
    says="erasure {facts.number} was carried out again after a restore: {facts.older}",
)
def replay(
    act: Act, *, order: UUID, number: int, kind: str, target: UUID, keys: int, line: int, older: str
) -> None:
    """Put on record that what an order had erased had come back with a backup, and was erased again.

    :param keys: how many keys were there again. :param line: of the erasure journal.
    :param older: what was older than it.
    """
    index = 0 if kind == Kind.TENANT else unlink(kind, target, number)
    Erasure.objects.filter(id=order).update(cleaned_at=None)
    act.record(
        f"lifecycle.Erasure/{order}",
        number=number,
        target=target,
        keys=keys,
        index=index,
        line=line,
        older=older,
    )


@action(
    "lifecycle.note_journal",
    cls="tenant.change",
    says="the erasure journal stood at {facts.line} {facts.line:line|lines}",
)
def note_journal(act: Act, *, line: int, sha256: str) -> None:
    """Put the head of the erasure journal into the deployment's log, so that a journal that is cut is noticed."""
    act.record("lifecycle.journal", stream="lifecycle", line=line, sha256=sha256)


@action("lifecycle.read", cls="log.read", says="{actor} looked at erasures and holds", reads=True)
def read(act: Act, *, erasure_id: UUID | None = None) -> queries.Whole | None:
    """Return an order with what it would do, or nothing for the list; and put on record that it was looked at.

    :raises Absent: when there is none in this tenant.
    """
    if erasure_id is None:
        act.record("lifecycle.list", stream="lifecycle")
        return None
    found = queries.whole(erasure_id)
    act.record(found.order, number=found.order.number)
    return found


# ---------------------------------------------------------------- legal holds


def _placed(hold_id: UUID) -> Hold:
    found: Hold | None = Hold.objects.select_for_update().filter(id=hold_id).first()
    if found is None:
        raise Absent
    rules.require_placed(found)
    return found


@action("lifecycle.place_hold", cls="tenant.change", says="{actor} placed hold {facts.number}")
def place_hold(act: Act, *, on: str, reason: str, target: UUID | None = None) -> Hold:
    """Keep a person's data, a case or everything from being erased, until two people lift it.

    :param target: the person or the case; not asked for when everything is held.
    :raises Absent: when there is no such person or case in this tenant.
    """
    rules.require_person(act.actor)
    on = rules.require_hold_on(on)
    held = queries.require_holdable(on, target)
    made = Hold(
        number=queries.next_number(Hold),
        on=on,
        target=held,
        reason=rules.require_reason(reason),
        placed_by=act.actor.id,
        placed_at=act.now,
    )
    made.save(force_insert=True)
    act.record(made, number=made.number, on=on, target=held, reason=Sealed(str(made.reason)))
    return made


@action("lifecycle.ask_lift", cls="tenant.change", says="{actor} asked to lift hold {facts.number}")
def ask_lift(act: Act, *, hold_id: UUID, reason: str) -> Hold:
    """Ask that a hold be lifted; another person confirms. Asked again, the newest asking counts.

    :raises Clash: when it was lifted already.
    """
    rules.require_person(act.actor)
    hold = _placed(hold_id)
    hold.lift_asked_by, hold.lift_asked_at = act.actor.id, act.now
    hold.lift_reason = rules.require_reason(reason)
    hold.save()
    act.record(hold, number=hold.number, reason=Sealed(str(hold.lift_reason)))
    return hold


@action("lifecycle.lift_hold", cls="tenant.change", says="{actor} lifted hold {facts.number}")
def lift_hold(act: Act, *, hold_id: UUID) -> Hold:
    """Lift a hold that another person asked to lift.

    :raises Clash: when nobody asked, or it was lifted already. :raises Refused: for the one who asked.
    """
    rules.require_person(act.actor)
    hold = _placed(hold_id)
    rules.require_somebody_else(rules.require_lift_asked(hold), act.actor)
    hold.lifted_by, hold.lifted_at = act.actor.id, act.now
    hold.save()
    act.record(hold, number=hold.number, asked_by=hold.lift_asked_by)
    return hold


# ---------------------------------------------------------------- by the operator


@action(
    "lifecycle.clean", cls="tenant.change", says="{actor} rewrote what held deleted rows: {facts.cleaned}"
)
def clean(act: Act, *, cleaned: str, cleaned_at: datetime | None, erasures: Sequence[UUID] = ()) -> None:
    """Put on record what was rewritten so that no deleted row keeps its bytes, or that it could not be and why.

    :param erasures: orders of this tenant for which it was still to be done.
    """
    rows = Erasure.objects.filter(id__in=erasures, executed_at__isnull=False, cleaned_at__isnull=True)
    numbers = sorted(rows.values_list("number", flat=True))
    if cleaned_at is not None:
        rows.update(cleaned_at=cleaned_at)
    act.record("lifecycle.pages", stream="lifecycle", cleaned=cleaned, erasures=numbers)


@action("lifecycle.empty", cls="tenant.change", says="{actor} removed {facts.rows} rows of the organisation")
def empty(act: Act, *, erasure_id: UUID) -> Erasure:
    """Remove what an organisation has in the tables, as the last entry of its own log; orders and holds stay.

    :raises Clash: unless its end was ordered. :raises Refused: when a legal hold keeps something.
    """
    order = locked(erasure_id)
    if order.kind != Kind.TENANT or order.state != State.ORDERED:
        raise Clash("The end of this organisation is not ordered.", todo="Two of its people must order it.")
    rules.require_not_held(queries.in_force())
    rows = queries.remove_rows()
    Tenant.objects.filter(id=act.tenant).update(closed_at=act.now)
    order.state, order.counts = State.CLEARED, {"rows": rows}
    order.save()
    act.record(order, number=order.number, rows=rows)
    return order


@action("lifecycle.close", cls="tenant.change", says="{actor} closed an organisation and destroyed its keys")
def close(
    act: Act,
    *,
    closed: UUID,
    number: int,
    basis: str,
    request: Mapping[str, Any],
    order: Mapping[str, Any],
    unreadable: Mapping[str, int],
    journal: Mapping[str, Any],
    cleaned: str,
) -> UUID:
    """Put on record, in the deployment's log, that an organisation's keys were destroyed: its certificate.

    :param closed: the organisation. :param request: the entry of its own log that asked, :param order: that ordered.
    """
    return act.record(
        f"tenants.Tenant/{closed}",
        number=number,
        basis=basis,
        request={**request, "kind": Kind.TENANT, "target": closed},
        order=order,
        unreadable=unreadable,
        held=[],
        journal=journal,
        cleaned=cleaned,
    )
