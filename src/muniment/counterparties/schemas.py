"""What programs send and get about counterparties: strict, bounded, nothing beyond what is named."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

Text = Annotated[str, Field(max_length=500)]
Texts = Annotated[list[Text], Field(max_length=200)]


class Strict(Schema):
    """A body that holds what is named here and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Number(Strict):
    """A number that names a party: its kind and its text."""

    kind: Annotated[str, Field(max_length=20)]
    value: Annotated[str, Field(max_length=100)]


class PartyIn(Strict):
    """A counterparty to be entered."""

    reference: Text
    kind: Literal["person", "organisation"]
    name: Text
    schema_name: Annotated[str, Field(max_length=40, alias="schema")] = ""
    given_name: Text = ""
    family_name: Text = ""
    aliases: Texts = []
    weak_aliases: Texts = []
    birth_dates: Texts = []
    gender: Annotated[str, Field(max_length=10)] = ""
    countries: Texts = []
    identifiers: Annotated[list[Number], Field(max_length=200)] = []
    addresses: Texts = []


class PartyChange(Strict):
    """What of a counterparty is to change; what is left out stays."""

    name: Text | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    aliases: Texts | None = None
    weak_aliases: Texts | None = None
    birth_dates: Texts | None = None
    gender: Annotated[str, Field(max_length=10)] | None = None
    countries: Texts | None = None
    identifiers: Annotated[list[Number], Field(max_length=200)] | None = None
    addresses: Texts | None = None
    status: Literal["active", "ended"] | None = None
    mark: Annotated[str, Field(max_length=32)] = ""


class Line(Schema):
    """A counterparty as a list shows it."""

    id: UUID
    reference: str
    kind: str
    name: str
    status: str
    standing: str
    screened_at: datetime | None
    mark: str


class Owner(Schema):
    """Who holds a party: share in hundredths of a percent, null when nobody said."""

    id: UUID
    name: str
    kind: str
    role: str
    share: int | None


class PartyOut(Line):
    """A counterparty with all that is known of it."""

    party: dict[str, Any]
    owners: list[Owner]


class Page(Schema):
    """One page of a list; ``next`` is the cursor of the following one."""

    items: list[Line]
    next: str | None


class Left(Schema):
    """Something an import left out: line, field and why."""

    line: int
    field: str
    why: str


class ImportOut(Schema):
    """An import and what became of it."""

    id: UUID
    state: str
    sha256: str
    size: int
    counts: dict[str, int]
    rejects: list[Left]
