"""Where time-stamps are kept: files beside the deployment's log, with what was stamped.

Rules: a token is named by its own SHA-256 and stands whole or not at all; beside it stands the text of the head that
it is about, so that ``openssl ts -verify`` needs nothing else. A file that nothing on record names is no time-stamp.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from muniment.ledger import logs
from muniment.ledger.models import Log
from muniment.proof.timestamp import LARGEST_TOKEN

TOKEN, TEXT = ".tsr", ".head"
_NAMED: Final = re.compile(r"[0-9a-f]{64}")


def place(log: Log) -> Path:
    """Return the folder of a log's time-stamps."""
    return logs.folder(log) / "time"


def keep(log: Log, text: bytes, raw: bytes) -> str:
    """Keep a token and the text that it is about, down to the disk.

    :returns: its digest, by which it is named.
    """
    folder = place(log)
    digest = hashlib.sha256(raw).hexdigest()
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync(folder.parent)
    # The token comes last: where it stands, its text stands.
    for name, held in ((digest + TEXT, text), (digest + TOKEN, raw)):
        aside = folder / f".{name}.new"
        with aside.open("wb") as file:
            file.write(held)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / name)
    _sync(folder)
    return digest


def read(log: Log, digest: str) -> bytes:
    """Return a token, as it is there.

    :raises OSError: when it is not.
    """
    with (place(log) / (digest + TOKEN)).open("rb") as file:
        return file.read(LARGEST_TOKEN + 1)


def kept(log: Log) -> Iterator[tuple[str, bytes]]:
    """Yield each token's digest and the text beside it."""
    folder = place(log)
    for path in sorted(folder.glob(f"*{TOKEN}")):
        beside = path.with_suffix(TEXT)
        if _NAMED.fullmatch(path.stem) and beside.is_file():
            yield path.stem, beside.read_bytes()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
