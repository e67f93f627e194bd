"""A log that can be honest or not, a witness's folder, and a child that is killed while it cosigns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.proof.small_log import NOON

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.merkle import CompactRange, consistency_proof, leaf_hash, root_of
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.witness import write_submission
from muniment.witness import folder as place

NAME = "witness.example/one"


@dataclass
class Shown:
    """A log in memory that shows whatever head it is asked to."""

    origin: str = "log.example/one"
    seed: int = 0x21
    entries: list[bytes] = field(
        default_factory=lambda: [f"entry {number}".encode() for number in range(300)]
    )

    @property
    def signer(self) -> Signer:
        return signer_from_seeds(self.origin, bytes([self.seed]) * 32, bytes([self.seed + 1]) * 32)

    def forked(self) -> Shown:
        """The same log with another history from its first entry on."""
        return Shown(self.origin, self.seed, [b"other " + one for one in self.entries])

    def note(self, size: int) -> bytes:
        state = Checkpoint(self.origin, size, root_of(self.entries[:size]))
        return sign_checkpoint(self.signer, state, NOON)

    def asked(self, old: int, size: int) -> bytes:
        """The request that leads from one size to another."""
        proof = consistency_proof(old, size, self._node) if 0 < old <= size else []
        return write_submission(old, proof, self.note(size))

    def _node(self, level: int, index: int) -> bytes:
        grown = CompactRange()
        for entry in self.entries[index << level : (index + 1) << level]:
            grown.append(leaf_hash(entry))
        return grown.root()


def made(folder: Path, *logs: Shown, port: int = 8444) -> Signer:
    """Make a witness that knows these logs."""
    signer = place.make(folder, place.Settings(NAME, f"https://localhost:{port}", "127.0.0.1", port), NOON)
    for one in logs:
        place.trust(folder, one.signer.keys)
    return signer
