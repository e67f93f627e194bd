"""The words of a record: what may stand in a fact, and how a thing is named.

Rules: a fact is text, a whole number, a truth value, or lists and tables of those; text is brought to NFC, since
canonical JSON knows no other; nothing is left empty in silence. What is free text or describes a person is
wrapped in :class:`Sealed`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sealed:
    """A fact to be opened only with a certain key.

    :param value: what is recorded; any fact.
    :param subject: identifier of the person's key, or ``None`` for the tenant's.
    """

    value: Any
    subject: UUID | None = None

    def __repr__(self) -> str:
        return "Sealed(…)"


def moment(at: datetime) -> str:
    """Return a moment as RFC 3339 in UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(value: Any) -> Any:  # noqa: PLR0911  # one line for each kind of fact reads best
    """Return a value as canonical JSON can hold it.

    :raises TypeError: for a value that is no fact (always our bug).
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(held) for name, held in value.items() if held is not None}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(held) for held in value]
    raise TypeError(f"{type(value).__name__} is not a fact")


def ref(subject: Any) -> str:
    """Name a thing the way the ledger does: ``cases.Case/7f3…``; a text names itself."""
    if isinstance(subject, str):
        return subject
    return f"{subject._meta.label}/{subject.pk}"


def stream_of(subject: Any) -> str:
    """Return the name of the stream in which this subject's events are numbered.

    A stream is never a person: a lasting tag would link a person's events even after erasure. Models of persons
    say ``ledger_stream = "…"``.
    """
    if isinstance(subject, str):
        return subject.split("/", maxsplit=1)[0]
    chosen = getattr(subject, "ledger_stream", None)
    return str(chosen) if chosen else ref(subject)
