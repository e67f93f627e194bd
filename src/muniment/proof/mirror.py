"""What a mirror is given beside heads: entries of a log, some at a time (`docs/formats/cosignature.md`).

Rules: a request names the log and the number of its first entry; entries stand as in a bundle of C2SP tlog-tiles, each
with its length in two bytes. Nothing of it is believed before a signed head leads to exactly these entries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from muniment.proof.errors import Malformed
from muniment.proof.witness import Declined

LARGEST_ENTRIES = 2 * 1024 * 1024
#: The answer to a head whose entries are not here: the body says how many are.
LACKING = 424
_GIVEN = re.compile(rb"first (0|[1-9][0-9]{0,18})\nlog ([^\n]{1,255})\n\n")


@dataclass(frozen=True)
class Given:
    """Entries of a log from one on, as they were sent; nothing of it is believed."""

    origin: str
    first: int
    raw: bytes


def write_given(origin: str, first: int, bundle: bytes) -> bytes:
    """Write the body of a request with entries.

    :param bundle: entries one after the other, each with its length in two bytes.
    """
    return f"first {first}\nlog {origin}\n\n".encode() + bundle


def parse_given(raw: bytes) -> Given:
    """Read the body of a request with entries.

    :raises Declined: with 400 or 413.
    """
    if len(raw) > LARGEST_ENTRIES:
        raise Declined(413, "The request is too long.")
    found = _GIVEN.match(raw)
    if found is None:
        raise Declined(
            400, "A request is the number of the first entry, the log, an empty line, and entries."
        )
    try:
        return Given(found.group(2).decode("utf-8"), int(found.group(1)), raw[found.end() :])
    except UnicodeDecodeError:
        raise Declined(400, "The log's name is not UTF-8.") from None


def split_entries(raw: bytes) -> list[bytes]:
    """Take entries apart.

    :raises Malformed: when the last one is cut off.
    """
    found, at = [], 0
    while at < len(raw):
        end = at + 2 + int.from_bytes(raw[at : at + 2], "big")
        if at + 2 > len(raw) or end > len(raw):
            raise Malformed("The entries are cut off.")
        found.append(raw[at + 2 : end])
        at = end
    return found
