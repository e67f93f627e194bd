"""Public sources for programs, under ``/api/v1/sources``. They are taken in at the machine, never from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from muniment.sources import queries, rules
from muniment.sources.formats.identifiers import akn_eid
from muniment.sources.models import Provision, Snapshot
from muniment.sources.schemas import ProvisionOut, ProvisionPage, SnapshotOut, SnapshotPage
from muniment.spine.errors import Absent

router = Router(tags=["sources"])

Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("", response=SnapshotPage, summary="List public sources")
def index(
    request: HttpRequest,  # noqa: ARG001  # ninja hands it to every operation
    kind: Literal["act", "list"] | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """List the snapshots of acts and lists, in the order in which they were taken in."""
    rows = queries.page(kind, cursor, limit + 1)
    return {"items": rows[:limit], "next": str(rows[limit - 1].id) if len(rows) > limit else None}


@router.get("/{uuid:snapshot_id}", response=SnapshotOut, summary="Show a public source")
def show(request: HttpRequest, snapshot_id: UUID) -> Snapshot:  # noqa: ARG001  # as above
    """Return one snapshot: where it came from, its files with their digests, what was counted."""
    found = queries.snapshot(snapshot_id)
    found.__dict__["files"] = queries.files(found)
    return found


def _act(snapshot_id: UUID) -> Snapshot:
    found = queries.snapshot(snapshot_id)
    if queries.is_list(found):
        raise Absent
    return found


@router.get("/{uuid:snapshot_id}/provisions", response=ProvisionPage, summary="List the provisions of an act")
def provisions(
    request: HttpRequest,  # noqa: ARG001  # as above
    snapshot_id: UUID,
    cursor: Annotated[str, Query(max_length=120)] = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """List every part of an act down to its points, in the act's order."""
    rows = queries.provisions_after(_act(snapshot_id), cursor, limit + 1)
    return {"items": rows[:limit], "next": rows[limit - 1].eid if len(rows) > limit else None}


@router.get("/{uuid:snapshot_id}/provisions/{str:eid}", response=ProvisionOut, summary="Show a provision")
def provision(request: HttpRequest, snapshot_id: UUID, eid: str) -> dict[str, Any]:  # noqa: ARG001  # as above
    """Return one part of an act with its exact words, its names and the digests of its words."""
    act = _act(snapshot_id)
    row: Provision = queries.provision(act, eid)
    names = ("eid", "kind", "number", "heading", "parent", "start", "end", "anchor", "completeness")
    return {name: getattr(row, name) for name in names} | {
        "name": rules.full_name(act.key, act.version, act.language, row.eid),
        "alias": akn_eid(row.eid),
        "citation": rules.cited(row.eid),
        "text": queries.text_of(act)[row.start : row.end],
        "verbatim_sha256": row.verbatim_sha256,
        "canonical_sha256": row.canonical_sha256,
    }
