"""Reader of the lists of the US Office of Foreign Assets Control in their CSV form: a triple of files.

Rules it obeys: primary names, alternate names and addresses come in three files joined by number; ``-0-``
means nothing; the remarks hold birth dates, documents, vessels' numbers and weak names, and what is not
understood there goes to the notes word for word. Every row is an entity, part of one, or in the reject
report. Older and newer files agree but for a header line and the end-of-file mark 0x1A, so both are allowed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import TypeAlias

from muniment.sources.formats.listed import Entry, ParsedList, Reject, finished, person_names
from muniment.sources.formats.ofac_remarks import read_remarks
from muniment.spine.errors import Invalid

EXTRACTOR = "ofac-csv/1"
MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_CELL = 100_000

_SCHEMA = {
    "individual": "Person",
    "vessel": "Vessel",
    "aircraft": "Airplane",
    "": "Organization",
    "entity": "Organization",
}
_TITLES = {"sdn": "Specially Designated Nationals list", "cons": "Consolidated (non-SDN) sanctions list"}
_Writer: TypeAlias = Callable[[Entry, list[str]], None]
_ALIAS = {"aka": "alias", "fka": "previousName", "nka": "alias"}


def parse(
    primary: bytes, alternate: bytes = b"", addresses: bytes = b"", *, series: str = "sdn"
) -> ParsedList:
    """Read one OFAC list from its three CSV files.

    Why it matters: these are the names a payment firm must not pay; a row lost here is a party never found.

    :param primary: ``sdn.csv`` or ``cons_prim.csv``.
    :param alternate: ``alt.csv`` or ``cons_alt.csv``; may be empty if there is none.
    :param addresses: ``add.csv`` or ``cons_add.csv``; may be empty if there is none.
    :param series: ``sdn`` or ``cons``; part of the identifiers.
    :raises Invalid: if a file cannot be read as such a CSV file, or no entry is in it.
    """
    if series not in _TITLES:
        raise Invalid("The series of an OFAC list is sdn or cons.")
    rejects: list[Reject] = []
    entries: dict[int, Entry] = {}
    rows = 0
    for line, row in _rows(primary, "primary names"):
        rows += 1
        why = _take(row, entries, series)
        if why:
            rejects.append(Reject(f"primary names, line {line}", why))
    counts = {"rows": rows}
    counts["aliases"], counts["aliases_without_entry"] = _join(
        alternate, "alternate names", entries, rejects, _alias
    )
    counts["addresses"], counts["addresses_without_entry"] = _join(
        addresses, "addresses", entries, rejects, _address
    )
    counts["rows_rejected"] = rows - len(entries)
    return finished(
        publisher="US Department of the Treasury, Office of Foreign Assets Control",
        title=_TITLES[series],
        entries=entries.values(),
        counts=counts,
        rejects=rejects,
        generated=None,
        extractor=EXTRACTOR,
    )


def _rows(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row; header and end mark are left out."""
    text = _text(content, name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    first = True
    try:
        for row in reader:
            if any(len(cell) > MAX_CELL for cell in row):
                # The csv module has a limit of its own, but any library may have raised it.
                raise Invalid("A cell is far too long.", where=f"{name}, line {reader.line_num}")
            cells = [_cell(cell) for cell in row]
            if not any(cells) or cells[0] == "\x1a":
                continue
            if first and cells[0].lower() in {"id", "ent_num"}:
                first = False
                continue
            first = False
            if reader.line_num > MAX_ROWS:
                raise Invalid(f"The file has more than {MAX_ROWS} lines.", where=name)
            yield reader.line_num, cells
    except csv.Error:
        raise Invalid(
            "The file is not well-formed CSV or is cut off.",
            todo="Fetch it again from its publisher.",
            where=f"{name}, line {reader.line_num}",
        ) from None


def _text(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES // (1024 * 1024)} MB.", where=name)
    nul = content.find(b"\0")
    if nul >= 0:
        raise Invalid(
            "The file holds a NUL character.", where=f"{name}, line {content.count(10, 0, nul) + 1}"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Invalid("The file is not UTF-8 text.", where=f"{name}, line {line}") from None
    if text.lstrip()[:1] in {"<", "{"} or text.startswith(("PK", "%PDF")):
        raise Invalid("The file is not CSV.", where=name)
    return text


def _cell(cell: str) -> str:
    text = cell.strip()
    return "" if text == "-0-" else text


def _number(cell: str) -> int | None:
    return int(cell) if cell.isascii() and cell.isdecimal() and len(cell) <= 9 else None


def _take(row: list[str], entries: dict[int, Entry], series: str) -> str:
    """Take one primary row in; return why not, or nothing."""
    if len(row) < 12:
        return "The row has fewer than twelve columns."
    number = _number(row[0])
    if number is None:
        return "The row has no number."
    if number in entries:
        return "The number was used by an earlier row."
    schema = _SCHEMA.get(row[2].lower())
    if schema is None:
        return "The kind of party is unknown."
    if not row[1]:
        return "The row has no name."
    entry = Entry(f"ofac-{series}-{number}", schema)
    _name(entry, "name", row[1], keep_published=True)
    entry.add("topics", "sanction")
    entry.add("program", *row[3].replace("[", "").split("]"))
    if schema == "Person":
        entry.add("position", row[4])
    elif row[4]:
        entry.add("notes", row[4])
    if schema == "Vessel":
        entry.add("callSign", row[5])
        entry.add("type", row[6])
        entry.add("tonnage", row[7])
        entry.add("grossRegisteredTonnage", row[8])
        entry.add_country("flag", row[9])
        if row[10]:
            entry.add("notes", f"Owner: {row[10]}")
    else:
        entry.add("notes", *(text for text in row[5:11] if text))
    read_remarks(entry, "; ".join(text for text in row[11:] if text))
    entries[number] = entry
    return ""


def _name(entry: Entry, prop: str, published: str, *, keep_published: bool = False) -> None:
    if entry.schema != "Person":
        entry.add(prop, published)
        return
    spoken, first, last = person_names(published)
    entry.add(prop, spoken)
    if keep_published:
        # Both orders stay: without the published one alerts were lost where an alias is one letter away
        # (docs/benchmarks.md), and who types it as published gets less than 1.0.
        entry.add(prop, published)
        entry.add("firstName", first)
        entry.add("lastName", last)


def _join(
    content: bytes, name: str, entries: dict[int, Entry], rejects: list[Reject], write: _Writer
) -> tuple[int, int]:
    """Add the rows of a second file to their entries; return how many joined and how many had no entry."""
    joined = orphans = 0
    if not content.strip():
        return joined, orphans
    for line, row in _rows(content, name):
        number = _number(row[0])
        if number is None or len(row) < 5:
            rejects.append(Reject(f"{name}, line {line}", "The row has no number or too few columns."))
        elif number not in entries:
            orphans += 1
        else:
            write(entries[number], row)
            joined += 1
    return joined, orphans


def _alias(entry: Entry, row: list[str]) -> None:
    prop = _ALIAS.get(row[2].lower(), "alias")
    _name(entry, prop, row[3])
    entry.add("notes", row[4])


def _address(entry: Entry, row: list[str]) -> None:
    entry.add("address", ", ".join(text for text in row[2:5] if text))
    entry.add_country("country", row[4])
    if len(row) > 5:
        entry.add("notes", row[5])
