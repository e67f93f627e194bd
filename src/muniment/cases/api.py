"""Cases over the API. Proposing and deciding need a person's session: no token holds those permissions."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from muniment.cases import actions, queries
from muniment.cases.models import Case, Decision
from muniment.cases.schemas import (
    CaseOut,
    CasesIn,
    CasesOut,
    DecideIn,
    DecisionOut,
    ItemIn,
    OpenIn,
    ProposeIn,
    WholeOut,
    WithdrawIn,
)
from muniment.spine.actor import Actor

router = Router(tags=["cases"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.get("/", response=CasesOut, summary="List cases by number")
def index(request: Asked, asked: Annotated[CasesIn, Query()]) -> dict[str, Any]:
    """Return cases from the cursor on, and put on record that they were looked at."""
    found = actions.read_queue(
        request.actor, state=asked.state, after=asked.cursor, most=asked.limit + 1, by_number=True
    )
    shown = found[: asked.limit]
    return {"items": shown, "next": str(shown[-1].number) if len(found) > asked.limit else None}


@router.post("/", response={201: CaseOut}, summary="Open a case")
def open_case(request: Asked, given: OpenIn) -> Status[Case]:
    """Open a case about findings, matches or documents."""
    items = [(one.kind, one.item_id) for one in given.items]
    return Status(201, actions.open_case(request.actor, title=given.title, items=items, due_at=given.due_at))


@router.get("/{uuid:case_id}", response=WholeOut, summary="Get a case")
def case(request: Asked, case_id: UUID) -> dict[str, Any]:
    """Return a case with all that belongs to it, and put on record that it was read."""
    whole = actions.read(request.actor, case_id=case_id)
    return {
        "case": whole.case,
        "items": [_item(one) for one in whole.held],
        "decisions": whole.decisions,
        "shown": whole.shown,
    }


def _item(held: queries.Held) -> dict[str, Any]:
    return {
        "kind": held.item.kind,
        "item_id": held.item.item_id,
        "title": held.thing.title,
        "status": held.thing.status,
        "digest": held.item.digest,
        "digest_now": held.thing.digest,
        "changed": held.changed,
        "attached_by": held.item.attached_by,
        "attached_at": held.item.attached_at,
    }


@router.post("/{uuid:case_id}/items", response={201: CaseOut}, summary="Attach something to a case")
def attach(request: Asked, case_id: UUID, given: ItemIn) -> Status[Case]:
    """Attach a finding, a match or a document; a proposal that waits becomes void."""
    return Status(
        201, actions.attach(request.actor, case_id=case_id, kind=given.kind, item_id=given.item_id).case
    )


@router.post("/{uuid:case_id}/proposal", response={201: DecisionOut}, summary="Propose an outcome")
def propose(request: Asked, case_id: UUID, given: ProposeIn) -> Status[Decision]:
    """Ask somebody else to decide."""
    return Status(
        201, actions.propose(request.actor, case_id=case_id, outcome=given.outcome, rationale=given.rationale)
    )


@router.post("/{uuid:case_id}/decision", response=DecisionOut, summary="Answer the proposal that waits")
def decide(request: Asked, case_id: UUID, given: DecideIn) -> Decision:
    """Approve or send back; the answer is ``void`` when what was shown no longer stands in the case."""
    return actions.decide(
        request.actor, case_id=case_id, approve=given.approve, reason=given.reason, shown=given.shown
    )


@router.post("/{uuid:case_id}/withdrawal", response=CaseOut, summary="Withdraw a case")
def withdraw(request: Asked, case_id: UUID, given: WithdrawIn) -> Case:
    """Close a case that was opened in error."""
    return actions.withdraw(request.actor, case_id=case_id, reason=given.reason)
