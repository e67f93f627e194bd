"""What a feature of logic-v2 needs of both parties before it can say anything, asked once a party, not once a pair.

Thirteen of the eighteen features compare identifiers, wallets, addresses, dates or countries, and most pairs
have none on one side: the library then gives the same answer for every such pair. Rules obeyed here:

* only what the library's own code looks at first decides (a value is there or not, a kind shares an ancestor
  or not); nothing is left out because it is unlikely;
* the answer of a feature that cannot speak is taken from the library once for each such combination, not
  made up here, and a feature that answers with a score after all is never passed over;
* sums are done in the library's order, so the total has the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from followthemoney import model
from followthemoney.exc import InvalidData
from nomenklatura.matching.logic_v2.identifiers import has_schema_formats
from nomenklatura.matching.types import Feature, FtResult, MatchingResult, ScoringConfig

from muniment.screening.matching.snapshot import Party

_NONE: Final = 0.0
_FORMATS: Final = {
    "isin_security_match": "isin",
    "lei_code_match": "lei",
    "ogrn_code_match": "ogrn",
    "inn_code_match": "inn",
    "bic_code_match": "bic",
    "uei_code_match": "uei",
    "npi_code_match": "npi",
}
_BOTH: Final = {
    "identifier_match": "identifier",
    "address_prop_match": "address",
    "country_mismatch": "country",
    "dob_year_disjoint": "birth",
    "dob_day_disjoint": "birth",
    "gender_mismatch": "gender",
}
"""Features that say nothing new unless both parties have such a value."""

_KINDS: Final = {"address_entity_match": "Address", "crypto_wallet_address": "CryptoWallet"}
"""Features that say nothing new unless both parties are of such a kind."""

Asked = tuple[str, Callable[..., FtResult], float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked of one combination of kinds and values, and what is known without asking.

    :param mains: the answers of all main features, those to be asked in their places among them.
    """

    mains: Mapping[str, FtResult]
    ask_mains: tuple[Asked, ...]
    qualifiers: Mapping[str, FtResult]
    ask_qualifiers: tuple[Asked, ...]


def shares(left: str, right: str, schemata: tuple[str, ...]) -> bool:
    """Say whether what two kinds have in common is one of these, as the library's `has_schema` does."""
    one, two = model.get(left), model.get(right)
    try:
        common = model.common_schema(one, two) if one and two else None
    except InvalidData:
        return False
    return common is not None and any(common.is_a(name) for name in schemata)


def may_speak(feature: str, query: Party, entry: Party) -> bool:
    """Say whether a feature could answer anything but its empty answer for parties with such values and kinds."""
    both = query.holds & entry.holds
    if feature in _BOTH:
        return _BOTH[feature] in both
    if feature in _KINDS:
        return shares(query.schema.name, entry.schema.name, (_KINDS[feature],))
    if feature in _FORMATS:
        return "identifier" in both and has_schema_formats(query.schema, entry.schema, _FORMATS[feature])
    if feature == "vessel_imo_mmsi_match":
        vessel = shares(query.schema.name, entry.schema.name, ("Vessel",))
        return vessel or ("identifier" in both and has_schema_formats(query.schema, entry.schema, "imo"))
    if feature == "weak_alias_match":
        return "weak" in entry.holds
    return True


def plan(features: list[Feature], query: Party, entry: Party, config: ScoringConfig) -> Plan:
    """Find out what must be asked of pairs that are like this one in kinds and in what they have values of."""
    if query.schema.name != entry.schema.name and not query.schema.can_match(entry.schema):
        return Plan(mains={}, ask_mains=(), qualifiers={}, ask_qualifiers=())
    known: tuple[dict[str, FtResult], dict[str, FtResult]] = ({}, {})
    asked: tuple[list[Asked], list[Asked]] = ([], [])
    for feature in features:
        answer = feature.invoke(query, entry, config)
        known[feature.qualifier][feature.name] = answer
        if answer.score != _NONE or may_speak(feature.name, query, entry):
            # Its place among the answers is kept, its words about this pair are not.
            known[feature.qualifier][feature.name] = FtResult(_NONE)
            asked[feature.qualifier].append((feature.name, _called(feature), feature.weight))
    return Plan(
        mains=known[0],
        ask_mains=tuple(asked[0]),
        qualifiers=known[1],
        ask_qualifiers=tuple(asked[1]),
    )


def _called(feature: Feature) -> Callable[..., FtResult]:
    func: Any = feature.func
    return func  # type: ignore[no-any-return]  # every feature of logic-v2 takes (query, result, config)


def follow(one: Plan, query: Party, entry: Party, config: ScoringConfig) -> MatchingResult:
    """Score a pair as a plan says, with the sums of the library's `compare` and `compute_score`."""
    answers: dict[str, FtResult] = dict(one.mains)
    best = _NONE
    for name, func, weight in one.ask_mains:
        answer = answers[name] = func(query, entry, config)
        best = max(best, answer.score * weight)
    if best <= _NONE:
        return MatchingResult(score=_NONE, explanations=answers)
    answers.update(one.qualifiers)
    for name, func, weight in one.ask_qualifiers:
        answer = answers[name] = func(query, entry, config)
        best += answer.score * weight
    return MatchingResult(score=min(1.0, max(_NONE, best)), explanations=answers)
