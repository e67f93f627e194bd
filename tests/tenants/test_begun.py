"""Marks of tenants that are being made: held while somebody makes one, found when nobody does any more."""

from __future__ import annotations

from uuid import UUID

import pytest

from muniment.spine.errors import Busy
from muniment.tenants import begun

ONE = UUID("11111111-2222-4333-8444-555555555555")
OTHER = UUID("21111111-2222-4333-8444-555555555555")


def found(folder):
    return [one.tenant for one in begun.left_behind(folder)]


def test_a_mark_is_held_while_its_tenant_is_made_and_found_when_that_broke_off(tmp_path):
    with begun.marked(tmp_path / "keys", ONE, "a" * 32):
        assert found(tmp_path / "keys") == []
    [left] = begun.left_behind(tmp_path / "keys")
    assert (left.tenant, left.tag) == (ONE, "a" * 32)
    left.done()
    assert found(tmp_path / "keys") == []
    assert list((tmp_path / "keys").iterdir()) == []


def test_nothing_is_found_where_there_is_no_folder(tmp_path):
    assert found(tmp_path / "nowhere") == []


def test_a_folder_that_cannot_be_written_is_told_of_before_any_key_is_made(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Busy, match="folder of signing keys"), begun.marked(tmp_path / "keys", ONE, "a"):
        raise AssertionError


def test_a_mark_that_goes_while_it_is_looked_at_is_not_found(tmp_path, monkeypatch):
    for tenant in (ONE, OTHER):
        with begun.marked(tmp_path, tenant, "a"):
            pass
    seen = begun.left_behind(tmp_path)
    assert next(seen).tenant == ONE
    (tmp_path / f"{OTHER}.a{begun.SUFFIX}").unlink()
    assert list(seen) == []
    mine = tmp_path / f"{ONE}.a{begun.SUFFIX}"
    monkeypatch.setattr(begun.fcntl, "flock", lambda *_: mine.unlink())
    assert found(tmp_path) == []
