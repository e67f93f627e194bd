"""The readers of watchlists: OFAC, UN, FollowTheMoney, and the invented list."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from followthemoney import model
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sources.formats.small_acts import ADD, ALT, SDN, UN

from muniment.sources.formats import ftm, ofac, un
from muniment.sources.formats.invented import NOTE, invented
from muniment.sources.formats.listed import ParsedList, person_names, shrank, year_span
from muniment.sources.formats.ofac_remarks import read_dates
from muniment.spine.errors import Invalid, Refused

SDN_HEADER = (
    "ent_num,SDN_Name,SDN_Type,Program,Title,Call_Sign,Vess_type,Tonnage,GRT,Vess_flag,Vess_owner,Remarks\n"
)


def sdn() -> ParsedList:
    return ofac.parse(SDN.encode(), ALT.encode(), ADD.encode())


def check_ftm(listed: ParsedList) -> None:
    """FollowTheMoney accepts every value as clean as it stands."""
    assert len({entity.id for entity in listed.entities}) == len(listed.entities)
    for entity in listed.entities:
        proxy = model.get_proxy(entity.as_ftm(), cleaned=False)
        assert proxy.id == entity.id
        for name, values in entity.properties.items():
            assert len(proxy.get(name)) == len(values), (entity.id, name)


def check_counts(listed: ParsedList, source: str) -> None:
    rejected = [reject for reject in listed.rejects if not source or reject.where.startswith(source)]
    assert listed.counts["rows"] == len(listed.entities) + len(rejected)


def test_ofac_rows_are_parties_or_rejects_and_nothing_else() -> None:
    listed = sdn()
    check_counts(listed, "primary names")
    assert listed.counts == {
        "rows": 7, "aliases": 2, "aliases_without_entry": 1, "addresses": 1, "addresses_without_entry": 1,
        "rows_rejected": 3, "entities": 4, "rejects": 4,
    }  # fmt: skip
    assert [(reject.where, reject.why) for reject in listed.rejects] == [
        ("primary names, line 5", "The row has no name."),
        ("primary names, line 6", "The number was used by an earlier row."),
        ("primary names, line 7", "The row has fewer than twelve columns."),
        ("addresses, line 3", "The row has no number or too few columns."),
    ]


def test_an_ofac_person_has_names_dates_documents_and_weak_names() -> None:
    person = sdn().entities[0]
    assert (person.id, person.schema, person.caption) == ("ofac-sdn-101", "Person", "Odo LAMPOV")
    assert person.properties["name"] == ["Odo LAMPOV", "LAMPOV, Odo"]
    assert person.properties["alias"] == ["Oddo LAMPE"]
    assert person.properties["weakAlias"] == ["THE LAMP"]
    assert person.properties["birthDate"] == ["1969", "1970-05-06"]
    assert person.properties["nationality"] == ["tr"]
    assert person.properties["birthCountry"] == ["ie"]
    assert person.properties["passportNumber"] == ["ZZ001"]
    assert person.properties["taxNumber"] == ["55-1"]
    assert person.properties["program"] == ["LNT", "WICK"]
    assert person.properties["address"] == ["1 Wick Lane, Dublin, Ireland"]
    assert "Linked To: WICK AND OIL" in person.properties["notes"]


def test_ofac_organisations_vessels_and_aircraft_have_their_numbers() -> None:
    _, firm, vessel, aircraft = sdn().entities
    assert firm.schema == "Organization"
    assert firm.properties["registrationNumber"] == ["7788"]
    assert firm.properties["incorporationDate"] == ["1990"]
    assert firm.properties["previousName"] == ["TALLOW HOUSE"]
    assert vessel.schema == "Vessel"
    assert (vessel.properties["imoNumber"], vessel.properties["flag"]) == (["9074729"], ["mm"])
    assert aircraft.schema == "Airplane"
    assert (aircraft.properties["model"], aircraft.properties["buildDate"]) == (["L-1"], ["1999"])


def test_a_header_line_changes_nothing() -> None:
    plain, headed = ofac.parse(SDN.encode()), ofac.parse((SDN_HEADER + SDN).encode())
    assert plain.entities == headed.entities


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no entries"),
        (SDN_HEADER.encode(), "no entries"),
        (b"<html>", "not CSV"),
        (b"PK\x03\x04", "not CSV"),
        (SDN.encode().replace(b"Odo", b"O\0o"), "NUL"),
        (SDN.encode("utf-16-be").replace(b"\0", b"\xff"), "not UTF-8"),
        (SDN[: SDN.index("Gender")].encode(), "cut off"),
        (b'1,"' + b"x" * 1_000_000 + b'"\n', "far too long|not well-formed"),
    ],
)
def test_broken_ofac_files_are_refused_whole(content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        ofac.parse(content)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("06 May 1970", ("1970-05-06",)),
        ("May 1970", ("1970-05",)),
        ("circa 1970", ("1970",)),
        ("1968 to 1970", ("1968", "1969", "1970")),
        ("circa 1968-1969", ("1968", "1969")),
        ("01 Jan 1961 to 31 Dec 1961", ("1961",)),
        ("1900 to 1990", ()),
        ("sometime", ()),
        ("41 May 1970", ()),
    ],
)
def test_birth_dates_are_as_precise_as_told(text: str, dates: tuple[str, ...]) -> None:
    assert read_dates(text) == dates


def test_names_are_put_in_speaking_order() -> None:
    assert person_names("LAMPOV, Odo") == ("Odo LAMPOV", "Odo", "LAMPOV")
    assert person_names("ODO") == ("ODO", "", "")
    assert person_names("A, B, C") == ("A, B, C", "", "")
    assert year_span(1990, 1980) == ()


def test_the_un_list_keeps_quality_scripts_and_uncertain_dates() -> None:
    listed = un.parse(UN.encode())
    check_counts(listed, "")
    assert listed.generated == date(2030, 2, 3)
    person, firm = listed.entities
    assert person.id == "un-101"
    assert person.properties["name"] == ["ODO VAN DER LAMP"]
    assert person.properties["alias"] == ["Одо Лампов", "Oddo Lampe"]
    assert person.properties["weakAlias"] == ["The Lamp"]
    assert person.properties["birthDate"] == ["1968", "1969", "1970", "1969-05-06", "1971"]
    assert person.properties["nationality"] == ["vn"]
    assert "birthCountry: Moonland" in person.properties["notes"]
    assert firm.properties["name"] == ["WICK AND OIL (WAO)", "OIL AND WICK"]
    assert firm.properties["previousName"] == ["Tallow House"]
    assert [reject.why for reject in listed.rejects] == ["The entry has no number.", "The entry has no name."]


@pytest.mark.parametrize("content", [b"<x/>", b"<CONSOLIDATED_LIST/>", UN.encode()[:-40]])
def test_another_or_empty_or_cut_un_list_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        un.parse(content)


def line(**changes: object) -> bytes:
    told = {"id": "x-1", "schema": "Person", "properties": {"name": ["Odo"]}, **changes}
    return json.dumps(told).encode() + b"\n"


def read_ftm(content: bytes) -> ParsedList:
    return ftm.parse(content, publisher="Test", title="Test list")


def test_ftm_lines_are_parties_rejects_or_other_things() -> None:
    content = (
        line()
        + line()
        + line(id="x-2", schema="Spaceship")
        + line(id="x-3", properties={"wings": ["2"]})
        + line(id="x-4", properties={"name": [7]})
        + line(id="../x")
        + line(id="x-5", schema="Address", properties={"full": ["1 Wick Lane"]})
        + line(id="x-6", properties={"country": ["ie"]})
        + line(id="x-7", properties={"name": ["a\0"]})
        + b"[]\n\n"
    )
    listed = read_ftm(content)
    assert [entity.id for entity in listed.entities] == ["x-1"]
    assert listed.counts == {"rows": 10, "not_parties": 1, "entities": 1, "rejects": 8}
    assert listed.rejects[0].where == "line 2"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"id": "a", "id": "b"}\n', "same key twice"),
        (b'{"id": "\\ud800"}\n', "half a character"),
        (b'{"id": NaN}\n', "not JSON"),
        (b'{"id": "x', "not JSON"),
        (b"[" * 100_000 + b"\n", "deep|not JSON"),
        (b'{"id": "' + b"x" * (1024 * 1024) + b'"}', "larger"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\n\n", "no entries"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_unsound_json_lines_are_refused_whole(content: bytes, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        read_ftm(content)


def test_the_invented_list_is_marked_as_invented() -> None:
    listed = invented()
    assert len(listed.entities) == 25
    assert all(entity.id.startswith("invented-") for entity in listed.entities)
    assert all(NOTE in entity.properties["notes"] for entity in listed.entities)
    check_ftm(listed)


def test_all_small_lists_are_clean_followthemoney() -> None:
    check_ftm(sdn())
    check_ftm(un.parse(UN.encode()))


@pytest.mark.parametrize(("old", "new", "asks"), [(100, 90, 0), (100, 89, 1), (0, 0, 0), (10, 0, 1)])
def test_a_list_that_lost_more_than_a_tenth_stops_and_asks(old: int, new: int, asks: int) -> None:
    assert isinstance(shrank(old, new), Refused) == bool(asks)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["sdn", "un", "ftm"]), st.integers(0, 3000), st.binary(max_size=12), st.integers(0, 40)
)
def test_damaged_lists_are_read_soundly_or_refused(kind: str, place: int, inserted: bytes, cut: int) -> None:
    content = {"sdn": SDN.encode(), "un": UN.encode(), "ftm": line() * 3}[kind]
    damaged = content[:place] + inserted + content[place + cut :]
    try:
        listed = {"sdn": ofac.parse, "un": un.parse, "ftm": read_ftm}[kind](damaged)
    except Invalid:
        return
    assert all(entity.properties["name"] for entity in listed.entities)
    assert listed.counts["rows"] == len(listed.entities) + listed.counts["rejects"] + listed.counts.get(
        "not_parties", 0
    )


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_clearly(content: bytes) -> None:
    for read in (ofac.parse, un.parse, read_ftm):
        with pytest.raises(Invalid):
            read(content)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "screening"


def test_the_real_lists_reconcile_and_are_clean(folder: Path) -> None:
    later = ofac.parse(
        (folder / "ofac/sdn_2023-11.csv").read_bytes(),
        (folder / "ofac/alt_later.csv").read_bytes(),
        (folder / "ofac/add_later.csv").read_bytes(),
    )
    earlier = ofac.parse(
        (folder / "ofac_2021/sdn.csv").read_bytes(), (folder / "ofac_2021/alt.csv").read_bytes()
    )
    cons = ofac.parse(
        *((folder / f"ofac/cons_{part}.csv").read_bytes() for part in ("prim", "alt", "add")), series="cons"
    )
    nations = un.parse((folder / "un/UN_consolidated_2026-02-27.xml").read_bytes())
    assert [len(each.entities) for each in (later, earlier, cons, nations)] == [11_443, 8_976, 442, 1_003]
    old, new = ({entity.id for entity in each.entities} for each in (earlier, later))
    assert (len(new - old), len(old - new)) == (2_982, 515)
    for each in (later, cons, nations):
        assert not each.rejects
        check_counts(each, "")
    for each in (cons, nations):
        check_ftm(each)
    assert shrank(len(earlier.entities), len(later.entities)) is None
