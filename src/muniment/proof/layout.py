"""Which members a version 0 pack has, for writing and for reading alike.

Rules (`docs/formats/proofpack.md`): a closed list of names, some of which may be missing; events and proofs come
in pairs, numbered from 0001 in the order of their index; evidence and sources are named by their own SHA-256; the
manifest follows from the other members to the byte; the statement names every member that it can.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from muniment.proof.canonical import canonical, decode64, encode64, parse, shaped
from muniment.proof.errors import Malformed
from muniment.proof.leaf import FIXED, SLOTS, Leaf, Opening, parse_leaf, parse_opening, require_opened

README, STATEMENT, ENVELOPE = "README.txt", "statement.json", "statement.dsse.json"
CHECKPOINT, KEYS, VERIFIER, MANIFEST = "checkpoint", "trust/vkeys", "verify.py", "manifest.json"
WHOLE = "proofs/stream.json"
SINGLE = (README, STATEMENT, ENVELOPE, CHECKPOINT, KEYS, VERIFIER, MANIFEST)
ANCHORED, ANCHORING = "proofs/anchor.json", "proofs/anchor.tlog-proof"
FOLLOWED = "trust/succession"
AUTHORITIES = "trust/authorities.pem"
TIME_SIDES = ("before", "after")
_TIMES = ("json", "tlog-proof", "head", "1.tsr")
OPTIONAL = (WHOLE, ANCHORED, ANCHORING, FOLLOWED)
"""What a pack may hold: the proof that the case's stream is whole, that the installation's log names this state under
its witnesses' signatures, and how the keys of the log follow each other."""
UNNAMED = (STATEMENT, ENVELOPE, MANIFEST)
"""What the statement cannot name: itself, its envelope, and the manifest, which follows from all."""
MOST_EVENTS = 9_000
EVENT_KIND = "muniment.event/0"
MANIFEST_KIND = "muniment.manifest/0"
_NUMBERED = re.compile(r"(events|proofs)/[0-9]{4}\.(json|tlog-proof)")
_FILED = re.compile(r"(evidence|sources)/([0-9a-f]{64})")


def event_name(number: int) -> str:
    """Return the name of the number-th event's file, from 1."""
    return f"events/{number:04}.json"


def proof_name(number: int) -> str:
    """Return the name of the number-th event's proof."""
    return f"proofs/{number:04}.tlog-proof"


def time_name(side: str, part: str) -> str:
    """Return the name of a part of what bounds the events in time; the side is before or after."""
    return f"time/{side}{'-' if part.endswith('.tsr') else '.'}{part}"


@dataclass(frozen=True)
class Disclosed:
    """One event as a pack shows it: where it stands, its leaf to the byte, and the fields that are opened."""

    index: int
    raw: bytes
    leaf: Leaf
    openings: tuple[Opening, ...]

    def require_openings(self) -> None:
        """Make sure that every value shown is the one that the leaf committed to.

        :raises Malformed: naming the field that does not open.
        """
        for one in self.openings:
            require_opened(self.leaf, one)

    def says(self, path: str) -> Any:
        """Return the value of a field that is shown; None when it is not."""
        return next((one.value for one in self.openings if one.path == path), None)

    def withheld(self) -> list[str]:
        """Return what the leaf commits to and the pack does not show."""
        opened = {one.slot for one in self.openings}
        hidden = [path for slot, path in enumerate(FIXED) if slot not in opened]
        facts = sum(slot not in opened for slot in range(len(FIXED), SLOTS))
        return [*hidden, f"{facts} further slots, used or not"] if facts else hidden


def write_event(index: int, raw: bytes, openings: tuple[Opening, ...]) -> bytes:
    """Write an event's file after making sure that its openings open its leaf.

    :raises Malformed: when they do not, or the leaf itself is wrong.
    """
    shown = [one.shown() for one in sorted(openings, key=lambda one: one.slot)]
    made = canonical({"index": index, "k": EVENT_KIND, "leaf": encode64(raw), "openings": shown})
    parse_event(made).require_openings()
    return made


def parse_event(raw: bytes) -> Disclosed:
    """Read an event's file; `Disclosed.require_openings` then verifies what it shows.

    :raises Malformed: when the file, its leaf or its openings are misshapen.
    """
    held = shaped(parse(raw), {"index": int, "k": str, "leaf": str, "openings": list}, where="event")
    if held["k"] != EVENT_KIND or held["index"] < 0:
        raise Malformed("This event file is of another kind, or its index is negative.")
    entry = decode64(held["leaf"])
    leaf = parse_leaf(entry)
    openings = tuple(parse_opening(one) for one in held["openings"])
    slots = [one.slot for one in openings]
    paths = [one.path for one in openings if one.slot >= len(FIXED)]
    if slots != sorted(set(slots)) or paths != sorted(set(paths)):
        raise Malformed("The openings of an event are not sorted, or one stands twice.")
    return Disclosed(held["index"], entry, leaf, openings)


def write_manifest(sizes: Mapping[str, int], digests: Mapping[str, str]) -> bytes:
    """Write the manifest over all members but itself; there is only one for a given set."""
    rows: list[dict[str, Any]] = [
        {"name": name, "sha256": digests[name], "size": sizes[name]}
        for name in sorted(digests)
        if name != MANIFEST
    ]
    return canonical({"k": MANIFEST_KIND, "members": rows})


def require_layout(digests: Mapping[str, str]) -> int:
    """Make sure that the members are those of a version 0 pack, and return how many events there are.

    :raises Malformed: naming the member that is missing, unknown or misnamed.
    """
    for name in SINGLE:
        if name not in digests:
            raise Malformed("A member of the pack is missing.", where=name)
    numbered = 0
    timing = require_time(digests)
    for name, digest in digests.items():
        filed = _FILED.fullmatch(name)
        if filed:
            if filed.group(2) != digest:
                raise Malformed("A file is not the one that its name promises.", where=name)
        elif _NUMBERED.fullmatch(name):
            numbered += 1
        elif name not in SINGLE and name not in OPTIONAL and name not in timing:
            raise Malformed("There is a member that a version 0 pack does not have.", where=name)
    events, odd = divmod(numbered, 2)
    wanted = [named(number) for number in range(1, events + 1) for named in (event_name, proof_name)]
    if odd or not 0 < events <= MOST_EVENTS or any(name not in digests for name in wanted):
        raise Malformed("Events and proofs must come in pairs, numbered from 0001 without a gap.")
    return events


def require_time(names: Collection[str]) -> set[str]:
    """Make sure that what bounds events in time is there whole, each side that is there at all, and return its names.

    :raises Malformed: naming the member that is missing or unknown.
    """
    there = {name for name in names if name.startswith("time/") or name == AUTHORITIES}
    known = {AUTHORITIES} if there else set()
    wanted = set(known)
    for side in TIME_SIDES:
        may = {time_name(side, part) for part in (*_TIMES, "2.tsr")}
        may |= {time_name(side, "consistency")} if side == "after" else set()
        if there & may:
            wanted |= {time_name(side, part) for part in _TIMES}
        known |= may
    if there == {AUTHORITIES}:
        raise Malformed("There are authorities, and no time-stamp.", where=AUTHORITIES)
    for name in sorted(wanted - there):
        raise Malformed("A member of the pack is missing.", where=name)
    return there & known
