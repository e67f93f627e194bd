"""The side that signs: keys of a log, checkpoints and envelopes.

Rules: this is the only module of the room that needs `cryptography`; it is no part of `verify.py`. Keys leave
it only as PKCS #8 PEM, which the caller encrypts at rest. Time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from muniment.proof.checkpoint import Checkpoint, cosigned_message, cosigned_text
from muniment.proof.errors import Malformed
from muniment.proof.note import COSIGNED_ED25519, COSIGNED_MLDSA44, ED25519, Key, Signature, write_note


@dataclass(frozen=True)
class Signer:
    """A name with its two private keys; `repr` shows the name only.

    :param name: for a log its origin, for a statement's signer the origin or a name below it.
    """

    name: str
    ed25519: Ed25519PrivateKey = field(repr=False)
    mldsa44: MLDSA44PrivateKey = field(repr=False)

    @property
    def keys(self) -> tuple[Key, Key]:
        """The two public keys, Ed25519 (0x01) first."""
        return (
            Key(self.name, ED25519, self.ed25519.public_key().public_bytes_raw()),
            Key(self.name, COSIGNED_MLDSA44, self.mldsa44.public_key().public_bytes_raw()),
        )

    @property
    def cosigner_keys(self) -> tuple[Key, Key]:
        """The two public keys of a witness, which signs other people's checkpoints: Ed25519 (0x04) first."""
        plain, quantum = self.keys
        return Key(self.name, COSIGNED_ED25519, plain.public), quantum

    def vkeys(self) -> bytes:
        """Write the two public keys as the lines of a trust file."""
        return "".join(key.encode() + "\n" for key in self.keys).encode()

    def sign_raw(self, message: bytes) -> bytes:
        """Sign bytes with the Ed25519 key, for envelopes."""
        return self.ed25519.sign(message)

    def to_pem(self) -> bytes:
        """Write both private keys as two PKCS #8 PEM blocks, unencrypted: the caller seals them at once."""
        parts = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.ed25519.private_bytes(*parts) + self.mldsa44.private_bytes(*parts)


def new_signer(name: str) -> Signer:
    """Make fresh keys under a name; the randomness is the operating system's, inside OpenSSL."""
    return Signer(name, Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())


def signer_from_seeds(name: str, ed25519: bytes, mldsa44: bytes) -> Signer:
    """Make the keys that two 32-byte seeds stand for, so that a demo or a test can be repeated."""
    return Signer(
        name, Ed25519PrivateKey.from_private_bytes(ed25519), MLDSA44PrivateKey.from_seed_bytes(mldsa44)
    )


def signer_from_pem(name: str, raw: bytes) -> Signer:
    """Read back what `Signer.to_pem` wrote.

    :raises Malformed: when there are not exactly these two keys; the message shows nothing of them.
    """
    end = b"-----END PRIVATE KEY-----\n"
    blocks = [block + end for block in raw.split(end)[:-1]]
    try:
        keys = [load_pem_private_key(block, password=None) for block in blocks]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("The private keys cannot be read.") from None
    if (
        len(keys) != 2
        or not isinstance(keys[0], Ed25519PrivateKey)
        or not isinstance(keys[1], MLDSA44PrivateKey)
    ):
        raise Malformed("There must be one Ed25519 and one ML-DSA-44 private key.")
    return Signer(name, keys[0], keys[1])


def sign_checkpoint(signer: Signer, checkpoint: Checkpoint, now: datetime, *others: Signer) -> bytes:
    """Sign the state of a log with both keys and return the file to publish.

    :param signer: its name must be the checkpoint's origin.
    :param now: aware time; stands inside the ML-DSA-44 signature.
    :param others: further keys of the log that sign while one pair follows the other.
    :raises Malformed: when the signer is not the log's, or the checkpoint is of the empty tree's wrong root.
    """
    text = checkpoint.text()
    lines = []
    for one in (signer, *others):
        if one.name != checkpoint.origin:
            raise Malformed("A log's checkpoint must be signed under the log's own name.")
        plain, quantum = one.keys
        lines += [
            Signature(plain.name, plain.key_id, one.ed25519.sign(text.encode())),
            _cosigned_mldsa44(one, quantum, checkpoint, int(now.timestamp())),
        ]
    return write_note(text, lines)


def cosign_ed25519(name: str, private: Ed25519PrivateKey, checkpoint: Checkpoint, now: datetime) -> Signature:
    """Return a witness's Ed25519 cosignature (0x04); its key must serve this one cosigner only."""
    time = int(now.timestamp())
    key = Key(name, COSIGNED_ED25519, private.public_key().public_bytes_raw())
    raw = private.sign(cosigned_text(time, checkpoint.text()))
    return Signature(name, key.key_id, time.to_bytes(8, "big") + raw)


def cosign_mldsa44(signer: Signer, checkpoint: Checkpoint, now: datetime) -> Signature:
    """Return a witness's ML-DSA-44 cosignature (0x06) under the witness's own name."""
    return _cosigned_mldsa44(signer, signer.keys[1], checkpoint, int(now.timestamp()))


def cosign(witness: Signer, checkpoint: Checkpoint, now: datetime) -> tuple[Signature, Signature]:
    """Return both cosignatures of a witness, which say: as of now this is the largest tree that I have seen."""
    return (
        cosign_ed25519(witness.name, witness.ed25519, checkpoint, now),
        cosign_mldsa44(witness, checkpoint, now),
    )


def _cosigned_mldsa44(signer: Signer, key: Key, checkpoint: Checkpoint, time: int) -> Signature:
    raw = signer.mldsa44.sign(cosigned_message(signer.name, time, checkpoint))
    return Signature(signer.name, key.key_id, time.to_bytes(8, "big") + raw)
