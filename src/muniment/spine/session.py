"""What the database must know before each statement: which tenant, and inside which action.

Both are context variables here and session settings there. The backends call :func:`wanted` before every
statement and tell the database when the answer has changed, so a reused connection can never carry the tenant of
the request before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from muniment.spine.scope import active_tenant

_action: ContextVar[str | None] = ContextVar("muniment_action", default=None)
_touched: ContextVar[set[tuple[str, str]] | None] = ContextVar("muniment_touched", default=None)


@contextmanager
def open_action(name: str) -> Iterator[set[tuple[str, str]]]:
    """Name the action to the database until the block ends.

    Yields the set into which SQLCipher's triggers put (table, row id) of each row that changes.
    """
    rows: set[tuple[str, str]] = set()
    name_token, rows_token = _action.set(name), _touched.set(rows)
    try:
        yield rows
    finally:
        _action.reset(name_token)
        _touched.reset(rows_token)


def open_action_name() -> str | None:
    """Return the name of the action that is open, or ``None``."""
    return _action.get()


def touched(table: str, row: str) -> None:
    """Note that a guarded row changed; called by SQLCipher's triggers."""
    rows = _touched.get()
    if rows is not None:
        rows.add((table, row))


def wanted() -> tuple[str, str]:
    """Return (tenant, action) as the database must see them; empty text means none."""
    tenant = active_tenant()
    return ("" if tenant is None else str(tenant), _action.get() or "")
