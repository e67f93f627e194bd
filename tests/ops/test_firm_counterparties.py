"""The 200 counterparties: lawful in form, owned by one another, twelve of them drawn from the list."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest

from muniment.counterparties.formats.csv import read_csv
from muniment.ops.demo.firm import Portfolio, counterparties, perturb, portfolio
from muniment.ops.demo.firm.lei import valid_lei
from muniment.ops.demo.firm.portfolio import COLUMNS, to_csv


def listed(identifier: str, schema: str, name: str, **properties: str) -> dict[str, Any]:
    held = {key: [value] for key, value in properties.items()}
    return {"id": identifier, "schema": schema, "properties": {"name": [name], **held}}


LIST = [
    listed(f"l-p{number}", "Person", name, birthDate=born, nationality="de")
    for number, (name, born) in enumerate(
        [
            ("QUORVASH, Ildiman Peter", "1961-03-04"),
            ("Yurgen Khastelmov", "1970-11-30"),
            ("Breldovan Ostic Numarre", "1955-05-05"),
            ("Sergei Phalduq", "1949-12-31"),
            ("Ottavine Marbelluck", "1980-02-11"),
            ("Zhenko Ilyvar Drestum", "1966-07-19"),
            ("Temuriy Oulvast Krabe", "1972-10-10"),
            ("Marvenna Ostrelik", "1983-01-20"),
        ]
    )
] + [
    listed("l-o1", "Organization", "NORTHERN BRASSICA TRADING COMPANY"),
    listed("l-o2", "Company", "Velvet Harpoon Limited Liability Company"),
    listed("l-o3", "Organization", "Quellmark Shipping Bureau"),
    listed("l-o4", "LegalEntity", "Ostrava Lantern Works"),
    listed("l-o5", "Company", "Brimstone Ferries Group"),
    listed("l-v1", "Vessel", "Unrelated Vessel Name"),
    listed("l-x1", "Person", "Nobirth Datewell"),
]


@pytest.fixture(scope="module")
def drawn() -> Portfolio:
    return portfolio(LIST)


def test_there_are_200_with_owners() -> None:
    rows = counterparties()
    assert [row["kind"] for row in rows].count("person") == 80
    assert [row["kind"] for row in rows].count("organisation") == 120
    assert all(row["owner_reference"] for row in rows if row["kind"] == "organisation")
    assert len({row["reference"] for row in rows}) == len({row["name"] for row in rows}) == 200
    assert len({row["country"] for row in rows}) >= 15


def test_owners_exist_add_up_and_run_in_no_ring() -> None:
    rows = {row["reference"]: row for row in counterparties()}
    owners = {
        reference: row["owner_reference"].split("|")
        for reference, row in rows.items()
        if row["owner_reference"]
    }
    for reference, holders in owners.items():
        shares = rows[reference]["owner_percent"].split("|")
        assert len(shares) == len(holders) == len(set(holders))
        assert sum(map(float, shares)) == 100
        for holder in holders:
            assert holder in rows
            assert holder.startswith("P-") or holder < reference
    assert any(holder.startswith("O-") for holders in owners.values() for holder in holders)
    assert {holder for holders in owners.values() for holder in holders} >= {
        r for r in rows if r.startswith("P-")
    }


def test_identifiers_hold_their_check_digits() -> None:
    identifiers = [row["lei"] for row in counterparties() if row["lei"]]
    assert len(identifiers) > 50
    assert all(map(valid_lei, identifiers))
    assert valid_lei("529900T8BM49AURSDO55")  # published example of a valid identifier
    assert not valid_lei("529900T8BM49AURSDO56")


def test_names_come_in_five_scripts() -> None:
    names = "".join(row["name"] for row in counterparties())
    assert all(any(low <= sign <= high for sign in names) for low, high in ("AZ", "ΑΩ", "АЯ", "ءي", "一龥"))


def test_twelve_are_drawn_each_in_its_own_way(drawn: Portfolio) -> None:
    assert [entry.perturbation for entry in drawn.truth] == [way.name for way in perturb.WAYS]
    assert (
        len({entry.listed_id for entry in drawn.truth})
        == len({entry.reference for entry in drawn.truth})
        == 12
    )
    rows = {row["reference"]: row for row in drawn.rows}
    entries = {entry["id"]: entry for entry in LIST}
    for true in drawn.truth:
        row, properties = rows[true.reference], entries[true.listed_id]["properties"]
        same_name = row["name"].lower() == properties["name"][0].lower()
        same_birth = row["birth_date"] == properties.get("birthDate", [""])[0]
        assert (same_name, same_birth) == ((True, False) if "birth" in true.perturbation else (False, True))
    assert len(drawn.rows) == 200


def test_the_order_of_the_list_does_not_matter(drawn: Portfolio) -> None:
    shuffled = LIST[:]
    random.Random(5).shuffle(shuffled)
    assert portfolio(shuffled) == drawn


def test_a_list_that_is_too_small_gives_what_it_can() -> None:
    assert portfolio([]).truth == []
    assert len(portfolio(LIST[:3]).truth) == 3
    assert len(portfolio(LIST[:3]).rows) == 200


def test_the_upload_has_the_documented_columns(drawn: Portfolio) -> None:
    table = list(csv.reader(io.StringIO(drawn.csv.decode(), newline="")))
    assert tuple(table[0]) == COLUMNS
    assert [dict(zip(COLUMNS, cells, strict=True)) for cells in table[1:]] == drawn.rows


def test_the_importer_takes_every_row_and_every_owner(drawn: Portfolio) -> None:
    plan = read_csv(to_csv(drawn.rows, joined=True))
    assert (len(plan.parties), plan.rejects) == (200, ())
    assert len(plan.owners) == sum(
        len(row["owner_reference"].split("|")) for row in drawn.rows if row["owner_reference"]
    )


@pytest.mark.parametrize(
    ("way", "name", "spelt"),
    [
        (perturb.swapped, "Yurgen Khastelmov", "Yurgen Khastlemov"),
        (perturb.swapped, "Ana Bo", None),
        (perturb.initial, "QUORVASH, Ildiman Peter", "I. Peter Quorvash"),
        (perturb.reordered, "Marvenna Ostrelik", "Ostrelik Marvenna"),
        (perturb.cyrillic, "Anatoly Shchukin", "Анатолий Щукин"),
        (perturb.cyrillic, "Łukasz Brzez", None),
        (perturb.unchanged, "OSTREL, Ivo", "Ivo Ostrel"),
        (perturb.without_middle, "Breldovan Ostic Numarre", "Breldovan Numarre"),
        (perturb.romanised, "Sergei Phalduq", "Sergey Phalduq"),
        (perturb.joined, "Quellmark Shipping Bureau", "Quellmarkshipping Bureau"),
        (perturb.form_shortened, "Velvet Harpoon Limited Liability Company", "Velvet Harpoon LLC"),
        (perturb.form_shortened, "Velvet Harpoon", None),
        (perturb.last_first, "Bureau of Lanterns", "Lanterns Bureau of"),
        (perturb.lost_letter, "Brimstone Ferries", "Brimtone Ferries"),
    ],
)
def test_each_way_spells_as_it_says(way: Any, name: str, spelt: str | None) -> None:
    assert way(perturb.tokens(name)) == spelt


@pytest.mark.parametrize(
    ("born", "other"),
    [("1961-03-04", "1961-04-03"), ("1970-11-30", "1970-12-01"), ("1955-05-05", "1955-05-06")],
)
def test_another_birth_date_is_a_date_and_another(born: str, other: str) -> None:
    assert perturb.other_day(born) == other
