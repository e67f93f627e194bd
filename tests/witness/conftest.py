"""A witness that knows one log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.proof.small_log import NOON
from tests.witness.scripted import Shown, made

from muniment.witness.application import Witness


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def witness(tmp_path: Path, shown: Shown) -> Iterator[Witness]:
    made(tmp_path / "w", shown)
    at_work = Witness(tmp_path / "w", now=lambda: NOON, patience=0.3)
    yield at_work
    at_work.state.close()
