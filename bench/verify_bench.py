"""A log of a million entries, verified from its files alone: seconds, and the most memory that it took."""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench import yardstick

ENTRIES = 1_000_000
BATCH = 65_536


def entries(first: int, last: int) -> Iterator[bytes]:
    """Make leaves as large as the ledger's own."""
    filler = b"x" * 700
    for number in range(first, last):
        yield number.to_bytes(8, "big") + filler


def make(folder: Path, count: int) -> bytes:
    """Write a log and sign it; returns its public keys."""
    from muniment.proof.checkpoint import Checkpoint
    from muniment.proof.signer import new_signer, sign_checkpoint
    from muniment.proof.tiles import TileWriter

    signer = new_signer("bench.example/log")
    writer = TileWriter(folder, sync=False)
    grown = writer.extend(0, [])
    for first in range(0, count, BATCH):
        grown = writer.extend(first, list(entries(first, min(count, first + BATCH))))
        writer.drop_partials(first, grown.size)
    head = Checkpoint("bench.example/log", count, grown.root())
    writer.publish(sign_checkpoint(signer, head, datetime.now(UTC)))
    return signer.vkeys()


def verify(folder: Path, vkeys: bytes) -> dict[str, float]:
    """Verify the folder, with its entries and by the hashes alone."""
    from muniment.proof.folder import verify_folder
    from muniment.proof.note import parse_keys

    keys = parse_keys(vkeys)
    begun = time.perf_counter()
    whole = verify_folder(folder, keys)
    entries_done = time.perf_counter()
    tiles = verify_folder(folder, keys, hashes_only=True)
    ended = time.perf_counter()
    if not (whole.holds and tiles.holds and whole.entries == whole.size):
        raise SystemExit("the log of the bench does not hold")
    return {
        "verify_entries": whole.size,
        "verify_seconds": entries_done - begun,
        "verify_tiles_seconds": ended - entries_done,
        "verify_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Make the log in a process of its own, so that its memory does not count, then verify it in this one."""
    import subprocess

    home = Path(tempfile.mkdtemp(prefix="bench-verify-"))
    try:
        code = (
            "import sys; from pathlib import Path; from bench import verify_bench as b;"
            f"sys.stdout.buffer.write(b.make(Path(sys.argv[1]), {ENTRIES}))"
        )
        made = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, check=True)
        yardstick.say(verify(home, made.stdout))
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
