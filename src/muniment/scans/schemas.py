"""What the API of scans takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from muniment.scans.rules import LONGEST_REASON

#: Names of acts and provisions are plain signs; PostgreSQL cannot even look for NUL.
PRINTABLE = r"^[ -~]*$"


class ScanIn(Schema):
    """Which acts to hold the documents against."""

    model_config = ConfigDict(extra="forbid", strict=True)

    snapshots: Annotated[
        list[Annotated[UUID, Field(strict=False)]],
        Field(min_length=1, max_length=100, description="Identifiers of snapshots of acts."),
    ]


class ScanLine(Schema):
    """One scan in a list."""

    id: UUID
    number: int
    state: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    counts: dict[str, int]
    digest: str
    failed_at: datetime | None
    failure: str


class ScanPage(Schema):
    """A page of scans; ``next`` is the cursor of the following page, or ``null``."""

    items: list[ScanLine]
    next: str | None


class HeldAct(Schema):
    """An act as a scan took it."""

    key: str
    snapshot: UUID
    sha256: str


class HeldVersion(Schema):
    """A version of a document as a scan took it."""

    version: UUID
    sha256: str


class ReplayOut(Schema):
    """The newest check of a scan's findings; without ``ended_at`` it is under way.

    ``same`` is ``null`` until it has ended, and when it could not be done; ``failure`` then says why.
    """

    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    recorded: str
    again: str
    same: bool | None
    failure: str


class ScanOut(ScanLine):
    """One scan with its inputs, rules and counts."""

    acts: list[HeldAct]
    documents: list[HeldVersion]
    versions: dict[str, str]
    rules: list[dict[str, Any]]
    stats: dict[str, int]
    replay: ReplayOut | None


class FindingLine(Schema):
    """One finding in a list."""

    id: UUID
    act: str
    duty: str
    eid: str
    status: str
    confidence: float
    why: str
    anchored: bool
    assessment: str
    digest: str


class FindingsAsked(Schema):
    """Which findings of a scan to list, and from where on."""

    act: Annotated[str, Field(max_length=60, pattern=PRINTABLE)] = ""
    chapter: Annotated[str, Field(max_length=120, pattern=PRINTABLE)] = ""
    article: Annotated[str, Field(max_length=120, pattern=PRINTABLE)] = ""
    status: Literal["conflict_found", "no_evidence_found", "cannot_tell", "evidence_found"] | None = None
    assessment: Literal["proposed", "accepted", "disagreed"] | None = None
    cursor: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class FindingPage(Schema):
    """A page of findings; ``next`` is the cursor of the following page, or ``null``."""

    items: list[FindingLine]
    next: str | None


class LawSide(Schema):
    """The words of the law: code points of the act's text."""

    snapshot: UUID
    sha256: str
    start: int
    end: int
    quote: str
    stands: bool


class DocumentSide(Schema):
    """The words of the document: code points of the version's text."""

    version: UUID
    sha256: str
    page: int | None
    start: int
    end: int
    quote: str
    stands: bool


class FindingOut(FindingLine):
    """One finding with both its sides, and what a person said of it."""

    scan: UUID
    basis: str
    searched: int
    duty_parts: dict[str, Any]
    law: LawSide
    document: DocumentSide | None
    assessed_by: str | None
    assessed_at: datetime | None
    reason: str | None


class AnswerIn(Schema):
    """What a person says of a finding; who disagrees gives a reason."""

    model_config = ConfigDict(extra="forbid", strict=True)

    assessment: Literal["accepted", "disagreed"]
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""
