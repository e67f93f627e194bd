"""Time from outside over the API: ask the authorities now, and take one entry with the proof of its time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from muniment.ledger import queries
from muniment.ledger.schemas import TimeAskedOut
from muniment.ledger.time import asking
from muniment.ledger.views.asked import require_reader
from muniment.spine.actor import Actor

router = Router(tags=["ledger"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.post("/time-stamps", response={202: TimeAskedOut}, summary="Ask the time-stamp authorities now")
def ask(request: Asked) -> Status[dict[str, Any]]:
    """Have the authorities asked about the newest head; their tokens follow within seconds."""
    return Status(202, {"asked": list(asking.ask_time(request.actor))})


@router.get("/entries/{uuid:entry_id}/timed.zip", summary="Prove the place and the time of one entry")
def timed(request: Asked, entry_id: UUID) -> HttpResponse:
    """Return one entry with the proof of its place and of its time, for `verify.py --entry` and `openssl ts`."""
    require_reader(request.actor)
    return HttpResponse(asking.entry_file(queries.entry(entry_id)), content_type="application/zip")
