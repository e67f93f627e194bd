"""One entry of the log: no plaintext, only the root over salted commitments to sixteen fields.

Rules (`docs/formats/leaf.md`): every leaf commits to exactly sixteen slots; the first eight are fixed, the others
hold facts sorted by name; an unused slot holds what nobody can tell from a commitment, so that nobody can count what
is hidden. Salts are 32 bytes, used once; whoever has neither salt nor value cannot tell what was committed. Leaves of
version 1, which name the sixteen commitments one by one, are read for ever and written no more.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from muniment.proof.canonical import GREATEST, canonical, decode64, encode64, parse, shaped
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash, node_hash, verify_inclusion

LEAF_KIND = "muniment.leaf/2"
FIRST_KIND = "muniment.leaf/1"
LARGEST_LEAF = 4096
SLOTS = 16
FIXED = ("action", "actor", "at", "origin", "subject", "outcome", "cause", "rows")
MOST_FACTS = SLOTS - len(FIXED)
DOMAIN = b"muniment.commit/1\x00"
SALTS = b"muniment.salt/1\x00"
UNUSED = b"muniment.unused/1\x00"
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


def salt_of(seed: bytes, slot: int) -> bytes:
    """Return the salt of a slot: HMAC-SHA-256 under a random seed, so that one salt tells nothing of another."""
    return hmac.digest(seed, SALTS + bytes([slot]), "sha256")


def unused_of(seed: bytes, slot: int) -> bytes:
    """Return what stands in a slot without a field; only who has the seed can tell it from a commitment."""
    return hmac.digest(seed, UNUSED + bytes([slot]), "sha256")


@dataclass(frozen=True)
class Opening:
    """What is needed to show one field: where it stands, its salt and its value.

    :param beside: the four hashes that lead from its commitment to the leaf's root (RFC 6962, the tree over the
        sixteen commitments); none for a leaf of version 1.
    """

    slot: int
    path: str
    salt: bytes
    value: Any
    beside: tuple[bytes, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return the opening as the object that stands in an event file."""
        shown = {"path": self.path, "salt": encode64(self.salt), "slot": self.slot, "value": self.value}
        return shown if not self.beside else {"beside": [encode64(one) for one in self.beside], **shown}


