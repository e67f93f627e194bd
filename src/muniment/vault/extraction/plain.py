"""Plain text, Markdown and CSV: the text is what stands in the file, only line ends are made alike.

Rules: a page is a line (a row in CSV); nothing is rewritten, so an offset in the text is a place in the file.
A CSV is read once strictly, to refuse broken quoting and monstrous cells, but its text stays as it stands.
"""

from __future__ import annotations

import csv
import io
import re

from muniment.spine.errors import Invalid
from muniment.vault.extraction.kinds import decode, require_markup
from muniment.vault.extraction.text import (
    MAX_CELL,
    MAX_LINE,
    MAX_PAGES,
    Extracted,
    Heading,
    Page,
    longest_line,
    settle,
)

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FORMULA = ("=", "+", "-", "@")


def read(data: bytes, kind: str) -> Extracted:
    """Read a text, Markdown or CSV file.

    :raises Invalid: for a wrong encoding, a web page in disguise, broken CSV, or limits exceeded.
    """
    text = decode(data)
    require_markup(text, kind)
    if text.count("\n") >= MAX_PAGES:
        raise Invalid(f"This text has more than {MAX_PAGES:,} lines.", todo="Split it.")
    if longest_line(text) > MAX_LINE:
        raise Invalid(f"A single line of this text is longer than {MAX_LINE:,} characters.")
    lines = _lines(text)
    if kind == "csv":
        rows, warnings = _rows(text, lines)
        return settle(text, rows, profile="csv/1", unit="row", warnings=warnings)
    if kind == "md":
        return settle(text, lines, profile="md/1", unit="line", headings=_headings(text, lines))
    return settle(text, lines, profile="txt/1", unit="line")


def _lines(text: str) -> list[Page]:
    lines: list[Page] = []
    start = 0
    while start < len(text) or not lines:
        end = text.find("\n", start) + 1 or len(text)
        lines.append(Page(len(lines) + 1, start, end))
        start = end
    return lines


def _headings(text: str, lines: list[Page]) -> list[Heading]:
    """Find Markdown's `#` headings outside fenced code (CommonMark 0.31, sections 4.2 and 4.5)."""
    headings: list[Heading] = []
    fence = ""
    for line in lines:
        words = text[line.start : line.end].rstrip("\n")
        if mark := _FENCE.match(words):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif not fence and (found := _ATX.match(words)) and found[2]:
            start = line.start + found.start(2)
            headings.append(Heading(len(found[1]), start, start + len(found[2])))
    return headings


def _rows(text: str, lines: list[Page]) -> tuple[list[Page], list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    rows: list[Page] = []
    widths: set[int] = set()
    formulas = 0
    start = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(len(cell) > MAX_CELL for cell in cells):
                raise Invalid(f"A cell is longer than {MAX_CELL:,} characters.", where=f"row {len(rows) + 1}")
            formulas += sum(cell.startswith(_FORMULA) and not _number(cell) for cell in cells)
            widths.add(len(cells))
            end = lines[reader.line_num - 1].end
            rows.append(Page(len(rows) + 1, start, end))
            start = end
    except csv.Error:
        raise Invalid(
            "This is not a well-formed CSV: a quote is not closed, or a cell is far too long.",
            where=f"row {len(rows) + 1}",
        ) from None
    warnings = []
    if len(widths - {0}) > 1:
        warnings.append("The rows do not all have the same number of cells.")
    if formulas:
        warnings.append(f"Cells that begin like a formula: {formulas}. They are kept as plain text.")
    return rows, warnings


def _number(cell: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d.,  %]+|-+", cell))
