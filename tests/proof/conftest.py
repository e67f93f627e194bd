"""The small log and its pack as fixtures, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.proof.small_log import Log, make_contents, make_log

from muniment.proof.pack import build_pack


@pytest.fixture(scope="session")
def log() -> Log:
    return make_log()


@pytest.fixture(scope="session")
def pack(log: Log) -> bytes:
    return build_pack(make_contents(log))


@pytest.fixture(scope="session")
def real_vectors(shared: Path) -> Path:
    """The folder of official test vectors, or a skip that says what is missing."""
    found = shared / "vectors"
    if not found.is_dir():
        pytest.skip("real data not found: set MUNIMENT_SHARED")
    return found
