"""The firm's documents for programs, under ``/api/v1/evidence``. Every reading leaves its line in the ledger."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile

from muniment.spine.actor import Actor
from muniment.vault import actions, rules
from muniment.vault.models import DocumentVersion
from muniment.vault.queries import Shelf
from muniment.vault.schemas import DocumentOut, DocumentPage, TextOut, VersionOut
from muniment.vault.storage import PIECE

router = Router(tags=["evidence"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


def _version(row: DocumentVersion) -> dict[str, Any]:
    names = (
        "id",
        "number",
        "name",
        "media_type",
        "effective",
        "received_at",
        "received_by",
        "sha256",
        "size",
    )
    read = ("text_sha256", "profile", "characters")
    return {name: getattr(row, name) for name in (*names, *read)} | {"document": row.document_id}


def _line(one: Shelf) -> dict[str, Any]:
    document = one.document
    return {
        "id": document.id,
        "title": document.title,
        "owner": document.owner,
        "created_at": document.created_at,
        "latest": _version(one.version),
    }


@router.get("", response=DocumentPage, summary="List documents")
def index(
    request: Asked, cursor: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> dict[str, Any]:
    """List documents with their newest versions, the newest document first."""
    listing = actions.browse(request.actor, after=cursor, most=limit)
    following = str(listing.following) if listing.following else None
    return {"items": [_line(one) for one in listing.items], "next": following}


@router.post("", response={201: VersionOut}, summary="File a document")
def upload(
    request: Asked,
    file: Annotated[UploadedFile, File()],
    title: Annotated[str, Form(max_length=rules.LONGEST_NAME)] = "",
    owner: Annotated[str, Form(max_length=rules.LONGEST_NAME)] = "",
    effective: Annotated[date | None, Form()] = None,
) -> Status[dict[str, Any]]:
    """Take in a new document; when this answers, it is encrypted on the disk and in the ledger."""
    kept = actions.receive(
        request.actor,
        file.chunks(PIECE),
        name=rules.require_legible(file.name or "", field="file name"),
        title=rules.require_legible(title, field="title"),
        owner=rules.require_legible(owner, field="owner"),
        effective=effective,
    )
    return Status(201, _version(kept))


@router.get("/{uuid:document_id}", response=DocumentOut, summary="Show a document")
def show(request: Asked, document_id: UUID) -> dict[str, Any]:
    """Return a document with every version."""
    listing = actions.browse(request.actor, document_id=document_id)
    return _line(listing.items[0]) | {"versions": [_version(one.version) for one in listing.items]}


@router.post("/{uuid:document_id}/versions", response={201: VersionOut}, summary="File the next version")
def next_version(
    request: Asked,
    document_id: UUID,
    file: Annotated[UploadedFile, File()],
    effective: Annotated[date | None, Form()] = None,
) -> Status[dict[str, Any]]:
    """Take in the next version of a document; the versions before it stay as they are."""
    kept = actions.receive(
        request.actor,
        file.chunks(PIECE),
        name=rules.require_legible(file.name or "", field="file name"),
        effective=effective,
        document_id=document_id,
    )
    return Status(201, _version(kept))


@router.get("/versions/{uuid:version_id}", response=VersionOut, summary="Show a version")
def version(request: Asked, version_id: UUID) -> dict[str, Any]:
    """Return one version of a document."""
    found, _text = actions.read(request.actor, version_id=version_id)
    return _version(found)


@router.get("/versions/{uuid:version_id}/text", response=TextOut, summary="Read the text of a version")
def text(request: Asked, version_id: UUID) -> dict[str, Any]:
    """Return the text that was read out of a version, with the pages that offsets lead back to."""
    found, held = actions.read(request.actor, version_id=version_id)
    return {
        "version": found.id,
        "sha256": found.text_sha256,
        "profile": held.profile,
        "unit": held.unit,
        "text": held.text,
        "pages": [asdict(page) for page in held.pages],
        "warnings": held.warnings,
    }


@router.get("/versions/{uuid:version_id}/file", summary="Download a version")
def download(request: Asked, version_id: UUID) -> StreamingHttpResponse:
    """Hand out the file as it came."""
    found, pieces = actions.download(request.actor, version_id=version_id)
    return StreamingHttpResponse(pieces, headers=rules.as_file(found.name, found.size))
