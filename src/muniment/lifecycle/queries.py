"""Reads of orders, holds and destroyed keys; and what an order would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from muniment.access import queries as access
from muniment.access.models import Person
from muniment.cases.models import Case
from muniment.counterparties import queries as parties
from muniment.counterparties.models import Counterparty
from muniment.counterparties.models import Kind as PartyKind
from muniment.ledger import logs
from muniment.ledger import queries as ledger
from muniment.ledger.erased import Order
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import rotation
from muniment.lifecycle import rules, traces
from muniment.lifecycle.models import ErasedKey, Erasure, Hold, HoldOn, Kind, State, What
from muniment.proof.certificate import write_certificate
from muniment.spine.errors import Absent, Refused
from muniment.spine.guard import Kept, guarded_tables
from muniment.spine.scope import current_tenant, tenant_scope


def erased(tenant: UUID) -> Iterator[Order]:
    """Yield the order of every key that was destroyed in a tenant."""
    with tenant_scope(tenant):
        for one in ErasedKey.objects.filter(erasure__state__in=["cleared", "executed"]).select_related(
            "erasure"
        ):
            order = one.erasure
            yield Order(
                key=one.key_id,
                subject=f"lifecycle.Erasure/{order.id}",
                number=order.number,
                at=order.executed_at or order.answered_at,
                basis=order.basis,
            )


def next_number(model: Any) -> int:
    """Return the number after the highest one of these rows."""
    return int(model.objects.aggregate(highest=Max("number"))["highest"] or 0) + 1


def erasure(erasure_id: UUID) -> Erasure:
    """Return an order.

    :raises Absent: when there is none in this tenant.
    """
    found: Erasure | None = Erasure.objects.filter(id=erasure_id).first()
    if found is None:
        raise Absent
    return found


def erasures() -> list[Erasure]:
    """Return every order of the tenant, the newest first."""
    return list(Erasure.objects.order_by("-number"))


def after(cursor: UUID | None, most: int) -> list[Erasure]:
    """Return orders by identifier, from the one after the cursor on."""
    rows = Erasure.objects.order_by("id")
    return list((rows.filter(id__gt=cursor) if cursor else rows)[:most])


def hold(hold_id: UUID) -> Hold:
    """Return a hold.

    :raises Absent: when there is none in this tenant.
    """
    found: Hold | None = Hold.objects.filter(id=hold_id).first()
    if found is None:
        raise Absent
    return found


def holds() -> list[Hold]:
    """Return every hold of the tenant, those in force first, then the newest."""
    return sorted(Hold.objects.order_by("-number"), key=lambda one: one.lifted_at is not None)


def in_force() -> list[Hold]:
    """Return the holds that were not lifted."""
    return list(Hold.objects.filter(lifted_at__isnull=True).order_by("number"))


def against_pruning(_tenant: UUID, _now: datetime) -> Iterator[str]:
    """Yield a reason for each legal hold for which no entry of the tenant may be pruned."""
    for one in in_force():
        yield f"legal hold {one.number} is in force"


def on_everything() -> list[Hold]:
    """Return the holds in force that keep the whole tenant; a purge asks this too."""
    return [one for one in in_force() if one.on == HoldOn.TENANT]


def require_holdable(on: str, target: UUID | None) -> UUID:
    """Return what a hold is on, after making sure that it is there.

    :raises Absent: when there is no such person or case in this tenant.
    """
    if on == HoldOn.TENANT:
        return current_tenant()
    if target is None:
        raise Absent
    if on == HoldOn.CASE and not Case.objects.filter(id=target).exists():
        raise Absent
    if on == HoldOn.SUBJECT:
        require_subject(target)
    return target


def require_subject(target: UUID) -> str:
    """Return what somebody is to the firm: ``counterparty`` or ``account``.

    :raises Absent: when there is no such person in this tenant.
    """
    if Counterparty.objects.filter(id=target, kind=PartyKind.PERSON).exists():
        return str(Kind.COUNTERPARTY)
    if Person.objects.filter(id=target, tenant_id=current_tenant()).exists():
        return str(Kind.ACCOUNT)
    raise Absent


def require_erasable(target: UUID) -> str:
    """Return whose data an order would erase.

    :raises Absent: when there is no such person in this tenant.
    :raises Refused: when the account is still in use.
    """
    if target == current_tenant():
        return str(Kind.TENANT)
    kind = require_subject(target)
    if kind == Kind.ACCOUNT and Person.objects.get(id=target).is_active:
        raise Refused("This account is in use.", todo="Close the account first.")
    return kind


@dataclass(frozen=True, slots=True)
class Extent:
    """What an order destroys, and what a hold keeps.

    :param keys: (what, name) of the keys. :param held: [what, key, number of the hold].
    :param cases: cases whose texts, written by colleagues, stay readable.
    """

    keys: tuple[tuple[str, UUID], ...]
    held: list[list[str]] = field(default_factory=list)
    cases: int = 0


def extent(kind: str, target: UUID) -> Extent:
    """Return what erasing somebody destroys and what legal holds keep of it.

    :raises Refused: when a hold keeps all of it.
    """
    kept = in_force()
    rules.require_not_held(
        one for one in kept if one.on == HoldOn.TENANT or (one.on == HoldOn.SUBJECT and one.target == target)
    )
    if kind == Kind.ACCOUNT:
        return Extent(((str(What.SUBJECT), target),))
    party = parties.counterparty(target)
    cases = traces.cases_about(target)
    by_case = {one.target: one.number for one in kept if one.on == HoldOn.CASE}
    keys: dict[UUID, int] = {}
    wanted: list[tuple[str, UUID]] = [(str(What.SUBJECT), target)]
    for case in cases:
        if case in by_case:
            # What was said of the person stands under one key, so a held case keeps all of it.
            keys.setdefault(target, by_case[case])
    for case, blob in traces.proofs_about(target):
        wanted.append((str(What.FILE), blob))
        if case in by_case:
            keys[blob] = by_case[case]
    wanted += [(str(What.FILE), blob) for blob in traces.imports_with(party)]
    go, stay = rules.held_back(dict.fromkeys(wanted), keys)
    if not go:
        rules.require_not_held(one for one in kept if one.on == HoldOn.CASE and one.target in cases)
    return Extent(go, stay, len(cases))


def counts(keys: Iterable[tuple[str, UUID]]) -> dict[str, int]:
    """Return what becomes unreadable with these keys: openings of the log, rows, files."""
    held = list(keys)
    persons = [name for what, name in held if what == What.SUBJECT]
    return {
        "keys": len(held),
        "openings": sum(map(traces.openings_under, persons)),
        "rows": sum(map(traces.rows_under, persons)),
        "files": sum(what == What.FILE for what, _name in held),
    }


def who(ids: Iterable[str]) -> dict[str, Any]:
    """Return who people are, by identifier."""
    return dict(access.described_all(ids))


@dataclass(frozen=True, slots=True)
class Whole:
    """An order with what it would do, or why it can do nothing now."""

    order: Erasure
    extent: Extent | None
    why: str
    reference: str


def whole(erasure_id: UUID) -> Whole:
    """Return an order with what carrying it out would destroy and keep.

    :raises Absent: when there is none in this tenant.
    """
    order = erasure(erasure_id)
    reference = ""
    if order.kind == Kind.COUNTERPARTY:
        row: Counterparty | None = Counterparty.objects.filter(id=order.target).first()
        reference = row.reference if row else ""
    if order.executed_at is not None or order.kind == Kind.TENANT:
        return Whole(order, None, "", reference)
    try:
        return Whole(order, extent(order.kind, order.target), "", reference)
    except Refused as why:
        return Whole(order, None, f"{why.what} {why.todo}", reference)


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing somebody would do, before anybody asks for it.

    :param counts: what would become unreadable. :param why: why it cannot be asked for now.
    :param under_way: the order that is open already, if there is one.
    """

    kind: str
    reference: str
    extent: Extent | None
    counts: dict[str, int]
    why: str
    under_way: Erasure | None


