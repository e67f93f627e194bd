"""Ways in which a process comes to grief at a named place of the product, before or after that place is passed.

The product has no hooks for this: in the child that is to come to grief the named function is put behind another one.
`kill` is SIGKILL, which the process sends to itself: no `finally`, no `atexit`, nothing is flushed. `stop` only
stands still, until somebody else kills it. `full` makes the
kernel refuse every further byte that is written to a file. `readonly` takes the rights to write away, and root's power
to pass by them. `eio` and `cut` are raised at the edge itself: a disk cannot be made to fail on demand; the connection
to PostgreSQL is ended by the server's superuser, as a broken line would.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

#: Rights of root by which modes of files do not hold it (capabilities(7)): CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH.
PASSING_BY = (1 << 1) | (1 << 2)


def arm(where: str, when: str, how: str, folders: list[str]) -> None:
    """Put trouble at a place.

    :param where: ``module:Class.function``, or ``commit`` for the next commit of the database.
    :param when: ``before`` the place is passed (it is not), or ``after``.
    :param folders: what can no longer be written, for ``readonly``.
    """
    holder, name = _found(where)
    real = getattr(holder, name)

    def instead(*given: Any, **more: Any) -> Any:
        if when == "before":
            trouble(how, folders)
            return real(*given, **more)
        done = real(*given, **more)
        trouble(how, folders)
        return done

    setattr(holder, name, instead)


def _found(where: str) -> tuple[Any, str]:
    if where == "commit":
        from django.db import connection

        return connection, "_commit"
    module, _, path = where.partition(":")
    *above, name = path.split(".")
    holder: Any = import_module(module)
    for one in above:
        holder = getattr(holder, one)
    return holder, name


def trouble(how: str, folders: list[str]) -> None:
    """Come to grief."""
    ways: dict[str, Callable[[], None]] = {
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
        "full": full,
        "readonly": lambda: readonly(folders),
        "eio": eio,
        "database eio": database_eio,
        "cut": cut,
    }
    ways[how]()


def full() -> None:
    """Let the disk be full: not a byte more goes into any file of this process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def eio() -> None:
    """Let the disk fail."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def database_eio() -> None:
    """Let the database say that its disk failed."""
    from django.db import OperationalError

    raise OperationalError("disk I/O error")


def cut() -> None:
    """End the connection to PostgreSQL from the server's side."""
    import psycopg
    from django.db import connection

    with psycopg.connect(os.environ["MUNIMENT_TEST_POSTGRES"], autocommit=True) as boss:
        boss.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    # The line is dead now; whoever asks next hears so.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def readonly(folders: list[str]) -> None:
    """Take away the rights to write below some folders, and root's power to write all the same."""
    for folder in folders:
        for path in [Path(folder), *Path(folder).rglob("*")]:
            path.chmod(0o500 if path.is_dir() else 0o400)
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the third version of the call, this process
    held = (ctypes.c_uint32 * 6)()
    if libc.capget(head, held):
        raise OSError(ctypes.get_errno(), "capget")
    held[0] &= ~PASSING_BY & 0xFFFFFFFF
    if libc.capset(head, held):
        raise OSError(ctypes.get_errno(), "capset")
