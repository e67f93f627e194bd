"""Encrypted files: how bytes come to rest and how they are read back.

Rules: the digest is taken while the bytes pass through; each file has its own data key, made durable before the
first byte; file and folder are on the disk before the caller hears of it; the plain bytes never touch the disk; on
each reading the digest is checked before anything is handed out. A file is named by a random identifier, so that its
name tells nothing, not even that two tenants hold the same document.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from muniment.spine import config, ports
from muniment.spine.envelope import Tampered
from muniment.spine.errors import Absent, Busy, Invalid
from muniment.spine.installation import keyring
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.stream import decrypt_stream, encrypt_stream

PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is safely on the disk.

    :param id: name of the file and of its key.
    :param sha256: digest of the plain bytes, in hex.
    :param size: number of plain bytes.
    """

    id: UUID
    sha256: str
    size: int


class Damaged(Busy):
    """The bytes on the disk are not those that were stored; ``fault`` names the file for the operator."""

    def __init__(self, fault: str) -> None:
        super().__init__(
            "A stored file is missing or was changed on the disk, so it is not shown.",
            todo="Tell the operator: `muniment ledger verify --deep` names it.",
        )
        self.fault = fault


def path_of(blob: UUID) -> Path:
    """Return where a file lies."""
    return config.current().data / "blobs" / blob.hex[:2] / f"{blob.hex}.sealed"


def place(tenant: UUID, blob: UUID) -> bytes:
    """Return the additional data of a file."""
    return b"muniment.blob\0" + tenant.bytes + blob.bytes


def key_of(tenant: UUID, blob: UUID) -> bytes:
    """Return the key of a file.

    :raises Absent: when it was destroyed.
    """
    try:
        return keyring().key(tenant, blob)
    except KeyDestroyed:
        raise Absent("This file was erased.") from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Measured:
    """Passes pieces on while taking their digest and length."""

    def __init__(self, pieces: Iterable[bytes], most: int) -> None:
        self.pieces = pieces
        self.most = most
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.most:
                raise Invalid(
                    f"The file is larger than {self.most // PIECE} MiB.",
                    todo="Split it, or ask the operator to raise the limit.",
                )
            self.digest.update(piece)
            yield piece


def store(tenant: UUID, pieces: Iterable[bytes], *, most: int | None = None) -> Stored:
    """Encrypt a stream of bytes to the disk; when this returns, a power cut loses nothing of it.

    :param most: largest size in bytes; the installation's limit when not given.
    :raises Invalid: when it is empty or too large; nothing is left behind.
    """
    blob = ports.new_id()
    ring = keyring()
    ring.ensure_keys(tenant, [blob], kind="blob")
    measured = _Measured(pieces, most or config.current().max_upload_mb * PIECE)
    path = path_of(blob)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".incoming")
    try:
        with aside.open("xb") as file:
            for sealed in encrypt_stream(measured, ring.key(tenant, blob), place(tenant, blob)):
                file.write(sealed)
            if measured.size == 0:
                raise Invalid("The file is empty.", todo="Choose a file that has contents.")
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        ring.destroy(tenant, blob)
        raise
    _sync(path.parent)
    _sync(path.parent.parent)
    return Stored(blob, measured.digest.hexdigest(), measured.size)


def discard(tenant: UUID, blob: UUID) -> None:
    """Remove a file that no row speaks of, and its key."""
    path_of(blob).unlink(missing_ok=True)
    keyring().destroy(tenant, blob)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an open file piece by piece."""
    while piece := file.read(PIECE):
        yield piece


def _opened(tenant: UUID, blob: UUID) -> Iterator[bytes]:
    try:
        # The key first: a file that was erased by order is no longer on the disk either.
        key = keyring().key(tenant, blob)
        with path_of(blob).open("rb") as file:
            yield from decrypt_stream(file, key, place(tenant, blob))
    except KeyDestroyed:
        raise Absent("This file was erased.") from None
    except (OSError, Tampered) as why:
        raise Damaged(f"file {blob}: it is missing or was changed on the disk") from why


def check(tenant: UUID, blob: UUID, sha256: str, size: int) -> None:
    """Read a file through and make sure that it is what was stored.

    :raises Damaged: when it is not, naming the file.
    """
    digest, found = hashlib.sha256(), 0
    for piece in _opened(tenant, blob):
        digest.update(piece)
        found += len(piece)
    if digest.hexdigest() != sha256 or found != size:
        raise Damaged(f"file {blob}: its digest is not the one on record")


def read(tenant: UUID, blob: UUID, sha256: str) -> bytes:
    """Return a whole file, after its digest was checked.

    :raises Damaged: when the bytes are not those that were stored.
    """
    whole = b"".join(_opened(tenant, blob))
    if hashlib.sha256(whole).hexdigest() != sha256:
        raise Damaged(f"file {blob}: its digest is not the one on record")
    return whole


def stream(tenant: UUID, blob: UUID, sha256: str, size: int) -> Iterator[bytes]:
    """Yield a file piece by piece, after one reading has checked its digest.

    :raises Damaged: before the first piece, when the bytes are not those that were stored.
    """
    check(tenant, blob, sha256, size)
    return _opened(tenant, blob)
