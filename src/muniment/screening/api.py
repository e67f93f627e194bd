"""The screenings for programs, under ``/api/v1/screening``."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from muniment.counterparties.rules import require_right
from muniment.screening import actions, queries, rules
from muniment.screening.models import Match, ScreeningRun
from muniment.screening.schemas import MatchOut, MatchPage, ReplayOut, ResultPage, RunIn, RunOut
from muniment.spine.actor import Actor

router = Router(tags=["screening"])

Limit = Annotated[int, Query(ge=1, le=200)]


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.post("/runs", response={202: RunOut}, summary="Start a screening")
def run(request: Asked, body: RunIn) -> Status[ScreeningRun]:
    """Start a screening of everybody against the newest version of every list; a worker does it."""
    made = actions.run(
        request.actor, threshold=body.threshold, cutoff=body.cutoff, exhaustive=body.exhaustive
    )
    return Status(202, made)


@router.get("/runs", response=list[RunOut], summary="List screenings")
def runs(request: Asked) -> list[ScreeningRun]:
    """Return the latest fifty runs, newest first."""
    require_right(request.actor, "screening.read")
    return queries.runs()


@router.get("/runs/{uuid:run_id}", response=RunOut, summary="Show a screening")
def show(request: Asked, run_id: UUID) -> ScreeningRun:
    """Return one run with its counts and the digest over all its results."""
    require_right(request.actor, "screening.read")
    return queries.run(run_id)


@router.post("/runs/{uuid:run_id}/retry", response={202: RunOut}, summary="Go on with a screening")
def retry(request: Asked, run_id: UUID) -> Status[ScreeningRun]:
    """Queue the newest screening again after it was given up; what it said of some parties stays."""
    return Status(202, actions.retry(request.actor, run_id=run_id))


@router.get("/runs/{uuid:run_id}/results", response=ResultPage, summary="List a screening's results")
def results(
    request: Asked,
    run_id: UUID,
    verdict: Annotated[str, Query(max_length=10)] = "",
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return what a run said of each party, by reference, clear ones included."""
    reading = actions.read(request.actor, run_id=run_id, verdict=verdict, after=cursor, limit=limit + 1)
    found = reading.screened[:limit]
    return {"items": found, "next": str(found[-1].id) if len(reading.screened) > limit else None}


@router.get("/matches", response=MatchPage, summary="List matches")
def matches(
    request: Asked,
    state: Annotated[str, Query(max_length=10)] = "",
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the matches of the newest finished run, by identifier."""
    reading = actions.read(request.actor, state=state, after=cursor, limit=limit + 1)
    found = reading.matches[:limit]
    return {"items": found, "next": str(found[-1].id) if len(reading.matches) > limit else None}


@router.get("/matches/{uuid:match_id}", response=MatchOut, summary="Show a match")
def match(request: Asked, match_id: UUID) -> Match:
    """Return one match with its whole explanation; the reading is on record."""
    found = actions.read_match(request.actor, match_id=match_id)
    # The sealed text becomes the plain values that the answer's schema names.
    found.__dict__["record"] = rules.parsed(str(found.record)) or {}
    return found


@router.post("/results/{uuid:screened_id}/replay", response=ReplayOut, summary="Recompute a result")
def replay(request: Asked, screened_id: UUID) -> queries.Again:
    """Recompute a stored result from its stored inputs and say whether every byte came out the same."""
    return actions.replayed(request.actor, screened_id=screened_id)
