"""Entries as CEF (Common Event Format, version 0), one entry a line, UTF-8.

Rules: backslash and pipe are escaped in the head, backslash and equals sign in the extension; no line ends inside an
event. The version in the head is that of this format, so that an update of the program changes no line.
"""

from __future__ import annotations

from typing import Final

from muniment.ledger.exports.line import Line, compact, milliseconds, one_line

HEAD: Final = b""
FORMAT: Final = "1"


def in_head(text: str) -> str:
    """Return a text as it may stand in the head."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def in_extension(text: str) -> str:
    """Return a text as it may stand after an equals sign."""
    return one_line(text).replace("\\", "\\\\").replace("=", "\\=")


def line(one: Line) -> bytes:
    """Write one entry as an event; what CEF has no key for stands in the custom strings, each with its label."""
    head = "|".join(
        (
            "CEF:0",
            "Muniment",
            "Muniment",
            FORMAT,
            in_head(one.action),
            in_head(one.cls),
            "5" if one.refused else "1",
        )
    )
    given = (
        ("rt", str(milliseconds(one.at))),
        ("externalId", one.event),
        ("act", one.action),
        ("outcome", "failure" if one.refused else "success"),
        ("suid", one.actor),
        ("spriv", one.role),
        ("src", one.address),
        ("app", one.via),
        ("duid", one.person),
        ("cs1Label", "subject"),
        ("cs1", one.subject),
        ("cs2Label", "facts"),
        ("cs2", compact(dict(one.facts))),
        ("cs3Label", "withheld"),
        ("cs3", " ".join(one.withheld)),
        ("cs4Label", "leaf"),
        ("cs4", one.leaf),
        ("cs5Label", "cause"),
        ("cs5", one.cause),
        ("cs6Label", "log"),
        ("cs6", one.log),
        ("cn1Label", "index"),
        ("cn1", str(one.index)),
        ("cn2Label", "erased"),
        ("cn2", str(one.erased)),
    )
    filled = dict(given)
    shown = [
        f"{key}={in_extension(value)}"
        for key, value in given
        if value and filled.get(key.removesuffix("Label"), value)
    ]
    return f"{head}|{' '.join(shown)}\n".encode()
