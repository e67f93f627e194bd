"""What the API takes and says of packs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from muniment.packs.rules import LONGEST_RECEIVER, SHORTEST_RECEIVER


class In(BaseModel):
    """A body; a name that is not known here is refused."""

    model_config = ConfigDict(extra="forbid")


class PacksIn(In):
    """Where the page begins."""

    cursor: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class BuildIn(In):
    """Which case is to be proved."""

    case_id: UUID


class TakeIn(In):
    """To whom the copy goes."""

    given_to: str = Field(min_length=SHORTEST_RECEIVER, max_length=LONGEST_RECEIVER)


class Out(BaseModel):
    """An answer; nothing stands in it that is not named here."""

    model_config = ConfigDict(from_attributes=True)


class PackOut(Out):
    """A pack; ``state`` is ``queued`` until it is ``built``, then digest and size stand here; else ``failed``."""

    id: UUID
    case_id: UUID
    case_number: int
    state: str
    requested_by: str
    requested_at: datetime
    made_at: datetime | None
    sha256: str
    size: int
    origin: str
    log_size: int
    contents: dict[str, int]


class PacksOut(Out):
    """A page of packs by identifier."""

    items: list[PackOut]
    next: str | None


class HandoverOut(Out):
    """A copy that left the house."""

    taken_by: str
    taken_at: datetime
    given_to: str


class WholeOut(Out):
    """A pack with its copies."""

    pack: PackOut
    handovers: list[HandoverOut]
