"""Which list entries are worth scoring: four ways of finding them, each leaving its mark.

Identifier and fingerprint maps are exact; the sparse cosine finds misspellings (one row per name); the symbol
channel takes, per part of the query's name, the best evidence found in an entry, which recovers translated
and non-Latin names. Rules obeyed here: ranks are deterministic (ties fall by position, scores are rounded
before they are ranked); nothing here changes a score; whoever doubts it asks for the exhaustive mode.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from followthemoney.types import registry
from rigour.ids import StrictFormat
from scipy import sparse

from muniment.screening.matching import forms
from muniment.screening.matching.snapshot import Party

COSINE_LIMIT = 50
SYMBOL_LIMIT = 35
CUT_RATIO = 0.30
QUERY_NAMES = 8
"""Names of the query that are looked up; the scorer itself still sees all of them."""

_SOUND_WEIGHT = np.float32(0.5)
_SYMBOL_WEIGHT = np.float32(0.7)
_WEAK = ("weakAlias", "abbreviation")

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


@dataclass(order=True)
class Found:
    """One entry worth scoring and how it was found.

    :param position: the entry's place in the index.
    :param channels: channel name to rank, 1 is best; exact channels have rank 1.
    """

    position: int
    channels: dict[str, int] = field(compare=False, default_factory=dict)


class CandidateIndex:
    """The arrays and maps over one set of list entries; read-only once built, so threads may share it."""

    def __init__(self, parties: Sequence[Party]) -> None:
        self.size = len(parties)
        self._schemas = [party.schema for party in parties]
        self._masks: dict[str, Flags] = {}
        self._identifiers: dict[str, list[int]] = {}
        self._prints: dict[str, list[int]] = {}
        self._vocabulary: dict[str, int] = {}
        self._fill_maps(parties)
        self._fill_rows(parties)

    # ------------------------------------------------------------------ building

    def _fill_maps(self, parties: Sequence[Party]) -> None:
        for position, party in enumerate(parties):
            for ident in identifiers_of(party):
                self._identifiers.setdefault(ident, []).append(position)
            prints = {forms.fingerprint(name) for name in party.analysed}
            for prop in _WEAK:
                prints |= {forms.plain(value) for value in party.get(prop, quiet=True)}
            for text in sorted(prints - {""}):
                self._prints.setdefault(text, []).append(position)

    def _fill_rows(self, parties: Sequence[Party]) -> None:
        vocabulary = self._vocabulary
        columns: list[int] = []
        values: list[float] = []
        starts: list[int] = [0]
        owners: list[int] = []
        for position, party in enumerate(parties):
            for name in party.analysed:
                for feature, weight in forms.features(name).items():
                    columns.append(vocabulary.setdefault(feature, len(vocabulary)))
                    values.append(weight)
                starts.append(len(columns))
                owners.append(position)
        rows = sparse.csr_array(
            (
                np.asarray(values, dtype=np.float32),
                np.asarray(columns, dtype=np.int32),
                np.asarray(starts, dtype=np.int64),
            ),
            shape=(len(owners), len(vocabulary)),
        )
        seen = np.bincount(rows.indices, minlength=len(vocabulary)).astype(np.float64)
        count = max(1, len(owners))
        self._rarity: Floats = np.log1p(count / np.maximum(seen, 1.0)).astype(np.float32)
        self._owners = np.asarray(owners, dtype=np.int32)
        rows.data *= self._rarity[rows.indices]
        norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()).astype(np.float32)
        norms[norms == 0] = 1.0
        rows.data /= np.repeat(norms, np.diff(rows.indptr))
        by_feature = rows.tocsc()
        self._starts = by_feature.indptr
        self._rows: npt.NDArray[np.int32] = by_feature.indices.astype(np.int32)
        self._weights: Floats = by_feature.data
        self._unseen = float(math.log1p(count))

    # ------------------------------------------------------------------ asking

    def find(self, query: Party, *, ratio: float = CUT_RATIO) -> list[Found]:
        """Return the entries worth scoring, in the order of the index, each with channels and ranks.

        :param ratio: entries below this part of the best score are left out; 0 keeps both channels full.
        """
        found: dict[int, Found] = {}
        allowed = self.allowed(query)

        def mark(channel: str, positions: Iterable[int], *, ranked: bool) -> None:
            rank = 0
            for position in positions:
                if not allowed[position]:
                    continue
                rank += 1
                entry = found.setdefault(int(position), Found(int(position)))
                entry.channels.setdefault(channel, rank if ranked else 1)

        for ident in identifiers_of(query):
            mark("identifier", self._identifiers.get(ident, ()), ranked=False)
        names = query.analysed[:QUERY_NAMES]
        for name in names:
            mark("fingerprint", self._prints.get(forms.fingerprint(name), ()), ranked=False)
        if self.size and names:
            mark("cosine", self._cosine(query, allowed, ratio), ranked=True)
            mark("symbol", self._symbol(query, allowed, ratio), ranked=True)
        return sorted(found.values())

    def allowed(self, query: Party) -> Flags:
        """Return which entries the scorer would compare at all, so that no place is spent on the others."""
        mask = self._masks.get(query.schema.name)
        if mask is None:
            verdicts: dict[str, bool] = {}
            for schema in self._schemas:
                if schema.name not in verdicts:
                    verdicts[schema.name] = query.schema.name == schema.name or query.schema.can_match(schema)
            mask = np.fromiter((verdicts[s.name] for s in self._schemas), dtype=np.bool_, count=self.size)
            self._masks[query.schema.name] = mask
        return mask

    def _cosine(self, query: Party, allowed: Flags, ratio: float) -> list[int]:
        best = np.zeros(self.size, dtype=np.float32)
        for name in query.analysed[:QUERY_NAMES]:
            best = np.maximum(best, self._cosine_of(forms.features(name)))
        best[~allowed] = 0.0
        return _top(best, COSINE_LIMIT, ratio=ratio)

    def _cosine_of(self, features: dict[str, float]) -> Floats:
        scores = np.zeros(len(self._owners), dtype=np.float32)
        norm = 0.0
        for feature, weight in features.items():
            column = self._vocabulary.get(feature)
            rarity = self._unseen if column is None else float(self._rarity[column])
            value = weight * rarity
            norm += value * value
            if column is not None:
                span = slice(self._starts[column], self._starts[column + 1])
                scores[self._rows[span]] += self._weights[span] * np.float32(value)
        entries = np.zeros(self.size, dtype=np.float32)
        np.maximum.at(entries, self._owners, scores)
        return entries / np.float32(math.sqrt(norm) or 1.0)

    def _symbol(self, query: Party, allowed: Flags, ratio: float) -> list[int]:
        best = np.zeros(self.size, dtype=np.float32)
        for name in query.analysed[:QUERY_NAMES]:
            total = np.zeros(self.size, dtype=np.float32)
            asked = 0.0
            for part in forms.parts_of(name):
                evidence = np.zeros(self.size, dtype=np.float32)
                weight = self._weigh(part.text)
                asked += weight
                self._raise(evidence, part.text, np.float32(1.0))
                if part.sound:
                    self._raise(evidence, part.sound, _SOUND_WEIGHT)
                for symbol in part.symbols:
                    self._raise(evidence, symbol, _SYMBOL_WEIGHT)
                total += evidence * np.float32(weight)
            if asked:
                best = np.maximum(best, total / np.float32(asked))
        best[~allowed] = 0.0
        return _top(best, SYMBOL_LIMIT, ratio=ratio)

    def _weigh(self, feature: str) -> float:
        column = self._vocabulary.get(feature)
        return self._unseen if column is None else float(self._rarity[column])

    def _raise(self, evidence: Floats, feature: str, weight: np.float32) -> None:
        column = self._vocabulary.get(feature)
        if column is None:
            return
        owners = self._owners[self._rows[self._starts[column] : self._starts[column + 1]]]
        evidence[owners] = np.maximum(evidence[owners], weight)


def identifiers_of(party: Party) -> list[str]:
    """Return the party's identifiers in comparable form, sorted, because one number has many spellings."""
    found = {StrictFormat.normalize(v) for v in party.get_type_values(registry.identifier, matchable=True)}
    return sorted(ident for ident in found if ident)


def _top(scores: Floats, limit: int, *, ratio: float) -> list[int]:
    """Return the best positions, best first; ties fall by position, the cut is a part of the best score."""
    rounded = np.round(scores, 5)
    peak = float(rounded.max(initial=0.0))
    if peak <= 0.0:
        return []
    chosen = np.nonzero(rounded >= max(peak * ratio, 1e-5))[0]
    order = np.lexsort((chosen, -rounded[chosen]))
    return [int(position) for position in chosen[order][:limit]]
