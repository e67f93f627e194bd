"""One installation for the tests of the command line, made once in a test process."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.ops.commands import Command, here, muniment


@pytest.fixture
def command(db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process, on the database that is being tested."""
    return here(capsys, monkeypatch)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one tenant, made by the commands alone."""
    home = tmp_path_factory.mktemp("ops") / "home"
    assert muniment("init", home=home).code == 0
    assert muniment("tenant", "create", "--name", "Wick and Oil", "--slug", "wick", home=home).code == 0
    return home