def preview(target: UUID) -> Preview:
    """Return what erasing somebody would make unreadable and what legal holds would keep.

    :raises Absent: when there is no such person in this tenant.
    """
    kind = require_subject(target)
    row: Counterparty | None = Counterparty.objects.filter(id=target).first()
    open_states = [State.ASKED, State.ORDERED, State.CLEARED]
    under_way: Erasure | None = Erasure.objects.filter(target=target, state__in=open_states).first()
    found, why = None, ""
    try:
        require_erasable(target)
        found = extent(kind, target)
    except Refused as refused:
        why = f"{refused.what} {refused.todo}"
    gone = set(ErasedKey.objects.values_list("key_id", flat=True))
    left = [one for one in found.keys if one[1] not in gone] if found else []
    if found and not left and not found.held:
        why = "These data were erased already."
    return Preview(kind, row.reference if row else "", found, counts(left), why, under_way)


def when(order: Erasure) -> datetime:
    """Return when an order last moved."""
    at: datetime = order.executed_at or order.answered_at or order.asked_at
    return at


def certificate(order: Erasure) -> bytes:
    """Return the certificate of an order that was carried out.

    It shows the entry but for from where the execution came, with its proof.

    :raises Refused: before it was carried out. :raises Busy: while no checkpoint covers its entry.
    """
    if order.executed_event is None:
        raise Refused("This erasure was not carried out.", todo="There is a certificate once it is.")
    event = ledger.entry(order.executed_event)
    proof = ledger.proof_file(event)
    assert isinstance(event, Entry)  # noqa: S101  # what has a proof has a place
    shown = tuple(one for one in opened_event(event).openings if one.path != "origin")
    steps = rotation.steps_of(logs.of(event.tenant_id))
    return write_certificate(event.idx, bytes(event.leaf), shown, proof, ledger.keys(), succession=steps)


