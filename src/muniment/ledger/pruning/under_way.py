"""Who reads entries for something that must be whole holds back pruning, and waits while entries are taken away.

Rules: a lock of the operating system on a file of its own, so that it ends with the process that holds it, however that
ends; readers do not wait for each other; pruning never waits, it is tried again another day.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from muniment.spine import config
from muniment.spine.errors import Busy

#: Seconds that a reader waits for a pruning that is under way.
PATIENCE: Final = 30.0
PAUSE: Final = 0.05
STOP: Final = "a proof or an export is being made of this log"


@contextmanager
def reading(tenant: UUID) -> Iterator[None]:
    """Keep the entries of a tenant's log from being pruned while the block reads them.

    :raises Busy: when a pruning takes longer than one can wait for.
    """
    with _file(tenant) as file:
        until = time.monotonic() + PATIENCE  # a real wait, whatever clock the ledger is told
        while not _held(file, fcntl.LOCK_SH):
            if time.monotonic() > until:
                raise Busy("The ledger is being pruned just now.", todo="Try again in a minute.")
            time.sleep(PAUSE)
        yield


@contextmanager
def alone(tenant: UUID) -> Iterator[bool]:
    """Say whether nobody reads, and let nobody begin to while the block takes entries away."""
    with _file(tenant) as file:
        yield _held(file, fcntl.LOCK_EX)


@contextmanager
def _file(tenant: UUID) -> Iterator[int]:
    folder = config.current().data / "reading"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(folder / tenant.hex, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _held(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
