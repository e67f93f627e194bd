"""What comes out of a document, and the limits every reader keeps.

Rules: one `str` for the whole document; offsets count Unicode code points of that `str`; pages follow each
other without a hole, so every code point lies on exactly one page. A profile ("pdf/1") never changes its
output for the same bytes; a better reader is a new profile, so that old quotes stay where they were.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from muniment.spine.errors import Invalid

MAX_BYTES = 32 * 1024 * 1024
"""Largest document that is read at all, in bytes."""

MAX_TEXT = 8_000_000
"""Longest text of a document, in code points (some 3,000 close-set pages)."""

MAX_LINE = 250_000
"""Longest single line or paragraph, in code points."""

MAX_CELL = 100_000
"""Longest single table cell, in code points."""

MAX_PAGES = 200_000
"""Most pages, lines, rows or sections of one document."""

UNITS = ("page", "line", "row", "section")


@dataclass(frozen=True, slots=True)
class Page:
    """One page (or line, row, section): its number, counted from 1, and its half-open span in the text."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading the document marks as one: its level (1 is the highest) and its span in the text."""

    level: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a document and the way back from any offset in it.

    :param unit: what a `Page` is in this format: "page", "line", "row" or "section".
    :param profile: name and version of the reader; the same bytes under the same profile give the same value.
    :param warnings: sentences for the reader of the text, for example that hidden text was left out.
    """

    text: str
    pages: tuple[Page, ...]
    profile: str
    unit: str = "page"
    headings: tuple[Heading, ...] = ()
    warnings: tuple[str, ...] = ()

    def page_at(self, offset: int) -> Page:
        """Find the page on which a code point lies, so that a quote can be looked up in the original.

        :param offset: code-point offset, from 0 to the length of the text inclusive.
        :raises Invalid: when the text has no such offset.
        """
        if not 0 <= offset <= len(self.text):
            raise Invalid("The text of this document has no such place.", where=f"offset {offset}")
        found = bisect_right(self.pages, offset, key=lambda page: page.start) - 1
        return self.pages[max(found, 0)]

    def place(self, offset: int) -> str:
        """Say in words where an offset lies ("page 3, under Backups"), as a person would cite it.

        :raises Invalid: when the text has no such offset.
        """
        words = f"{self.unit} {self.page_at(offset).number}"
        above = bisect_right(self.headings, offset, key=lambda heading: heading.start) - 1
        if above < 0:
            return words
        heading = self.headings[above]
        under = f"under {self.text[heading.start : heading.end].strip()[:120]}"
        return under if self.unit == "section" else f"{words}, {under}"


def settle(
    text: str,
    pages: list[Page],
    *,
    profile: str,
    unit: str,
    headings: list[Heading] | None = None,
    warnings: list[str] | None = None,
) -> Extracted:
    """Check a reader's outcome against the rules and limits of this module and freeze it.

    :raises Invalid: when the text holds NUL or half a surrogate pair, or is larger than the limits.
    """
    notes = list(dict.fromkeys(warnings or []))
    if "\x00" in text:
        raise Invalid("This document holds NUL characters, which no text may hold.")
    if not encodable(text):
        raise Invalid("This document holds broken Unicode (half of a surrogate pair).")
    if len(text) > MAX_TEXT:
        raise Invalid(f"The text of this document is longer than {MAX_TEXT:,} characters.", todo="Split it.")
    if len(pages) > MAX_PAGES:
        raise Invalid(f"This document has more than {MAX_PAGES:,} {unit}s.", todo="Split it.")
    if longest_line(text) > MAX_LINE:
        raise Invalid(f"A single line of this document is longer than {MAX_LINE:,} characters.")
    if not text.strip():
        notes.append("No readable text was found; it may be a scan or a drawing.")
    return Extracted(
        text=text,
        pages=tuple(pages) or (Page(1, 0, len(text)),),
        profile=profile,
        unit=unit,
        headings=tuple(headings or ()),
        warnings=tuple(notes),
    )


def encodable(text: str) -> bool:
    """Tell whether a text can be written as UTF-8; half a surrogate pair cannot (RFC 3629, section 3)."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def longest_line(text: str) -> int:
    """Measure the longest line in code points without making a list of all lines."""
    longest = start = 0
    while (end := text.find("\n", start)) >= 0:
        longest = max(longest, end - start)
        start = end + 1
    return max(longest, len(text) - start)


def to_json(extracted: Extracted) -> bytes:
    """Write canonical JSON (sorted keys, no blanks, UTF-8), the form in which the child answers."""
    return json.dumps(
        {
            "headings": [[h.level, h.start, h.end] for h in extracted.headings],
            "pages": [[p.number, p.start, p.end] for p in extracted.pages],
            "profile": extracted.profile,
            "text": extracted.text,
            "unit": extracted.unit,
            "warnings": list(extracted.warnings),
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode("utf-8")


def from_json(answer: dict[str, Any]) -> Extracted:
    """Rebuild an `Extracted` from the child's answer, trusting nothing: the child has read a stranger's file.

    :raises Invalid: when the answer breaks a rule of this module.
    """
    try:
        text, unit, profile = answer["text"], answer["unit"], answer["profile"]
        warnings = answer["warnings"]
        pages = [Page(*_whole(entry)) for entry in answer["pages"]]
        headings = [Heading(*_whole(entry)) for entry in answer["headings"]]
    except (KeyError, TypeError, ValueError) as broken:
        raise Invalid("The reader of this document gave no sensible answer.") from broken
    strings = (text, unit, profile, *warnings) if isinstance(warnings, list) else (None,)
    if not all(isinstance(value, str) for value in strings) or unit not in UNITS:
        raise Invalid("The reader of this document gave no sensible answer.")
    edges = [0, *(page.end for page in pages)]
    tiled = all(page.start == edge <= page.end for page, edge in zip(pages, edges, strict=False))
    inside = all(0 <= heading.start <= heading.end <= len(text) for heading in headings)
    if not pages or not tiled or edges[-1] != len(text) or not inside:
        raise Invalid("The reader of this document gave no sensible answer.")
    settle(text, pages, profile=profile, unit=unit)
    return Extracted(text, tuple(pages), profile, unit, tuple(headings), tuple(warnings))


def _whole(entry: object) -> tuple[int, int, int]:
    if not isinstance(entry, list) or not all(type(number) is int for number in entry):
        raise ValueError("not a list of whole numbers")
    first, start, end = entry
    return first, start, end
