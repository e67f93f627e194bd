"""COSE receipts (RFC 9942): the inclusion proof of an entry in the form that SCITT programs read.

Rules: a COSE_Sign1 (RFC 9052) whose payload, the root of the tree, is left out; the protected header names the log and
its key, the proof stands in the unprotected one. The signature covers header and root alone, so that one, made when
the head is, serves every entry below it. Only the few kinds of value that this needs are written (RFC 8949, 4.2.1:
shortest form, keys in the order of their bytes); nothing is read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.ed25519 import verify_ed25519
from muniment.proof.errors import Malformed
from muniment.proof.note import ED25519, Key
from muniment.proof.tlogproof import TlogProof

Cbor: TypeAlias = "int | bytes | str | Sequence[Cbor] | Mapping[int, Cbor] | None"

ALG, KID, CLAIMS, STRUCTURE, PROOFS = 1, 4, 15, 395, 396
EDDSA: Final = -8
RFC9162_SHA256: Final = 1
INCLUSION: Final = -1
ISSUER, SUBJECT = 1, 2
SIGN1: Final = b"\xd2"
_NULL: Final = b"\xf6"


def cbor(value: Cbor) -> bytes:
    """Write a value in its one deterministic form.

    :raises Malformed: for a number of more than 64 bits.
    """
    if value is None:
        return _NULL
    if isinstance(value, int):
        return _counted(0, value) if value >= 0 else _counted(1, -1 - value)
    if isinstance(value, bytes):
        return _counted(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return _counted(3, len(raw)) + raw
    if isinstance(value, Mapping):
        pairs = sorted((cbor(name), cbor(held)) for name, held in value.items())
        return _counted(5, len(pairs)) + b"".join(name + held for name, held in pairs)
    return _counted(4, len(value)) + b"".join(cbor(one) for one in value)


def protected(key: Key) -> bytes:
    """Return the protected header of the receipts that a log's Ed25519 key signs.

    :raises Malformed: for a key of another kind.
    """
    if key.kind != ED25519:
        raise Malformed("A COSE receipt is signed with the log's Ed25519 key.")
    claims: Cbor = {ISSUER: key.name, SUBJECT: key.name}
    return cbor({ALG: EDDSA, KID: key.key_id, CLAIMS: claims, STRUCTURE: RFC9162_SHA256})


def to_sign(key: Key, root: bytes) -> bytes:
    """Return what is signed for a head: `Sig_structure` of RFC 9052, 4.4, over the root.

    :raises Malformed: for a key of another kind.
    """
    return cbor(["Signature1", protected(key), b"", root])


def write_cose_receipt(key: Key, signature: bytes, leaf: bytes, proof: TlogProof, head: Checkpoint) -> bytes:
    """Write the COSE receipt of one entry, once signature and proof were seen to hold.

    :param signature: of the head, over `to_sign`. :param leaf: the leaf's hash.
    :raises Malformed: when the signature or the proof does not hold.
    """
    if not verify_ed25519(key.public, signature, to_sign(key, head.root)):
        raise Malformed("The signature for COSE receipts is not over this head.")
    proof.require(leaf, head)
    shown = cbor([head.size, proof.index, list(proof.hashes)])
    return SIGN1 + cbor([protected(key), {PROOFS: {INCLUSION: [shown]}}, None, signature])


def _counted(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    for code, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 1 << (8 * width):
            return bytes([major << 5 | code]) + count.to_bytes(width, "big")
    raise Malformed("A number is too large for CBOR.")
