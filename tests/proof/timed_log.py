"""A tenant's log and an installation's log in memory, with time-stamps below and above some of the entries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.proof.small_log import seeded
from tests.proof.stamped import NOON, ROOT, pem, response

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.layout import AUTHORITIES, time_name, write_event
from muniment.proof.leaf import Leaf, Opening, seal_fields
from muniment.proof.merkle import CompactRange, consistency_proof, inclusion_proof, leaf_hash, root_of
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.timed import write_consistency
from muniment.proof.tlogproof import write_tlog_proof

TENANT, HOUSE = "muniment.example/t/one", "muniment.example/deployment/two"
HOUR = timedelta(hours=1)
#: Places in the tenant's log: the entry that names the tokens stands between the first and the others.
NOTE, EVENTS = 1, (2, 3)


@dataclass
class MemoryLog:
    """A log that grows by one entry after the other."""

    origin: str
    signer: Signer
    entries: list[bytes] = field(default_factory=list)
    openings: list[tuple[Opening, ...]] = field(default_factory=list)
    shown: dict[int, bytes] = field(default_factory=dict)

    def add(self, action: str, facts: dict[str, Any], subject: str = "time", outcome: str = "done") -> int:
        random_bytes = seeded(f"{self.origin}/{len(self.entries)}")
        commitments, opened = seal_fields(
            {"action": action, "subject": subject, "outcome": outcome}, facts, random_bytes(32)
        )
        number = len(self.entries)
        body = hashlib.sha256(b"x").digest()
        leaf = Leaf("system.change", commitments, number, b"s" * 16, 1893585600 + number, body)
        self.entries.append(leaf.encode())
        self.openings.append(opened)
        return number

    def node(self, level: int, index: int) -> bytes:
        grown = CompactRange()
        for entry in self.entries[index << level : (index + 1) << level]:
            grown.append(leaf_hash(entry))
        return grown.root()

    def head(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, root_of(self.entries[:size]))

    def signed(self, size: int) -> bytes:
        # ML-DSA-44 signs differently each time; a log publishes one of them.
        return self.shown.setdefault(size, sign_checkpoint(self.signer, self.head(size), NOON))

    def event(self, index: int, *hidden: str) -> bytes:
        shown = tuple(one for one in self.openings[index] if one.path not in hidden)
        return write_event(index, self.entries[index], shown)

    def proof(self, index: int, size: int) -> bytes:
        return write_tlog_proof(index, inclusion_proof(index, size, self.node), self.signed(size))


def token(head: Checkpoint, at: datetime, **more: Any) -> bytes:
    """Make a time-stamp on a head."""
    imprint = hashlib.sha256(head.text().encode()).digest()
    told = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint}
    return response(lambda parts: parts["info"].update(message_imprint=told, gen_time=at), **more)


def logs() -> tuple[MemoryLog, MemoryLog]:
    return (
        MemoryLog(TENANT, signer_from_seeds(TENANT, b"\x01" * 32, b"\x02" * 32)),
        MemoryLog(HOUSE, signer_from_seeds(HOUSE, b"\x03" * 32, b"\x04" * 32)),
    )


@dataclass
class Stamped:
    """What a pack would hold of it: the members by name, the tenant's checkpoint, and both logs."""

    members: dict[str, bytes]
    checkpoint: bytes
    tenant: MemoryLog
    house: MemoryLog


def stamped(
    size: int = 6,
    anchored: int = 6,
    *,
    low: datetime = NOON,
    high: datetime = NOON + HOUR,
    signed: dict[str, Any] | None = None,
    **facts: Any,
) -> Stamped:
    """Make entries with a token below and one above.

    :param size: of the tenant's checkpoint. :param anchored: of the state that the stamped head holds.
    :param signed: how the tokens are signed. :param facts: what the anchor says otherwise.
    """
    tenant, house = logs()
    house.add("ledger.note_clock", {"step": "back"})
    early = house.head(1)
    before = token(early, low, **(signed or {}))
    tenant.add("cases.open", {"number": 1}, "cases.Case/1")
    named = {"tokens": [hashlib.sha256(before).hexdigest()]}
    tenant.add("ledger.note_stamp", {**named, "time": "2026-11-22T12:00:00Z"})
    for number in range(2, 9):
        tenant.add("cases.open", {"number": number}, f"cases.Case/{number}")
    state = {"size": anchored, "root": tenant.head(anchored).root.hex(), **facts}
    place = house.add("ledger.anchor", state, "log/one")
    house.add("ledger.note_clock", {"step": "back"})
    late = house.head(3)
    members = {
        AUTHORITIES: pem(ROOT),
        time_name("before", "json"): tenant.event(NOTE, "subject", "facts.time"),
        time_name("before", "tlog-proof"): tenant.proof(NOTE, size),
        time_name("before", "head"): early.text().encode(),
        time_name("before", "1.tsr"): before,
        time_name("after", "json"): house.event(place),
        time_name("after", "tlog-proof"): house.proof(place, 3),
        time_name("after", "head"): late.text().encode(),
        time_name("after", "1.tsr"): token(late, high, **(signed or {})),
    }
    old, new = sorted((size, anchored))
    if old != new:
        hashes = consistency_proof(old, new, tenant.node)
        members[time_name("after", "consistency")] = write_consistency(old, hashes)
    return Stamped(members, tenant.signed(size), tenant, house)
