"""What may be kept, and under which name. Pure: no database, no clock, no request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final
from urllib.parse import quote

from muniment.spine.errors import Invalid
from muniment.spine.wording import require_wording
from muniment.vault.extraction.text import MAX_BYTES, Extracted

LONGEST_NAME: Final = 200

MEDIA_TYPES: Final = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".html": "text/html",
    ".htm": "text/html",
}


def require_legible(value: str, *, field: str) -> str:
    """Return a text that arrived whole.

    :raises Invalid: when it was not sent as UTF-8: where it stood, only replacement characters are left.
    """
    if "\ufffd" in value:
        raise Invalid(
            f"Some characters of the {field} did not arrive.", todo="Send it as UTF-8.", where=field
        )
    return value


def require_size(size: int) -> int:
    """Return the number of bytes of a file that is offered.

    :raises Invalid: when it is larger than any document that can be read here.
    """
    if size > MAX_BYTES:
        raise Invalid(f"The file is larger than {MAX_BYTES >> 20} MiB.", todo="Split it.", where="file")
    return size


def require_file_name(name: str) -> str:
    """Return a file's name without folders.

    :raises Invalid: when it is a path, too long, or of a kind that cannot be read here.
    """
    kept = require_wording(name, called="file name", shortest=1, longest=LONGEST_NAME)
    if "/" in kept or "\\" in kept or kept.startswith("."):
        raise Invalid(
            "The file name must not hold a folder.", todo="Give the file a plain name.", where="file name"
        )
    media_type(kept)
    return kept


def media_type(name: str) -> str:
    """Return the media type that a file's name stands for.

    :raises Invalid: for a kind that cannot be read here.
    """
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    if ending not in MEDIA_TYPES:
        raise Invalid(
            "Files of this kind cannot be read here.",
            todo=f"Use one of: {', '.join(sorted(MEDIA_TYPES))}.",
            where="file name",
        )
    return MEDIA_TYPES[ending]


def require_effective(effective: date, today: date) -> date:
    """Return the date from which a document holds.

    :raises Invalid: when it lies before 1900 or more than ten years ahead.
    """
    if effective.year < 1900 or effective > today + timedelta(days=3660):
        raise Invalid(
            "The date from which the document holds is not believable.",
            todo="Write it as year-month-day, between 1900 and ten years from now.",
            where="effective",
        )
    return effective


#: Longest text of one page that shows a document, in code points.
LONGEST_LEAF: Final = 30_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """A run of a document's pages that is shown at once: numbers of the first and last, and their span."""

    first: int
    last: int
    start: int
    end: int


def leaves(text: Extracted) -> tuple[Leaf, ...]:
    """Divide a document's text at its page edges into runs that a browser shows quickly; one page is never cut.

    Why it matters: a table of 200,000 rows is a document too.
    """
    found: list[Leaf] = []
    for page in text.pages:
        last = found[-1] if found else None
        if last is not None and page.end - last.start <= LONGEST_LEAF:
            found[-1] = Leaf(last.first, page.number, last.start, page.end)
        else:
            found.append(Leaf(page.number, page.number, page.start, page.end))
    return tuple(found)


def leaf_at(held: Sequence[Leaf], offset: int) -> int:
    """Return the position of the run in which a code point lies; the last one for anything beyond the text."""
    return next((nth for nth, leaf in enumerate(held) if offset < leaf.end), len(held) - 1)


def attachment(name: str) -> str:
    """Return the value of ``Content-Disposition`` that makes a browser save a file under its name (RFC 6266, 8187).

    Why it matters: a name is a person's text. Nothing of it can end the header, and no browser opens the file.
    """
    ending = name[name.rfind(".") :].lower() if "." in name else ""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_. ") else "_" for sign in name)
    safe = plain.strip(" .") or f"document{ending if ending in MEDIA_TYPES else ''}"
    return f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name, safe='')}"


def as_file(name: str, size: int) -> dict[str, str]:
    """Return the headers under which a document leaves: a file to be saved, of a kind that no browser guesses at."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": attachment(name),
        "Content-Length": str(size),
        "X-Content-Type-Options": "nosniff",
    }


#: A line at least this long that has no end of its own was broken by the page, not by a person.
BROKEN_LINE: Final = 55


def flowing(text: str) -> str:
    """Return the text of a printed page with its broken lines joined, for reading; every code point keeps its place.

    Why it matters: a PDF ends each line where the paper ended. A line break becomes one space, so that marks stay
    where they were; what is stored, quoted and hashed is never this text.
    """
    lines = text.split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        broken = len(before) >= BROKEN_LINE and line[:1].isalnum() and not line[:1].isdigit()
        joined += (" " if broken else "\n") + line
    return joined
