"""Runs the program as an operator does: in a process of its own, on a folder of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from muniment.ops.cli.program import run

START = "import sys; from muniment.ops.cli import main; main()"

#: Seconds after which a program is taken to hang: what it does in two on a machine of its own may take a hundred
#: where two cores are shared by many. Nothing waits so long for what has happened.
PATIENCE = 240

_drawn = count()


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The answer as an object."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """Return an environment without anything of ours but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
    return {**kept, "MUNIMENT_LOG_LEVEL": "error", **more}


def muniment(*words: str, home: Path | None = None, given: str = "", **more: str) -> Ran:
    """Run a command to its end."""
    where = [] if home is None else ["--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-c", START, *words, *where],
        env=environment(**more),
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def free_port() -> int:
    """Return a port that nobody listens at, and that nobody is given in the meantime.

    It lies below the ports that the kernel hands out to callers, and each test process draws from a row of its own, so
    that between asking and listening neither a line that goes out nor another test takes it.
    """
    while True:
        port = 10_240 + (os.getpid() * 32 + next(_drawn)) % 20_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def ended(child: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    """End a program and all that it started in its session, whatever became of it, and close its pipes."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE / 4)
            break
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


@contextmanager
def serving(*words: str, port: int) -> Iterator[None]:
    """Let a command serve until the block ends; it begins when the command answers at its port.

    The child's words go to a file that has no name, and are told only when it does not begin.
    """
    with TemporaryFile() as told:
        child = subprocess.Popen(
            [sys.executable, "-c", START, *words],
            env=environment(),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        )
        try:
            until = time.monotonic() + PATIENCE
            while not _answers(port):
                began = child.poll() is None and time.monotonic() < until
                told.seek(0)
                assert began, told.read().decode()
                time.sleep(0.05)
            yield
        finally:
            ended(child)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("localhost", port), timeout=10):
        return True
    return False


Command = Callable[..., Ran]


def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs a command in this process, on the installation of this process."""

    def command(*words: str, given: str = "") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        capsys.readouterr()
        code = run(list(words))
        shown = capsys.readouterr()
        return Ran(code, shown.out, shown.err)

    return command
