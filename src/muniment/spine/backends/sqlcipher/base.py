"""A Django database backend for SQLCipher: the stock SQLite backend on the encrypting library.

Rules: the key is a raw 256-bit key, given before anything else; the journal is a write-ahead log, each commit is
synced (``synchronous=FULL``: with ``NORMAL`` a power cut loses acknowledged commits); temporary tables stay in
memory; the library does not write to standard error by itself.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from typing import Any

from django.db.backends.sqlite3 import base as stock
from django.db.backends.sqlite3._functions import (  # type: ignore[import-untyped]  # Django's own, untyped
    register as register_functions,
)
from sqlcipher3 import dbapi2 as sqlcipher

from muniment.spine import session
from muniment.spine.backends.sqlcipher.short import short
from muniment.spine.installation import database_key

PRAGMAS = (
    "PRAGMA cipher_log_level = NONE",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = ON",
    "PRAGMA recursive_triggers = ON",
)


def _iso(value: datetime.date | datetime.time) -> str:
    return value.isoformat()


def _space_iso(value: datetime.datetime) -> str:
    return value.isoformat(" ")


def _register() -> None:
    """Teach the library the types that Django teaches the stock one."""
    sqlcipher.register_converter("bool", b"1".__eq__)
    sqlcipher.register_converter("date", lambda raw: datetime.date.fromisoformat(raw.decode()))
    sqlcipher.register_converter("time", lambda raw: datetime.time.fromisoformat(raw.decode()))
    sqlcipher.register_converter("datetime", lambda raw: datetime.datetime.fromisoformat(raw.decode()))
    sqlcipher.register_converter("timestamp", lambda raw: datetime.datetime.fromisoformat(raw.decode()))
    sqlcipher.register_adapter(decimal.Decimal, str)
    sqlcipher.register_adapter(datetime.date, _iso)
    sqlcipher.register_adapter(datetime.time, _iso)
    sqlcipher.register_adapter(datetime.datetime, _space_iso)


_register()


class CipherCursor(sqlcipher.Cursor):  # type: ignore[misc]  # the C extension has no stubs
    """A cursor that accepts Django's ``%s`` placeholders."""

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        if params is None:
            return super().execute(query)
        names = list(params) if isinstance(params, dict) else None
        return super().execute(_convert(query, names), params)

    def executemany(self, query: str, param_list: Any) -> Any:
        """Run one statement for many rows."""
        return super().executemany(_convert(query, None), param_list)


def _convert(query: str, names: list[str] | None) -> str:
    if names is None:
        return stock.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%")
    return query % {name: f":{name}" for name in names}


def _guard() -> Callable[[str, str, str | None], str | None]:
    def guard(table: str, row: Any, tenant: Any) -> str | None:
        """Say why this write is refused, or note the row and say nothing."""
        if session.open_action_name() is None:
            return "write outside an action"
        scope, _ = session.wanted()
        if tenant is not None and scope.replace("-", "") != str(tenant).replace("-", ""):
            return "write for another tenant"
        session.touched(table, str(row).replace("-", ""))
        return None

    return guard


class DatabaseWrapper(stock.DatabaseWrapper):
    """The stock wrapper with the encrypting library, the key and the guard's functions."""

    Database = sqlcipher

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file: key first, then Django's functions, then the guard's, then the pragmas."""
        params = {**conn_params, "check_same_thread": False}
        params.pop("uri", None)
        connection = sqlcipher.connect(**params)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{database_key().hex()}'\"")
        register_functions(connection)
        connection.create_function("muniment_guard", 3, _guard())
        connection.create_function("muniment_short", 1, short, deterministic=True)
        connection.create_function("muniment_action", 0, lambda: session.wanted()[1])
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002  # Django's signature
        """Return a cursor of the encrypting library."""
        return self.connection.cursor(factory=CipherCursor)

    def is_in_memory_db(self) -> bool:
        """Say whether the database is only in memory (never in an installation)."""
        return ":memory:" in str(self.settings_dict["NAME"])
