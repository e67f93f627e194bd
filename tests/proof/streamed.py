"""A small log of three streams with stream-heads leaves, in memory, with keys that never change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from tests.proof.small_log import NOON, ORIGIN, seeded

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.leaf import Leaf, Opening, seal_fields
from muniment.proof.merkle import CompactRange, inclusion_proof, leaf_hash, root_of
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.streamheads import Head, HeadMap
from muniment.proof.streamproof import HEADS_CLASS, Placed, StreamProof, write_heads

CASE, OTHER, HEADS = b"case" * 4, b"othr" * 4, b"head" * 4
NAMES = {"c": CASE, "o": OTHER}
CLASSES = {"c": "case.change", "o": "evidence.change"}


@dataclass
class StreamedLog:
    """A log that is written letter by letter: `c` and `o` are entries of two streams, `h` a stream-heads leaf."""

    origin: str = ORIGIN
    seed: str = "streams"
    entries: list[bytes] = field(default_factory=list)
    openings: dict[int, tuple[Opening, ...]] = field(default_factory=dict)
    heads: HeadMap = field(default_factory=HeadMap)
    numbers: dict[bytes, int] = field(default_factory=dict)
    signed: dict[Checkpoint, bytes] = field(default_factory=dict)
    signer: Signer = field(init=False)
    random_bytes: Callable[[int], bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.signer = signer_from_seeds(self.origin, b"\x01" * 32, b"\x02" * 32)
        self.random_bytes = seeded(self.seed)

    def write(self, letters: str) -> StreamedLog:
        for letter in letters:
            if letter == "h":
                self.commit_heads()
            else:
                self.append(CLASSES[letter], NAMES[letter], {"note": letter})
        return self

    def append(
        self,
        cls: str,
        tag: bytes,
        facts: Mapping[str, object],
        *,
        sn: int | None = None,
        subject: str = "",
    ) -> None:
        index = len(self.entries)
        number = self.numbers.get(tag, 0) if sn is None else sn
        commitments, opened = seal_fields(
            {"action": cls, "subject": subject or f"cases.Case/{tag.hex()}", "at": "2030-01-02T12:00:00Z"},
            facts,
            self.random_bytes(32),
        )
        leaf = Leaf(cls, commitments, number, tag, 1893585600 + index, sha256(b"x").digest())
        self.entries.append(leaf.encode())
        self.openings[index] = opened
        self.numbers[tag] = number + 1
        self.heads.put(Head(tag, number, index))

    def commit_heads(self, **said: object) -> None:
        facts = {
            "root": self.heads.root().hex(),
            "size": len(self.entries),
            "streams": self.heads.streams,
            **said,
        }
        self.append(HEADS_CLASS, HEADS, facts)

    def node(self, level: int, index: int) -> bytes:
        grown = CompactRange()
        for entry in self.entries[index << level : (index + 1) << level]:
            grown.append(leaf_hash(entry))
        return grown.root()

    def state(self) -> Checkpoint:
        return Checkpoint(self.origin, len(self.entries), root_of(self.entries))

    def checkpoint(self) -> bytes:
        # ML-DSA-44 signs the same thing differently each time.
        state = self.state()
        if state not in self.signed:
            self.signed[state] = sign_checkpoint(self.signer, state, NOON)
        return self.signed[state]

    def placed(self, index: int) -> Placed:
        hashes = inclusion_proof(index, len(self.entries), self.node)
        return Placed(index, self.entries[index], tuple(hashes))

    def facts_of(self, index: int) -> tuple[Opening, ...]:
        return tuple(one for one in self.openings[index] if one.path.startswith("facts."))

    def published(self, index: int) -> bytes:
        return write_heads(index, self.openings[index])

    def proof(self, tag: bytes, places: list[int], heads: int, of: HeadMap) -> StreamProof:
        """Prove a stream by the stream-heads leaf at a place, given the map that it is about."""
        path, at = of.path(tag)
        return StreamProof(
            tag,
            self.checkpoint(),
            self.placed(heads),
            self.facts_of(heads),
            path,
            at,
            tuple(self.placed(index) for index in places),
        )


def map_of(log: StreamedLog, size: int) -> HeadMap:
    """The map over the first entries, made from their leaves."""
    from muniment.proof.leaf import parse_leaf

    held = HeadMap()
    for index, raw in enumerate(log.entries[:size]):
        leaf = parse_leaf(raw)
        held.put(Head(leaf.st, leaf.sn, index))
    return held
