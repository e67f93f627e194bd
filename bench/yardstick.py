"""What stands still: hashing. Each measure is also given as a multiple of it, so that different days compare."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BLOCK = bytes(1 << 20)


def hashing() -> float:
    """Return the seconds that SHA-256 takes for 64 MiB, the best of three."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        digest = hashlib.sha256()
        for _ in range(64):
            digest.update(BLOCK)
        best = min(best, time.perf_counter() - start)
    return best


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that some work took, and what it gave."""
    start = time.perf_counter()
    given = work()
    return time.perf_counter() - start, given


def shared() -> Path | None:
    """Return the folder of real data, or nothing; a variable that is set to nothing says that there is none."""
    beside = str(Path(__file__).resolve().parents[2] / "shared" / "data")
    told = os.environ.get("MUNIMENT_SHARED", beside)
    return Path(told) if told and Path(told).is_dir() else None


def installation() -> Path:
    """Make an empty installation for this process and open Django on it; returns its folder."""
    home = Path(tempfile.mkdtemp(prefix="muniment-bench-"))
    os.environ |= {
        "MUNIMENT_HOME": str(home),
        "MUNIMENT_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "muniment.site.settings",
    }
    from muniment.spine.keyfile import KeyFileProvider

    for name in ("data", "keys"):
        (home / name).mkdir()
    KeyFileProvider.create(home / "keys" / "master.key")
    import django

    django.setup()
    from muniment.ledger import logs
    from muniment.spine.installation import keyring
    from muniment.spine.migrating import migrate
    from muniment.spine.scope import DEPLOYMENT

    migrate()
    keyring().create_tenant(DEPLOYMENT)
    logs.begin(DEPLOYMENT)
    return home


def child(code: str) -> dict[str, Any]:
    """Run some code in a process of its own and return the figures that it says."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def say(figures: dict[str, Any]) -> None:
    """Print what was measured as one line of JSON, for the table."""
    sys.stdout.write(json.dumps({**figures, "hashing_seconds": hashing()}) + "\n")
