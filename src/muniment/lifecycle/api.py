"""Erasures and holds over the API. Reading is for programs too; asking and answering is for people only."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from muniment.lifecycle import actions, queries
from muniment.lifecycle.models import Erasure, Hold
from muniment.lifecycle.schemas import (
    AnswerIn,
    AskIn,
    ErasureOut,
    ErasuresOut,
    HoldIn,
    HoldOut,
    HoldsOut,
    LiftIn,
    PageIn,
)
from muniment.spine.actor import Actor

router = Router(tags=["lifecycle"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.get("/erasures", response=ErasuresOut, summary="List orders to erase")
def index(request: Asked, asked: Annotated[PageIn, Query()]) -> dict[str, Any]:
    """Return orders by identifier, from the cursor on."""
    actions.read(request.actor)
    found = queries.after(asked.cursor, asked.limit + 1)
    shown = found[: asked.limit]
    return {"items": shown, "next": str(shown[-1].id) if len(found) > asked.limit else None}


@router.post("/erasures", response={201: ErasureOut}, summary="Ask that somebody's data be erased")
def ask(request: Asked, given: AskIn) -> Status[Erasure]:
    """Ask; another person answers."""
    return Status(201, actions.ask_erasure(request.actor, **given.model_dump()))


@router.get("/erasures/{uuid:erasure_id}", response=ErasureOut, summary="Get an order to erase")
def erasure(request: Asked, erasure_id: UUID) -> Erasure:
    """Return an order, and put on record that it was looked at."""
    whole = actions.read(request.actor, erasure_id=erasure_id)
    assert whole is not None  # noqa: S101  # an order was asked for
    return whole.order


@router.post(
    "/erasures/{uuid:erasure_id}/answer", response={202: ErasureOut}, summary="Order or refuse an erasure"
)
def answer(request: Asked, erasure_id: UUID, given: AnswerIn) -> Status[Erasure]:
    """Answer what another person asked for; ordered, it is carried out at once and cannot be undone."""
    return Status(202, actions.answer_erasure(request.actor, erasure_id=erasure_id, **given.model_dump()))


@router.get("/erasures/{uuid:erasure_id}/certificate", summary="Get the certificate of an erasure")
def certificate(request: Asked, erasure_id: UUID) -> HttpResponse:
    """Return the certificate, which anybody verifies with verify.py."""
    whole = actions.read(request.actor, erasure_id=erasure_id)
    assert whole is not None  # noqa: S101  # an order was asked for
    return HttpResponse(queries.certificate(whole.order), content_type="application/json")


@router.get("/holds", response=HoldsOut, summary="List legal holds")
def holds(request: Asked) -> dict[str, Any]:
    """Return all holds, those in force first."""
    actions.read(request.actor)
    return {"items": queries.holds(), "next": None}


@router.post("/holds", response={201: HoldOut}, summary="Place a legal hold")
def place(request: Asked, given: HoldIn) -> Status[Hold]:
    """Keep a person's data, a case or everything from being erased."""
    return Status(201, actions.place_hold(request.actor, **given.model_dump()))


@router.post("/holds/{uuid:hold_id}/ask", response=HoldOut, summary="Ask that a hold be lifted")
def ask_lift(request: Asked, hold_id: UUID, given: LiftIn) -> Hold:
    """Ask; another person lifts it."""
    return actions.ask_lift(request.actor, hold_id=hold_id, reason=given.reason)


@router.post("/holds/{uuid:hold_id}/lift", response=HoldOut, summary="Lift a hold")
def lift(request: Asked, hold_id: UUID) -> Hold:
    """Lift what another person asked to lift."""
    return actions.lift_hold(request.actor, hold_id=hold_id)
