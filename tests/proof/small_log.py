"""A small log with keys that never change, and a pack about it, for all tests of the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256, shake_256

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.leaf import Leaf, Opening, seal_fields
from muniment.proof.merkle import CompactRange, inclusion_proof, leaf_hash, root_of
from muniment.proof.pack import Attachment, Event, PackContents, Quote
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
ORIGIN = "muniment.example/log/one"
POLICY = b"Incidents are reported within 24 hours.\nBackups are kept for a year.\n"
LAW = "Reports shall be made within four hours — Article 19.".encode()


def seeded(seed: str) -> Callable[[int], bytes]:
    """Give bytes that follow from a seed; each call gives other ones."""
    calls = 0

    def random_bytes(count: int) -> bytes:
        nonlocal calls
        calls += 1
        return shake_256(f"{seed}/{calls}".encode()).digest(count)

    return random_bytes


@dataclass(frozen=True)
class Log:
    """A log of thirteen events in memory."""

    signer: Signer
    entries: list[bytes]
    openings: list[tuple[Opening, ...]]
    checkpoint: bytes

    def node(self, level: int, index: int) -> bytes:
        grown = CompactRange()
        for entry in self.entries[index << level : (index + 1) << level]:
            grown.append(leaf_hash(entry))
        return grown.root()

    def proof(self, index: int) -> list[bytes]:
        return inclusion_proof(index, len(self.entries), self.node)


def make_log(origin: str = ORIGIN) -> Log:
    random_bytes = seeded("log")
    entries, openings = [], []
    for number in range(13):
        commitments, opened = seal_fields(
            {"action": "cases.decide", "actor": f"person/{number}", "at": "2030-01-02T12:00:00Z"},
            {"outcome": "cleared", "score": number, "names": ["Zoë", "Ωmega"], "final": True},
            random_bytes(32),
        )
        leaf = Leaf(
            "decision.approve", commitments, number, b"s" * 16, 1893585600 + number, sha256(b"x").digest()
        )
        entries.append(leaf.encode())
        openings.append(opened)
    signer = signer_from_seeds(origin, b"\x01" * 32, b"\x02" * 32)
    checkpoint = sign_checkpoint(signer, Checkpoint(origin, len(entries), root_of(entries)), NOON)
    return Log(signer, entries, openings, checkpoint)


def make_contents(log: Log, **changes: object) -> PackContents:
    contents = {
        "case": {"id": "case-7", "question": "Is the deadline kept?"},
        "decision": {"outcome": "gap", "by": "person/2"},
        "rationale": "The policy allows a day; the law asks for four hours.",
        "actors": [{"id": "person/2", "kind": "person", "role": "officer"}],
        "made": NOON,
        "events": [
            Event(index, log.entries[index], log.proof(index), log.openings[index][:5]) for index in (2, 5)
        ],
        "checkpoint": log.checkpoint,
        "signer": log.signer,
        "keys": log.signer.keys,
        "evidence": [Attachment("incidents.txt", "text/plain; charset=utf-8", POLICY)],
        "sources": [Attachment("act.xml", "application/xml", LAW, {"publisher": "invented"})],
        "quotes": [
            Quote(sha256(POLICY).hexdigest(), 0, 38, POLICY.decode()[:38], of="finding-1"),
            Quote(sha256(LAW).hexdigest(), 29, 39, "four hours"),
        ],
    }
    return PackContents(**{**contents, **changes})  # type: ignore[arg-type]  # the tests break parts on purpose
