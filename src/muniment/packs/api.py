"""Packs over the API: ask for one, see whether it is built, take a copy."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Status

from muniment.packs import actions, queries
from muniment.packs.models import Pack
from muniment.packs.schemas import BuildIn, PackOut, PacksIn, PacksOut, TakeIn, WholeOut
from muniment.spine.actor import Actor
from muniment.spine.errors import Refused

router = Router(tags=["packs"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.get("/", response=PacksOut, summary="List packs")
def index(request: Asked, asked: Annotated[PacksIn, Query()]) -> dict[str, Any]:
    """Return packs by identifier, from the cursor on."""
    if "packs.read" not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")
    found = queries.after(asked.cursor, asked.limit + 1)
    shown = found[: asked.limit]
    return {"items": shown, "next": str(shown[-1].id) if len(found) > asked.limit else None}


@router.post("/", response={202: PackOut}, summary="Ask for the proof of a decided case")
def build(request: Asked, given: BuildIn) -> Status[Pack]:
    """Queue the building of a pack; ask for it by its identifier until its state is ``built``."""
    return Status(202, actions.build(request.actor, case_id=given.case_id))


@router.get("/{uuid:pack_id}", response=WholeOut, summary="Get a pack with its copies")
def pack(request: Asked, pack_id: UUID) -> queries.Whole:
    """Return what is known of a pack, and put on record that it was looked at."""
    return actions.read(request.actor, pack_id=pack_id)


@router.post("/{uuid:pack_id}/retry", response={202: PackOut}, summary="Try again to build a pack")
def retry(request: Asked, pack_id: UUID) -> Status[Pack]:
    """Queue a pack with the state ``failed`` again; ask for it until it is ``built``."""
    return Status(202, actions.retry(request.actor, pack_id=pack_id))


@router.post("/{uuid:pack_id}/copies", summary="Take a copy of a pack")
def download(request: Asked, pack_id: UUID, given: TakeIn) -> StreamingHttpResponse:
    """Return the bytes of a pack, and put on record to whom the copy goes."""
    held, pieces = actions.download(request.actor, pack_id=pack_id, given_to=given.given_to)
    return StreamingHttpResponse(
        pieces,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="case-{held.case_number}-{held.sha256[:8]}.zip"',
            "Content-Length": str(held.size),
        },
    )
