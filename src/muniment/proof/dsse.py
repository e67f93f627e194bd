"""Dead Simple Signing Envelope (DSSE v1) around an in-toto statement.

Rules: one signature, Ed25519, over the pre-authentication encoding, so that type and payload are signed
together; base64 canonical; `keyid` is the verifier key's name and id. An envelope with two signatures,
another payload type or a second spelling of the same bytes is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from muniment.proof.canonical import canonical, decode64, encode64, parse, shaped
from muniment.proof.ed25519 import verify_ed25519
from muniment.proof.errors import Malformed
from muniment.proof.note import ED25519, Key

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def pae(payload_type: str, payload: bytes) -> bytes:
    """Join type and payload with their lengths, which is what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def key_label(key: Key) -> str:
    """Name a key in an envelope: its name, a plus sign and its id in hex, as in a vkey."""
    return f"{key.name}+{key.key_id.hex()}"


def seal_envelope(payload: bytes, key: Key, sign: Callable[[bytes], bytes]) -> bytes:
    """Sign a statement and return the envelope as canonical JSON.

    :param sign: signs bytes with the Ed25519 key that belongs to `key`.
    """
    signature = {"keyid": key_label(key), "sig": encode64(sign(pae(PAYLOAD_TYPE, payload)))}
    return canonical({"payload": encode64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]})


def open_envelope(raw: bytes, keys: Iterable[Key]) -> tuple[bytes, Key]:
    """Verify an envelope and return the payload with the key that signed it.

    :raises Malformed: for another form, an unknown key or a signature that does not hold.
    """
    held = shaped(parse(raw), {"payload": str, "payloadType": str, "signatures": list}, where="envelope")
    if held["payloadType"] != PAYLOAD_TYPE or len(held["signatures"]) != 1:
        raise Malformed("The envelope must hold an in-toto statement with exactly one signature.")
    one = shaped(held["signatures"][0], {"keyid": str, "sig": str}, where="signature")
    payload, signature = decode64(held["payload"]), decode64(one["sig"], length=64)
    known = [key for key in keys if key.kind == ED25519 and key_label(key) == one["keyid"]]
    if not known:
        raise Malformed("The statement is signed by a key that is not known here.")
    if not verify_ed25519(known[0].public, signature, pae(PAYLOAD_TYPE, payload)):
        raise Malformed("The signature over the statement does not hold.")
    return payload, known[0]
