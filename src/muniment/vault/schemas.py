"""What the API of the firm's documents gives."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from ninja import Schema


class VersionOut(Schema):
    """One version of a document."""

    id: UUID
    document: UUID
    number: int
    name: str
    media_type: str
    effective: date
    received_at: datetime
    received_by: str
    sha256: str
    size: int
    text_sha256: str
    profile: str
    characters: int


class DocumentLine(Schema):
    """A document with its newest version."""

    id: UUID
    title: str
    owner: str
    created_at: datetime
    latest: VersionOut


class DocumentPage(Schema):
    """A page of documents; ``next`` is the cursor of the following page, or ``null``."""

    items: list[DocumentLine]
    next: str | None


class DocumentOut(DocumentLine):
    """A document with every version, the newest first."""

    versions: list[VersionOut]


class PageOut(Schema):
    """One page, line, row or section: its number and its span in the text (code points)."""

    number: int
    start: int
    end: int


class TextOut(Schema):
    """The text that was read out of a version when it came in."""

    version: UUID
    sha256: str
    profile: str
    unit: str
    text: str
    pages: list[PageOut]
    warnings: list[str]
