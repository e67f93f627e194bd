"""One entry of the log: no plaintext, only salted commitments to sixteen fields.

Rules (`docs/formats/leaf.md`): every leaf has exactly sixteen commitments; the first eight slots are fixed,
the others hold facts sorted by name; unused slots hold random bytes, so that nobody can count what is hidden.
A salt is 32 random bytes, used once; whoever has neither salt nor value cannot tell what was committed.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from muniment.proof.canonical import canonical, decode64, encode64, parse, shaped
from muniment.proof.errors import Malformed

LEAF_KIND = "muniment.leaf/1"
LARGEST_LEAF = 4096
SLOTS = 16
FIXED = ("action", "actor", "at", "origin", "subject", "outcome", "cause", "rows")
MOST_FACTS = SLOTS - len(FIXED)
DOMAIN = b"muniment.commit/1\x00"
SALT = 32
STREAM = 16
_CLASS = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){0,3}")
_FACT = re.compile(r"facts\.[a-z][a-z0-9_]{0,63}")


def commit(salt: bytes, path: str, value: bytes) -> bytes:
    """Commit to a value without showing it: HMAC-SHA-256(salt, domain || length of path || path || value).

    The path stands in front with its length (two bytes, big-endian), so that no value can pass for another
    field's.

    :param value: canonical JSON bytes of the value.
    :raises Malformed: when the salt is not 32 bytes; HMAC pads shorter keys, which would let two salts agree.
    """
    if len(salt) != SALT:
        raise Malformed(f"A salt must be {SALT} bytes.")
    name = path.encode("ascii")
    return hmac.digest(salt, DOMAIN + len(name).to_bytes(2, "big") + name + value, "sha256")


@dataclass(frozen=True)
class Opening:
    """What is needed to show one field: where it stands, its salt and its value."""

    slot: int
    path: str
    salt: bytes
    value: Any

    def shown(self) -> dict[str, Any]:
        """Return the opening as the object that stands in an event file."""
        return {"path": self.path, "salt": encode64(self.salt), "slot": self.slot, "value": self.value}


@dataclass(frozen=True)
class Leaf:
    """One entry as it stands in the tree.

    :param cls: coarse class out of a closed list kept by the ledger.
    :param f: sixteen commitments of 32 bytes.
    :param sn: number of the entry within its stream, from 0.
    :param st: random tag of the stream, 16 bytes; a stream is never a person.
    :param t: whole seconds since 1970.
    :param x: SHA-256 of the encrypted body that holds the openings.
    """

    cls: str
    f: tuple[bytes, ...]
    sn: int
    st: bytes
    t: int
    x: bytes

    def encode(self) -> bytes:
        """Write the leaf as the bytes that are hashed into the tree.

        :raises Malformed: when a part has the wrong length or form.
        """
        if not _CLASS.fullmatch(self.cls):
            raise Malformed("The class of a leaf is not a dotted lower-case name.")
        if len(self.f) != SLOTS or any(len(one) != 32 for one in self.f):
            raise Malformed(f"A leaf has exactly {SLOTS} commitments of 32 bytes.")
        if len(self.st) != STREAM or len(self.x) != 32 or self.sn < 0 or self.t < 0:
            raise Malformed("The stream tag, body digest, number or time of a leaf is out of range.")
        return canonical(
            {
                "alg": "hs256",
                "cls": self.cls,
                "f": [encode64(one) for one in self.f],
                "k": LEAF_KIND,
                "sn": self.sn,
                "st": encode64(self.st),
                "t": self.t,
                "x": encode64(self.x),
            }
        )


def parse_leaf(raw: bytes) -> Leaf:
    """Read a leaf and refuse every byte that `Leaf.encode` would not have written.

    :raises Malformed: naming the rule that is broken.
    """
    keys = {"alg": str, "cls": str, "f": list, "k": str, "sn": int, "st": str, "t": int, "x": str}
    held = shaped(parse(raw, largest=LARGEST_LEAF), keys, where="leaf")
    if held["k"] != LEAF_KIND or held["alg"] != "hs256":
        raise Malformed("This leaf has a kind or algorithm that is not known here.")
    leaf = Leaf(
        cls=held["cls"],
        f=tuple(decode64(one, length=32) for one in held["f"]),
        sn=held["sn"],
        st=decode64(held["st"], length=STREAM),
        t=held["t"],
        x=decode64(held["x"], length=32),
    )
    leaf.encode()
    return leaf


def seal_fields(
    fixed: Mapping[str, Any], facts: Mapping[str, Any], random_bytes: Callable[[int], bytes]
) -> tuple[tuple[bytes, ...], tuple[Opening, ...]]:
    """Commit to the fields of one event and return the sixteen commitments with the openings to keep secret.

    :param fixed: values of the slots in `FIXED`; what is missing gets a dummy.
    :param facts: at most eight facts by plain name (`outcome_code`, not `facts.outcome_code`).
    :param random_bytes: source of secret randomness; asked once for 512 bytes.
    :raises Malformed: for an unknown slot, a ninth fact, a bad fact name or a value that cannot be written.
    """
    unknown = set(fixed) - set(FIXED)
    if unknown or len(facts) > MOST_FACTS:
        raise Malformed(f"A leaf has the slots {', '.join(FIXED)} and at most {MOST_FACTS} facts.")
    placed = [(slot, path, fixed[path]) for slot, path in enumerate(FIXED) if path in fixed]
    placed += [(len(FIXED) + at, f"facts.{name}", facts[name]) for at, name in enumerate(sorted(facts))]
    secret = random_bytes(SALT * SLOTS)
    commitments = [secret[SALT * slot : SALT * (slot + 1)] for slot in range(SLOTS)]
    openings = []
    for slot, path, value in placed:
        _require_path(slot, path)
        salt = commitments[slot]
        commitments[slot] = commit(salt, path, canonical(value))
        openings.append(Opening(slot, path, salt, value))
    return tuple(commitments), tuple(openings)


def parse_opening(held: Any) -> Opening:
    """Read one disclosed opening, as it stands in an event file.

    :raises Malformed: when a key is missing, or slot and path do not belong together.
    """
    shaped(held, {"path": str, "salt": str, "slot": int, "value": object}, where="opening")
    _require_path(held["slot"], held["path"])
    return Opening(held["slot"], held["path"], decode64(held["salt"], length=SALT), held["value"])


def require_opened(leaf: Leaf, opening: Opening) -> None:
    """Make sure that this value is what the leaf committed to when it was logged.

    :raises Malformed: when salt, path or value differ by a single bit.
    """
    given = commit(opening.salt, opening.path, canonical(opening.value))
    if not hmac.compare_digest(given, leaf.f[opening.slot]):
        raise Malformed("A disclosed value is not the one that was logged.", where=opening.path)


def _require_path(slot: int, path: str) -> None:
    if 0 <= slot < len(FIXED):
        if path != FIXED[slot]:
            raise Malformed("A field stands in a slot that belongs to another one.")
    elif not (len(FIXED) <= slot < SLOTS and _FACT.fullmatch(path)):
        raise Malformed(
            "A fact's name is not lower-case letters, digits and underscores, or its slot is wrong."
        )
