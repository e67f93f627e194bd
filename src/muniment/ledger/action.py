"""The one door. Every change of state in Muniment passes through an action.

An action is a plain function in some room's ``actions.py``. Its name is three things at once: the permission that
allows it, the kind of the ledger entry it leaves behind, and the name an auditor reads. Reads that must be on record
(evidence, findings, matches, cases, exports) are actions too; they change nothing.

The door: permitted? begin - name the action to the database - run the body - at least one fact? - append to the
ledger, with the digests of all rows that changed - commit. A refusal is recorded in a transaction of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, transaction

from muniment.ledger import record, rows, tally
from muniment.ledger.refusals import constraint_refusal, within_rate
from muniment.ledger.words import Sealed, ref, stream_of
from muniment.spine import asking, ports
from muniment.spine.actor import Actor
from muniment.spine.errors import Busy, Refused
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger("muniment.ledger")


class NothingRecorded(RuntimeError):
    """An action finished without putting its change on record (always our bug)."""


@dataclass(frozen=True, slots=True)
class Known:
    """An action as the registry knows it.

    :param cls: coarse class of its leaves, out of a closed list.
    :param says: the sentence for people, with ``{actor}``, ``{subject}`` and facts in braces.
    :param reads: whether it changes nothing and is there to be on record.
    """

    kind: str
    cls: str
    says: str
    reads: bool
    door: Callable[..., Any]
    doc: str
    module: str


REGISTRY: dict[str, Known] = {}

#: The closed list of coarse classes that a stranger may see on a leaf.
CLASSES = frozenset(
    {
        "access.change",
        "access.sign_in",
        "case.change",
        "case.decision",
        "case.read",
        "evidence.change",
        "evidence.read",
        "export",
        "log.check",
        "log.checkpoint",
        "log.damage",
        "log.heads",
        "log.prune",
        "log.read",
        "page.read",
        "party.change",
        "party.read",
        "refusal",
        "scan.read",
        "scan.run",
        "screening.read",
        "screening.run",
        "source.change",
        "system.change",
        "tenant.change",
    }
)


@dataclass(slots=True)
class Act:
    """What an action's body holds while it runs: who acts, the time, and the pen for the ledger."""

    actor: Actor
    kind: str
    cls: str
    now: datetime
    cause: str = ""
    events: list[record.Fact] = field(default_factory=list)

    @property
    def tenant(self) -> UUID:
        """The tenant for which this happens."""
        return self.actor.tenant

    def record(self, subject: object, /, *, stream: object = None, **facts: Any) -> UUID:
        """Put one event on record; it is appended when the body returns.

        :param subject: the row that this is about, or its name.
        :param stream: whose numbering it joins, when that is not the subject's own.
        :returns: the event's identifier, which a write's answer carries.
        """
        event = ports.new_id()
        self.events.append(
            record.Fact(
                event=event,
                cls=self.cls,
                kind=self.kind,
                actor=self.actor,
                subject=ref(subject),
                stream=stream_of(subject if stream is None else stream),
                at=self.now,
                outcome="done",
                cause=self.cause,
                facts=facts,
            )
        )
        return event


_running: ContextVar[Act | None] = ContextVar("muniment_act", default=None)
_receipts: ContextVar[list[UUID] | None] = ContextVar("muniment_receipts", default=None)


@contextmanager
def receipts() -> Iterator[list[UUID]]:
    """Collect the identifiers of the events that are recorded within the block, for the answer to a request."""
    found: list[UUID] = []
    token = _receipts.set(found)
    try:
        yield found
    finally:
        _receipts.reset(token)


def _append(events: list[record.Fact], touched: set[tuple[str, str]]) -> None:
    """Hand events to the ledger, under the ledger's own name, as the last thing before commit."""
    with open_action(LEDGER_HAND):
        record.append(events, touched)


def refuse(actor: Actor, kind: str, why: str, *, each: bool = False, **facts: Any) -> bool:
    """Put on record that something was refused, in a transaction of its own.

    Beyond a number a minute refusals of one kind for one actor are counted, and the count is put on record.

    :param each: whether it is put on record by itself however many there are.
    :param facts: more of it, besides the reason; what was asked for and its target are added here.
    :returns: whether it is on record; a refusal stands all the same.
    """
    asking.noted(refused=True)
    try:
        with tenant_scope(actor.tenant), transaction.atomic():
            if not each and not within_rate(actor.id, kind):
                tally.count(actor, kind)
                return True
            asked = asking.current()
            if asked is not None and asked.what:
                facts = {"asked": asked.what, "target": Sealed(dict(asked.target)), **facts}
            fact = record.Fact(
                event=ports.new_id(),
                cls="refusal",
                kind=kind,
                actor=actor,
                subject="refusal",
                stream="refusal",
                at=ports.now(),
                outcome="refused",
                cause="",
                facts={"why": why, **facts},
            )
            _append([fact], set())
    except DatabaseError:
        # The refusal stands either way; only its record is missing, and the operator must hear of that.
        log.exception("refusal_not_recorded", action=kind, actor=actor.id)
        return False
    return True


def _run(known_kind: str, cls: str, body: Callable[[Act], T], actor: Actor) -> T:
    outer = _running.get()
    cause = str(outer.events[0].event) if outer is not None and outer.events else ""
    act = Act(actor, known_kind, cls, ports.now(), cause)
    token = _running.set(act)
    try:
        with transaction.atomic():
            with open_action(known_kind) as touched:
                result = body(act)
                if not act.events:
                    raise NothingRecorded(known_kind)
                changed = rows.taken(touched)
            try:
                _append(act.events, changed)
            except IntegrityError as fault:
                # Something in the database itself refuses the ledger's rows; nobody's change is to blame.
                raise Busy(
                    "The ledger cannot be written, so nothing was done.",
                    todo="Try again in a moment; if it happens again, tell the operator.",
                ) from fault
    except IntegrityError as fault:
        raise constraint_refusal(fault) from fault
    finally:
        _running.reset(token)
    asking.noted()
    collected = _receipts.get()
    if collected is not None:
        collected.extend(fact.event for fact in act.events)
    return result


def action(
    kind: str, *, cls: str, says: str, reads: bool = False
) -> Callable[[Callable[Concatenate[Act, P], T]], Callable[Concatenate[Actor, P], T]]:
    """Make a function the only lawful way to perform ``kind``.

    :param cls: coarse class of the leaf, out of :data:`CLASSES`.
    :param says: the sentence for the ledger's page, e.g. ``"{actor} decided {subject}: {outcome}"``.
    :param reads: whether the action only reads.
    :raises Refused: when the actor does not hold the permission ``kind``; the refusal is recorded.
    """
    if cls not in CLASSES:
        raise ValueError(f"{cls} is not a class of leaves")

    def wrap(body: Callable[Concatenate[Act, P], T]) -> Callable[Concatenate[Actor, P], T]:
        @functools.wraps(body)
        def door(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
            with tenant_scope(actor.tenant):
                try:
                    if kind not in actor.may:
                        raise Refused(
                            f"Your role does not allow this ({kind}).",
                            todo="Ask an administrator if you need it.",
                        )
                    return _run(kind, cls, lambda act: body(act, *args, **kwargs), actor)
                except Refused as why:
                    if _running.get() is None:
                        refuse(actor, kind, why.what)
                    raise

        if kind in REGISTRY:
            raise ValueError(f"two actions claim {kind}")
        doc = (body.__doc__ or "").strip()
        REGISTRY[kind] = Known(kind, cls, says, reads, door, doc, body.__module__)
        return door

    return wrap
