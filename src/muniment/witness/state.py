"""What the witness remembers: the heads that it cosigned, in one SQLite file, and heads that contradict them.

Rules: looking and writing are one transaction that excludes every other, in this process and in others; it is on the
disk before anybody is told; the tables themselves refuse a smaller head and another root. The time of a cosignature is
chosen inside the transaction and never goes back, so that "the largest that I have seen as of then" stays true.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.witness import Declined, Head, require_continued

#: Heads of a log that are remembered, so that a fork at an older size is still seen.
REMEMBERED: Final = 4096
#: Pieces of evidence of one kind that are kept for one log; whoever can sign for it could else fill the disk.
MOST_EVIDENCE: Final = 1000

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS head (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL, note BLOB NOT NULL,
    PRIMARY KEY (origin, size)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS never_back BEFORE INSERT ON head
WHEN NEW.size <= (SELECT max(size) FROM head WHERE origin = NEW.origin)
BEGIN SELECT RAISE(ABORT, 'a smaller head'); END;
CREATE TRIGGER IF NOT EXISTS never_another BEFORE UPDATE ON head
WHEN NEW.origin <> OLD.origin OR NEW.size <> OLD.size OR NEW.root <> OLD.root OR NEW.at < OLD.at
BEGIN SELECT RAISE(ABORT, 'another head'); END;
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last head of a log: what was cosigned and when, and how much evidence lies against the log."""

    checkpoint: Checkpoint
    at: datetime
    evidence: int


class State:
    """The memory of one witness, below its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._alone = threading.Lock()
        self._base = sqlite3.connect(
            folder / "heads.sqlite", isolation_level=None, check_same_thread=False, timeout=10
        )
        # Without a write-ahead log the one file is all there is; EXTRA also syncs the folder after each commit.
        for wish in ("journal_mode = DELETE", "synchronous = EXTRA", "trusted_schema = OFF"):
            self._base.execute(f"PRAGMA {wish}")
        self._base.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._alone:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._base.execute("COMMIT")
            finally:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")

    def accept(self, head: Head, now: datetime) -> datetime:
        """Remember a head as cosigned, if it continues the last one; it is on the disk when this returns.

        :returns: the time to put into the cosignature: now, or that of the last one if the clock went back.
        :raises Declined: when it does not continue it; a head that contradicts it is kept as evidence.
        """
        new = head.checkpoint
        try:
            with self._change():
                last = self._last(new.origin)
                require_continued(
                    head, None if last is None else last[0], lambda size: self._root(new.origin, size)
                )
                at = int(now.timestamp()) if last is None else max(int(now.timestamp()), last[1])
                self._write(head, at, again=last is not None and last[0].size == new.size)
        except Declined as why:
            if why.contradiction:
                self.keep(head, why)
            raise
        return datetime.fromtimestamp(at, UTC)

    def look(self, head: Head) -> None:
        """Make sure that a head continues the last one, and write nothing but evidence against it.

        :raises Declined: as :meth:`accept` does.
        """
        new = head.checkpoint
        with self._alone:
            last = self._last(new.origin)
            known = self._root(new.origin, new.size)
        try:
            require_continued(head, None if last is None else last[0], lambda _size: known)
        except Declined as why:
            if why.contradiction:
                self.keep(head, why)
            raise

    def _last(self, origin: str) -> tuple[Checkpoint, int] | None:
        row = self._base.execute(
            "SELECT size, root, at FROM head WHERE origin = ? ORDER BY size DESC LIMIT 1", (origin,)
        ).fetchone()
        return None if row is None else (Checkpoint(origin, row[0], row[1]), row[2])

    def _root(self, origin: str, size: int) -> bytes | None:
        row = self._base.execute(
            "SELECT root FROM head WHERE origin = ? AND size = ?", (origin, size)
        ).fetchone()
        return None if row is None else row[0]

    def _write(self, head: Head, at: int, *, again: bool) -> None:
        new = head.checkpoint
        if again:
            self._base.execute(
                "UPDATE head SET at = ? WHERE origin = ? AND size = ?", (at, new.origin, new.size)
            )
            return
        self._base.execute(
            "INSERT INTO head VALUES (?, ?, ?, ?, ?)", (new.origin, new.size, new.root, at, head.note)
        )
        self._base.execute(
            "DELETE FROM head WHERE origin = ? AND size <= "
            "(SELECT size FROM head WHERE origin = ? ORDER BY size DESC LIMIT 1 OFFSET ?)",
            (new.origin, new.origin, REMEMBERED),
        )

    def keep(self, head: Head, why: Declined, *, copied: bytes = b"") -> None:
        """Keep a contradictory head beside what was cosigned; each only once.

        :param copied: the head that a mirror's copy leads to, when that is what it contradicts.
        """
        new = head.checkpoint
        place = self.folder / "evidence"
        place.mkdir(mode=0o700, exist_ok=True)
        name = f"{_mark(new.origin)}-{why.contradiction}-{new.size}-{new.root.hex()[:16]}.json"
        with self._alone:
            held = self._base.execute(
                "SELECT note FROM head WHERE origin = ? AND size <= ? ORDER BY size DESC LIMIT 1",
                (new.origin, new.size if why.contradiction == "fork" else 2**63 - 1),
            ).fetchone()
            kept = len(list(place.glob(f"{_mark(new.origin)}-{why.contradiction}-*")))
            if kept >= MOST_EVIDENCE or (place / name).exists():
                return
            told = {
                "origin": new.origin,
                "why": why.contradiction,
                "old": head.old,
                "proof": [one.hex() for one in head.proof],
                "shown": head.note.decode("utf-8"),
                "cosigned": held[0].decode("utf-8") if held else "",
            }
            if copied:
                told["copied"] = copied.decode("utf-8")
            aside = place / ".new"
            with aside.open("w", encoding="utf-8") as file:
                json.dump(told, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(place / name)
            _sync(place)

    def seen(self) -> list[Seen]:
        """Return the last head of every log that was cosigned, by name."""
        with self._alone:
            origins = [
                row[0] for row in self._base.execute("SELECT DISTINCT origin FROM head ORDER BY origin")
            ]
            found = [(origin, self._last(origin)) for origin in origins]
        return [
            Seen(last[0], datetime.fromtimestamp(last[1], UTC), self.evidence(origin))
            for origin, last in found
            if last is not None
        ]

    def evidence(self, origin: str) -> int:
        """Return how many heads of a log were kept as evidence."""
        return len(list((self.folder / "evidence").glob(f"{_mark(origin)}-*.json")))


def _mark(origin: str) -> str:
    """Name a log in a file name, where its own name could lead elsewhere."""
    return hashlib.sha256(origin.encode()).hexdigest()[:16]


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