@dataclass(frozen=True)
class Leaf:
    """One entry as it stands in the tree.

    :param cls: coarse class out of a closed list kept by the ledger.
    :param f: the root over the sixteen commitments, 32 bytes; in version 1 the sixteen themselves.
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
        if len(self.f) not in {1, SLOTS} or any(len(one) != 32 for one in self.f):
            raise Malformed(
                f"A leaf has the root over {SLOTS} commitments, 32 bytes, or in version 1 all of them."
            )
        if len(self.st) != STREAM or len(self.x) != 32 or self.sn < 0 or self.t < 0:
            raise Malformed("The stream tag, body digest, number or time of a leaf is out of range.")
        if self.sn > GREATEST or self.t > GREATEST:
            raise Malformed("The number or time of a leaf is out of range.")
        first = len(self.f) > 1
        roots = ",".join(f'"{encode64(one)}"' for one in self.f)
        # As `canonical` would write it, which takes five times as long: nothing here needs escaping or sorting.
        return (
            f'{{"alg":"hs256","cls":"{self.cls}","f":{f"[{roots}]" if first else roots},'
            f'"k":"{FIRST_KIND if first else LEAF_KIND}","sn":{self.sn},"st":"{encode64(self.st)}",'
            f'"t":{self.t},"x":"{encode64(self.x)}"}}'
        ).encode("ascii")


def parse_leaf(raw: bytes) -> Leaf:
    """Read a leaf and refuse every byte that `Leaf.encode` would not have written.

    :raises Malformed: naming the rule that is broken.
    """
    keys = {"alg": str, "cls": str, "f": object, "k": str, "sn": int, "st": str, "t": int, "x": str}
    held = shaped(parse(raw, largest=LARGEST_LEAF), keys, where="leaf")
    if held["k"] not in {LEAF_KIND, FIRST_KIND} or held["alg"] != "hs256":
        raise Malformed("This leaf has a kind or algorithm that is not known here.")
    commitments = held["f"] if held["k"] == FIRST_KIND else [held["f"]]
    if not isinstance(commitments, list) or len(commitments) != (SLOTS if held["k"] == FIRST_KIND else 1):
        raise Malformed("The commitments of a leaf have not the form that its kind asks for.")
    leaf = Leaf(
        cls=held["cls"],
        f=tuple(decode64(one, length=32) for one in commitments),
        sn=held["sn"],
        st=decode64(held["st"], length=STREAM),
        t=held["t"],
        x=decode64(held["x"], length=32),
    )
    leaf.encode()
    return leaf


def seal_fields(
    fixed: Mapping[str, Any],
    facts: Mapping[str, Any],
    seed: bytes,
    apart: Mapping[str, bytes] | None = None,
) -> tuple[tuple[bytes, ...], tuple[Opening, ...]]:
    """Commit to the fields of one event; returns what its leaf says of them, and the openings to keep secret.

    :param fixed: values of the slots in `FIXED`.
    :param facts: at most eight facts by plain name (`outcome_code`, not `facts.outcome_code`).
    :param seed: 32 random bytes, used for this event only; all salts follow from it.
    :param apart: a seed of its own for each path that is to be forgotten by itself, 32 random bytes each.
    :raises Malformed: for an unknown slot, a ninth fact, a bad fact name or a value that cannot be written.
    """
    unknown = set(fixed) - set(FIXED)
    if unknown or len(facts) > MOST_FACTS:
        raise Malformed(f"A leaf has the slots {', '.join(FIXED)} and at most {MOST_FACTS} facts.")
    placed = [(slot, path, fixed[path]) for slot, path in enumerate(FIXED) if path in fixed]
    placed += [(len(FIXED) + at, f"facts.{name}", facts[name]) for at, name in enumerate(sorted(facts))]
    seeds = apart or {}
    return arranged(seed, [(slot, path, value, seeds.get(path, seed)) for slot, path, value in placed], {})


def arranged(
    seed: bytes, fields: Iterable[tuple[int, str, Any, bytes]], closed: Mapping[int, bytes]
) -> tuple[tuple[bytes, ...], tuple[Opening, ...]]:
    """Build the tree over the sixteen commitments; returns what the leaf says, and the openings by slot.

    :param seed: of the slots without a field.
    :param fields: slot, path, value and the seed of its salt.
    :param closed: commitments of slots whose value is not at hand.
    :raises Malformed: when a field stands in a slot that is not its own, or cannot be written.
    """
    commitments = [closed.get(slot) or unused_of(seed, slot) for slot in range(SLOTS)]
    opened = []
    for slot, path, value, own in fields:
        require_path(slot, path)
        salt = salt_of(own, slot)
        commitments[slot] = commit(salt, path, canonical(value))
        opened.append((slot, path, salt, value))
    levels = [[leaf_hash(one) for one in commitments]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below), 2)])
    root = levels.pop()
    return tuple(root), tuple(
        Opening(slot, path, salt, value, tuple(row[(slot >> up) ^ 1] for up, row in enumerate(levels)))
        for slot, path, salt, value in sorted(opened, key=lambda one: one[0])
    )


def parse_opening(held: Any) -> Opening:
    """Read one disclosed opening, as it stands in an event file.

    :raises Malformed: when a key is missing, or slot and path do not belong together.
    """
    keys = {"path": str, "salt": str, "slot": int, "value": object}
    shaped(held, keys, optional={"beside": list}, where="opening")
    require_path(held["slot"], held["path"])
    beside = tuple(decode64(one, length=32) for one in held.get("beside", ()))
    return Opening(held["slot"], held["path"], decode64(held["salt"], length=SALT), held["value"], beside)


def require_opened(leaf: Leaf, opening: Opening) -> None:
    """Make sure that this value is what the leaf committed to when it was logged.

    :raises Malformed: when salt, path or value differ by a single bit.
    """
    given = commit(opening.salt, opening.path, canonical(opening.value))
    if len(leaf.f) == SLOTS:
        holds = hmac.compare_digest(given, leaf.f[opening.slot]) and not opening.beside
    else:
        holds = _leads_to(leaf.f[0], given, opening)
    if not holds:
        raise Malformed("A disclosed value is not the one that was logged.", where=opening.path)


def _leads_to(root: bytes, commitment: bytes, opening: Opening) -> bool:
    try:
        verify_inclusion(leaf_hash(commitment), opening.slot, SLOTS, opening.beside, root)
    except Malformed:
        return False
    return True


def require_path(slot: int, path: str) -> None:
    """Make sure that a field stands in a slot where it may stand.

    :raises Malformed: otherwise.
    """
    if 0 <= slot < len(FIXED):
        if path != FIXED[slot]:
            raise Malformed("A field stands in a slot that belongs to another one.")
    elif not (len(FIXED) <= slot < SLOTS and _FACT.fullmatch(path)):
        raise Malformed(
            "A fact's name is not lower-case letters, digits and underscores, or its slot is wrong."
        )
