"""The end of an organisation: its rows removed, its keys destroyed, its log left behind for whoever has a proof.

Rules: two of its own people order it, the operator carries it out; the order stands in the journal before the first key
goes; the last entry of its log and the signed head over it come before its keys go, since nothing can be written there
afterwards; the deployment's log says that it ended, and that entry is the certificate.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from muniment.access.models import ApiCall
from muniment.access.rules import OPERATOR
from muniment.ledger import logs, publish, sequence
from muniment.ledger import queries as ledger
from muniment.ledger.models import Entry, Event, Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.trust import rotation
from muniment.ledger.words import moment
from muniment.lifecycle import actions, cleaning, executing, queries, rules, traces
from muniment.lifecycle.journal import Book, Deed, Line
from muniment.lifecycle.models import Erasure, Kind, State
from muniment.proof.certificate import write_certificate
from muniment.spine import ports
from muniment.spine.actor import Actor, system
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.installation import key_store
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT, tenant_scope


def operator(tenant: UUID = DEPLOYMENT) -> Actor:
    """Return who closes an organisation."""
    return system("operator", may=OPERATOR | executing.MAY, tenant=tenant, via="cli")


def ordered(tenant: UUID) -> Erasure:
    """Return the order by which an organisation ends.

    :raises Refused: when two of its people have not ordered it.
    """
    with tenant_scope(tenant):
        found: Erasure | None = Erasure.objects.filter(
            kind=Kind.TENANT, state__in=[State.ORDERED, State.CLEARED]
        ).first()
    if found is None:
        raise Refused(
            "The end of this organisation is not ordered.",
            todo="One of its administrators or officers asks for it, another one confirms.",
        )
    return found


def close(tenant: UUID) -> UUID:
    """Close an organisation, or finish what was begun; returns the entry of the deployment's log.

    :raises Refused: when it is not ordered, or a legal hold keeps something.
    :raises Busy: when a part does not answer; call again.
    """
    order = ordered(tenant)
    with executing.journal().held() as book:
        done = entry_of(tenant)
        if done is not None:
            return done.id
        line = book.of(order.id)
        if order.state == State.ORDERED:
            executing.require_clock(tenant)
            line = line or _written(book, order)
            executing.note_head(book)
            actions.empty(operator(tenant), erasure_id=order.id)
        if line is None:
            raise Clash("The journal does not know of this order.", todo="Put the newest journal back.")
        executing.note_head(book)
        return _finish(line, order)


def _written(book: Book, order: Erasure) -> Line:
    with tenant_scope(order.tenant_id):
        rules.require_not_held(queries.in_force())
        keys = (*traces.every_key(), ("tenant", order.tenant_id))
    return book.append(
        Deed(
            tenant=order.tenant_id,
            order=order.id,
            number=order.number,
            kind=str(Kind.TENANT),
            target=order.tenant_id,
            basis=order.basis,
            at=moment(ports.now()),
            keys=keys,
        )
    )


def _finish(line: Line, order: Erasure) -> UUID:
    tenant = line.deed.tenant
    if key_store().get(tenant, tenant) is not None:
        # The last of its log is signed while its keys are there.
        publish.settle()
    with tenant_scope(tenant):
        if Outbox.objects.exists():
            sequence.sequence(tenant)
        openings = Entry.objects.count()
        request, said = executing.entry_at(order.request_event), executing.entry_at(order.order_event)
        ApiCall.objects.all().delete()
        Job.objects.filter(tenant_id=tenant).delete()
    executing.destroy(line.deed)
    return actions.close(
        operator(),
        closed=tenant,
        number=order.number,
        basis=order.basis,
        request=request | {"by": order.asked_by},
        order=said | {"by": order.answered_by},
        unreadable={
            "keys": len(line.deed.keys),
            "openings": openings,
            "rows": int(dict(order.counts).get("rows", 0)),
            "files": sum(what == "file" for what, _name in line.deed.keys),
        },
        journal={"line": line.number, "sha256": line.digest},
        cleaned=cleaning.clean().told(),
    )


def entry_of(tenant: UUID) -> Event | None:
    """Return the entry of the deployment's log that says that an organisation was closed."""
    wanted: dict[str, Any] = {"kind": "lifecycle.close", "subject": f"tenants.Tenant/{tenant}"}
    with tenant_scope(DEPLOYMENT):
        for table in (Entry, Outbox):
            found: Event | None = table.objects.filter(**wanted).exclude(cls="refusal").first()
            if found is not None:
                return found
    return None


def certificate(tenant: UUID) -> bytes:
    """Return the certificate of an organisation's end.

    :raises Absent: when it was not closed. :raises Busy: while no checkpoint covers the entry.
    """
    event = entry_of(tenant)
    if event is None:
        raise Absent("This organisation was not closed.")
    with tenant_scope(DEPLOYMENT):
        proof = ledger.proof_file(event)
        placed: Entry = Entry.objects.get(id=event.id)
        shown = tuple(one for one in opened_event(placed).openings if one.path != "origin")
        own = logs.of(DEPLOYMENT)
        steps = rotation.steps_of(own)
        return write_certificate(placed.idx, bytes(placed.leaf), shown, proof, own.vkeys, succession=steps)


def catch_up() -> int:
    """Finish what was broken off and destroy again what came back, before anything is served; returns how many."""
    done = 0
    for line in executing.journal().lines():
        tenant = line.deed.tenant
        if line.deed.kind != Kind.TENANT:
            continue
        if entry_of(tenant) is None and _can_go_on(tenant):
            close(tenant)
        elif executing.keys_there(line) or (entry_of(tenant) is None and not _replayed(line)):
            _destroy_again(line)
        else:
            continue
        done += 1
    return done


def _can_go_on(tenant: UUID) -> bool:
    """Return whether an end was ordered and broken off here; a restored state of before it knows nothing of it."""
    alive = key_store().get(tenant, tenant) is not None
    with tenant_scope(tenant):
        order = Erasure.objects.filter(kind=Kind.TENANT)
        return order.filter(state=State.CLEARED).exists() or (
            alive and order.filter(state=State.ORDERED).exists()
        )


def _replayed(line: Line) -> bool:
    with tenant_scope(DEPLOYMENT):
        return executing.replayed(line.deed)


def _destroy_again(line: Line) -> None:
    gone = executing.destroy(line.deed)
    actions.replay(
        executing.hand(DEPLOYMENT),
        order=line.deed.order,
        number=line.deed.number,
        kind=line.deed.kind,
        target=line.deed.target,
        keys=gone,
        line=line.number,
        older=executing.older(keys=gone > 0, tables=entry_of(line.deed.tenant) is None),
    )


def catch_up_all() -> int:
    """Hold the erasure journal against keys and tables, for persons and organisations; returns how many needed it.

    :raises Clash: when the journal was cut or changed. :raises Busy: when a part does not answer.
    """
    return executing.catch_up() + catch_up()
