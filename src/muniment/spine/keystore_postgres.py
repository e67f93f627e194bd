"""Where wrapped keys live when the installation runs on PostgreSQL: a second database, never the main one.

The same rules as `keystore`. A destroyed key's old row version is removed by rewriting the table (`VACUUM
FULL`), since an ordinary clean-up leaves its bytes in the page. The server carries old versions over as long as
any transaction of this database is older than the destruction (a dump, a clean-up by the server itself): the
rewriting is repeated until the server says that it carried none. What stays in the server's write-ahead log
until it is recycled, or in an archive of it, is out of this program's hands: the database of the keys is to
be archived briefly or not at all.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from muniment.spine.errors import Busy
from muniment.spine.keystore import PATIENCE, KeyRow

#: Seconds between two rewritings while an older transaction is still open.
PAUSE = 0.05

_SCHEMA = """
CREATE TABLE IF NOT EXISTS wrapped_key (
    tenant uuid NOT NULL,
    key_id uuid NOT NULL,
    kind text NOT NULL,
    wrapped bytea NOT NULL,
    destroyed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant, key_id)
)
"""
_DESTRUCTION = """
CREATE TABLE IF NOT EXISTS destruction (one integer PRIMARY KEY CHECK (one = 1), number bigint NOT NULL)
"""
_OVERWRITE = """
WITH gone AS (
    UPDATE wrapped_key SET wrapped = '', destroyed = true
    WHERE tenant = %s AND NOT destroyed AND key_id = ANY(%s::uuid[]) RETURNING 1
), told AS (
    INSERT INTO destruction SELECT 1, 1 FROM gone LIMIT 1
    ON CONFLICT (one) DO UPDATE SET number = destruction.number + 1
)
SELECT count(*) FROM gone
"""


class PostgresKeyStore:
    """The store as a database of its own, opened at the first use.

    One connection and one lock per process. Make it after forking.

    :param dsn: how to reach the database; its role owns the table that `create` makes.
    """

    def __init__(self, dsn: str, *, patience: float = PATIENCE) -> None:
        self._dsn = dsn
        self._patience = patience
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Any] | None = None

    def __repr__(self) -> str:
        return "PostgresKeyStore(…)"

    def create(self) -> None:
        """Make the table if it is not there yet.

        :raises Busy: when the database cannot be reached.
        """
        with self._open() as connection:
            connection.execute(_SCHEMA)
            connection.execute(_DESTRUCTION)

    def put_many(self, rows: Iterable[KeyRow]) -> int:
        """Keep all rows, or none, and return how many were new; durable when this returns.

        :raises Busy: when the database cannot be reached; nothing was kept then.
        """
        kept = list(rows)
        with self._open() as connection:
            return connection.execute(
                "INSERT INTO wrapped_key (tenant, key_id, kind, wrapped)"
                " SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bytea[])"
                " ON CONFLICT (tenant, key_id) DO NOTHING",
                [
                    [row.tenant for row in kept],
                    [row.key_id for row in kept],
                    [row.kind for row in kept],
                    [row.wrapped for row in kept],
                ],
            ).rowcount

    def get(self, tenant: UUID, key_id: UUID) -> bytes | None:
        """Return the wrapped key, or None when there is none or it was destroyed.

        :raises Busy: when the database cannot be reached.
        """
        return self.get_many(tenant, [key_id]).get(key_id)

    def get_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the wrapped keys that are there; names without one are left out.

        :raises Busy: when the database cannot be reached.
        """
        with self._open() as connection:
            rows = connection.execute(
                "SELECT key_id, wrapped FROM wrapped_key"
                " WHERE tenant = %s AND NOT destroyed AND key_id = ANY(%s::uuid[])",
                [tenant, list(key_ids)],
                binary=True,
            ).fetchall()
        return {key_id: bytes(wrapped) for key_id, wrapped in rows}

    def destroyed(self, tenant: UUID, key_ids: Iterable[UUID]) -> set[UUID]:
        """Return the names that bear a gravestone.

        :raises Busy: when the database cannot be reached.
        """
        with self._open() as connection:
            rows = connection.execute(
                "SELECT key_id FROM wrapped_key WHERE tenant = %s AND destroyed AND key_id = ANY(%s::uuid[])",
                [tenant, list(key_ids)],
            ).fetchall()
        return {row[0] for row in rows}

    def destroy(self, tenant: UUID, key_id: UUID) -> bool:
        """Overwrite one wrapped key and return whether there was one.

        :raises Busy: as `destroy_many`.
        """
        return self.destroy_many(tenant, [key_id]) == 1

    def destroy_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> int:
        """Overwrite wrapped keys, rewrite the table without their old versions, and return how many.

        :raises Busy: when the database cannot be reached, the table is in use, or somebody's older reading of
            the database keeps the old versions alive. The keys open nothing any more; call again to have
            their bytes removed.
        """
        with self._open() as connection:
            names = [tenant, list(key_ids)]
            try:
                row = connection.execute(_OVERWRITE, names).fetchone()
            except psycopg.errors.UndefinedTable:
                # The store is older than this table, and who comes first makes it.
                connection.execute(_DESTRUCTION)
                row = connection.execute(_OVERWRITE, names).fetchone()
            self._rewrite(connection)
        return int(row[0]) if row else 0

    def count(self, tenant: UUID | None = None) -> int:
        """Return how many keys are there, of one tenant or of all.

        :raises Busy: when the database cannot be reached.
        """
        with self._open() as connection:
            row = connection.execute(
                "SELECT count(*) FROM wrapped_key WHERE NOT destroyed AND (%s::uuid IS NULL OR tenant = %s)",
                [tenant, tenant],
            ).fetchone()
        return int(row[0]) if row else 0

    def generation(self) -> int:
        """Return how many destructions there were.

        :raises Busy: when the database cannot be reached.
        """
        with self._open() as connection:
            try:
                row = connection.execute("SELECT number FROM destruction").fetchone()
            except psycopg.errors.UndefinedTable:
                return 0  # the store is older than this table, which the first destruction makes
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the connection; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _rewrite(self, connection: psycopg.Connection[Any]) -> None:
        deadline = time.monotonic() + self._patience
        while _carried_over(connection):
            if time.monotonic() > deadline:
                raise Busy(
                    "The keys are destroyed, but a long reading of the key store's database, begun earlier, "
                    "keeps their old bytes on the disk.",
                    todo="End it (a dump, a forgotten session) and try again.",
                )
            time.sleep(PAUSE)

    @contextmanager
    def _open(self) -> Iterator[psycopg.Connection[Any]]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except psycopg.OperationalError:
                # What broke off is not used again; the next call starts with a fresh connection.
                self.close()
                raise Busy(
                    "The key store does not answer just now.",
                    todo="Try again in a moment; if it stays so, check its database.",
                ) from None

    def _connect(self) -> psycopg.Connection[Any]:
        wait = int(self._patience * 1000)
        return psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=max(2, int(self._patience)),
            # Whatever the server's default is: a key that was answered for must be on the disk.
            options=f"-c synchronous_commit=on -c lock_timeout={wait} -c client_min_messages=error",
        )


def _carried_over(connection: psycopg.Connection[Any]) -> int:
    """Rewrite the table, and return how many dead row versions the server had to carry over.

    It says so itself (`VERBOSE`); the number comes first in each of its languages.
    """
    details: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        details.append(diagnostic.message_detail or "")

    connection.add_notice_handler(hear)
    try:
        connection.execute("VACUUM (FULL, VERBOSE) wrapped_key")
    finally:
        connection.remove_notice_handler(hear)
    return int(re.findall(r"\d+", " ".join(details))[0])
