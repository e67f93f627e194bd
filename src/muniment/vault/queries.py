"""Reads of the vault. Pages that show contents go through an action, so that the reading is on record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from muniment.spine.errors import Absent, Invalid
from muniment.vault import storage
from muniment.vault.extraction.text import Extracted, from_json
from muniment.vault.models import Blob, Document, DocumentVersion


@dataclass(frozen=True, slots=True)
class Shelf:
    """A document as a list shows it: with its newest version."""

    document: Document
    version: DocumentVersion


def shelf() -> list[Shelf]:
    """Return every document of the tenant with its newest version, newest first."""
    newest = {version.document_id: version for version in latest_versions()}
    documents: list[Document] = list(Document.objects.order_by("-created_at", "id"))
    return [Shelf(document, newest[document.id]) for document in documents if document.id in newest]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list of documents, or the versions of one document.

    :param count: how many there are in all. :param following: cursor of the page after this one.
    """

    items: tuple[Shelf, ...]
    count: int
    following: UUID | None = None


def shelf_page(after: UUID | None = None, most: int = 50) -> Listing:
    """Return documents with their newest versions, the newest document first.

    :param after: identifier of the last document of the page before.
    :raises Invalid: when that document is not there, so that a cursor is never guessed.
    """
    documents = Document.objects.order_by("-created_at", "id")
    if after is not None:
        last: Document | None = Document.objects.filter(id=after).first()
        if last is None:
            raise Invalid("This cursor leads nowhere.", todo="Begin with the first page.", where="cursor")
        documents = documents.filter(
            Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__gt=last.id)
        )
    page: list[Document] = list(documents[: most + 1])
    held = page[:most]
    newest: dict[UUID, DocumentVersion] = {
        version.document_id: version
        for version in DocumentVersion.objects.filter(document__in=held, number=F("document__latest"))
    }
    return Listing(
        tuple(Shelf(one, newest[one.id]) for one in held if one.id in newest),
        Document.objects.count(),
        held[-1].id if len(page) > most else None,
    )


def shelf_of(document_id: UUID) -> Listing:
    """Return every version of one document, the newest first.

    :raises Absent: when there is none in this tenant.
    """
    found = document(document_id)
    held = tuple(Shelf(found, version) for version in versions(found))
    return Listing(held, len(held))


def latest_versions() -> list[DocumentVersion]:
    """Return the newest version of each document, in an order that depends on their contents only."""
    newest: dict[UUID, DocumentVersion] = {}
    for version in DocumentVersion.objects.order_by("number").select_related("document"):
        newest[version.document_id] = version
    return sorted(newest.values(), key=lambda version: (version.sha256, version.document_id.hex))


def document(document_id: UUID) -> Document:
    """Return a document.

    :raises Absent: when there is none in this tenant.
    """
    found: Document | None = Document.objects.filter(id=document_id).first()
    if found is None:
        raise Absent
    return found


def version(version_id: UUID) -> DocumentVersion:
    """Return a version with its document.

    :raises Absent: when there is none in this tenant.
    """
    found: DocumentVersion | None = (
        DocumentVersion.objects.select_related("document").filter(id=version_id).first()
    )
    if found is None:
        raise Absent
    return found


def versions(of: Document) -> list[DocumentVersion]:
    """Return the versions of a document, newest first."""
    return list(DocumentVersion.objects.filter(document=of).order_by("-number"))


def bytes_of(blob: Blob) -> bytes:
    """Return the bytes of a file, after its digest was checked."""
    return storage.read(blob.tenant_id, blob.id, blob.sha256)


def text_of(of: DocumentVersion) -> Extracted:
    """Return the text that was read out of a version when it came, with its pages."""
    raw = storage.read(of.tenant_id, of.text_id, of.text_sha256)
    return from_json(json.loads(raw))
