"""The shared folder for fixtures that live as long as a module."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of real law; tests that need it say so when it is not there."""
    folder = Path(os.environ.get("MUNIMENT_SHARED", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data not found: set MUNIMENT_SHARED")
    return folder
