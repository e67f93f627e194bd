"""Entries as a table: CSV after RFC 4180, UTF-8, one entry a line.

Rules: every cell is quoted; a cell that a spreadsheet would take for a formula begins with an apostrophe, and so does
one that began with an apostrophe itself, so that the text can be had back; the facts stand in one cell as JSON, in
which no line can end.
"""

from __future__ import annotations

from typing import Final

from muniment.ledger.exports.line import Line, one_line, readable

COLUMNS: Final = (
    "index",
    "leaf",
    "event",
    "time",
    "class",
    "action",
    "outcome",
    "actor",
    "actor_kind",
    "role",
    "factors",
    "via",
    "address",
    "subject",
    "cause",
    "facts",
    "withheld",
    "erased",
)
#: Signs with which a formula may begin, in ordinary and in full width (OWASP, CSV Injection).
_FORMULA: Final = frozenset("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
_MARK: Final = "'"


def cell(text: str) -> str:
    """Return a text that no spreadsheet runs, whatever stood in it."""
    kept = one_line(text)
    began = text.lstrip(" \u00a0\u3000\u200b\ufeff")[:1] or " "
    return _MARK + kept if began in _FORMULA or text.startswith(_MARK) else kept


def plain_of(text: str) -> str:
    """Return the text of a cell as it was before an apostrophe was put in front."""
    return text.removeprefix(_MARK)


def _row(cells: tuple[str, ...]) -> bytes:
    return (",".join(f'"{one.replace(chr(34), chr(34) * 2)}"' for one in cells) + "\r\n").encode("utf-8")


HEAD: Final = _row(COLUMNS)


def line(one: Line) -> bytes:
    """Write one entry as a row, in the order of :data:`COLUMNS`."""
    return _row(
        (
            str(one.index),
            one.leaf,
            one.event,
            one.at,
            cell(one.cls),
            cell(one.action),
            cell(one.outcome),
            cell(one.actor),
            cell(one.actor_kind),
            cell(one.role),
            cell(" ".join(one.factors)),
            cell(one.via),
            cell(one.address),
            cell(one.subject),
            cell(one.cause),
            cell(readable(dict(one.facts))),
            cell(" ".join(one.withheld)),
            str(one.erased),
        )
    )
