"""What is sent to the house while it is looked at: laid aside sealed, in bounded memory, and gone afterwards.

Rules: up to one piece stays in memory; whole pieces go to a file without a name, so that nothing is left when the
process ends, however it ends. The key is drawn for the one file, stays in memory and dies with it: nobody can read the
file, and no key store knows it. What is laid aside never takes the room on the disk that the ledger needs.
"""

from __future__ import annotations

import io
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from muniment.spine.envelope import NONCE_BYTES, TAG_BYTES, Tampered
from muniment.spine.errors import Busy

#: Plain bytes that are sealed at once; at most two of these are in memory for one file.
PIECE: Final = 1 << 18
#: Bytes that stay free on the disk.
RESERVE: Final = 256 << 20


class Aside(io.BufferedIOBase):
    """A file that grows at its end and can be read anywhere; readable by this object alone.

    Each piece is sealed once, under a key of its file's own and its number as the nonce, so no nonce comes twice.

    :param folder: where the sealed pieces go when there is more than one; made when it is missing.
    :param reserve: bytes that must stay free on that folder's disk.
    """

    def __init__(self, folder: Path, *, reserve: int = RESERVE) -> None:
        self._folder = folder
        self._reserve = reserve
        self._cipher = AESGCM(os.urandom(32))
        self._pieces: IO[bytes] | None = None
        self._sealed = 0
        self._last = bytearray()
        self._opened: tuple[int, bytes] = (-1, b"")
        self._at = 0

    @property
    def size(self) -> int:
        """Number of plain bytes."""
        return self._sealed * PIECE + len(self._last)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def seekable(self) -> bool:
        """Say that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return where the next byte is read."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to where the next byte is read.

        :raises ValueError: for a place before the beginning.
        """
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise ValueError("There is nothing before the beginning.")
        self._at = origin + offset
        return self._at

    def write(self, piece: object, /) -> int:
        """Add bytes at the end; what is there already is never changed.

        :raises Busy: when the disk has no room for them.
        :raises ValueError: when it is closed.
        """
        self._require_open()
        rest = memoryview(piece).cast("B")  # type: ignore[arg-type]  # any buffer, as the base class takes
        count = len(rest)
        while rest:
            room = PIECE - len(self._last)
            self._last += rest[:room]
            rest = rest[room:]
            if len(self._last) == PIECE:
                self._seal()
        self._at = self.size
        return count

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, fewer only at the end; all that is left when no number is given.

        :raises Tampered: when the disk gives back something else than was written.
        """
        self._require_open()
        left = max(self.size - self._at, 0)
        wanted = left if size is None or size < 0 else min(size, left)
        found = io.BytesIO()  # hands out what was collected without a second copy
        while wanted:
            number, start = divmod(self._at, PIECE)
            part = self._piece(number)[start : start + wanted]
            found.write(part)
            self._at += len(part)
            wanted -= len(part)
        return found.getvalue()

    def read1(self, size: int = -1, /) -> bytes:
        """Return the next bytes, as `read` does."""
        return self.read(size)

    def close(self) -> None:
        """Let go of the bytes; the disk frees their room at once."""
        if self._pieces is not None:
            with suppress(OSError):  # what a full disk did not take is not wanted any more
                self._pieces.close()
        self._last = bytearray()
        self._opened = (-1, b"")
        super().close()

    def _require_open(self) -> None:
        if self.closed:
            raise ValueError("This was laid aside and is gone.")

    def _seal(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize < self._reserve + PIECE:
                raise OSError
            if self._pieces is None:
                self._pieces = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed with this object
            self._pieces.seek(self._sealed * (PIECE + TAG_BYTES))
            self._pieces.write(self._cipher.encrypt(_nonce(self._sealed), bytes(self._last), None))
        except OSError:
            raise Busy(
                "There is no room on the disk for what was sent.",
                todo="Tell the operator, then send it again.",
            ) from None
        self._sealed += 1
        self._last.clear()

    def _piece(self, number: int) -> bytes:
        if number == self._sealed or self._pieces is None:
            return bytes(self._last)
        if self._opened[0] != number:
            self._pieces.seek(number * (PIECE + TAG_BYTES))
            sealed = self._pieces.read(PIECE + TAG_BYTES)
            try:
                self._opened = (number, self._cipher.decrypt(_nonce(number), sealed, None))
            except InvalidTag:
                raise Tampered from None
        return self._opened[1]


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")
