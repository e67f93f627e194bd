"""Where wrapped keys live, apart from the main database, so that no backup of that one brings a key back.

Rules: `put_many` is durable when it returns, in a transaction of its own, whatever becomes of the caller's.
The first key under a name stays; a second one under the same name is not taken. `destroy_many` overwrites
the wrapped key and leaves the name as a gravestone, so that a destroyed key cannot quietly be made anew.
Rows are only appended, and overwritten in their place: the tree never moves a wrapped key, and so leaves no
forgotten copy on another page. What a file system keeps of freed blocks is the business of the operator's
disk encryption.

Here: the interface, and a small SQLCipher file. `keystore_postgres` keeps the same in PostgreSQL.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlcipher3.dbapi2 as sqlcipher

from muniment.spine.envelope import KEY_BYTES
from muniment.spine.errors import Busy
from muniment.spine.keys import KeyFault, derive

PATIENCE = 10.0
"""Seconds that a store waits for another process before it says it is busy."""

_AT_ONCE = 500


class KeyRow(NamedTuple):
    """One wrapped key: whose it is, what it is for (`tenant`, `subject`, …), its name, and itself."""

    tenant: UUID
    kind: str
    key_id: UUID
    wrapped: bytes


class KeyStore(Protocol):
    """A durable store of wrapped keys."""

    def put_many(self, rows: Iterable[KeyRow]) -> int:
        """Keep all rows, or none, and return how many were new; names taken before keep what they have.

        :raises Busy: when the store cannot be reached; nothing was kept then.
        """

    def get(self, tenant: UUID, key_id: UUID) -> bytes | None:
        """Return the wrapped key, or None when there is none or it was destroyed.

        :raises Busy: when the store cannot be reached.
        """

    def get_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the wrapped keys that are there; names without one are left out.

        :raises Busy: when the store cannot be reached.
        """

    def destroyed(self, tenant: UUID, key_ids: Iterable[UUID]) -> set[UUID]:
        """Return the names that bear a gravestone: there was a key, and it was destroyed here.

        :raises Busy: when the store cannot be reached.
        """

    def destroy(self, tenant: UUID, key_id: UUID) -> bool:
        """Overwrite one wrapped key and return whether there was one; as `destroy_many`."""

    def destroy_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> int:
        """Overwrite wrapped keys so that no copy stays in the store's files, and return how many there were.

        May be called again for the same names: it then only makes sure of the traces.

        :raises Busy: when the store cannot be reached, or traces could not be removed yet; call again.
        """

    def count(self, tenant: UUID | None = None) -> int:
        """Return how many keys are there, of one tenant or of all; destroyed ones do not count."""

    def generation(self) -> int:
        """Return a number that grows with each destruction, in the same step as it.

        :raises Busy: when the store cannot be reached.
        """

    def close(self) -> None:
        """Let go of the store; later calls open it again."""


_TABLE = """
CREATE TABLE IF NOT EXISTS wrapped_key (
    seq INTEGER PRIMARY KEY,
    tenant BLOB NOT NULL,
    key_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    wrapped BLOB NOT NULL,
    destroyed INTEGER NOT NULL DEFAULT 0
)
"""
_INDEX = "CREATE UNIQUE INDEX IF NOT EXISTS wrapped_key_name ON wrapped_key (tenant, key_id)"
_DESTRUCTION = """
CREATE TABLE IF NOT EXISTS destruction (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL)
"""
_ONE_MORE = """
INSERT INTO destruction VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET number = number + 1
"""
_SELECT = "SELECT key_id, wrapped FROM wrapped_key WHERE tenant = ? AND destroyed = 0"
_GRAVESTONES = "SELECT key_id FROM wrapped_key WHERE tenant = ? AND destroyed = 1"
_OVERWRITE = """
UPDATE wrapped_key SET wrapped = zeroblob(length(wrapped)), destroyed = 1
WHERE tenant = ? AND destroyed = 0
"""


