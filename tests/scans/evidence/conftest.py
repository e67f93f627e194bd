"""The shared folder for fixtures that live as long as a module."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_folder(shared: Path) -> Path:
    """The folder of real law; tests that need it say so when it is not there."""
    return shared
