"""The 200 counterparties of Example Pay: 120 organisations with owners and 80 persons.

The upload is CSV, UTF-8, comma, first line the names of `COLUMNS`:
reference; kind ("person" or "organisation"); name; aliases (parted by "|"); birth_date (ISO 8601, persons);
country (ISO 3166-1 alpha-2); registration_number and lei (organisations); address; owner_reference and
owner_percent (both parted by "|", same length, organisations; percent with up to two decimals).

Rules: a fixed seed and the caller's list entries decide everything; the order of the entries does not matter;
an owner's reference always exists, and nobody owns itself, not even by a detour.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any

from muniment.ops.demo.firm.lei import invented_lei
from muniment.ops.demo.firm.perturb import WAYS, Way, latin, tokens
from muniment.ops.demo.firm.truth import Truth
from muniment.ops.demo.firm.words import TONGUES, Tongue

SEED = "Example Pay"
PERSONS = 80
ORGANISATIONS = 120
COLUMNS = (
    "reference", "kind", "name", "aliases", "birth_date", "country", "registration_number", "lei", "address",
    "owner_reference", "owner_percent",
)  # fmt: skip

_ORGANISATIONS = {"Organization", "Company", "LegalEntity", "PublicBody"}
_FIRST_BIRTH = date(1941, 1, 1)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The rows of the upload, what is true about the drawn ones, and the upload itself."""

    rows: list[dict[str, str]]
    truth: list[Truth]
    csv: bytes


def counterparties(listed: Sequence[dict[str, Any]] = ()) -> list[dict[str, str]]:
    """Give only the rows of `portfolio`."""
    return portfolio(listed).rows


def portfolio(listed: Sequence[dict[str, Any]] = ()) -> Portfolio:
    """Make the counterparties; up to twelve are drawn from a list and perturbed, one for each way of `WAYS`.

    :param listed: FollowTheMoney entities of the loaded list as dicts (id, schema, properties), in any order.
        A way for which no entry is fit is left out, so a very small list gives fewer than twelve.
    """
    chance = Random(SEED)  # noqa: S311 - the demo must come out alike each time; nothing is secret here
    rows = _persons(chance) + _organisations(chance)
    truth = _draw(rows, listed, chance)
    return Portfolio(rows, truth, to_csv(rows))


def to_csv(rows: Iterable[dict[str, str]], *, joined: bool = False) -> bytes:
    """Write rows as the CSV a firm would upload.

    :param joined: write owners into one column `owned_by` ("P-001 60%|P-002 40%") instead of two columns.
    """
    columns = (*COLUMNS[:-2], "owned_by") if joined else COLUMNS
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, columns, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(row | {"owned_by": _owned_by(row)} for row in rows)
    return sheet.getvalue().encode("utf-8")


def _owned_by(row: dict[str, str]) -> str:
    pairs = zip(row["owner_reference"].split("|"), row["owner_percent"].split("|"), strict=True)
    return "|".join(f"{reference} {percent}%" for reference, percent in pairs if reference)


def _persons(chance: Random) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    taken: set[str] = set()
    while len(rows) < PERSONS:
        tongue = TONGUES[len(rows) % len(TONGUES)]
        family = chance.choice(tongue.first) + ("" if tongue.family_first else _half(tongue, chance))
        given = chance.choice(tongue.given)
        order = (family, given) if tongue.family_first else (given, family)
        name = tongue.joint.join(order)
        if name in taken:
            name = tongue.joint.join((*order[:1], chance.choice(tongue.given), *order[1:]))
        taken.add(name)
        born = _FIRST_BIRTH + timedelta(days=chance.randrange(23_000))
        rows.append(
            _row(
                f"P-{len(rows) + 1:03}",
                "person",
                name=name,
                birth_date=born.isoformat(),
                country=chance.choice(tongue.countries),
                address=chance.choice(tongue.places),
            )
        )
    return rows


def _half(tongue: Tongue, chance: Random) -> str:
    second = chance.choice(tongue.second)
    return f" {second}" if second.startswith("ال") else second


