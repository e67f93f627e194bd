"""Proof files (C2SP tlog-proof v1): where an entry stands, the hashes to the root, and the checkpoint.

Rules: strict in writing and in reading. Base64 is canonical, numbers have no leading zeros, there is no
carriage return, and what stands after the first empty line is the checkpoint to the last byte. The optional
`extra` line is not authenticated; we never write one and a proofpack may not hold one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from muniment.proof.canonical import decode64, encode64
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.merkle import verify_inclusion
from muniment.proof.note import LARGEST_NOTE

MAGIC = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True)
class TlogProof:
    """A proof file taken apart; the checkpoint's bytes are not yet believed."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def require(self, hashed: bytes, checkpoint: Checkpoint) -> None:
        """Make sure that the leaf hash is in the tree of an already verified checkpoint.

        :raises Malformed: when it is not.
        """
        verify_inclusion(hashed, self.index, checkpoint.size, self.hashes, checkpoint.root)


def write_tlog_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes) -> bytes:
    """Write a proof file around a checkpoint, which is included to the last byte.

    :raises Malformed: when the result could not be read back.
    """
    head = "".join([f"{MAGIC}\nindex {index}\n", *(encode64(one) + "\n" for one in hashes)])
    raw = head.encode() + b"\n" + checkpoint
    parse_tlog_proof(raw)
    return raw


def parse_tlog_proof(raw: bytes) -> TlogProof:
    """Read a proof file.

    :raises Malformed: for anything that `write_tlog_proof` would not write, apart from the `extra` line.
    """
    if len(raw) > LARGEST_NOTE or b"\r" in raw:
        raise Malformed("The proof file is too long or holds a carriage return.")
    head, blank, checkpoint = raw.partition(b"\n\n")
    if not blank or not checkpoint:
        raise Malformed("The proof file holds no checkpoint.")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("The proof file's lines must be ASCII.") from None
    if lines.pop(0) != MAGIC:
        raise Malformed("The proof file does not begin with its format's name.")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode64(lines.pop(0)[6:])
    found = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if found is None or len(lines) > 63:
        raise Malformed("The proof file has no proper index line, or too many hashes.")
    hashes = tuple(decode64(line, length=32) for line in lines)
    return TlogProof(int(found.group(1)), hashes, checkpoint, extra)
