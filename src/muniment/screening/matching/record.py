"""What a screening leaves behind: every number as text that reads back exactly, every input by its hash.

Rules obeyed here (screening.md 4.6): a record is canonical JSON without floats (`repr` of a double reads back
to the same double); a clear result is recorded with the same care as an alert; the reference decision
(logic-v2 against the threshold) stands apart from the second opinion, which can only add "also consider".
A record holds names and identifiers of persons: whoever stores it seals it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from muniment.proof.canonical import canonical
from muniment.proof.errors import Malformed
from muniment.screening.matching.snapshot import digest
from muniment.spine.errors import Invalid

FORMAT = "muniment-screening-1"

Verdict = Literal["alert", "also consider", "below", "clear"]


def number(value: float) -> str:
    """Write a double as the shortest text that reads back to the very same double."""
    return repr(float(value))


@dataclass(frozen=True)
class Bounds:
    """The two lines of a decision: alerts start at the threshold, full records at the cutoff; 0 to 1.

    :raises Invalid: when they are out of order.
    """

    threshold: float
    cutoff: float

    def __post_init__(self) -> None:
        if not 0.0 < self.cutoff <= self.threshold <= 1.0:
            raise Invalid("The cutoff must lie above 0 and not above the threshold, which ends at 1.")


def text(value: str | None) -> str:
    """Return text fit for a canonical record: composed characters, empty for nothing."""
    return unicodedata.normalize("NFC", value) if value else ""


@dataclass(frozen=True)
class FeatureRecord:
    """One feature of the score: its weight, its own score and what it added to the total."""

    feature: str
    kind: str
    weight: str
    score: str
    contribution: str
    query_value: str
    list_value: str
    detail: str


@dataclass(frozen=True)
class AliasHit:
    """Which of the list entry's names was hit, in which property, and how strong that name is."""

    value: str
    property: str
    strength: str


@dataclass(frozen=True)
class SecondOpinion:
    """What logic-v1 says about a pair the reference left between cutoff and threshold."""

    algorithm: str
    score: str
    threshold: str


@dataclass(frozen=True)
class MatchRecord:
    """Why one list entry was or was not an alert.

    :param total: the reference score, 0 to 1.
    :param unclamped: the sum of the contributions, which may lie outside 0 to 1.
    :param channels: candidate channel to rank; empty where everything was scored.
    """

    list_id: str
    list_version: str
    list_digest: str
    entity_id: str
    entity_hash: str
    caption: str
    total: str
    unclamped: str
    features: tuple[FeatureRecord, ...]
    alias: AliasHit | None
    channels: Mapping[str, int]
    second: SecondOpinion | None
    verdict: Verdict

    @property
    def score(self) -> float:
        """The reference score as a number, for ordering and for bars on a page."""
        return float(self.total)


@dataclass(frozen=True)
class ListRecord:
    """A list that was looked at, by content."""

    list_id: str
    version: str
    digest: str
    entities: int


@dataclass(frozen=True)
class ScreenResult:
    """The whole answer to one query, matches or none.

    :param looked_at: one row per scored entry: list, entry, entry hash, score, `channel:rank` marks; kept up
        to a hundred rows, beyond that (exhaustive mode) only counted and hashed.
    :param nearest: the best entry below the cutoff, explained like a match, so that "clear" can be judged.
    """

    algorithm: str
    versions: Mapping[str, str]
    config_hash: str
    lists: tuple[ListRecord, ...]
    query_id: str
    query_hash: str
    threshold: str
    cutoff: str
    exhaustive: bool
    candidates: int
    looked_at_digest: str
    looked_at: tuple[tuple[str, ...], ...]
    matches: tuple[MatchRecord, ...] = field(default_factory=tuple)
    nearest: MatchRecord | None = None

    @property
    def verdict(self) -> Verdict:
        """The strongest verdict among the matches; `clear` when there is none to look at."""
        found = {match.verdict for match in self.matches}
        if "alert" in found:
            return "alert"
        return "also consider" if "also consider" in found else "clear"

    @property
    def alerts(self) -> tuple[MatchRecord, ...]:
        """The matches the reference decision stands on."""
        return tuple(match for match in self.matches if match.verdict == "alert")

    def to_record(self) -> dict[str, Any]:
        """Return the result as plain JSON values without floats or nulls, ready to be sealed and stored."""
        record = _without_nothing(asdict(self))
        return {"format": FORMAT, "verdict": self.verdict, **record}

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, the thing a replay must reproduce."""
        try:
            return canonical(self.to_record())
        except Malformed as error:
            raise Invalid(error.what, todo="Mend the party's text at its source.") from None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return digest(self.to_record())

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ScreenResult:
        """Return the result a stored record describes, so that it can be shown or replayed.

        :raises Invalid: when the record is not of this format.
        """
        if record.get("format") != FORMAT:
            raise Invalid("This is not a screening record of a known format.", where="format")
        try:
            values = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
            values["lists"] = tuple(ListRecord(**row) for row in record["lists"])
            values["looked_at"] = tuple(tuple(row) for row in record["looked_at"])
            values["matches"] = tuple(_match(row) for row in record["matches"])
            values["nearest"] = _match(record["nearest"]) if "nearest" in record else None
            return cls(**values)
        except (KeyError, TypeError, AttributeError):
            raise Invalid(
                "The screening record is not whole.", todo="Read it again from the store."
            ) from None


def _match(row: Mapping[str, Any]) -> MatchRecord:
    values = dict(row)
    values["features"] = tuple(FeatureRecord(**feature) for feature in row["features"])
    values["alias"] = AliasHit(**row["alias"]) if "alias" in row else None
    values["second"] = SecondOpinion(**row["second"]) if "second" in row else None
    return MatchRecord(**values)


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(member) for key, member in value.items() if member is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nothing(member) for member in value]
    return value
