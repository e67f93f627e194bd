"""A log of 300 events on the disk, and the receipts of its last ones, for the tests of receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.proof.small_log import seeded

from muniment.proof.checkpoint import Checkpoint, open_checkpoint
from muniment.proof.honoured import SeenHead, head_of
from muniment.proof.leaf import Leaf, seal_fields
from muniment.proof.merkle import root_of
from muniment.proof.note import ED25519, Key
from muniment.proof.receipt import (
    Receipt,
    promised_leaf,
    receipt_name,
    write_announcement,
    write_receipt,
)
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.tiles import Tiles, TileWriter
from muniment.proof.tlogproof import TlogProof

ORIGIN = "muniment.example/log/receipts"
BEGAN = 1_900_000_000
COUNT = 300
#: Entries under the head that stood when the receipts were given.
BEFORE = 290


@dataclass(frozen=True)
class Promised:
    """A log, its keys, and what was promised about each entry."""

    folder: Path
    signer: Signer
    private: Ed25519PrivateKey
    entries: list[bytes]

    @property
    def key(self) -> Key:
        return Key(receipt_name(ORIGIN), ED25519, self.private.public_key().public_bytes_raw())

    @property
    def keys(self) -> list[Key]:
        return [*self.signer.keys, self.key]

    def receipt(self, index: int, **changes: object) -> Receipt:
        body = body_of(index)
        told = {
            "origin": ORIGIN,
            "entry": f"{index:032x}",
            "leaf": promised_leaf(leaf_of(index)),
            "body": body,
            "recorded": BEGAN + index,
            "due": BEGAN + index + 60,
            "size": BEFORE,
            "root": root_of(self.entries[:BEFORE]),
        }
        return Receipt(**{**told, **changes})  # type: ignore[arg-type]  # the test's own words

    def signed(self, receipt: Receipt) -> bytes:
        return write_receipt(receipt, self.key, self.private.sign)

    def publish(self, at: int, entries: list[bytes] | None = None) -> SeenHead:
        """Sign a head over these entries, put it into the folder and return it as a reader sees it."""
        held = self.entries if entries is None else entries
        raw = sign_checkpoint(
            self.signer,
            Checkpoint(ORIGIN, len(held), root_of(held)),
            datetime.fromtimestamp(at, UTC),
        )
        TileWriter(self.folder, sync=False).publish(raw)
        return head_of(raw, *open_checkpoint(raw, self.signer.keys))

    def announce(self) -> None:
        said = write_announcement(self.key, [(self.signer.keys[0], self.signer.sign_raw)])
        TileWriter(self.folder, sync=False).keep("receipt-key", said)

    def proof(self, index: int) -> TlogProof:
        return TlogProof(index, tuple(Tiles(self.folder, COUNT).inclusion(index)), b"")


def body_of(index: int) -> bytes:
    return sha256(f"body {index}".encode()).digest()


def leaf_of(index: int, **changes: object) -> bytes:
    commitments, _ = seal_fields({"action": "cases.open"}, {}, seeded(f"leaf {index}")(32))
    told = {
        "cls": "case.change",
        "f": commitments,
        "sn": index // 2,
        "st": b"s" * 16,
        "t": BEGAN + index,
        "x": body_of(index),
    }
    return Leaf(**{**told, **changes}).encode()  # type: ignore[arg-type]  # the test's own words


def make_promised(folder: Path, entries: list[bytes] | None = None) -> Promised:
    held = [leaf_of(index) for index in range(COUNT)] if entries is None else entries
    TileWriter(folder, sync=False).extend(0, held)
    signer = signer_from_seeds(ORIGIN, b"\x05" * 32, b"\x06" * 32)
    return Promised(folder, signer, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32), held)
