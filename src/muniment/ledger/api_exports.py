"""Exports of the ledger over the API: make one, see what it holds, take a copy and the manifest that proves it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from muniment.ledger import exporting
from muniment.ledger.exports.asked import MEDIA_TYPES, Asked
from muniment.ledger.schemas import ExportIn, ExportOut
from muniment.spine.actor import Actor

router = Router(tags=["ledger"])


class Asking(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _out(made: exporting.Export) -> dict[str, Any]:
    return {
        "id": made.id,
        "entry": made.event,
        "at": made.at,
        "actor": made.actor,
        "format": made.asked.form,
        "filters": made.asked.filters(),
        "personal": made.asked.personal,
        "range": made.range.told(),
        "entries": made.entries,
        "bytes": made.size,
        "sha256": made.sha256,
        "withheld": made.withheld,
        "erased": made.erased,
        "next": made.cursor,
    }


@router.post("", response={201: ExportOut}, summary="Export entries as OCSF, CSV or CEF")
def make(request: Asking, given: ExportIn) -> Status[dict[str, Any]]:
    """Put an export on record; ``next`` is the cursor with which to ask for what is left."""
    asked = Asked(
        given.format,
        given.since,
        given.until,
        actor=given.actor,
        kind=given.kind,
        subject=given.object,
        outcome=given.outcome,
        cursor=given.cursor,
        most=given.limit,
        personal=given.personal,
    )
    return Status(201, _out(exporting.make(request.actor, asked)))


@router.get("/{uuid:export_id}", response=ExportOut, summary="Get what is known of an export")
def export(request: Asking, export_id: UUID) -> dict[str, Any]:
    """Return what stands on record of an export."""
    return _out(exporting.read(request.actor, export_id=export_id).export)


@router.get("/{uuid:export_id}/file", summary="Take a copy of an export")
def file(request: Asking, export_id: UUID) -> HttpResponse:
    """Return the exported bytes, the same each time; 409 once something in them was erased."""
    made, raw = exporting.copy(request.actor, export_id=export_id)
    return HttpResponse(
        raw,
        content_type=MEDIA_TYPES[made.asked.form],
        headers={"Content-Disposition": f'attachment; filename="{made.name}"'},
    )


@router.get("/{uuid:export_id}/manifest", summary="Get the manifest that proves an export")
def manifest(request: Asking, export_id: UUID) -> HttpResponse:
    """Return the export's own entry with its proof; 503 for the few seconds until a checkpoint covers it."""
    _name, raw = exporting.manifest(request.actor, export_id=export_id)
    return HttpResponse(raw, content_type="application/json")
