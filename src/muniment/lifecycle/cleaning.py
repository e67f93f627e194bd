"""Removing what a deletion leaves behind: free pages of the database, its log, and what a process remembers.

SQLCipher overwrites deleted cells already (`secure_delete`); the file is written anew all the same and its log emptied.
On PostgreSQL a table is rewritten without its dead rows, which only the owner of the tables may do. What an older
reading keeps alive is not taken for clean.

A rewriting (`VACUUM FULL`) spares what the oldest transaction of the whole server might see, also one of another
database; a plain `VACUUM` asks only for readers of its own database, and the former copies what the latter left.
"""

from __future__ import annotations

import functools
import gc
import re
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from django.db import OperationalError, connection

from muniment.counterparties.models import BlindToken, Counterparty
from muniment.ledger.words import moment
from muniment.screening.models import Match, Screened
from muniment.spine import config, ports
from muniment.spine.envelope import forget_ciphers

LEFT: Final = "left for: muniment erase-subject clean"
NOT_ALONE: Final = "somebody works with the database just now"
NO_OWNER: Final = "the address of the tables' owner is not set (MUNIMENT_DATABASE_OWNER)"
REFUSED: Final = "the tables' owner could not rewrite them"
#: Seconds to wait for a short reading to end, such as the server's own, and between two rewritings.
PATIENCE: Final = 10.0
PAUSE: Final = 0.1
OLDER: Final = "an older reading of the database keeps deleted rows alive: end dumps and forgotten sessions"
_CACHE: Final = type(functools.lru_cache(len))
TABLES: Final = tuple(str(model._meta.db_table) for model in (BlindToken, Counterparty, Screened, Match))
#: Packages that remember names they have compared.
_REMEMBERING: Final = (
    "muniment.screening",
    "nomenklatura",
    "rigour",
    "followthemoney",
    "fingerprints",
    "normality",
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of the bytes of deleted rows.

    :param at: when they were gone; ``None`` when it is left for later. :param what: what was rewritten, or why not.
    """

    at: datetime | None
    what: str

    def told(self) -> str:
        """Return it as certificates and entries say it."""
        return f"{LEFT} ({self.what})" if self.at is None else f"rewritten {moment(self.at)}: {self.what}"


def clean() -> Cleaned:
    """Rewrite what holds deleted rows, and forget what was compared in this process."""
    forget()
    return _postgres() if connection.vendor == "postgresql" else _sqlcipher()


def forget() -> None:
    """Drop the names that this process has compared and the ciphers that it has prepared."""
    forget_ciphers()
    if "muniment.screening.matching" not in sys.modules:
        return
    for held in gc.get_objects():
        # Its type and not isinstance: lazy objects of others would wake up when asked what they are.
        if type(held) is _CACHE and str(held.__module__).startswith(_REMEMBERING):
            held.cache_clear()


def _sqlcipher() -> Cleaned:
    if connection.in_atomic_block:
        return Cleaned(None, NOT_ALONE)
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (blocked, _frames, _done) = cursor.fetchone()
    except OperationalError:
        # Somebody works with the database just now; deleted cells are overwritten already.
        blocked = True
    return Cleaned(None, NOT_ALONE) if blocked else Cleaned(ports.now(), "the file, and its log emptied")


def _postgres() -> Cleaned:
    owner = config.current().database_owner
    if not owner:
        return Cleaned(None, NO_OWNER)
    if connection.in_atomic_block:
        return Cleaned(None, NOT_ALONE)
    carried: list[int] = []

    def hear(diagnostic: Any) -> None:
        # The number comes first in each of the server's languages.
        carried.extend(int(one) for one in re.findall(r"\d+", diagnostic.message_detail or "")[:1])

    try:
        with psycopg.connect(
            owner, autocommit=True, options="-c lock_timeout=10000 -c client_min_messages=error"
        ) as own:
            own.add_notice_handler(hear)
            deadline = time.monotonic() + PATIENCE
            while True:
                carried.clear()
                for table in TABLES:
                    own.execute(f"VACUUM (DISABLE_PAGE_SKIPPING) {table}".encode())
                    own.execute(f"VACUUM (FULL, VERBOSE) {table}".encode())
                if not any(carried) or time.monotonic() > deadline:
                    break
                time.sleep(PAUSE)
    except psycopg.Error:
        return Cleaned(None, REFUSED)
    # A role that does not own a table is only warned, and nothing is rewritten.
    if len(carried) < len(TABLES):
        return Cleaned(None, REFUSED)
    return Cleaned(None, OLDER) if any(carried) else Cleaned(ports.now(), ", ".join(TABLES))
