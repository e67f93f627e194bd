"""Runs the program as an operator does: in a process of its own, on a folder of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from muniment.ops.cli.program import run

START = "import sys; from muniment.ops.cli import main; main()"


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


def muniment(*words: str, home: Path | None = None, given: str = "", seconds: int = 60, **more: str) -> Ran:
    """Run a command to its end."""
    where = [] if home is None else ["--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-c", START, *words, *where],
        env=environment(**more),
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


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
