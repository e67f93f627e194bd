"""What somebody does who owns the database: take the guards away and write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg import sql

from muniment.spine.scope import tenant_scope


@contextmanager
def owner(tenant: UUID, table: str) -> Iterator[Any]:
    """Yield a cursor that may do anything to one table of one tenant.

    On PostgreSQL that is the server's superuser: the tests' connection takes that role for the block, since another
    connection would not see what the test has not committed. The guards that it takes away come back with the
    transaction, which every test takes back.
    """
    with tenant_scope(tenant), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with _superuser(cursor):
                # A table with checks that still wait for the end of the transaction cannot be altered.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
                yield cursor
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield cursor


@contextmanager
def _superuser(cursor: Any) -> Iterator[None]:
    """Let the tests' connection be the server's superuser, and then what it was before."""
    cursor.execute("SELECT current_user, session_user")
    before, signed_in = cursor.fetchone()
    root = f"{signed_in}_root"
    if before == root:
        yield
        return
    part, role, was = (sql.Identifier(name) for name in (root, signed_in, before))
    with psycopg.connect(os.environ["MUNIMENT_TEST_POSTGRES"], autocommit=True) as boss:
        if boss.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [root]).fetchone() is None:
            boss.execute(sql.SQL("CREATE ROLE {} SUPERUSER NOLOGIN").format(part))
        boss.execute(sql.SQL("GRANT {} TO {}").format(part, role))
        try:
            # Within a transaction a session hears of new grants only when it opens the catalogue anew.
            cursor.execute("CREATE TEMPORARY TABLE heard (); DROP TABLE heard")
            cursor.execute(sql.SQL("SET ROLE {}").format(part))
            yield
            # A block that fails takes its transaction back, and the role with it.
            cursor.execute(sql.SQL("SET ROLE {}").format(was))
        finally:
            boss.execute(sql.SQL("REVOKE {} FROM {}").format(part, role))


def key(value: UUID) -> str:
    """Return an identifier as the database keeps it."""
    return str(value) if connection.vendor == "postgresql" else value.hex


def update(cursor: Any, table: str, change: str, where: str, *given: Any) -> None:
    """Change rows behind the application's back; the last of ``given`` says which."""
    cursor.execute(f"UPDATE {table} SET {change} WHERE {where} = %s", given)  # noqa: S608  # the tests' own words
