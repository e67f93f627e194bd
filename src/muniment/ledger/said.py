"""What was committed last of every guarded row, for a deep check that must not grow with the rows.

Rules: it lies in a temporary file that is encrypted under a key which only this process knows, and that goes with it;
a million rows take some 200 MB there and 64 MB in memory at most. Nothing is kept of it when the check ends.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlcipher3.dbapi2 as sqlcipher

from muniment.spine import config, ports

#: Memory for pages of the temporary file, in KiB: rows come in no order, and with an eighth of it each one costs
#: three times as much at two hundred thousand.
CACHE_KIB: Final = 64 * 1024

Mark = tuple[str, str]


class Said(MutableMapping[Mark, Mark]):
    """By table and row: the digest that was committed last, empty for a row that was removed, and by which event."""

    def __init__(
        self,
        begun: Iterable[tuple[Mark, Mark]] = (),
        folder: Path | None = None,
        cache_kib: int = CACHE_KIB,
    ) -> None:
        """Begin with what is known from before, such as what pruning carried over.

        :param folder: where the file lies; the folder of the data when none is given. One that cannot be written
            leaves the rows in memory: looking must not need what writing needs. :param cache_kib: how much of the file
            is held in memory.
        """
        self._file: Any
        try:
            # Not in the system's folder for temporary files, which may be memory itself. The name goes as soon as the
            # file is open, so that the file goes whatever becomes of the process.
            with TemporaryDirectory(prefix=".said-", dir=folder or config.current().data) as aside:
                self._file = sqlcipher.connect(f"{aside}/rows", isolation_level=None)
                self._begin(cache_kib)
        except OSError:
            self._file = sqlcipher.connect(":memory:", isolation_level=None)
            self._begin(cache_kib)
        for mark, what in begun:
            self[mark] = what

    def _begin(self, cache_kib: int) -> None:
        self._file.execute(f"PRAGMA key = \"x'{ports.random_bytes(32).hex()}'\"")
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(f"PRAGMA cache_size = -{cache_kib}")
        self._file.execute(
            "CREATE TABLE said (tbl TEXT, row TEXT, digest TEXT, name TEXT, PRIMARY KEY (tbl, row)) WITHOUT ROWID"
        )
        self._file.execute("BEGIN EXCLUSIVE")

    def __setitem__(self, mark: Mark, what: Mark) -> None:
        """Note what was committed of a row, in place of what was before.

        :raises OSError: when the disk takes no more, so that the check is one that could not be done.
        """
        try:
            self._file.execute("INSERT OR REPLACE INTO said VALUES (?, ?, ?, ?)", (*mark, *what))
        except sqlcipher.OperationalError as why:
            raise OSError(errno.ENOSPC, "no room for what is remembered of the rows") from why

    def __getitem__(self, mark: Mark) -> Mark:
        """Return what was committed last of a row."""
        found = self._file.execute("SELECT digest, name FROM said WHERE tbl = ? AND row = ?", mark).fetchone()
        if found is None:
            raise KeyError(mark)
        return str(found[0]), str(found[1])

    def __delitem__(self, mark: Mark) -> None:
        """Forget a row."""
        if not self._file.execute("DELETE FROM said WHERE tbl = ? AND row = ?", mark).rowcount:
            raise KeyError(mark)

    def __iter__(self) -> Iterator[Mark]:
        """Yield tables and rows, in order."""
        yield from self._file.execute("SELECT tbl, row FROM said ORDER BY tbl, row")

    def __len__(self) -> int:
        """Return how many rows were spoken of."""
        return int(self._file.execute("SELECT count(*) FROM said").fetchone()[0])


def standing(last: MutableMapping[Mark, Mark], table: str) -> Iterator[tuple[str, str, str]]:
    """Yield row, digest and event of the rows of one table that must be there, in the order of the rows.

    On a :class:`Said` this reads on as it goes and holds one row at a time.
    """
    if isinstance(last, Said):
        yield from last._file.execute(  # noqa: SLF001  # its own file's other half
            "SELECT row, digest, name FROM said WHERE tbl = ? AND digest <> '' ORDER BY row", (table,)
        )
        return
    yield from sorted(
        (row, digest, name) for (one, row), (digest, name) in last.items() if one == table and digest
    )
