"""What the API takes and says of erasures and holds."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from muniment.lifecycle.rules import LONGEST, LONGEST_ASKER, SHORTEST


class In(BaseModel):
    """A body; a name that is not known here is refused."""

    model_config = ConfigDict(extra="forbid")


class PageIn(In):
    """Where the page begins."""

    cursor: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class AskIn(In):
    """Whose data are to be erased, why, and who asks."""

    target: UUID
    basis: str = Field(max_length=20)
    asked_for: str = Field(min_length=3, max_length=LONGEST_ASKER)
    reason: str = Field(min_length=SHORTEST, max_length=LONGEST)


class AnswerIn(In):
    """Yes or no to what another person asked for."""

    approve: bool
    reason: str = Field(min_length=SHORTEST, max_length=LONGEST)


class HoldIn(In):
    """What is kept, and why."""

    on: str = Field(max_length=8)
    target: UUID | None = None
    reason: str = Field(min_length=SHORTEST, max_length=LONGEST)


class LiftIn(In):
    """Why a hold is to be lifted."""

    reason: str = Field(min_length=SHORTEST, max_length=LONGEST)


class Out(BaseModel):
    """An answer; nothing stands in it that is not named here."""

    model_config = ConfigDict(from_attributes=True)


class ErasureOut(Out):
    """An order to erase; ``counts`` says what became unreadable, ``held`` what a hold kept: [what, key, hold]."""

    id: UUID
    number: int
    kind: str
    target: UUID
    basis: str
    state: str
    asked_by: str
    asked_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    executed_at: datetime | None
    counts: dict[str, int]
    held: list[list[str]]


class ErasuresOut(Out):
    """A page of orders by identifier."""

    items: list[ErasureOut]
    next: str | None


class HoldOut(Out):
    """A legal hold."""

    id: UUID
    number: int
    on: str
    target: UUID
    placed_by: str
    placed_at: datetime
    lift_asked_by: str | None
    lifted_by: str | None
    lifted_at: datetime | None


class HoldsOut(Out):
    """All holds, those in force first."""

    items: list[HoldOut]
    next: None = None
