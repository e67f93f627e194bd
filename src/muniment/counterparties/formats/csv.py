"""Reads counterparties from a table of separated values with a mapping of columns to fields.

Rules obeyed here: UTF-8 only, strictly (a byte-order mark is allowed), separated by comma, semicolon or tab,
with a header; a file that cannot be read is refused whole with the byte or line named, a row that cannot be
understood is reported and the rest goes on; nothing is guessed silently: a suggested mapping is only used
when no mapping is given, and can be shown first. Limits: bytes, rows, columns, signs per field.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from muniment.counterparties.formats import cells
from muniment.counterparties.formats.columns import (
    NAMING,
    NUMBERS,
    REPEATABLE,
    check_mapping,
    suggest_mapping,
)
from muniment.counterparties.formats.owners import settle_owners
from muniment.counterparties.formats.party import (
    IdentifierInput,
    ImportPlan,
    Kind,
    OwnershipInput,
    PartyInput,
    Reject,
)
from muniment.spine.errors import Invalid

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 100_000
MOST_COLUMNS = 200
LARGEST_CELL = 100_000
"""A cell beyond this means a lost quote; the library's own bound is global and may be changed by others."""
SEPARATORS = (",", ";", "\t")


def read_header(raw: bytes) -> tuple[str, ...]:
    """Return the column names of a table, so that a mapping can be offered before anything is read.

    :raises Invalid: when the file is empty, not UTF-8, too large, or has no usable header.
    """
    return _open(raw)[0]


def read_csv(
    raw: bytes,
    mapping: Mapping[str, str] | None = None,
    *,
    default_kind: Kind = "organisation",
    known: Collection[str] = (),
    most_rows: int = MOST_ROWS,
) -> ImportPlan:
    """Read a table of counterparties into a plan; nothing is stored.

    :param mapping: column name to field (one of `FIELDS`); None to use the suggested one.
    :param default_kind: the kind of rows whose kind is empty or not mapped.
    :param known: references that exist already and may be named as owners or owned.
    :param most_rows: refuse tables with more rows.
    :raises Invalid: when the file as a whole cannot be read, or the mapping does not fit it.
    """
    header, rows = _open(raw)
    chosen = suggest_mapping(header) if mapping is None else dict(mapping)
    check_mapping(chosen, header)
    reading = _Reading(header, chosen, default_kind)
    for line, row in rows:
        if reading.rows >= most_rows:
            raise Invalid(
                f"The table has more than {most_rows} rows.", todo="Split it.", where=f"line {line}"
            )
        reading.take(line, row)
    return reading.plan(known)


def _open(raw: bytes) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    if not raw.strip():
        raise Invalid("The file is empty.", todo="Choose a file with a header and rows.")
    if len(raw) > MOST_BYTES:
        raise Invalid("The file is larger than 50 MiB.", todo="Split it.")
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise Invalid("The file is UTF-16.", todo="Save it as UTF-8.", where="byte 0")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + (3 if raw.startswith(b"\xef\xbb\xbf") else 0)
        raise Invalid("The file is not UTF-8.", todo="Save it as UTF-8.", where=f"byte {offset}") from None
    rows = _records(text, _separator(text))
    first = next((row for _, row in rows if any(cell.strip() for cell in row)), None)
    header = tuple(cell.strip() for cell in first or ())
    named = [column for column in header if column]
    if not named or len(header) > MOST_COLUMNS:
        raise Invalid(
            "The file has no usable header.", todo=f"Name up to {MOST_COLUMNS} columns in the first line."
        )
    if len(set(named)) != len(named):
        raise Invalid("Two columns have the same name.", todo="Name each column once.", where="header")
    if any("\x00" in column or len(column) > cells.LONGEST_NAME for column in header):
        raise Invalid("A column's name is not text of bearable length.", where="header")
    return header, rows


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            what = "The table breaks off or has a quote or a field out of bounds."
            raise Invalid(what, todo="Mend the quotes there.", where=f"line {line}") from None
        if any(len(cell) > LARGEST_CELL for cell in row):
            raise Invalid("A cell is far too large.", todo="Mend the quotes there.", where=f"line {line}")
        yield line, row
        line = reader.line_num + 1


def _separator(text: str) -> str:
    sample = text[:65536]
    best, best_rank = ",", (0, 0)
    for separator in SEPARATORS:
        widths: list[int] = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
                widths.append(len(row))
                if len(widths) == 20:
                    break
        except csv.Error:
            pass
        if widths and widths[0] > 1:
            rank = (sum(width == widths[0] for width in widths), widths[0])
            if rank > best_rank:
                best, best_rank = separator, rank
    return best