class SqlcipherKeyStore:
    """The store as one encrypted file, for the installation on one machine.

    One connection and one lock per process; a forked child opens its own. Write-ahead log with full
    synchronisation; the log is emptied after each destruction, since it still holds the page as it was.

    :param raw_key: 32 bytes, from `KeyProvider.derive`.
    :raises KeyFault: when the file does not open with this key.
    :raises Busy: when the file cannot be opened or made.
    """

    def __init__(self, path: Path | str, raw_key: bytes, *, patience: float = PATIENCE) -> None:
        if len(raw_key) != KEY_BYTES:
            raise ValueError("A key has 32 bytes.")
        self._path = Path(path)
        self._raw_key = raw_key
        self._patience = patience
        self._lock = threading.RLock()
        self._connection: Any = None
        self._inherited: list[Any] = []
        _stores.add(self)
        with self._open():
            pass

    def __repr__(self) -> str:
        return "SqlcipherKeyStore(…)"

    def put_many(self, rows: Iterable[KeyRow]) -> int:
        """Keep all rows, or none, and return how many were new; durable when this returns.

        :raises Busy: when the file cannot be written in time; nothing was kept then.
        """
        values = [(row.tenant.bytes, row.key_id.bytes, row.kind, row.wrapped) for row in rows]
        with self._writing() as connection:
            cursor = connection.executemany(
                "INSERT INTO wrapped_key (tenant, key_id, kind, wrapped) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (tenant, key_id) DO NOTHING",
                values,
            )
            return max(int(cursor.rowcount), 0)

    def get(self, tenant: UUID, key_id: UUID) -> bytes | None:
        """Return the wrapped key, or None when there is none or it was destroyed.

        :raises Busy: when the file cannot be read.
        """
        return self.get_many(tenant, [key_id]).get(key_id)

    def get_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the wrapped keys that are there; names without one are left out.

        :raises Busy: when the file cannot be read.
        """
        found: dict[UUID, bytes] = {}
        with self._open() as connection:
            for names in _portions(key_ids):
                marks = ",".join("?" * len(names))
                rows = connection.execute(
                    f"{_SELECT} AND key_id IN ({marks})",
                    [tenant.bytes, *names],
                )
                found.update((UUID(bytes=name), wrapped) for name, wrapped in rows)
        return found

    def destroyed(self, tenant: UUID, key_ids: Iterable[UUID]) -> set[UUID]:
        """Return the names that bear a gravestone.

        :raises Busy: when the file cannot be read.
        """
        found: set[UUID] = set()
        with self._open() as connection:
            for names in _portions(key_ids):
                marks = ",".join("?" * len(names))
                rows = connection.execute(
                    f"{_GRAVESTONES} AND key_id IN ({marks})",
                    [tenant.bytes, *names],
                )
                found.update(UUID(bytes=row[0]) for row in rows)
        return found

    def destroy(self, tenant: UUID, key_id: UUID) -> bool:
        """Overwrite one wrapped key and return whether there was one.

        :raises Busy: as `destroy_many`.
        """
        return self.destroy_many(tenant, [key_id]) == 1

    def destroy_many(self, tenant: UUID, key_ids: Iterable[UUID]) -> int:
        """Overwrite wrapped keys, in the file and in its log, and return how many there were.

        :raises Busy: when another process keeps the log in use; the keys are gone, their traces not yet.
        """
        gone = 0
        with self._writing() as connection:
            # The same length in the same place: SQLite then overwrites the cell itself and moves nothing.
            for names in _portions(key_ids):
                marks = ",".join("?" * len(names))
                cursor = connection.execute(
                    f"{_OVERWRITE} AND key_id IN ({marks})",
                    [tenant.bytes, *names],
                )
                gone += int(cursor.rowcount)
            if gone:
                connection.execute(_ONE_MORE)
        with self._open() as connection:
            (blocked, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if blocked:
            raise Busy(
                "The keys are destroyed, but the key store is in use and traces of them remain in its log.",
                todo="Destroy them again in a moment.",
            )
        return gone

    def count(self, tenant: UUID | None = None) -> int:
        """Return how many keys are there, of one tenant or of all.

        :raises Busy: when the file cannot be read.
        """
        whose = None if tenant is None else tenant.bytes
        with self._open() as connection:
            row = connection.execute(
                "SELECT count(*) FROM wrapped_key WHERE destroyed = 0 AND (?1 IS NULL OR tenant = ?1)",
                [whose],
            ).fetchone()
        return int(row[0])

    def generation(self) -> int:
        """Return how many destructions there were.

        :raises Busy: when the file cannot be read.
        """
        with self._open() as connection:
            row = connection.execute("SELECT number FROM destruction").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except (sqlcipher.OperationalError, OSError):
                raise Busy(
                    "The key store does not answer just now.",
                    todo="Try again in a moment; if it stays so, check its file and its disk.",
                ) from None
            except sqlcipher.DatabaseError as fault:
                if type(fault) is not sqlcipher.DatabaseError:
                    raise
                raise KeyFault("The key store does not open with this key, or is damaged.") from None

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _connect(self) -> Any:
        # An empty file of our own mode first: SQLite gives its log and index the same rights. Never one that
        # is there already: closing it here would drop the locks of this process's other connections (POSIX).
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlcipher.connect(
            str(self._path), timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: Any) -> None:
        # A salt that follows from the key: two processes that make the file at once then agree on it.
        salt = derive(self._raw_key, "keystore/salt")[:16]
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._raw_key.hex()}{salt.hex()}'\"")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(_TABLE)
        connection.execute(_INDEX)
        connection.execute(_DESTRUCTION)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _begin_anew_after_fork(self) -> None:
        # Closing the parent's connection here would take away its locks, so it is kept and never used.
        self._inherited.append(self._connection)
        self._connection = None
        self._lock = threading.RLock()


def _portions(key_ids: Iterable[UUID]) -> Iterator[list[bytes]]:
    names = [key_id.bytes for key_id in key_ids]
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]


_stores: weakref.WeakSet[SqlcipherKeyStore] = weakref.WeakSet()


def _after_fork() -> None:
    for store in _stores:
        store._begin_anew_after_fork()  # noqa: SLF001 - the store's own module


os.register_at_fork(after_in_child=_after_fork)
