"""Marks of tenants that are being made: files beside the signing keys, so that the keys of one that failed are found.

Rules: a mark is on the disk before the first key is made, and goes when the tenant stands in the register or its keys
are away again; whoever makes the tenant holds the mark's lock, so that nobody takes the keys of one that is just being
made; a mark alone proves nothing about a tenant: whoever finds one asks the register first.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from muniment.spine.errors import Busy

SUFFIX: Final = ".begun"


@dataclass(frozen=True, slots=True)
class Begun:
    """A tenant that is being made, or was when something broke off.

    :param tag: of its log, by which its signing keys are called.
    """

    tenant: UUID
    tag: str
    path: Path

    def done(self) -> None:
        """Take the mark away; it is gone from the disk when this returns."""
        self.path.unlink(missing_ok=True)
        _sync(self.path.parent)


@contextmanager
def marked(folder: Path, tenant: UUID, tag: str) -> Iterator[Begun]:
    """Mark that a tenant is being made, until the block ends; the mark stays unless it is said to be done.

    :raises Busy: when the folder cannot be written.
    """
    path = folder / f"{tenant}.{tag}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        raise Busy(
            "The folder of signing keys cannot be written.",
            todo="See that its disk has room, then try again.",
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _sync(folder)
        yield Begun(tenant, tag, path)
    finally:
        os.close(handle)


def left_behind(folder: Path) -> Iterator[Begun]:
    """Yield the marks that nobody holds, each of them locked until the next one is asked for."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        tenant, _dot, tag = path.name.removesuffix(SUFFIX).partition(".")
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # whoever made it is done in the meantime
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists():
                yield Begun(UUID(tenant), tag, path)
        except BlockingIOError:
            continue  # it is just being made
        finally:
            os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