@dataclass
class _Reading:
    """One table being read: what came of its rows so far."""

    header: tuple[str, ...]
    mapping: Mapping[str, str]
    default_kind: Kind
    rows: int = 0
    blank: int = 0
    rejected: int = 0
    parties: dict[str, PartyInput] = field(default_factory=dict)
    claims: list[OwnershipInput] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notices: list[Reject] = field(default_factory=list)
    lost_claims: int = 0

    def take(self, line: int, row: list[str]) -> None:
        """Read one row into a party with its claims, or into rejects."""
        if not any(cell.strip() for cell in row):
            self.blank += 1
            return
        self.rows += 1
        if len(row) != len(self.header):
            self._reject(
                [Reject(line, "row", f"has {len(row)} cells where the header has {len(self.header)}")]
            )
            return
        found = _Row(line)
        for column, cell in zip(self.header, row, strict=True):
            target = self.mapping.get(column)
            if target and cell.strip(" "):
                found.take(target, cell)
        party = found.party(self.default_kind)
        if party is not None and party.reference in self.parties:
            found.faults.append(Reject(line, "reference", "is used by an earlier row"))
        if party is None or found.faults:
            self.lost_claims += len(found.claims)
            self._reject(found.faults)
            return
        self.notices += found.notices
        self.parties[party.reference] = party
        self.claims += [
            OwnershipInput(party.reference, other, stated, line=line)
            if outward
            else OwnershipInput(other, party.reference, stated, line=line)
            for other, stated, outward in found.claims
        ]

    def _reject(self, faults: list[Reject]) -> None:
        self.rejected += 1
        self.rejects += faults

    def plan(self, known: Collection[str]) -> ImportPlan:
        """Close the books over everything read."""
        owners, refused, rings = settle_owners(self.claims, {*self.parties, *known})
        return ImportPlan(
            parties=tuple(self.parties.values()),
            owners=tuple(owners),
            rejects=tuple(sorted(self.rejects + refused)),
            notices=tuple(sorted(self.notices + rings)),
            counts={
                "rows": self.rows,
                "accepted": len(self.parties),
                "rejected": self.rejected,
                "blank": self.blank,
                "links": len(self.claims) + self.lost_claims,
                "links_accepted": len(owners),
                "links_rejected": len(refused) + self.lost_claims,
            },
        )


class _Row:
    """One row being read: values by field, and what is wrong with them."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.values: dict[str, list[str]] = {}
        self.claims: list[tuple[str, int | None, bool]] = []
        self.faults: list[Reject] = []
        self.notices: list[Reject] = []

    def take(self, target: str, cell: str) -> None:
        """Read one cell for one field."""
        if "\x00" in cell:
            self.faults.append(Reject(self.line, target, "holds a NUL sign"))
            return
        if len(cell) > cells.LONGEST_FIELD:
            self.faults.append(Reject(self.line, target, f"is longer than {cells.LONGEST_FIELD} signs"))
            return
        if target not in NAMING and cells.starts_formula(cell):
            self.notices.append(
                Reject(
                    self.line, target, "begins with a sign that spreadsheets run as a formula; kept as text"
                )
            )
        try:
            parts = cells.several(cell) if target in REPEATABLE and target != "address" else [cell]
            for part in parts:
                self._read(target, part)
        except cells.UnfitError as unfit:
            self.faults.append(Reject(self.line, target, str(unfit)))

    def _read(self, target: str, text: str) -> None:
        if target in {"owner_of", "owned_by"}:
            self.claims.append((*cells.held(text), target == "owner_of"))
            return
        reader: Callable[[str], str] = _READERS.get(target, cells.clean)
        value = cells.number(target, text) if target in NUMBERS else reader(text)
        if value:
            self.values.setdefault(target, []).append(value)

    def party(self, default_kind: Kind) -> PartyInput | None:
        """Return the party the cells describe, or None when it has no reference or no name."""
        one = {target: values[0] for target, values in self.values.items()}
        name = one.get("name") or " ".join(
            part for part in (one.get("given_name"), one.get("family_name")) if part
        )
        faulty = {fault.field for fault in self.faults}
        if "reference" not in one and "reference" not in faulty:
            self.faults.append(Reject(self.line, "reference", "is empty"))
        if not name and not faulty & {"name", "given_name", "family_name"}:
            self.faults.append(Reject(self.line, "name", "is empty"))
        if "reference" not in one or not name:
            return None
        kind = cast("Kind", one.get("kind", default_kind))
        if kind != "person" and one.get("birth_date"):
            self.faults.append(Reject(self.line, "birth_date", "is given for an organisation"))
        many: dict[str, Any] = {key: tuple(dict.fromkeys(values)) for key, values in self.values.items()}
        return PartyInput(
            reference=one["reference"],
            kind=kind,
            name=name,
            given_name=one.get("given_name", ""),
            family_name=one.get("family_name", ""),
            aliases=many.get("aliases", ()),
            weak_aliases=many.get("weak_aliases", ()),
            birth_dates=many.get("birth_date", ()),
            gender=one.get("gender", ""),
            countries=many.get("country", ()),
            identifiers=tuple(IdentifierInput(key, one[key]) for key in NUMBERS if key in one),
            addresses=many.get("address", ()),
        )


_READERS: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(NAMING, cells.naming),
    "kind": cells.kind_of,
    "birth_date": cells.day,
    "gender": cells.gender,
    "country": cells.country,
}
