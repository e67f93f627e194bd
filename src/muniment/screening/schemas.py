"""What programs send and get about screenings: strict, bounded, nothing beyond what is named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field


class RunIn(Schema):
    """How to screen; scores are parts of a thousand."""

    model_config = ConfigDict(extra="forbid", strict=True)

    threshold: Annotated[int, Field(ge=1, le=1000)] = 700
    cutoff: Annotated[int, Field(ge=1, le=1000)] = 500
    exhaustive: bool = False


class RunOut(Schema):
    """A run: against which lists, with what, how far, and what it said in numbers."""

    id: UUID
    number: int
    state: str
    lists: list[dict[str, Any]]
    threshold: int
    cutoff: int
    exhaustive: bool
    versions: dict[str, str]
    config_hash: str
    parties: int
    done: int
    alerts: int
    considers: int
    clears: int
    digest: str
    why: str
    asked_at: datetime
    finished_at: datetime | None


class ResultLine(Schema):
    """What a run said of one party."""

    id: UUID
    counterparty_id: UUID
    reference: str
    verdict: str
    best: int
    alerts: int
    considers: int
    candidates: int


class ResultPage(Schema):
    """One page of results; ``next`` is the cursor of the following one."""

    items: list[ResultLine]
    next: str | None


class MatchLine(Schema):
    """One match without its explanation."""

    id: UUID
    counterparty_id: UUID
    screened_id: UUID
    list_key: str
    list_version: str
    entity_id: str
    entity_sha256: str
    score: int
    verdict: str
    state: str
    digest: str


class MatchPage(Schema):
    """One page of matches; ``next`` is the cursor of the following one."""

    items: list[MatchLine]
    next: str | None


class MatchOut(MatchLine):
    """One match with its explanation; empty when the person's data were erased."""

    record: dict[str, Any]


class ReplayOut(Schema):
    """What came of recomputing a stored result."""

    identical: bool
    differences: list[str]
    rescored: int
