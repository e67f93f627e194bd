"""What the API takes and says of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from muniment.cases.rules import LONGEST_TEXT, SHORTEST_RATIONALE

Kind = Literal["finding", "match", "evidence"]
State = Literal["", "waiting", "open", "proposed", "decided", "withdrawn"]


class In(BaseModel):
    """A body; a name that is not known here is refused, so that nothing is overlooked."""

    model_config = ConfigDict(extra="forbid")


class CasesIn(In):
    """Which cases are asked for; the cursor is the number after which the page begins."""

    state: State = ""
    cursor: int = Field(0, ge=0, le=2**31)
    limit: int = Field(50, ge=1, le=200)


class ItemIn(In):
    """Something that a case is about."""

    kind: Kind
    item_id: UUID


class OpenIn(In):
    """A new case."""

    title: str = Field(min_length=3, max_length=500)
    items: list[ItemIn] = Field(default_factory=list, max_length=200)
    due_at: AwareDatetime | None = None


class ProposeIn(In):
    """An outcome with its rationale."""

    outcome: Literal["cleared", "confirmed", "accepted_risk", "to_remedy"]
    rationale: str = Field(min_length=SHORTEST_RATIONALE, max_length=LONGEST_TEXT)


class DecideIn(In):
    """An answer to the proposal that waits; ``shown`` is the digest that ``GET`` gave with the case."""

    approve: bool
    reason: str = Field(min_length=SHORTEST_RATIONALE, max_length=LONGEST_TEXT)
    shown: str = Field(pattern=r"^[0-9a-f]{64}$")


class WithdrawIn(In):
    """Why a case was opened in error."""

    reason: str = Field(min_length=3, max_length=LONGEST_TEXT)


class Out(BaseModel):
    """An answer; nothing stands in it that is not named here."""

    model_config = ConfigDict(from_attributes=True)


class CaseOut(Out):
    """A case as a list shows it."""

    id: UUID
    number: int
    title: str
    state: str
    outcome: str
    opened_by: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None


class CasesOut(Out):
    """A page of cases by number."""

    items: list[CaseOut]
    next: str | None


class ItemOut(Out):
    """What belongs to a case: its digest when it was attached, and now."""

    kind: str
    item_id: UUID
    title: str
    status: str
    digest: str
    digest_now: str
    changed: bool
    attached_by: str
    attached_at: datetime


class DecisionOut(Out):
    """A proposal with its answer."""

    id: UUID
    outcome: str
    rationale: str
    requested_by: str
    requested_at: datetime
    bound_digest: str
    answer: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class WholeOut(Out):
    """A case with all that belongs to it; ``shown`` is what an approval would be bound to."""

    case: CaseOut
    items: list[ItemOut]
    decisions: list[DecisionOut]
    shown: str
