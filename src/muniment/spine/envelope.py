"""Sealing of small fields: AES-256-GCM, one version byte, a random nonce, nothing else.

Layout: version (1) || nonce (12) || ciphertext and tag (16 more than the text). With a key's name in front:
key id (16) || the same.

Rules: the nonce comes from the operating system, never from a replaceable port. The caller's additional
data binds a sealed text to its place (table, column, row), so that moving it elsewhere is noticed. A key
may seal 2^32 texts (NIST SP 800-38D, 8.3, random nonces). What does not open is *tampered*, with no further
hint.
"""

from __future__ import annotations

from functools import lru_cache
from os import urandom
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_VERSION = b"\x01"
_LEAST = 1 + NONCE_BYTES + TAG_BYTES
_ID_BYTES = 16


class Tampered(Exception):
    """Something sealed does not open: changed, moved, cut, or sealed under another key."""

    def __init__(self, what: str = "Sealed bytes do not open: changed, moved or under another key.") -> None:
        super().__init__(what)


@lru_cache(maxsize=2048)
def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError("A key has 32 bytes.")
    return AESGCM(key)


def forget_ciphers() -> None:
    """Drop all prepared ciphers, so that a destroyed key does not live on in memory here."""
    _cipher.cache_clear()


def seal(key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt a small text under a key and bind it to its place.

    :param key: 32 bytes.
    :param aad: where the text stands; the same bytes are needed to open it.
    :raises ValueError: when the key has another length.
    """
    nonce = urandom(12)
    return _VERSION + nonce + _cipher(key).encrypt(nonce, plaintext, aad)


def open_sealed(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return the text that was sealed under this key for this place.

    :raises Tampered: when it was changed, moved, cut, or sealed under another key or in another format.
    :raises ValueError: when the key has not 32 bytes.
    """
    if len(sealed) < _LEAST or sealed[:1] != _VERSION:
        raise Tampered
    try:
        return _cipher(key).decrypt(sealed[1:13], sealed[13:], aad)
    except InvalidTag:
        raise Tampered from None


def seal_for(key_id: UUID, key: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt as `seal` does and put the key's name in front, so that a reader finds the key by itself.

    The name is bound too: a blob whose name was exchanged does not open.
    """
    name = key_id.bytes
    return name + seal(key, plaintext, name + aad)


def key_id_of(blob: bytes) -> UUID:
    """Return the name of the key that a blob of `seal_for` needs.

    :raises Tampered: when the blob is too short to hold one.
    """
    if len(blob) < _ID_BYTES + _LEAST:
        raise Tampered
    return UUID(bytes=blob[:_ID_BYTES])


def open_for(key: bytes, blob: bytes, aad: bytes) -> bytes:
    """Return the text of a blob made by `seal_for`.

    :raises Tampered: as `open_sealed`, and when the name in front was exchanged.
    """
    name = blob[:_ID_BYTES]
    return open_sealed(key, blob[_ID_BYTES:], name + aad)
