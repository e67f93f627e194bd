"""FollowTheMoney lines: what becomes a party, a link, an identifier, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.counterparties.formats import IdentifierInput, ImportPlan, read_csv, read_ftm, to_ftm
from muniment.spine.errors import Invalid


def lines(*entities: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(entity) for entity in entities).encode()


def entity(ident: str, schema: str, **properties: list[str]) -> dict[str, Any]:
    return {"id": ident, "schema": schema, "properties": properties}


def balanced(plan: ImportPlan) -> bool:
    return plan.counts["rows"] == plan.counts["accepted"] + plan.counts["rejected"]


ANA = entity("p1", "Person", name=["Ana Sol"], alias=["Anna"], birthDate=["1970-02"], nationality=["es"])
FIRM = entity("c1", "Company", name=["Sol SL"], leiCode=["529900T8BM49AURSDO55"], jurisdiction=["es"])


def test_parties_owners_directors_and_papers_find_each_other() -> None:
    plan = read_ftm(
        lines(
            ANA,
            FIRM,
            entity("o1", "Ownership", owner=["p1"], asset=["c1"], percentage=["62.5"]),
            entity("d1", "Directorship", director=["p1"], organization=["c1"]),
            entity("x1", "Passport", holder=["p1"], number=["X99"]),
        )
    )
    assert not plan.rejects
    assert [(link.owner, link.owned, link.share, link.role) for link in plan.owners] == [
        ("p1", "c1", 6250, "owner"),
        ("p1", "c1", None, "director"),
    ]
    assert plan.parties[0].identifiers == (IdentifierInput("passport", "X99"),)
    assert plan.counts["accepted"] == plan.counts["rows"] == 5


def test_a_party_leaves_as_the_entity_it_came_as() -> None:
    plan = read_ftm(lines(ANA, FIRM))
    assert to_ftm(plan.parties[0]) == ANA
    assert to_ftm(plan.parties[1])["properties"]["leiCode"] == ["529900T8BM49AURSDO55"]
    assert to_ftm(plan.parties[1])["schema"] == "Company"


def test_the_digest_does_not_depend_on_the_order_of_values_or_the_way_of_import() -> None:
    one = read_ftm(lines(entity("1", "Person", name=["Ana"], alias=["B", "C"]))).parties[0]
    two = read_ftm(lines(entity("1", "Person", alias=["C", "B"], name=["Ana"]))).parties[0]
    three = read_csv(b"reference,kind,name,aliases\n1,person,Ana,C;B\n").parties[0]
    assert one.digest == two.digest == three.digest
    assert one.digest != read_ftm(lines(entity("1", "Person", name=["Ana"], alias=["B"]))).parties[0].digest


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\xff", "line 1, byte 0"),
        (lines(ANA) + b'\n{"id":"2"', "line 2"),
        (b'{"id":"1","id":"2","schema":"Person"}', "same key twice"),
        (b'{"id":"1","schema":"Person","properties":{"name":["\\ud800"]}}', "half a character"),
        (b'{"id":"1","schema":"Person","properties":{"name":[NaN]}}', "NaN"),
        (b'{"id":' + b"9" * 5000 + b"}", "too long"),
        (b"[" * 100_000, "too deep"),
        (b"[[[[[[[[[[[1]]]]]]]]]]]", "too deep"),
        (b"[]", "not a JSON object"),
        (b'{"a":"' + b"x" * 1_100_000 + b'"}', "longer than 1 MiB"),
    ],
)
def test_a_line_that_two_readers_could_understand_differently_refuses_the_file(
    raw: bytes, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_ftm(raw)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (entity("2", "Unicorn", name=["X"]), "schema"),
        (entity("2", "Vessel", name=["X"]), "schema"),
        (entity("2", "Person"), "name"),
        (entity("2", "Person", name=["=1+1"]), "name"),
        (entity("2", "Person", name=["X"], birthDate=["yesterday"]), "birthDate"),
        (entity("2", "Company", name=["X"], leiCode=["123"]), "leiCode"),
        (entity("2", "Person", name=["X\x00"]), "name"),
        (entity("2", "Person", name=["x" * 10_001]), "name"),
        (entity("2", "Person", name=[1]), "name"),  # type: ignore[list-item]  # wrong on purpose
        ({"id": "2", "schema": "Person"}, "properties"),
        ({"id": 2, "schema": "Person", "properties": {"name": ["X"]}}, "id"),
        (entity("p1", "Person", name=["X"]), "id"),
        (entity("2", "Ownership", owner=["p1"], asset=["nobody"]), "owner"),
        (entity("2", "Ownership", owner=["p1"]), "owner"),
        (entity("2", "Ownership", owner=["p1"], asset=["c1"], percentage=["120"]), "percentage"),
        (entity("2", "Passport", holder=["nobody"], number=["1"]), "holder"),
    ],
)
def test_an_entity_that_cannot_be_kept_is_reported_and_the_rest_goes_on(
    bad: dict[str, Any], field: str
) -> None:
    plan = read_ftm(lines(ANA, FIRM, bad))
    assert [(reject.line, reject.field) for reject in plan.rejects] == [(3, field)]
    assert plan.counts["rejected"] == 1
    assert len(plan.parties) == 2
    assert balanced(plan)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(Invalid, match="more than 1 lines"):
        read_ftm(lines(ANA, FIRM), most_lines=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.lists(st.fixed_dictionaries({}, optional={"id": JSON, "schema": JSON, "properties": JSON}), max_size=5)
)
def test_any_json_is_either_read_or_refused_in_words(entities: list[dict[str, Any]]) -> None:
    try:
        plan = read_ftm(lines(*entities))
    except Invalid:
        return
    assert balanced(plan)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_either_read_or_refused_in_words(raw: bytes) -> None:
    try:
        plan = read_ftm(raw)
    except Invalid:
        return
    assert balanced(plan)


NAME = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["name", "alias", "weakAlias", "birthDate", "country", "idNumber", "address"]),
        st.lists(NAME, min_size=1, max_size=3),
    )
)
def test_what_was_read_once_reads_the_same_again(properties: dict[str, list[str]]) -> None:
    plan = read_ftm(lines({"id": "1", "schema": "Organization", "properties": properties}))
    for party in plan.parties:
        again = read_ftm(lines(to_ftm(party)))
        assert [one.digest for one in again.parties] == [party.digest]
