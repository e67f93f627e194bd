"""What somebody does who owns the database: take the guards away and write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from muniment.spine.guard import Kept, table_named
from muniment.spine.scope import tenant_scope


@contextmanager
def owner(tenant: UUID, table: str) -> Iterator[Any]:
    """Yield a cursor that may do anything to one table of one tenant.

    On PostgreSQL the application's role owns no table, so there only guarded ones can be written, by naming an action.
    """
    with tenant_scope(tenant), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if table_named(table).kept is not Kept.GUARDED:
                pytest.skip("on PostgreSQL the application's role cannot take this guard away")
            cursor.execute("SELECT set_config('muniment.action', 'x', false)")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
        yield cursor


def key(value: UUID) -> str:
    """Return an identifier as the database keeps it."""
    return str(value) if connection.vendor == "postgresql" else value.hex


def update(cursor: Any, table: str, change: str, where: str, *given: Any) -> None:
    """Change rows behind the application's back; the last of ``given`` says which."""
    cursor.execute(f"UPDATE {table} SET {change} WHERE {where} = %s", given)  # noqa: S608  # the tests' own words
