"""Checkpoints (C2SP tlog-checkpoint): origin, size and root of a log, in a signed note.

Rules: no extension lines are written or read, since an ML-DSA-44 cosignature would not cover them. The log
signs with Ed25519 (0x01) and with ML-DSA-44 in cosignature form (0x06, C2SP tlog-cosignature). What a key of
a cosignature signs is built here, for signing and for verifying alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from muniment.proof.canonical import decode64, encode64
from muniment.proof.ed25519 import verify_ed25519
from muniment.proof.errors import Malformed
from muniment.proof.note import (
    COSIGNED_ED25519,
    COSIGNED_MLDSA44,
    ED25519,
    Key,
    Signed,
    check_plain,
    parse_note,
    verify_note,
)

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:  # the verifier runs on a bare Python too; it then says "not checked"
    MLDSA44PublicKey = None  # type: ignore[assignment,misc,unused-ignore]  # the absent class is asked for below

LATEST = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: who it is, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write the three lines that are signed.

        :raises Malformed: when origin, size or root cannot stand in a checkpoint.
        """
        if not _ORIGIN.fullmatch(self.origin) or len(self.origin.encode()) > 255:
            raise Malformed("The origin of a checkpoint is empty, too long, or holds a space or a plus sign.")
        if not 0 <= self.size <= LATEST or len(self.root) != 32:
            raise Malformed("The size or the root of a checkpoint is out of range.")
        return f"{self.origin}\n{self.size}\n{encode64(self.root)}\n"


def parse_checkpoint_text(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint.

    :raises Malformed: for another number of lines, a size with leading zeros, or a root that is not 32 bytes.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]):
        raise Malformed("A checkpoint has three lines: origin, size and root.")
    found = Checkpoint(lines[0], int(lines[1]), decode64(lines[2], length=32))
    found.text()
    return found


def cosigned_text(time: int, text: str) -> bytes:
    """Return what an Ed25519 cosigner (0x04) signs: its time in whole seconds and the checkpoint."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosigned_message(name: str, time: int, checkpoint: Checkpoint) -> bytes:
    """Return what an ML-DSA-44 cosigner (0x06) signs: `cosigned_message` of C2SP tlog-cosignature.

    :param name: the cosigner's name; of the log's own signature, the origin.
    :param time: whole seconds since 1970, or 0 for no statement about time.
    """
    signer, origin = name.encode(), checkpoint.origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(signer)]),
            signer,
            time.to_bytes(8, "big"),
            bytes([len(origin)]),
            origin,
            (0).to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def mldsa44_available() -> bool:
    """Return whether this machine can check ML-DSA-44 (it needs `cryptography` 48 or later)."""
    if MLDSA44PublicKey is None:
        return False
    try:
        MLDSA44PublicKey.from_public_bytes(bytes(1312))
    except UnsupportedAlgorithm:
        return False
    return True


def verify_mldsa44(public: bytes, raw: bytes, message: bytes) -> bool | None:
    """Return whether an ML-DSA-44 signature holds, or None when this machine cannot check it."""
    if not mldsa44_available():
        return None
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_signature(key: Key, text: str, raw: bytes) -> bool | None:
    """Say whether a key signed a checkpoint, in any of the three kinds that we know."""
    if key.kind == ED25519:
        return check_plain(key, text, raw)
    time = int.from_bytes(raw[:8], "big")
    if len(raw) < 8 or time > LATEST:
        return False
    if key.kind == COSIGNED_ED25519:
        return verify_ed25519(key.public, raw[8:], cosigned_text(time, text))
    if key.kind == COSIGNED_MLDSA44:
        message = cosigned_message(key.name, time, parse_checkpoint_text(text))
        return verify_mldsa44(key.public, raw[8:], message)
    return None


def parse_checkpoint(raw: bytes) -> Checkpoint:
    """Read a checkpoint file without believing it; `open_checkpoint` is the one that verifies.

    :raises Malformed: when note or text are misshapen.
    """
    return parse_checkpoint_text(parse_note(raw).text)


def open_checkpoint(raw: bytes, keys: Iterable[Key], *, origin: str = "") -> tuple[Checkpoint, Signed]:
    """Verify a checkpoint: the log itself must have signed it with each kind of key that is known for it.

    Asking for each kind defeats an operator who leaves the stronger signature out. Keys of one kind that
    follow each other (rotation) stand for one another.

    :param keys: the trusted keys; those named like the origin are the log's, others are cosigners.
    :param origin: the log that is expected; empty when any log for which there is a key will do.
    :raises Malformed: when a signature fails or is missing, or the log is another one.
    """
    known = tuple(keys)
    note = parse_note(raw)
    found = parse_checkpoint_text(note.text)
    if origin and found.origin != origin:
        raise Malformed("The checkpoint is of another log than the expected one.")
    signed = verify_note(note, known, check_signature)
    of_log = {key.kind for key in (*signed.good, *signed.unchecked) if key.name == found.origin}
    wanted = {key.kind for key in known if key.name == found.origin}
    if wanted - of_log:
        raise Malformed("The log has left out a signature for which its key is known.")
    if ED25519 not in {key.kind for key in signed.good if key.name == found.origin}:
        raise Malformed("The log's own Ed25519 signature is missing, or its key is not known.")
    return found, signed
