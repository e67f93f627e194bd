"""Two neighbours of the demonstration: a witness and a time-stamp authority, each a program with keys of its own.

In earnest both run elsewhere, where the log's operator has no say; here they stand in the folder ``neighbours``, and
everything says so. What the installation must know of them is written into its settings before it is made.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from muniment.ops.serving import timestamp
from muniment.proof.note import Key
from muniment.spine import config, ports
from muniment.witness import folder as witnesses

FOLDER: Final = "neighbours"
WITNESS: Final = "witness.example/demonstration"
AUTHORITY: Final = "test-authority"
#: Seconds for both to answer; a slow machine that does other things needs some of them.
PATIENCE: Final = 240.0

_PROGRAM: Final = "from muniment.ops.cli import main; main()"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(home: Path) -> None:
    """Make both neighbours, and the settings that let the installation call them and nobody else."""
    now = ports.now()
    place = home / FOLDER
    place.mkdir(mode=0o700)
    cosigner, stamper = _free_port(), _free_port()
    told = witnesses.Settings(WITNESS, f"https://localhost:{cosigner}", "127.0.0.1", cosigner)
    witnesses.make(place / "witness", told, now)
    timestamp.make(place / "timestamp", now)
    trusted = b"".join(
        (place / name / "tls" / "authority.pem").read_bytes() for name in ("witness", "timestamp")
    )
    (place / "authorities.pem").write_bytes(trusted)
    lines = [
        "# Written by the demonstration: its witness and its time-stamp authority, both on this machine for show.",
        f'allow_egress_private = ["{told.url}", "https://localhost:{stamper}"]',
        f'egress_authorities = "{place / "authorities.pem"}"',
        f'timestamp_authorities = ["{AUTHORITY} https://localhost:{stamper} {FOLDER}/timestamp/{timestamp.ROOT}"]',
    ]
    (home / "muniment.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config.current.cache_clear()


def policy(home: Path, keys: list[Key]) -> str:
    """Let the witness know these logs, and return the policy that names it."""
    place = home / FOLDER / "witness"
    witnesses.trust(place, keys)
    lines = witnesses.policy_lines(witnesses.signer(place), witnesses.settings(place).url)
    logs = "".join(f"log {key.encode()}\n" for key in keys)
    return f"{logs}{lines}quorum {WITNESS}\n"


@contextmanager
def running(home: Path) -> Iterator[None]:
    """Let both run until the block ends.

    :raises RuntimeError: when one of them does not answer.
    """
    place = home / FOLDER
    stamper = config.current().timestamp_authorities[0].split()[1].rpartition(":")[2]
    cosigner = str(witnesses.settings(place / "witness").port)
    commands = (
        ["witness", "serve", "--state", str(place / "witness")],
        ["timestamp", "serve", str(place / "timestamp"), "--port", stamper],
    )
    children = [_started(command) for command in commands]
    try:
        for port, child in zip((cosigner, stamper), children, strict=True):
            _await(int(port), child)
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    # With the parent gone these go too: the program begins by tying itself to it.
    tied = f"import os; from muniment.ops.serving.lifeline import tie_to; tie_to({os.getpid()}); {_PROGRAM}"
    return subprocess.Popen(
        [sys.executable, "-c", tied, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _await(port: int, child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and child.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("a neighbour of the demonstration did not start")
