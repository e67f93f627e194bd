"""What a pair is not asked, it could not have answered: held against the library for every feature."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from followthemoney import model
from hypothesis import given
from hypothesis import strategies as st
from nomenklatura.matching.logic_v2.model import LogicV2
from rigour.names.symbol import pair_symbols
from tests.screening.matching.small_list import ENTRIES, QUERIES, party

from muniment.screening.matching import needs, snapshot, steady
from muniment.screening.matching.explain import compare
from muniment.screening.matching.snapshot import Party
from muniment.screening.matching.steady import STANDARD, ResidentLogicV2

HALVES: list[dict[str, Any]] = [
    party("1", "Vessel", name=["Grey Heron"], imoNumber=["9074729"], mmsi=["211331640"], country=["mt"]),
    party("2", "Vessel", name=["Grey Heron"], flag=["mt"]),
    party("3", "Company", name=["Grey Heron Ltd"], leiCode=["529900T8BM49AURSDO55"], innCode=["7707083893"]),
    party("4", "Company", name=["Grey Heron"], registrationNumber=["529900T8BM49AURSDO55"], ogrnCode=["1"]),
    party("5", "Organization", name=["Grey Heron"], swiftBic=["DEUTDEFF"], address=["4 Quay, Valletta"]),
    party(
        "6", "Organization", name=["Heron"], uniqueEntityId=["ABC123"], address=["4 Quay, Valletta, Malta"]
    ),
    party("7", "Person", name=["Ann Heron"], birthDate=["1970-02-03"], gender=["female"], country=["mt"]),
    party(
        "8", "Person", name=["Ann Heron"], birthDate=["1970"], npiCode=["1234567893"], weakAlias=["Herring"]
    ),
    party("9", "Person", name=["Herring"], birthDate=["1970-03-02"], gender=["male"], nationality=["de"]),
    party("10", "LegalEntity", name=["Ann Heron"], idNumber=["211331640"]),
    party("11", "CryptoWallet", name=["Heron"], publicKey=["3FZbgi29cpjq2GjdwV8eyHuJJnkLtktZc5"]),
    party("12", "CryptoWallet", publicKey=["3FZbgi29cpjq2GjdwV8eyHuJJnkLtktZc5"]),
    party("13", "Address", full=["4 Quay, Valletta"], country=["mt"]),
    party("14", "Security", name=["Heron 4%"], isin=["DE0001102580"]),
    party("15", "Airplane", name=["Heron 4"], registrationNumber=["9074729"]),
    party("16", "Person"),
]
OTHERWISE = {
    "country": "fr",
    "nationality": "fr",
    "gender": "other",
    "birthDate": "1955-05-05",
    "address": "9 Hill, Oslo",
}
"""The same halves once more with other values, so that a kept answer meets pairs it was not taken from."""

OTHERS = [
    {
        **one,
        "id": f"{one['id']}b",
        "properties": {k: [OTHERWISE.get(k, v[0])] for k, v in one["properties"].items()},
    }
    for one in HALVES
]
ALL = [*HALVES, *ENTRIES, *(query for _, _, query in QUERIES)]


def words(answer: Any) -> tuple[Any, ...]:
    return (answer.score, answer.detail, answer.query, answer.candidate)


def test_a_feature_that_is_not_asked_says_the_same_of_every_pair_that_it_is_not_asked_about() -> None:
    lefts = [Party(snapshot(one), for_query=True) for one in [*HALVES, *OTHERS]]
    rights = [Party(snapshot(one)) for one in [*HALVES, *OTHERS]]
    plans: dict[Any, needs.Plan] = {}
    stock = {one.id: model.get_proxy(one.to_dict()) for one in (*lefts, *rights)}
    silent = 0
    for left, right in itertools.product(lefts, rights):
        like = (left.like, right.like)
        made = plans.get(like) or needs.plan(ResidentLogicV2.features, left, right, STANDARD)
        plans[like] = made
        known = {**made.mains, **made.qualifiers}
        asked = {name for name, _, _ in (*made.ask_mains, *made.ask_qualifiers)}
        for feature in LogicV2.features:
            if feature.name in known and feature.name not in asked:
                theirs = feature.invoke(stock[left.id], stock[right.id], STANDARD)
                assert words(known[feature.name]) == words(theirs), feature.name
                silent += 1
    assert silent > 2500


def test_every_feature_is_asked_of_some_pair_or_can_be() -> None:
    lefts = [Party(snapshot(one), for_query=True) for one in ALL]
    asked = {
        feature.name
        for left, right in itertools.product(lefts, lefts)
        for feature in LogicV2.features
        if needs.may_speak(feature.name, left, right)
    }
    assert asked == {feature.name for feature in LogicV2.features}


def test_a_pair_is_scored_as_the_librarys_own_loop_scores_it() -> None:
    own = ResidentLogicV2.default_config()
    above = 0
    for one, other in itertools.product([*OTHERS, *ALL], [*ALL, *OTHERS]):
        left, right = Party(snapshot(one), for_query=True), Party(snapshot(other))
        quick, slow = compare(left, right), ResidentLogicV2.compare(left, right, own)
        assert quick.score == slow.score
        assert list(quick.explanations.items()) == list(slow.explanations.items())
        above += quick.score > 0
    assert above > 100


def test_settings_of_ones_own_are_obeyed() -> None:
    own = ResidentLogicV2.default_config()
    own.weights["name_match"] = 0.5
    left, right = Party(snapshot(HALVES[6]), for_query=True), Party(snapshot(HALVES[7]))

    assert compare(left, right).score == 1.0
    assert ResidentLogicV2.compare(left, right, own).score == 0.5


NAMES = [
    "Grey Heron Trading Ltd",
    "Heron OOO",
    "Ann Mary Heron",
    "A. Heron",
    "Сергей Иванов",
    "Fund 2",
    "安娜",
    "Ivan",
]


@pytest.mark.parametrize("schema", ["Person", "Company"])
@given(
    left=st.sampled_from(NAMES) | st.text(max_size=20), right=st.sampled_from(NAMES) | st.text(max_size=20)
)
def test_names_that_share_no_symbol_pair_by_none(schema: str, left: str, right: str) -> None:
    asked = Party(snapshot(party("q", schema, name=[left.replace("\0", "")])), for_query=True)
    listed = Party(snapshot(party("l", schema, name=[right.replace("\0", "")])))
    for one, other in itertools.product(asked.analysed, listed.analysed):
        quick, slow = steady._pair_symbols(one, other), pair_symbols(one, other)
        assert [[str(edge) for edge in edges] for edges in quick] == [
            [str(edge) for edge in edges] for edges in slow
        ]
