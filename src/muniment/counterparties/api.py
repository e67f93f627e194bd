"""The counterparties for programs, under ``/api/v1/counterparties``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from muniment.counterparties import actions, queries, rules
from muniment.counterparties.formats import to_ftm
from muniment.counterparties.models import Counterparty, Import
from muniment.counterparties.schemas import ImportOut, Page, PartyChange, PartyIn, PartyOut
from muniment.spine.actor import Actor
from muniment.spine.errors import Invalid

router = Router(tags=["counterparties"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _line(row: Counterparty) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "kind": row.kind,
        "name": row.name,
        "status": row.status,
        "standing": row.standing,
        "screened_at": row.screened_at,
        "mark": row.mark,
    }


def _whole(row: Counterparty) -> dict[str, Any]:
    party = queries.party_or_none(row)
    return {
        **_line(row),
        "party": {} if party is None else to_ftm(party),
        "owners": [
            {
                "id": link.owner.id,
                "name": link.owner.name,
                "kind": link.owner.kind,
                "role": link.role,
                "share": link.share,
            }
            for link in queries.owners(row)
        ],
    }


@router.get("", response=Page, summary="List counterparties")
def index(
    request: Asked,
    q: Annotated[str, Query(max_length=200)] = "",
    standing: Annotated[str, Query(max_length=12)] = "",
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List counterparties by reference, found by words of a name, a number or a reference."""
    page = queries.page(q, standing, cursor, limit)
    rows = actions.read(request.actor, ids=page.ids)
    return {"items": [_line(row) for row in rows], "next": str(page.following) if page.following else None}


@router.post("", response={201: PartyOut}, summary="Add a counterparty")
def add(request: Asked, body: PartyIn) -> Status[dict[str, Any]]:
    """Enter one counterparty."""
    given = body.dict(by_alias=True)
    given["identifiers"] = [(one["kind"], one["value"]) for one in given["identifiers"]]
    row = actions.add(request.actor, party=rules.require_party(given))
    return Status(201, _whole(row))


@router.get("/{uuid:counterparty_id}", response=PartyOut, summary="Show a counterparty")
def show(request: Asked, counterparty_id: UUID) -> dict[str, Any]:
    """Return one counterparty with its owners; the reading is on record."""
    [row] = actions.read(request.actor, ids=[counterparty_id])
    return _whole(row)


@router.patch("/{uuid:counterparty_id}", response=PartyOut, summary="Change a counterparty")
def change(request: Asked, counterparty_id: UUID, body: PartyChange) -> dict[str, Any]:
    """Bring one counterparty up to date; ``mark`` guards against a change in between."""
    [row] = actions.read(request.actor, ids=[counterparty_id])
    known = asdict(rules.party_of(row))
    known["identifiers"] = [(one["kind"], one["value"]) for one in known["identifiers"]]
    given = body.dict(exclude_none=True, exclude={"status", "mark"})
    if "identifiers" in given:
        given["identifiers"] = [(one["kind"], one["value"]) for one in given["identifiers"]]
    changed = actions.change(
        request.actor,
        counterparty_id=counterparty_id,
        party=rules.require_party(known | given),
        status=body.status or "",
        seen=body.mark,
    )
    return _whole(changed)


@router.post("/imports", response={201: ImportOut}, summary="Import a file")
def bring_in(
    request: Asked,
    file: Annotated[UploadedFile, File()],
    mapping: Annotated[str, Form(max_length=20_000)] = "",
    default_kind: Annotated[Literal["person", "organisation"], Form()] = "organisation",
) -> Status[dict[str, Any]]:
    """Take in a table or FollowTheMoney lines; ``mapping`` is a JSON object of column to field."""
    held = actions.take_in(
        request.actor,
        file.read(actions.most_read(file.name or "")),
        name=file.name or "",
        mapping=_mapping(mapping),
        default_kind=default_kind,
    )
    return Status(201, _import(held))


@router.get("/imports/{uuid:import_id}", response=ImportOut, summary="Show an import")
def show_import(request: Asked, import_id: UUID) -> dict[str, Any]:
    """Return what became of an import, with the reject report."""
    rules.require_right(request.actor, "counterparties.read")
    return _import(queries.import_of(import_id))


@router.post("/imports/{uuid:import_id}/discard", response=ImportOut, summary="Discard an import that waits")
def discard_import(request: Asked, import_id: UUID) -> dict[str, Any]:
    """Put aside a file that was sent but not taken in; it stays as evidence of what came."""
    return _import(actions.discard(request.actor, import_id=import_id))


def _import(held: Import) -> dict[str, Any]:
    return {
        "id": held.id,
        "state": held.state,
        "sha256": held.sha256,
        "size": held.size,
        "counts": held.counts,
        "rejects": [asdict(one) for one in queries.rejects_of(held)],
    }


def _mapping(text: str) -> dict[str, str] | None:
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(field, str) for field in found.values()):
        raise Invalid("The mapping is no JSON object of column to field.", todo="Mend it.", where="mapping")
    return found
