"""Encryption of whole files in constant memory: STREAM with AES-256-GCM in chunks of 1 MiB.

STREAM is the construction of Hoang, Reyhanitabar, Rogaway and Vizard, "Online Authenticated-Encryption and
its Nonce-Reuse Misuse-Resistance" (CRYPTO 2015). Layout:

    header: "MNST" || version 1 (1) || chunk size (4, big-endian) || salt (16) || prefix (7)
    chunk:  ciphertext || tag (16), all of the chunk size but the last, which may be shorter

The nonce of chunk i is prefix || i (4, big-endian) || 1 for the last chunk, else 0. Each stream has a key
of its own, HKDF-SHA-256(key, salt), so that one key may serve any number of files. The additional data of
each chunk is the caller's bytes || header.

Rules: salt and prefix come from the operating system, never from a replaceable port. Only an empty file has
an empty last chunk, so that each text has one form. What has been given out before a fault is found must be
thrown away by the caller: the fault comes when it is met, not at the start.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from muniment.spine.envelope import KEY_BYTES, TAG_BYTES, Tampered

CHUNK_BYTES = 1 << 20
_HEADER = struct.Struct(">4sBI16s7s")
HEADER_BYTES = _HEADER.size
_MAGIC = b"MNST"
_VERSION = 1
_MOST_CHUNK = 1 << 24


def encrypt_stream(
    read_chunks: Iterable[bytes], key: bytes, aad: bytes, *, chunk_bytes: int = CHUNK_BYTES
) -> Iterator[bytes]:
    """Encrypt pieces of any size into a header and chunks, holding at most about two chunks in memory.

    :param key: 32 bytes.
    :param aad: what the file is (tenant, object, version); the same bytes are needed to read it.
    :raises ValueError: when the key has another length or the chunk size is not allowed.
    :raises struct.error: after 2^32 chunks (4 PiB).
    """
    if not 0 < chunk_bytes <= _MOST_CHUNK:
        raise ValueError("A chunk has 1 byte to 16 MiB.")
    salt, prefix = os.urandom(16), os.urandom(7)
    header = _HEADER.pack(_MAGIC, _VERSION, chunk_bytes, salt, prefix)
    cipher = _cipher(key, salt)
    bound = aad + header
    yield header
    counter = 0
    waiting = bytearray()
    for piece in read_chunks:
        rest = memoryview(piece)
        while rest:
            # A full chunk goes out only when more follows: before that it may be the last.
            if len(waiting) == chunk_bytes:
                yield cipher.encrypt(_nonce(prefix, counter, last=False), waiting, bound)
                waiting.clear()
                counter += 1
            room = chunk_bytes - len(waiting)
            waiting += rest[:room]
            rest = rest[room:]
    yield cipher.encrypt(_nonce(prefix, counter, last=True), waiting, bound)


def decrypt_stream(file: BinaryIO, key: bytes, aad: bytes) -> Iterator[bytes]:
    """Read a stream and give its text chunk by chunk, each checked before it is given.

    Cutting at any place (also between chunks), swapping, repeating, appending, and another file's bytes are
    all found, at the latest at the end: a caller that stops early has not checked the rest.

    :raises Tampered: when anything was changed, or key or place are not those it was written for.
    :raises ValueError: when the key has not 32 bytes.
    """
    header, chunk_bytes, salt, prefix = _read_header(file)
    cipher = _cipher(key, salt)
    bound = aad + header
    counter = 0
    block = _read_exactly(file, chunk_bytes + TAG_BYTES)
    while True:
        following = _read_exactly(file, chunk_bytes + TAG_BYTES)
        plain = _open(cipher, _nonce(prefix, counter, last=not following), block, bound)
        if not plain and counter:
            raise Tampered
        yield plain
        if not following:
            return
        block = following
        counter += 1


def decrypt_range(file: BinaryIO, key: bytes, aad: bytes, start: int, stop: int) -> Iterator[bytes]:
    """Read the bytes from `start` up to, not including, `stop` of a text, touching only their chunks.

    For excerpts and partial downloads. Only what is touched is checked; bytes beyond the end are left out.

    :param file: seekable, and at rest: nobody writes to it.
    :raises Tampered: when a touched chunk was changed, or the file cannot be a whole stream.
    """
    file.seek(0)
    header, chunk_bytes, salt, prefix = _read_header(file)
    whole = chunk_bytes + TAG_BYTES
    size = file.seek(0, os.SEEK_END) - HEADER_BYTES
    last = max(-(-size // whole), 1) - 1
    cipher = _cipher(key, salt)
    stop = min(stop, last * chunk_bytes + chunk_bytes)
    for counter in range(start // chunk_bytes, -(-stop // chunk_bytes)):
        file.seek(HEADER_BYTES + counter * whole)
        nonce = _nonce(prefix, counter, last=counter == last)
        plain = _open(cipher, nonce, _read_exactly(file, whole), aad + header)
        offset = counter * chunk_bytes
        yield plain[max(start - offset, 0) : stop - offset]


def _read_header(file: BinaryIO) -> tuple[bytes, int, bytes, bytes]:
    header = _read_exactly(file, HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        raise Tampered
    magic, version, chunk_bytes, salt, prefix = _HEADER.unpack(header)
    if magic != _MAGIC or version != _VERSION or not 0 < chunk_bytes <= _MOST_CHUNK:
        raise Tampered
    return header, chunk_bytes, salt, prefix


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError("A key has 32 bytes.")
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"muniment/v1/stream").derive(key))


def _nonce(prefix: bytes, counter: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">I?", counter, last)


def _open(cipher: AESGCM, nonce: bytes, block: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, block, bound)
    except InvalidTag:
        raise Tampered from None


def _read_exactly(file: BinaryIO, count: int) -> bytes:
    """Read `count` bytes, or what is left at the end: a pipe may give less than it was asked for."""
    block = file.read(count)
    if len(block) in {0, count}:
        return block
    pieces = [block]
    missing = count - len(block)
    while missing and (piece := file.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
