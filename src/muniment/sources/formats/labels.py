"""Labels of points, and where an amending act begins and ends quoting another one.

Rules it obeys: only a label alone in its cell makes a point; dashes do not number anything; a quotation
that runs over several blocks opens with a quotation mark and closes at the end of a block. A definition
('...' means ...) opens and closes in one block and is no such quotation.
"""

from __future__ import annotations

import re

_LABEL = re.compile(r"\(?([0-9]{1,4}[a-z]{0,3}|[a-z]{1,6}|[A-Z]{1,6})(?:\)|\.\)?)", re.ASCII)
_GROUP = re.compile(
    r"(?P<word>part|partie|section|class|classe|chapter|chapitre|module)[ \u00a0]"
    r"(?P<number>[0-9]{1,3}|[A-Z]{1,5})\b",
    re.IGNORECASE,
)
OPENING = ("\u2018", "\u201c", "\u00ab")
_CLOSING_INSIDE = re.compile(r"[\u2019\u201d\u00bb](?!\w)")
_CLOSING_LAST = re.compile(r"[\u2019\u201d\u00bb](?:[;.,:]|and|or|et|ou|\s|\")*$")


def point_number(label: str) -> str | None:
    """Return the number that a label such as ``(a)``, ``12.`` or ``(iv)`` gives its point, or ``None``."""
    found = _LABEL.fullmatch(label.strip("\u00a0 "))
    return found[1] if found else None


def group_step(heading: str) -> tuple[str, str] | None:
    """Return step and number of a part of an annex: ``Part A: ...`` gives ``prt_A`` and ``A``."""
    found = _GROUP.match(heading)
    if found is None:
        return None
    word = "sct" if found["word"].lower() == "section" else "prt"
    return f"{word}_{found['number']}", found["number"]


class Quotation:
    """Follows blocks of text and knows whether another act is being quoted."""

    def __init__(self) -> None:
        self.open = False

    def read(self, block: str) -> None:
        """Take notice of the next block."""
        if not self.open and block.startswith(OPENING):
            self.open = _CLOSING_INSIDE.search(block) is None
        elif self.open and _CLOSING_LAST.search(block):
            self.open = False
