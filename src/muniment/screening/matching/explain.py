"""Scores one pair with the reference scorer and writes down why.

Rules obeyed here: the total is logic-v2's own; the features listed add up to it (only the strongest main
feature contributes, qualifiers add or take away); logic-v1 is asked only between cutoff and threshold and
never changes the total.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from nomenklatura.matching.types import FeatureResult, MatchingResult, ScoringConfig

from muniment.screening.matching import forms
from muniment.screening.matching.record import (
    AliasHit,
    Bounds,
    FeatureRecord,
    MatchRecord,
    SecondOpinion,
    Verdict,
    number,
    text,
)
from muniment.screening.matching.snapshot import ListVersion, Party, digest
from muniment.screening.matching.steady import STANDARD, ResidentLogicV2, SteadyLogicV1

INDEX_VERSION = "1"
"""Raised whenever candidate generation changes, since it decides what is scored at all."""

SECOND_THRESHOLD = 0.70

_STRENGTH = {"name": "primary", "weakAlias": "weak", "abbreviation": "weak"}
_ALIAS_ORDER = ("name", "alias", "previousName", "weakAlias", "abbreviation")
_NAMELESS = frozenset({"name_match", "weak_alias_match"})


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the versions of everything a score depends on, because scores change between releases."""
    names = ("followthemoney", "fingerprints", "nomenklatura", "normality", "rigour")
    return {**{name: version(name) for name in names}, "index": INDEX_VERSION}


@functools.cache
def _config_v1() -> ScoringConfig:
    return SteadyLogicV1.default_config()


@functools.cache
def config_hash() -> str:
    """Hash weights and settings of both scorers, so that a record names exactly what it was made with."""
    described: dict[str, Any] = {"second_threshold": number(SECOND_THRESHOLD)}
    for algorithm in (ResidentLogicV2, SteadyLogicV1):
        described[algorithm.NAME] = {
            "config": {name: repr(var.default) for name, var in algorithm.CONFIG.items()},
            "weights": {feature.name: number(feature.weight) for feature in algorithm.features},
        }
    return digest(described)


def compare(query: Party, entry: Party) -> MatchingResult:
    """Score a pair with logic-v2 exactly as the library does."""
    return ResidentLogicV2.compare(query, entry, STANDARD)


def explain(
    query: Party,
    entry: Party,
    listed: ListVersion,
    *,
    bounds: Bounds,
    channels: Mapping[str, int],
    result: MatchingResult | None = None,
) -> MatchRecord:
    """Write down why a pair got its score, in a form that can be recomputed bit for bit.

    :param result: the pair's score when it was computed just now; None to compute it here.
    :returns: the record; its verdict is `below` under the cutoff or when neither opinion holds.
    """
    result = compare(query, entry) if result is None else result
    rows, unclamped = _features(result.explanations)
    second: SecondOpinion | None = None
    verdict: Verdict = "below"
    if result.score >= bounds.threshold:
        verdict = "alert"
    elif result.score >= bounds.cutoff:
        other = SteadyLogicV1.compare(query, entry, _config_v1()).score
        second = SecondOpinion(SteadyLogicV1.NAME, number(other), number(SECOND_THRESHOLD))
        if other >= SECOND_THRESHOLD:
            verdict = "also consider"
    return MatchRecord(
        list_id=listed.list_id,
        list_version=listed.version,
        list_digest=listed.digest,
        entity_id=entry.given_id,
        entity_hash=entry.snapshot_hash,
        caption=text(caption(entry)),
        total=number(result.score),
        unclamped=number(unclamped),
        features=rows,
        alias=_alias(entry, rows),
        channels=dict(sorted(channels.items())),
        second=second,
        verdict=verdict,
    )


def caption(entry: Party) -> str:
    """Return the name by which a list entry is shown: its first primary name, else any name, else its id."""
    for prop in _ALIAS_ORDER:
        values = entry.get(prop, quiet=True)
        if values:
            return values[0]
    return entry.given_id


def _features(found: Mapping[str, FeatureResult]) -> tuple[tuple[FeatureRecord, ...], float]:
    mains = [f for f in ResidentLogicV2.features if not f.qualifier and f.name in found]
    strongest = max(mains, key=lambda f: found[f.name].score * f.weight, default=None)
    rows: list[FeatureRecord] = []
    total = 0.0
    for feature in ResidentLogicV2.features:
        seen = found.get(feature.name)
        if seen is None:
            continue
        counts = feature.qualifier or feature is strongest
        contribution = seen.score * feature.weight if counts else 0.0
        total += contribution
        rows.append(
            FeatureRecord(
                feature=feature.name,
                kind="qualifier" if feature.qualifier else "main",
                weight=number(feature.weight),
                score=number(seen.score),
                contribution=number(contribution),
                query_value=text(seen.query),
                list_value=text(seen.candidate),
                detail=text(seen.detail),
            )
        )
    return tuple(rows), total


def _alias(entry: Party, rows: tuple[FeatureRecord, ...]) -> AliasHit | None:
    best = max((r for r in rows if r.kind == "main"), key=lambda r: float(r.contribution), default=None)
    if best is None or best.feature not in _NAMELESS or float(best.contribution) <= 0.0:
        return None
    if best.feature == "weak_alias_match":
        return _weak(entry, best.detail)
    for prop in (*_ALIAS_ORDER, *sorted(entry.schema.properties)):
        for value in entry.get(prop, quiet=True):
            if text(value) == best.list_value:
                return AliasHit(text(value), prop, _STRENGTH.get(prop, "alias"))
    return AliasHit(best.list_value, "name", "derived")


def _weak(entry: Party, detail: str) -> AliasHit | None:
    hit = {forms.plain(part) for part in detail.partition(": ")[2].split(", ")}
    for prop in ("weakAlias", "abbreviation"):
        for value in entry.get(prop, quiet=True):
            if forms.plain(value) in hit:
                return AliasHit(text(value), prop, "weak")
    return AliasHit(text(detail.partition(": ")[2]), "weakAlias", "weak")
