"""Recomputes a screening from what was stored, years later, and says what differs.

Rules obeyed here: identical means identical bytes; nothing is taken from the old record that can be
recomputed; where a part cannot be recomputed (another library version, a missing snapshot) the answer says so
instead of passing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from muniment.screening.matching.explain import compare, config_hash, explain, versions
from muniment.screening.matching.record import Bounds, MatchRecord, ScreenResult, number
from muniment.screening.matching.snapshot import ListVersion, Party, digest, snapshot


@dataclass(frozen=True)
class Replay:
    """The outcome of a replay.

    :param identical: whether every byte came out the same.
    :param differences: one line per difference, by place; no personal data.
    :param rescored: how many looked-at pairs were scored again.
    """

    identical: bool
    differences: tuple[str, ...]
    rescored: int


def replay(result: ScreenResult, query: Mapping[str, Any], snapshots: Iterable[Mapping[str, Any]]) -> Replay:
    """Recompute a stored result from its query and the list entries it names.

    Every match and the nearest miss must be among the snapshots; other looked-at entries are scored again
    when their snapshot is there. Which entries were candidates is proved by screening the version again.

    :param snapshots: FollowTheMoney-shaped dicts as they stood in the list version, in any order.
    """
    return _Replaying(result, query, snapshots).run()


class _Replaying:
    """One replay under way: the stored inputs and what has been found different so far."""

    def __init__(
        self, result: ScreenResult, query: Mapping[str, Any], snapshots: Iterable[Mapping[str, Any]]
    ) -> None:
        self.result = result
        self.party = Party(snapshot(query), for_query=True)
        self.stored = {digest(shot): shot for shot in map(snapshot, snapshots)}
        self.listed = {
            one.list_id: ListVersion(one.list_id, one.version, one.digest, ()) for one in result.lists
        }
        self.bounds = Bounds(float(result.threshold), float(result.cutoff))
        self.differences: list[str] = []

    def run(self) -> Replay:
        """Redo everything that can be redone and compare the bytes."""
        self._compare_setting()
        matches = tuple(
            self._again(old, f"matches[{place}]") for place, old in enumerate(self.result.matches)
        )
        matches = tuple(sorted(matches, key=lambda match: (-match.score, match.entity_id, match.list_id)))
        nearest = None if self.result.nearest is None else self._again(self.result.nearest, "nearest")
        rescored = self._rescore()
        redone = replace(
            self.result,
            matches=matches,
            nearest=nearest,
            query_id=self.party.given_id,
            query_hash=self.party.snapshot_hash,
            versions=dict(versions()),
            config_hash=config_hash(),
        )
        same = redone.to_bytes() == self.result.to_bytes()
        if not same and not self.differences:
            self.differences.append("record: its bytes come out differently now")
        return Replay(same and not self.differences, tuple(self.differences), rescored)

    def _compare_setting(self) -> None:
        if self.party.snapshot_hash != self.result.query_hash:
            self.differences.append("query: its content is not what was screened")
        then, now = self.result.versions, versions()
        self.differences.extend(
            f"versions.{name}: recorded {then.get(name, 'nothing')}, now {now.get(name, 'nothing')}"
            for name in sorted({*then, *now})
            if then.get(name) != now.get(name)
        )
        if self.result.config_hash != config_hash():
            self.differences.append("config_hash: weights or settings are not what they were")

    def _again(self, old: MatchRecord, place: str) -> MatchRecord:
        shot, listed = self.stored.get(old.entity_hash), self.listed.get(old.list_id)
        if shot is None or listed is None:
            self.differences.append(f"{place}: the list entry as it stood then was not given")
            return old
        entry = Party(shot, list_key=old.list_id)
        new = explain(self.party, entry, listed, bounds=self.bounds, channels=old.channels)
        self.differences.extend(
            f"{place}.{name}: comes out differently now"
            for name in MatchRecord.__dataclass_fields__
            if getattr(new, name) != getattr(old, name)
        )
        return new

    def _rescore(self) -> int:
        looked_at, count = self.result.looked_at, 0
        if looked_at and digest([list(row) for row in looked_at]) != self.result.looked_at_digest:
            self.differences.append("looked_at: the rows do not have the recorded digest")
        for place, (list_id, _, entity_hash, score, *_) in enumerate(looked_at):
            shot = self.stored.get(entity_hash)
            if shot is None:
                continue
            count += 1
            if number(compare(self.party, Party(shot, list_key=list_id)).score) != score:
                self.differences.append(f"looked_at[{place}]: the score comes out differently now")
        return count
