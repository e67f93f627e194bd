"""Prepares the folder of the demonstration: an empty one, or one that an earlier demonstration made. No Django here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import psycopg

from muniment.ops.serving.keeping import alone
from muniment.spine.errors import Busy, Clash

#: A file that only the demonstration writes; without it nothing is ever removed.
MARK: Final = "made-by-the-demo"
#: What stays between two runs: packages that were downloaded.
KEPT: Final = frozenset({"cache", "serving.lock"})


def require_empty(database: str) -> None:
    """Refuse a PostgreSQL database that holds an installation; asked before the folder of an earlier one is emptied.

    A demonstration empties no database: it may be somebody's, named by a variable that was forgotten.

    :raises Busy: when the database cannot be reached.
    :raises Clash: when there are tables of an installation in it.
    """
    try:
        with psycopg.connect(database, connect_timeout=10) as connection:
            row = connection.execute("SELECT to_regclass('public.ledger_log')").fetchone()
    except psycopg.Error:
        raise Busy("The database did not answer.", todo="See that it runs and that you may use it.") from None
    if row is None or row[0] is not None:
        raise Clash(
            "The database belongs to an installation already; it is left alone, and so is the folder.",
            todo="Name an empty database, or take the variable away for the encrypted file.",
        )


def prepare(home: Path) -> None:
    """Make the folder ready, so that the demonstration starts afresh.

    :raises Clash: when something else lies in it, or when it is being served.
    """
    if home.is_dir() and any(home.iterdir()):
        if not (home / MARK).is_file():
            raise Clash(
                "There is something in this folder that no demonstration made; it is left alone.",
                todo="Choose an empty folder: muniment demo --home FOLDER.",
            )
        with alone(home):
            for path in sorted(home.iterdir()):
                # The mark goes last: a folder that was wiped half can still be wiped again.
                if path.name not in KEPT and path.name != MARK:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    (home / MARK).write_text(
        "The demonstration of Muniment made this folder and may remove what is in it when it runs again.\n",
        encoding="ascii",
    )
    (home / "demo").mkdir(mode=0o700)
