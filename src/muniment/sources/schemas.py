"""What the API of public sources gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema


class SnapshotLine(Schema):
    """One snapshot in a list."""

    id: UUID
    kind: str
    key: str
    version: str
    language: str
    title: str
    publisher: str
    authenticity: str
    completeness: str
    sha256: str
    size: int
    retrieved_at: datetime | None
    imported_at: datetime


class SnapshotPage(Schema):
    """A page of snapshots; ``next`` is the cursor of the following page, or ``null``."""

    items: list[SnapshotLine]
    next: str | None


class FileOut(Schema):
    """One file of a snapshot, as it came."""

    name: str
    sha256: str
    size: int


class SnapshotOut(SnapshotLine):
    """One snapshot with its files and what was counted in it."""

    source_uri: str
    licence: str
    extractor: str
    text_sha256: str
    counts: dict[str, Any]
    files: list[FileOut]


class ProvisionLine(Schema):
    """One part of an act: its name, and where it stands in the act's text (code points)."""

    eid: str
    kind: str
    number: str
    heading: str
    parent: str
    start: int
    end: int


class ProvisionPage(Schema):
    """A page of provisions; ``next`` is the cursor of the following page, or ``null``."""

    items: list[ProvisionLine]
    next: str | None


class ProvisionOut(ProvisionLine):
    """One part of an act with its words, names and digests."""

    name: str
    alias: str
    citation: str
    anchor: str
    completeness: str
    text: str
    verbatim_sha256: str
    canonical_sha256: str
