"""Reading everything as it was at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Let every statement of the block see the tables as they were at its first one.

    Verifying takes minutes on a log of some size, and the worker goes on beside it: without this, an event that is
    placed meanwhile would be missed here and met there. Nothing is locked; writing within the block is a mistake.
    Within a transaction that is open already nothing is done.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    if connection.vendor == "postgresql":
        before = raw.isolation_level
        # Asked of the driver, since the statement would come after those that name the tenant.
        raw.isolation_level = _REPEATABLE
        try:
            with transaction.atomic():
                yield
        finally:
            if not raw.closed:
                raw.isolation_level = before
        return
    if raw.in_transaction:  # begun by a block around this one
        yield
        return
    # Django itself would begin as a writer, whom everybody else waits for.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


_REPEATABLE = 3
