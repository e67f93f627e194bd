"""Reads DER (ITU-T X.690, 10): what certificates and time-stamps are written in.

Rules: strict. Lengths are definite and as short as can be, numbers and times have one form, nothing follows the end;
what is not needed here (tags above 30, text kinds) is not read. Depth has no bearing: one level is read at a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from muniment.proof.errors import Malformed

BOOLEAN, INTEGER, BITS, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE, SET, UTC_TIME, GENERAL_TIME = 0x30, 0x31, 0x17, 0x18
_MOST_PARTS = 4096
_DER_TIME = re.compile(r"(\d{14})(\.\d{0,8}[1-9])?Z")


@dataclass(frozen=True)
class Node:
    """One element: its tag, what it holds, and all its bytes.

    :param tag: first byte, with the bits of class and form. :param raw: tag, length and body.
    """

    tag: int
    body: bytes
    raw: bytes

    def want(self, tag: int) -> Node:
        """Return this element if it has the tag.

        :raises Malformed: when it has another.
        """
        if self.tag != tag:
            raise Malformed("An element of a DER structure is of another kind than it must be.")
        return self

    def parts(self, tag: int = SEQUENCE) -> list[Node]:
        """Return the elements of a sequence or set.

        :raises Malformed: when it is none.
        """
        return read_der(self.want(tag).body)

    def number(self) -> int:
        """Return the whole number that this is.

        :raises Malformed: when it is none, or not written as short as can be.
        """
        body = self.want(INTEGER).body
        if not body or (len(body) > 1 and body[:1] in (b"\0", b"\xff") and (body[0] ^ body[1]) < 0x80):
            raise Malformed("A number of a DER structure is not written as it must be.")
        return int.from_bytes(body, "big", signed=True)

    def name(self) -> str:
        """Return the object identifier that this is, with points.

        :raises Malformed: when it is none.
        """
        found: list[int] = []
        value = 0
        for at, byte in enumerate(self.want(OID).body):
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                found.append(value)
                value = 0
            elif value == 0 or at > 63:
                raise Malformed("An object identifier is not written as it must be.")
        if not found or value:
            raise Malformed("An object identifier is not written as it must be.")
        first = min(found[0] // 40, 2)
        return ".".join(str(one) for one in (first, found[0] - 40 * first, *found[1:]))

    def bits(self) -> bytes:
        """Return the bytes of a bit string that has whole bytes.

        :raises Malformed: when it has not.
        """
        body = self.want(BITS).body
        if body[:1] != b"\0":
            raise Malformed("A bit string has not whole bytes.")
        return body[1:]

    def time(self) -> datetime:
        """Return the moment that this is, in UTC (RFC 5280, 4.1.2.5; RFC 3161, 2.4.2).

        :raises Malformed: when it is none.
        """
        text = self.body.decode("latin-1")
        if self.tag == UTC_TIME:
            text = ("19" if text[:1] >= "5" else "20") + text
        else:
            self.want(GENERAL_TIME)
        found = _DER_TIME.fullmatch(text)
        try:
            if found is None:
                raise ValueError  # told below with the others
            whole = datetime.strptime(found.group(1), "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)  # noqa: UP017  # verify.py runs on 3.9
        except ValueError:
            raise Malformed("A time of a DER structure is none.") from None
        return whole.replace(microsecond=int((found.group(2) or ".0")[1:7].ljust(6, "0")))


def read_der(raw: bytes) -> list[Node]:
    """Return the elements that stand one after the other in these bytes.

    :raises Malformed: when they are not DER.
    """
    found: list[Node] = []
    at = 0
    while at < len(raw):
        if len(found) == _MOST_PARTS or raw[at] & 0x1F == 0x1F:
            raise Malformed("A DER structure has too many elements, or one of an unknown kind.")
        long = raw[at + 1] & 0x7F if at + 1 < len(raw) and raw[at + 1] & 0x80 else 0
        start = at + 2 + long
        length = (
            int.from_bytes(raw[at + 2 : start], "big")
            if long
            else int.from_bytes(raw[at + 1 : at + 2], "big")
        )
        short = long and (long > 4 or length < 0x80 or length >> 8 * (long - 1) == 0)
        if start > len(raw) or short or len(raw) - start < length or (raw[at + 1] == 0x80):
            raise Malformed("A DER structure ends early, or a length is not written as it must be.")
        found.append(Node(raw[at], raw[start : start + length], raw[at : start + length]))
        at = start + length
    return found


def only(raw: bytes, tag: int = SEQUENCE) -> Node:
    """Return the one element that these bytes are.

    :raises Malformed: when there is none, more than one, or one of another kind.
    """
    found = read_der(raw)
    if len(found) != 1:
        raise Malformed("A DER structure is not one element.")
    return found[0].want(tag)