def certificate_name(order: Erasure) -> str:
    """Return what the file of a certificate is called."""
    return f"erasure-{order.number}.certificate.json"


#: Rows that outlive an organisation: that it was there, by whose order it ended, and which keys signed its log when.
OUTLIVING: Final = frozenset(
    {"ledger_logkey", "lifecycle_erasedkey", "lifecycle_erasure", "lifecycle_hold", "tenants_tenant"}
)


def remove_rows() -> int:
    """Remove every row of the tenant but those that outlive it, inside an action; returns how many went."""
    left: list[Any] = [
        item.model for item in guarded_tables() if item.kept is Kept.GUARDED and item.table not in OUTLIVING
    ]
    guarded = frozenset(left)
    gone = 0
    while left:
        # What others point at goes after them; a room's tables point at each other without a ring.
        aimed = {
            one.remote_field.model
            for model in left
            for one in model._meta.concrete_fields
            if one.remote_field is not None and one.remote_field.model is not model
        }
        free = [model for model in left if model not in aimed]
        for model in free:
            gone += _not_ours(model, guarded)
            rows = model._base_manager.filter(tenant_id=current_tenant())
            gone += int(rows._raw_delete(rows.db))  # noqa: SLF001  # one statement a table; the guards still note each row
        left = [model for model in left if model not in free]
    return gone


def _not_ours(model: Any, guarded: frozenset[Any]) -> int:
    """Remove what tables of libraries hold about the rows of a table, such as the apps that people sign in with."""
    gone = 0
    for one in model._meta.related_objects:
        if one.related_model not in guarded:
            of = {f"{one.field.name}__in": model._base_manager.filter(tenant_id=current_tenant())}
            gone += int(one.related_model._base_manager.filter(**of).delete()[0])
    return gone
