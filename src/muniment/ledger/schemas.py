"""What the API says of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

FIRST_YEAR, LAST_YEAR = 1900, 9000


def _sane(moment: datetime) -> datetime:
    """Refuse what no clock says; at the ends of the calendar a zone leads out of it."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_sane)]


class Out(BaseModel):
    """An answer; nothing stands in it that is not named here."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")


class EntriesIn(BaseModel):
    """Which entries are asked for; the cursor is the place below which the page begins.

    Times are from ``since`` on up to and without ``until``; ``kind`` and ``object`` are the names that exports give to
    ``action`` and ``subject``, which older programs send.
    """

    model_config = ConfigDict(extra="forbid")

    cursor: int = Field(2**62, ge=0, le=2**62)
    limit: int = Field(50, ge=1, le=200)
    since: Moment | None = None
    until: Moment | None = None
    outcome: Literal["", "done", "refused"] = ""
    kind: str = Field("", max_length=91)
    action: str = Field("", max_length=91)
    actor: str = Field("", max_length=120)
    object: str = Field("", max_length=120)
    subject: str = Field("", max_length=120)


class EntryOut(Out):
    """An entry: ``idx`` is its place, or null while it waits for one; ``facts`` are those that can be opened."""

    id: UUID
    idx: int | None
    at: datetime
    action: str
    actor: str
    actor_name: str
    subject: str
    outcome: str
    sentence: str
    facts: dict[str, Any]
    erased: int


class EntriesOut(Out):
    """Entries, the newest first; ``next`` is the cursor of the page after."""

    items: list[EntryOut]
    next: str | None


class PromisesIn(BaseModel):
    """Which of one's own receipts are asked for; the cursor is the place below which the page begins."""

    model_config = ConfigDict(extra="forbid")

    cursor: int | None = Field(None, ge=0, le=2**62)
    limit: int = Field(50, ge=1, le=200)


class PromiseOut(Out):
    """A receipt's promise: ``covered`` is when the first head over its entry was signed, or null."""

    entry: UUID
    idx: int | None
    recorded: datetime
    due: datetime
    covered: datetime | None
    state: Literal["kept", "late", "open", "broken"]


class PromisesOut(Out):
    """Promises, the newest first; ``next`` is the cursor of the page after."""

    items: list[PromiseOut]
    next: str | None


class ProofOut(Out):
    """An inclusion proof (RFC 6962) with hashes in hex; the same as a C2SP file stands beside it."""

    index: int
    size: int
    leaf: str
    hashes: list[str]
    root: str


class HeadOut(Out):
    """The newest signed head."""

    origin: str
    size: int
    root: str
    at: datetime
    keys: list[str]


class CosignedOut(Out):
    """The sizes of the kept heads, the newest last."""

    sizes: list[int]


class ExportIn(BaseModel):
    """What is to be exported; filters that are left out ask for everything, times from and up to without."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["ocsf", "csv", "cef"]
    since: Moment | None = None
    until: Moment | None = None
    actor: str = Field("", max_length=120)
    kind: str = Field("", max_length=91)
    object: str = Field("", max_length=120)
    outcome: Literal["", "done", "refused"] = ""
    cursor: str = Field("", max_length=40)
    limit: int = Field(1_000, ge=1, le=10_000)
    personal: bool = False


class ExportOut(Out):
    """An export: ``range`` is half-open, ``next`` the cursor for what is left, or null."""

    id: UUID
    entry: UUID
    at: datetime
    actor: str
    format: str
    filters: dict[str, str]
    personal: bool
    range: dict[str, int]
    entries: int
    bytes: int
    sha256: str
    withheld: int
    erased: int
    next: str | None


class TimeAskedOut(Out):
    """Which time-stamp authorities are being asked."""

    asked: list[str]
