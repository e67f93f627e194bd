"""Where real law and lists are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from muniment.ops import loading


def test_the_folder_that_is_named_counts_and_set_to_nothing_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "regulatory").mkdir()
    monkeypatch.chdir(tmp_path)
    for told, found in ((str(tmp_path), tmp_path), (str(tmp_path / "none"), None), ("", None)):
        monkeypatch.setenv("MUNIMENT_SHARED", told)
        assert loading.shared_folder() == found
