"""The screening index: list versions in, explained answers out.

Rules obeyed here: names are analysed once per list version and stay resident; the scorer is unchanged
logic-v2; an index is never altered after it was built (a new list version is a new index, swapped in whole),
so threads may share it; the same inputs give the same bytes in every process.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nomenklatura.matching.types import MatchingResult

from muniment.screening.matching.candidates import CandidateIndex, Found
from muniment.screening.matching.explain import compare, config_hash, explain, versions
from muniment.screening.matching.record import Bounds, ListRecord, MatchRecord, ScreenResult, number
from muniment.screening.matching.snapshot import ListVersion, Party, digest, snapshot
from muniment.screening.matching.steady import forget_names
from muniment.spine.errors import Invalid

THRESHOLD = 0.70
CUTOFF = 0.50
MOST_ROWS = 100
"""Rows of the looked-at table kept in a record; two channels and the exact maps stay below this."""

MANY = 2000
"""Entries from which building leaves enough freed memory behind to be worth half a second of sweeping."""

Progress = Callable[[int, int], None]


def warm_up() -> None:
    """Load the scorer's tables now, because the first comparison would otherwise pay seconds for them."""
    person = {"id": "warm", "schema": "Person", "properties": {"name": ["Anna Warm"], "weakAlias": ["Warm"]}}
    firm = {"id": "firm", "schema": "Company", "properties": {"name": ["Warm Trading 2 LLC"]}}
    version = ListVersion("warm", "1", "0" * 64, (person, firm))
    index = ScreeningIndex.build((version,))
    for query in (person, firm, {**person, "properties": {"name": ["Ana Worm", "أنا", "安娜"]}}):
        index.screen(query, cutoff=0.01, threshold=1.0)


def give_back_memory() -> None:
    """Hand freed memory back to the system, because reading lists leaves some 90 MB of holes behind.

    What is left is taken out of the garbage collector's rounds: walking millions of resident name parts took
    a tenth of the time of a screening. Counting references still frees an index that is swapped out.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


@dataclass(frozen=True)
class _Scored:
    found: Found
    result: MatchingResult


class ScreeningIndex:
    """Everything needed to screen against a fixed set of list versions."""

    def __init__(self, lists: Sequence[ListVersion], parties: Sequence[Party]) -> None:
        self._lists = {listed.list_id: listed for listed in lists}
        self._records = tuple(
            ListRecord(one.list_id, one.version, one.digest, count)
            for one, count in ((v, sum(p.list_key == v.list_id for p in parties)) for v in lists)
        )
        self._parties = parties
        self._candidates = CandidateIndex(parties)

    @classmethod
    def build(cls, versions: Sequence[ListVersion], progress: Progress | None = None) -> ScreeningIndex:
        """Analyse every entry of the given list versions once and index them.

        :param progress: called with (done, total) every few hundred entries and at the end.
        :raises Invalid: when a list or an entry of a list comes twice, or an entry is malformed.
        """
        ordered = sorted(versions, key=lambda version: version.list_id)
        total = sum(len(version.entities) for version in ordered)
        seen: set[tuple[str, str]] = set()
        parties: list[Party] = []
        if len({version.list_id for version in ordered}) != len(ordered):
            raise Invalid("A list is given twice.", todo="Screen against one version of each list.")
        for version in ordered:
            for entity in version.entities:
                party = Party(snapshot(entity), list_key=version.list_id)
                if (version.list_id, party.given_id) in seen:
                    raise Invalid("A list names the same entry twice.", where=version.list_id)
                seen.add((version.list_id, party.given_id))
                parties.append(party)
                if progress is not None and len(parties) % 250 == 0:
                    progress(len(parties), total)
        parties.sort(key=lambda party: (party.list_key, party.given_id))
        bare = [replace(version, entities=()) for version in ordered]
        index = cls(bare, parties)
        if progress is not None:
            progress(total, total)
        forget_names()
        if total >= MANY:
            give_back_memory()
        return index

    @property
    def lists(self) -> tuple[ListRecord, ...]:
        """The lists this index holds, by content."""
        return self._records

    @property
    def parties(self) -> Sequence[Party]:
        """The analysed entries, sorted by list and id; for measures, never to be changed."""
        return self._parties

    def candidates(self, query: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return (list, entry) of everything the index would score for a query; for checks and measures."""
        found = self._candidates.find(Party(snapshot(query), for_query=True))
        return [(self._parties[f.position].list_key, self._parties[f.position].given_id) for f in found]

    def screen(
        self,
        query: Mapping[str, Any],
        *,
        threshold: float = THRESHOLD,
        cutoff: float = CUTOFF,
        exhaustive: bool = False,
    ) -> ScreenResult:
        """Screen one party against every list held here and explain the outcome, clear ones included.

        :param query: a FollowTheMoney-shaped dict.
        :param threshold: reference score from which a pair is an alert, 0 to 1.
        :param cutoff: score from which a pair is recorded in full and given a second opinion.
        :param exhaustive: score every entry instead of candidates: slow, but it misses nothing.
        :raises Invalid: for a malformed query or bounds out of order.
        """
        bounds = Bounds(threshold, cutoff)
        party = Party(snapshot(query), for_query=True)
        found = self._everything(party) if exhaustive else self._candidates.find(party)
        scored = [_Scored(one, compare(party, self._parties[one.position])) for one in found]
        matches = [self._record(party, one, bounds) for one in scored if one.result.score >= cutoff]
        matches.sort(key=lambda match: (-match.score, match.entity_id, match.list_id))
        below = [one for one in scored if one.result.score < cutoff]
        nearest = min(below, key=lambda one: (-one.result.score, one.found.position), default=None)
        rows = [self._row(one) for one in scored]
        return ScreenResult(
            algorithm="logic-v2",
            versions=dict(versions()),
            config_hash=config_hash(),
            lists=self._records,
            query_id=party.given_id,
            query_hash=party.snapshot_hash,
            threshold=number(threshold),
            cutoff=number(cutoff),
            exhaustive=exhaustive,
            candidates=len(rows),
            looked_at_digest=digest([list(row) for row in rows]),
            looked_at=tuple(rows) if len(rows) <= MOST_ROWS else (),
            matches=tuple(matches),
            nearest=None if nearest is None else self._record(party, nearest, bounds),
        )

    def _record(self, party: Party, one: _Scored, bounds: Bounds) -> MatchRecord:
        entry = self._parties[one.found.position]
        listed = self._lists[entry.list_key]
        return explain(party, entry, listed, bounds=bounds, channels=one.found.channels, result=one.result)

    def _everything(self, party: Party) -> list[Found]:
        allowed = self._candidates.allowed(party)
        return [Found(position) for position in range(len(self._parties)) if allowed[position]]

    def _row(self, one: _Scored) -> tuple[str, ...]:
        entry = self._parties[one.found.position]
        marks = [f"{channel}:{rank}" for channel, rank in sorted(one.found.channels.items())]
        return (entry.list_key, entry.given_id, entry.snapshot_hash, number(one.result.score), *marks)