def _organisations(chance: Random) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    taken: set[str] = set()
    while len(rows) < ORGANISATIONS:
        tongue = TONGUES[len(rows) % len(TONGUES)]
        stem = chance.choice(tongue.first) + _half(tongue, chance)
        name = tongue.joint.join((stem, chance.choice(tongue.trades), chance.choice(tongue.forms)))
        if name in taken:
            continue
        taken.add(name)
        number = len(rows) + 1
        owners = _owners(number, chance)
        rows.append(
            _row(
                f"O-{number:03}",
                "organisation",
                name=name,
                aliases=stem if chance.random() < 0.3 else "",
                country=chance.choice(tongue.countries),
                registration_number=f"{chance.choice('ABCHKR')}{chance.randrange(100_000, 999_999)}",
                lei=invented_lei(chance) if chance.random() < 0.6 else "",
                address=chance.choice(tongue.places),
                owner_reference="|".join(reference for reference, _ in owners),
                owner_percent="|".join(percent for _, percent in owners),
            )
        )
    return rows


def _owners(number: int, chance: Random) -> list[tuple[str, str]]:
    """Choose one to three owners: persons, and for every fourth organisation an earlier one as holding."""
    references = [f"P-{(number - 1) % PERSONS + 1:03}"]
    references += [f"P-{at + 1:03}" for at in chance.sample(range(PERSONS), chance.choice((0, 0, 1, 2)))]
    if number > 8 and number % 4 == 0:
        references.insert(1, f"O-{chance.randrange(1, number):03}")
    references = list(dict.fromkeys(references))[:3]
    shares = {1: ("100",), 2: ("60", "40"), 3: ("50", "25.5", "24.5")}[len(references)]
    return list(zip(references, shares, strict=True))


def _row(reference: str, kind: str, **cells: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {"reference": reference, "kind": kind} | cells


def _draw(rows: list[dict[str, str]], listed: Sequence[dict[str, Any]], chance: Random) -> list[Truth]:
    places = {
        "person": chance.sample(range(PERSONS), len(WAYS)),
        "organisation": chance.sample(range(PERSONS, PERSONS + ORGANISATIONS), len(WAYS)),
    }
    truth: list[Truth] = []
    for way, (listed_id, cells) in _matched(listed).items():
        row = rows[places[way.kind].pop()]
        row |= dict.fromkeys(("aliases", "registration_number", "lei", "address", "country"), "") | cells
        truth.append(Truth(row["reference"], listed_id, way.name))
    return truth


def _matched(listed: Sequence[dict[str, Any]]) -> dict[Way, tuple[str, dict[str, str]]]:
    """Give as many ways as possible an entry of their own (matching by augmenting paths, Kuhn 1955)."""
    by_order = sorted(listed, key=lambda entry: hashlib.sha256(f"{SEED}/{entry['id']}".encode()).digest())
    fit: dict[Way, dict[str, dict[str, str]]] = {}
    for way in WAYS:
        cells = ((str(entry["id"]), _perturbed(entry, way)) for entry in by_order)
        fit[way] = dict(islice(((name, found) for name, found in cells if found is not None), 2 * len(WAYS)))
    holder: dict[str, Way] = {}

    def place(way: Way, tried: set[str]) -> bool:
        for listed_id in fit[way]:
            if listed_id not in tried:
                tried.add(listed_id)
                if listed_id not in holder or place(holder[listed_id], tried):
                    holder[listed_id] = way
                    return True
        return False

    for way in WAYS:
        place(way, set())
    taken = {way: listed_id for listed_id, way in holder.items()}
    return {way: (taken[way], fit[way][taken[way]]) for way in WAYS if way in taken}


def _perturbed(entry: dict[str, Any], way: Way) -> dict[str, str] | None:
    """Give the cells a listed entry turns into by one way, or None when it is not fit for it."""
    kind = (
        "person"
        if entry["schema"] == "Person"
        else "organisation"
        if entry["schema"] in _ORGANISATIONS
        else ""
    )
    properties = entry["properties"]
    names = properties.get("name") or []
    if kind != way.kind or not names or not latin(names[0]) or not 8 <= len(names[0]) <= 60:
        return None
    words = tokens(names[0])
    born = next((day for day in sorted(properties.get("birthDate") or []) if _full(day)), "")
    if len(words) < 2 or (kind == "person" and not born):
        return None
    spelt = way.spell(words)
    if spelt is None:
        return None
    cells = {"name": spelt, "birth_date": way.born(born) if way.born else born}
    countries = [*(properties.get("nationality") or []), *(properties.get("country") or [])]
    country = next((code.upper() for code in countries if len(code) == 2), "")
    return cells | {"country": country}


def _full(day: str) -> bool:
    try:
        return len(day) == 10 and date.fromisoformat(day).year > 1900
    except ValueError:
        return False
