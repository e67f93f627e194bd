"""The sealed body of an event: what its leaf committed to, one part for each key that can open it.

Layout, version 3: 0x03 || lane (16) || number (8, big-endian) || index of the stream (16), in the clear; then each part
as its length (4, big-endian) and its bytes, which `spine.envelope` sealed under the key that they name. Inside, the
tenant's own part holds: seed (32) || how many slots stand in other parts (1) || each of these as slot (1) and
commitment (32) || the fields. Another part holds: seed (32) || the fields. Fields are canonical JSON, a list of
`[slot, value]`, for a fact `[slot, name, value]`, in which what nearly every event says stands as one byte below 0x20
(`FRAGMENTS`), which canonical JSON never holds, and `[2]` alone says that the time is the one in the event's row: to
the second it stands in the leaf too. Version 2 begins with 0x02 and spells everything out.

Rules: salts follow from the seed of their own part, so that a destroyed key leaves no salt behind; the commitments of
the other parts stand in the tenant's, so that what it opens can be shown when those are gone. Bodies of version 1 (a
JSON object) and 2 are read for ever and written no more.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from muniment.ledger.numbers import HEADER, NUMBERED, Standing
from muniment.proof.canonical import canonical, parse
from muniment.proof.errors import Malformed
from muniment.proof.leaf import FIXED, SALT, SLOTS, Opening, parse_opening

FIRST_KIND: Final = "muniment.body/1"
LARGEST: Final = 1 << 26
TIME: Final = FIXED.index("at")
_LENGTH: Final = 4
_HASH: Final = 32

#: What stands for the bytes 0x01, 0x02 and so on. It may grow at its end and never change: bodies are kept for ever.
#: A longer one stands before those that it holds. It is a fixed list, so that the length of a sealed part says nothing
#: about what people wrote.
FRAGMENTS: Final = (
    b'[[0,"',
    b'"],[1,"',
    b'"],[2],[3,{"address":"',
    b'","factors":["password","totp"],"kind":"person"',
    b'","factors":["password"],"kind":"person"',
    b'","factors":[],"kind":"system"',
    b'","factors":[],"kind":"token"',
    b'","factors":[',
    b'],"kind":"',
    b',"request":"',
    b',"role":"system","via":"job"}],[4,"',
    b',"role":"system","via":"cli"}],[4,"',
    b',"role":"',
    b'","user":"',
    b'","via":"page"}],[4,"',
    b'","via":"api"}],[4,"',
    b'","via":"',
    b'"}],[4,"',
    b'"],[5,"done"],[7,"',
    b'"],[5,"done"],[8,"',
    b'"],[5,"refused"],[6,"',
    b'"],[5,"',
    b'"],[6,"',
    b'"],[7,"',
    b'"],[8,"',
    b'"],[9,"',
    b'"],[10,"',
    b'"],[11,"',
)
_CODES: Final = tuple((one, bytes([code])) for code, one in enumerate(FRAGMENTS, start=1))
_CODE: Final = re.compile(rb"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Part:
    """What one key opens.

    :param fields: slot, path and value; ``None`` for the time of the event's row.
    :param closed: commitments of the slots that other keys open.
    """

    seed: bytes
    fields: list[tuple[int, str, Any]]
    closed: dict[int, bytes] = field(default_factory=dict)


def write_body(stands: Standing, parts: Iterable[bytes]) -> bytes:
    """Join sealed parts behind the number of their event."""
    return stands.packed() + b"".join(len(part).to_bytes(_LENGTH, "big") + part for part in parts)


def sealed_parts(body: bytes) -> Iterator[bytes]:
    """Return the sealed parts of a body, each with the name of its key in front.

    :raises Malformed: when the body has not a form that the ledger writes.
    """
    if body[:1] not in NUMBERED:
        held = parse(body, largest=max(len(body), 1))
        if not isinstance(held, dict) or held.get("k") != FIRST_KIND:
            raise Malformed("The body of an event has a form that is not known here.")
        yield from (base64.b64decode(part, validate=True) for part in held["p"])
        return
    at = HEADER.size
    while at < len(body):
        start = at + _LENGTH
        at = start + int.from_bytes(body[at:start], "big")
        if not start < at <= len(body):
            raise Malformed("The body of an event is cut off.")
        yield body[start:at]


def write_part(seed: bytes, openings: Iterable[Opening], closed: Mapping[int, bytes] | None) -> bytes:
    """Return the plain bytes of a part.

    :param closed: for the tenant's own part, the commitments of the slots in the others; for another one ``None``.
    """
    fields = [
        [one.slot]
        if one.slot == TIME
        else [one.slot, one.value]
        if one.slot < len(FIXED)
        else [one.slot, one.path.removeprefix("facts."), one.value]
        for one in openings
    ]
    apart = b""
    if closed is not None:
        apart = bytes([len(closed)]) + b"".join(bytes([slot]) + one for slot, one in sorted(closed.items()))
    return seed + apart + _shortened(canonical(fields))


def read_part(plain: bytes, *, tenants_own: bool) -> Part:
    """Read the plain bytes of a part of version 2 or 3.

    :raises Malformed: when they have another form.
    """
    seed, rest, closed = plain[:SALT], plain[SALT:], {}
    if tenants_own:
        width = 1 + _HASH
        end = 1 + width * (rest[0] if rest else 0)
        closed = {rest[at]: rest[at + 1 : at + width] for at in range(1, end, width)}
        rest = rest[end:]
    fields = parse(_CODE.sub(_spelt_out, rest), largest=LARGEST)
    if not isinstance(fields, list):
        raise Malformed("A part of an event's body has a form that is not known here.")
    return Part(seed, [_field(one) for one in fields], closed)


def _shortened(fields: bytes) -> bytes:
    for fragment, code in _CODES:
        fields = fields.replace(fragment, code)
    return fields


def _spelt_out(code: re.Match[bytes]) -> bytes:
    at = code[0][0] - 1
    if not 0 <= at < len(FRAGMENTS):
        raise Malformed("A part of an event's body has a form that is not known here.")
    return FRAGMENTS[at]


def _field(held: Any) -> tuple[int, str, Any]:
    match held:
        case [int(slot)] if slot == TIME:
            return slot, FIXED[slot], None
        case [int(slot), value] if 0 <= slot < len(FIXED):
            return slot, FIXED[slot], value
        case [int(slot), str(name), value] if len(FIXED) <= slot < SLOTS:
            return slot, f"facts.{name}", value
    raise Malformed("A field of an event's body has a form that is not known here.")


def first_openings(plain: bytes) -> list[Opening]:
    """Read the plain bytes of a part of version 1, which hold each salt by itself."""
    return [parse_opening(one) for one in parse(plain, largest=LARGEST)]
