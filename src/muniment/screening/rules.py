"""What a result means for rows, and when a cleared match stays quiet. Pure: no database, no scorer, no clock."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final
from uuid import UUID

from muniment.proof.canonical import canonical
from muniment.screening.models import MatchState, RunState, ScreeningRun, Verdict
from muniment.spine.errors import Clash, Invalid, Refused

#: Parts of a thousand; the matching core's own bounds, said here so that pages need not load the scorer.
THRESHOLD: Final = 700
CUTOFF: Final = 500
#: A run that says nothing for so long is taken for dead, and another one may begin.
SILENT: Final = timedelta(minutes=10)

VERDICTS: Final = {
    "alert": Verdict.ALERT,
    "also consider": Verdict.CONSIDER,
    "below": Verdict.BELOW,
    "clear": Verdict.CLEAR,
}
TIERS: Final = {Verdict.ALERT: 1, Verdict.CONSIDER: 2, Verdict.BELOW: 3}


def thousandths(score: str) -> int:
    """Return a score of 0 to 1 as parts of a thousand, cut off, so that 0.6999 never reads as an alert."""
    return int((Decimal(score) * 1000).to_integral_value(ROUND_FLOOR))


def require_bounds(threshold: int, cutoff: int) -> None:
    """Refuse bounds that are out of order.

    :raises Invalid: unless 0 < cutoff <= threshold <= 1000.
    """
    if not 0 < cutoff <= threshold <= 1000:
        raise Invalid(
            "The bounds of the score are out of order.",
            todo="Write both as parts of a thousand, the cutoff not above the threshold.",
            where="threshold",
        )


def require_none_under_way(latest: ScreeningRun | None, now: datetime) -> None:
    """Refuse a second run while one is at work.

    :raises Clash: unless the one before has ended, or has been silent too long.
    """
    busy = latest is not None and latest.state in {RunState.QUEUED, RunState.RUNNING}
    if latest is not None and busy and now - latest.touched_at < SILENT:
        raise Clash("A screening is under way.", todo="Wait until it has finished, then start another one.")


def require_given_up(newest: ScreeningRun | None, run_id: UUID) -> ScreeningRun:
    """Return the newest run if it is this one and was given up; an older one would speak of older lists.

    :raises Refused: else.
    """
    if newest is None or newest.id != run_id:
        raise Refused("A later screening was started.", todo="Start a new screening.")
    if newest.state != RunState.FAILED:
        raise Refused("This screening was not given up.", todo="Open it to see where it stands.")
    return newest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the scorer said of one party, ready to be written.

    :param record: the result as plain values; ``result`` its canonical bytes as text, ``digest`` their SHA-256.
    """

    counterparty_id: UUID
    person: bool
    reference: str
    party_mark: str
    query: Mapping[str, Any]
    record: Mapping[str, Any]
    result: str
    digest: str

    @property
    def verdict(self) -> Verdict:
        """The strongest verdict of the result."""
        return VERDICTS[str(self.record["verdict"])]

    @property
    def matches(self) -> Sequence[Mapping[str, Any]]:
        """The entries that came near, best first."""
        found: Sequence[Mapping[str, Any]] = self.record["matches"]
        return found

    def count(self, verdict: str) -> int:
        """Return how many entries have this verdict."""
        return sum(VERDICTS[str(match["verdict"])] == verdict for match in self.matches)

    @property
    def best(self) -> int:
        """The best score of any entry, also of the nearest miss, in parts of a thousand."""
        scores = [str(match["total"]) for match in self.matches]
        if "nearest" in self.record:
            scores.append(str(self.record["nearest"]["total"]))
        return max((thousandths(score) for score in scores), default=0)


def results_digest(results: Iterable[tuple[str, str]], lists: Sequence[Mapping[str, Any]]) -> str:
    """Return the digest of a whole run: over (reference, digest of its result), and the lists by content.

    Nothing random and no time is in it, so the same inputs give the same digest on any day and machine.
    """
    named = sorted([str(one["key"]), str(one["version"]), str(one["sha256"])] for one in lists)
    return hashlib.sha256(canonical([named, sorted([list(pair) for pair in results])])).hexdigest()


def match_digest(key: bytes, party_mark: str, record: Mapping[str, Any]) -> str:
    """Return what a decision about a match is bound to: the party, the entry, the list and the whole explanation.

    Keyed with the tenant's key, since the explanation holds the party's name.
    """
    return hmac.digest(key, canonical([party_mark, dict(record)]), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Before:
    """What was said the last time of the same pair."""

    id: UUID
    state: str
    entity_sha256: str
    party_mark: str
    settled_at: datetime | None
    settled_by: str
    case_id: UUID | None


def carried(verdict: str, entity_sha256: str, party_mark: str, before: Before | None) -> dict[str, Any]:
    """Return how a match that was just found stands, given what was said of the same pair before.

    What was settled stays settled while entry and party are exactly what they were; else it is to be looked at anew
    (screening.md 4.7).
    """
    fresh = MatchState.NOTED if verdict == Verdict.BELOW else MatchState.OPEN
    if before is None or before.state not in {MatchState.CLEARED, MatchState.CONFIRMED}:
        again = before is not None and before.state == MatchState.REOPENED and fresh == MatchState.OPEN
        return {"state": MatchState.REOPENED if again else fresh}
    if (before.entity_sha256, before.party_mark) == (entity_sha256, party_mark):
        return {
            "state": before.state,
            "settled_at": before.settled_at,
            "settled_by": before.settled_by,
            "case_id": before.case_id,
            "carried_from": before.id,
        }
    return {"state": fresh if fresh == MatchState.NOTED else MatchState.REOPENED, "carried_from": before.id}


def compared(query: Mapping[str, Any], entity: Mapping[str, Any]) -> list[tuple[str, list[str], list[str]]]:
    """Return (property, ours, theirs) of everything that both or either record says, ours first."""
    ours, theirs = query.get("properties", {}), entity.get("properties", {})
    names = [*ours, *(name for name in theirs if name not in ours)]
    return [(name, list(ours.get(name, [])), list(theirs.get(name, []))) for name in names]


def parsed(text: str) -> dict[str, Any] | None:
    """Return a sealed record as plain values, or ``None`` when the person's key was destroyed."""
    try:
        found: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found
