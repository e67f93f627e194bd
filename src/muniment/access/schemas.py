"""What the API of accounts takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict


class Me(Schema):
    """Who is asking, and what they may do."""

    id: str
    kind: str
    role: str
    tenant: UUID
    permissions: list[str]


class PersonOut(Schema):
    """An account."""

    id: UUID
    name: str
    login: str
    role: str
    is_active: bool
    has_factor: bool
    created_at: datetime


class PeopleOut(Schema):
    """A page of accounts; ``next`` is the cursor of the following page, or ``null``."""

    items: list[PersonOut]
    next: str | None


class RoleIn(Schema):
    """Another role."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["administrator", "officer", "analyst", "auditor"]


class TokenOut(Schema):
    """A token, without its secret."""

    id: UUID
    label: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class TokensOut(Schema):
    """One's own tokens, the newest first."""

    items: list[TokenOut]
