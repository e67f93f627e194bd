"""Tables of counterparties: what is taken, what is refused, and that nothing gets lost on the way."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.counterparties.formats import (
    IdentifierInput,
    ImportPlan,
    read_csv,
    read_header,
    suggest_mapping,
    to_ftm,
)
from muniment.spine.errors import Invalid

WHOLE = (
    "Reference,Kind,Name,Aliases,DOB,Nationality,LEI,Passport No,Registration,Address,Owned by\n"
    'C-1,person,Ana Sol,"Anna Soll; A. Sol",1970-02-03,ES,,X123,,"1 Hill Rd, Ely",\n'
    "C-2,company,Sol Trading SL,,,Spain,529900T8BM49AURSDO55,,B-77,,C-1 60%; C-3: 40 %\n"
    "C-3,company,Luna AG,,,ch,,,,,\n"
)


def whys(plan: ImportPlan) -> list[tuple[int, str]]:
    return [(reject.line, reject.field) for reject in plan.rejects]


def balanced(plan: ImportPlan) -> bool:
    counts = plan.counts
    return (
        counts["rows"] == counts["accepted"] + counts["rejected"]
        and counts["links"] == counts["links_accepted"] + counts["links_rejected"]
        and counts["accepted"] == len(plan.parties)
        and counts["links_accepted"] == len(plan.owners)
    )


def test_a_whole_table_becomes_parties_and_owners() -> None:
    plan = read_csv(WHOLE.encode())
    assert not plan.rejects
    assert plan.counts["rows"] == plan.counts["accepted"] == 3
    ana, sol, _ = plan.parties
    assert (ana.kind, ana.name, ana.aliases) == ("person", "Ana Sol", ("Anna Soll", "A. Sol"))
    assert (ana.birth_dates, ana.countries, ana.addresses) == (("1970-02-03",), ("es",), ("1 Hill Rd, Ely",))
    assert sol.identifiers == (
        IdentifierInput("lei", "529900T8BM49AURSDO55"),
        IdentifierInput("registration", "B-77"),
    )
    assert [(o.owner, o.owned, o.share) for o in plan.owners] == [("C-1", "C-2", 6000), ("C-3", "C-2", 4000)]
    assert balanced(plan)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_separator_and_byte_order_mark_make_no_difference(separator: str, mark: bytes) -> None:
    rows = list(csv.reader(io.StringIO(WHOLE)))
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    assert read_csv(mark + out.getvalue().encode()).parties == read_csv(WHOLE.encode()).parties


def test_a_mapping_wins_over_the_guess_and_unmapped_columns_are_left_alone() -> None:
    raw = b"A,B,C\n1,Ana Sol,=cmd()\n"
    plan = read_csv(raw, {"A": "reference", "B": "name"}, default_kind="person")
    assert [party.name for party in plan.parties] == ["Ana Sol"]
    assert plan.parties[0].kind == "person"
    assert read_header(raw) == ("A", "B", "C")


def test_a_suggested_mapping_uses_each_single_field_once() -> None:
    assert suggest_mapping(["Customer ID", "Ref", "Full name", "AKA", "Former name", "Colour"]) == {
        "Customer ID": "reference",
        "Full name": "name",
        "AKA": "aliases",
        "Former name": "aliases",
    }


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n\r\n", "empty"),
        (b"reference,name\n1,\xff\n", "byte 17"),
        (b"\xef\xbb\xbfreference,name\n1,\xed\xa0\x80\n", "byte 20"),
        ("reference,name\n1,Ana\n".encode("utf-16"), "UTF-16"),
        (b'reference,name\n1,"Ana\n', "line 2"),
        (b"reference,name\n1," + b"x" * 1_000_000, "line 2"),
        (b"reference,reference\n1,2\n", "same name"),
        (b"1,Ana\n2,Bob\n", "reference"),
        (b"PK\x03\x04\x00\x00", "header"),
        (b"," * 5000 + b"\n", "header"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_with_the_place_named(raw: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(raw)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"nope": "name", "reference": "reference"}, "does not have"),
        ({"reference": "reference", "name": "colour"}, "does not exist"),
        ({"reference": "name", "name": "name"}, "same field"),
        ({"name": "name"}, "reference"),
        ({"reference": "reference"}, "name"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_csv(b"reference,name\n1,Ana\n", mapping)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("1,person,=HYPERLINK(1),,,,", "name"),
        ("1,person,＝1+1,,,,", "name"),
        ("1,person,'\t@x',,,,", ""),
        ("1,person,-Ana,,,,", "name"),
        ("+1,person,Ana,,,,", "reference"),
        ("1,person,An\x00a,,,,", "name"),
        ("1,person,An\x07a,,,,", "name"),
        (f"1,person,{'x' * 10_001},,,,", "name"),
        ("1,person,...,,,,", "name"),
        ("1,person,,,,,", "name"),
        (",person,Ana,,,,", "reference"),
        ("1,robot,Ana,,,,", "kind"),
        ("1,person,Ana,03/04/1970,,,", "birth_date"),
        ("1,person,Ana,1970-02-30,,,", "birth_date"),
        ("1,person,Ana,1070,,,", "birth_date"),
        ("1,company,Ana,1970,,,", "birth_date"),
        ("1,person,Ana,,Atlantis,,", "country"),
        ("1,person,Ana,,,529900T8BM49AURSDO56,", "lei"),
        ("1,person,Ana,,,,150%", ""),
        ("1,person,Ana,,,,9 101%", "owned_by"),
        ("1,person,Ana", "row"),
    ],
)
def test_a_row_that_cannot_be_meant_is_reported_by_line_and_field_and_the_rest_goes_on(
    row: str, field: str
) -> None:
    raw = f"reference,kind,name,dob,country,lei,owned by\n9,person,Bob,,,,\n{row}\n8,person,Eve,,,,\n"
    plan = read_csv(raw.encode())
    assert balanced(plan)
    assert {party.name for party in plan.parties} >= {"Bob", "Eve"}
    if field:
        assert whys(plan) == [(3, field)]
        assert plan.counts["rejected"] == 1


def test_a_refusal_never_repeats_the_cell() -> None:
    plan = read_csv(b"reference,name,dob\n1,Ana Geheim,geheim\n2,=Geheim,\n")
    assert len(plan.rejects) == 2
    assert not any("eheim" in reject.why for reject in plan.rejects)


def test_formula_cells_that_name_nobody_are_kept_as_text_and_reported() -> None:
    plan = read_csv(b"reference,name,address\n1,Ana,=1 Hill Road\n")
    assert plan.parties[0].addresses == ("=1 Hill Road",)
    assert [(n.line, n.field) for n in plan.notices] == [(2, "address")]


def test_a_reference_used_twice_is_kept_once() -> None:
    plan = read_csv(b"reference,name\n1,Ana\n1,Bob\n")
    assert [party.name for party in plan.parties] == ["Ana"]
    assert whys(plan) == [(3, "reference")]
    assert balanced(plan)


def test_owners_over_a_hundred_per_cent_are_refused_together() -> None:
    plan = read_csv(b"reference,name,owned by\n1,Ana,\n2,Bob,\n3,Firm,1 60%; 2 50%\n")
    assert not plan.owners
    assert plan.counts["links_rejected"] == 2
    assert balanced(plan)


def test_a_ring_of_owners_is_kept_and_reported_and_self_ownership_refused() -> None:
    plan = read_csv(b"reference,name,owner of\n1,A,2 10%\n2,B,3 10%\n3,C,1 10%; 4 5%\n4,D,4 5%; 9 1%\n")
    assert len(plan.owners) == 4
    assert [notice.line for notice in plan.notices] == [2, 3, 4]
    assert whys(plan) == [(5, "owner"), (5, "owner")]
    assert balanced(plan)


def test_a_chain_of_ten_thousand_owners_is_walked_without_recursion() -> None:
    rows = "".join(f"{n},Firm {n},{n + 1} 10%\n" for n in range(10_000))
    plan = read_csv(f"reference,name,owner of\n{rows}10000,Last,\n".encode())
    assert len(plan.owners) == 10_000
    assert not plan.notices


def test_an_owner_may_exist_already() -> None:
    raw = b"reference,name,owned by\n1,Firm,old 50%\n"
    assert read_csv(raw).counts["links_rejected"] == 1
    assert read_csv(raw, known={"old"}).owners[0].share == 5000


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(Invalid, match="more than 2 rows"):
        read_csv(b"reference,name\n1,A\n2,B\n3,C\n", most_rows=2)


def test_given_and_family_name_make_a_name_and_reach_the_screening() -> None:
    plan = read_csv(b"ref,kind,first name,surname,imo\n1,person,Ana,Sol,\n2,company,,Sol Ships,9074729\n")
    assert plan.parties[0].name == "Ana Sol"
    assert to_ftm(plan.parties[0])["properties"]["lastName"] == ["Sol"]
    assert to_ftm(plan.parties[1])["properties"]["imoNumber"]


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_either_read_or_refused_in_words(raw: bytes) -> None:
    try:
        plan = read_csv(b"reference,name,owned by,dob\n" + raw)
    except Invalid:
        return
    assert balanced(plan)


CELL = st.text(st.characters(codec="utf-8"), max_size=20)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=8))
def test_every_row_is_accounted_for_and_every_party_has_one_canonical_form(
    rows: list[tuple[str, str, str, str]],
) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("reference", "name", "owned by", "address"), *rows])
    try:
        plan = read_csv(out.getvalue().encode())
    except Invalid:
        return
    assert balanced(plan)
    for party in plan.parties:
        assert len(party.digest) == 64


@pytest.mark.parametrize(
    ("owned_by", "found", "wanted"),
    [
        ("C-2 sixty%", "something that is no number", "such as 25.5%"),
        ("C-2: 160%", "“160 %”, which is more than the whole", "from 0 to 100"),
        ("C-2 12.345%", "“12.345 %” where the share should stand", "at most two decimals"),
        ("C-2 Olga%", "something that is no number", "such as 25.5%"),
        ("C-9: 5%", "neither in this file nor in the register", "write its reference"),
    ],
)
def test_a_share_that_is_none_is_named_by_line_and_field_with_what_is_wanted(owned_by, found, wanted):
    table = f"reference,name,owned_by\nC-2,Quillfeather,\nC-1,Lantern,{owned_by}\n"
    [reject] = read_csv(table.encode()).rejects
    assert (reject.line, reject.field) in {(3, "owned_by"), (3, "owner")}
    assert found in reject.why
    assert wanted in reject.why
    assert "Olga" not in reject.why


@pytest.mark.parametrize("reference", ["EU:1", "C(1)", "C 2", "A:B c"])
def test_a_reference_may_look_like_anything_but_a_percentage(reference):
    table = f"reference,name,owned_by\n{reference},Quillfeather,\nC-1,Lantern,{reference}\n"
    [link] = read_csv(table.encode()).owners
    assert (link.owner, link.share) == (reference, None)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("lei", "5299", "has 4 letters and digits where an LEI has 20"),
        ("lei", "529900T8BM49AURSDO56", "check digits do not fit"),
        ("lei", "CANARYSOAAMFMVKMOJRQURDZWYJTUJ", "has 30 letters and digits where an LEI has 20"),
        ("lei", "ABCDEFGHIJKLMNOPQAAH", "check digits do not fit"),
        ("imo", "IMO 90747", "has 5 signs where an IMO number has 7 digits"),
        ("tax", "12~34", "write letters, digits, blanks"),
        ("passport", "X" * 70, "has 70 signs; a number has at most 64"),
    ],
)
def test_a_wrong_number_says_what_was_found_and_what_is_wanted_and_is_not_repeated(column, value, words):
    [reject] = read_csv(f"reference,name,{column}\nC-1,Lantern,{value}\n".encode()).rejects
    assert (reject.line, reject.field) == (2, column)
    assert words in reject.why
    assert value not in reject.why
