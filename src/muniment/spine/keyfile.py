"""The deployment key in a file: the keeper for one machine, and for every demo and test.

Format, ASCII, three lines: `muniment-key-v1`, the 32 bytes in base64, and the first 16 hexadecimal digits
of SHA-256 over the first line's text and the bytes (it tells a damaged file from a wrong one).

Rules: the file belongs to the user who runs Muniment, and nobody else may read it; a symbolic link is
refused. It is made once, never overwritten, and is on the disk (file and folder) before it is used. The
bytes in it are never used as they are: wrapping and each purpose have keys of their own, derived from them.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import hmac
import os
import stat
from pathlib import Path
from typing import Self

from muniment.spine.envelope import KEY_BYTES, Tampered, open_sealed, seal
from muniment.spine.errors import Busy, Clash, Invalid, Refused
from muniment.spine.keys import KeyFault, derive

_TITLE = b"muniment-key-v1"
_MOST = 4096


class KeyFileProvider:
    """The keeper that reads the deployment key from a file at the start and holds it in memory.

    :raises Busy: when there is no such file, or it cannot be read.
    :raises Refused: when it is a link, no ordinary file, somebody else's, or readable by others.
    :raises Invalid: when its content is no key.
    """

    name = "file"

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._root = _read(self._path)
        self._wrapping = derive(self._root, "wrap")

    def __repr__(self) -> str:
        return "KeyFileProvider(…)"

    @classmethod
    def create(cls, path: Path | str) -> Self:
        """Make a new key file with 32 random bytes and return its keeper; durable when this returns.

        :raises Clash: when there is something at that place already; a key is never overwritten.
        :raises Busy: when the file cannot be written; nothing is left behind then.
        """
        _write(Path(path), os.urandom(KEY_BYTES))
        return cls(path)

    def wrap(self, key: bytes, *, context: bytes) -> bytes:
        """Encrypt a key and bind it to its context."""
        return seal(self._wrapping, key, context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Return the key that was wrapped for this context.

        :raises KeyFault: when it was changed, moved, or wrapped by another deployment key.
        """
        try:
            return open_sealed(self._wrapping, wrapped, context)
        except Tampered:
            raise KeyFault from None

    def derive(self, purpose: str) -> bytes:
        """Return the deployment's 32 secret bytes for one purpose."""
        return derive(self._root, f"purpose/{purpose}")

    def check(self) -> None:
        """Read the file again and compare: a file exchanged under a running system is found before a restart.

        :raises Busy: when it is gone.
        :raises Refused: when others may read it now, or it holds another key.
        """
        if not hmac.compare_digest(_read(self._path), self._root):
            raise Refused(
                "The key file holds another key than at the start.",
                todo="Put the right key file back before you start Muniment again.",
            )


def _digest(root: bytes) -> bytes:
    return hashlib.sha256(_TITLE + root).hexdigest()[:16].encode()


def _write(path: Path, root: bytes) -> None:
    text = b"\n".join([_TITLE, base64.b64encode(root), _digest(root), b""])
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Clash(
            "There is a key file already; a key is never overwritten.",
            todo="Use it, or choose another place.",
        ) from None
    except OSError as fault:
        raise _unwritable(fault) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as fault:
        path.unlink(missing_ok=True)
        raise _unwritable(fault) from None


def _unwritable(fault: OSError) -> Busy:
    return Busy(
        f"The key file cannot be written ({errno.errorcode.get(fault.errno or 0, 'fault')}).",
        todo="Make sure that its folder exists, has room and may be written to.",
    )


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        if fault.errno == errno.ELOOP:
            raise Refused(
                "The key file is a symbolic link, which anybody could turn elsewhere.",
                todo="Name the file itself.",
            ) from None
        raise Busy(
            f"The key file cannot be read ({errno.errorcode.get(fault.errno or 0, 'fault')}).",
            todo="Check that it is there and that its storage is attached.",
        ) from None
    try:
        _refuse_unsafe(os.fstat(handle))
        return _parse(os.read(handle, _MOST))
    finally:
        os.close(handle)


def _refuse_unsafe(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refused("The key file is not an ordinary file.", todo="Name the file itself.")
    if status.st_uid != os.geteuid():
        raise Refused(
            "The key file belongs to another user.",
            todo="Give it to the user who runs Muniment.",
        )
    if status.st_mode & 0o077:
        raise Refused(
            "The key file may be read or written by others.",
            todo="Take their rights away: chmod 600.",
        )


def _parse(text: bytes) -> bytes:
    lines = text.split(b"\n")
    if len(lines) != 4 or lines[0] != _TITLE or lines[3]:
        raise Invalid(
            "The key file is not in the form of a Muniment key.",
            todo="Put back the file that was made at the start, or its copy.",
        )
    try:
        root = base64.b64decode(lines[1], validate=True)
    except binascii.Error:
        root = b""
    # Base64 leaves bits unused at its end; only the one spelling we write is taken.
    whole = len(root) == KEY_BYTES and hmac.compare_digest(base64.b64encode(root), lines[1])
    if not whole or not hmac.compare_digest(_digest(root), lines[2]):
        raise Invalid(
            "The key file is damaged: its checksum does not fit.",
            todo="Put back an undamaged copy.",
        )
    return root
