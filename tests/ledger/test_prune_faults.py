"""Pruning that breaks off at every step: nothing is lost that was not signed away, and the next run finishes."""

from __future__ import annotations

import errno
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, taking, verify
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.models import Entry
from muniment.ledger.pruning import acts, plan, shown
from muniment.ledger.tables.pruning import Prune
from muniment.proof.tiles import TileWriter
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Clash
from muniment.spine.scope import tenant_scope

THEN = ports.now()


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
def old(db, ada):
    """A log with 600 entries that are more than a year old."""

    def record_many(act, *, count):
        for number in range(count):
            act.record("try.thing", number=number)

    door = action("try.many", cls="case.read", says="many")(record_many)
    with ports.frozen(clock=THEN):
        door(system("try", may=frozenset({"try.many"}), tenant=ada.tenant), count=600)
        publish.settle()
    with ports.frozen(clock=THEN + timedelta(days=425)):
        cases.open_case(ada, title="A young one")
        publish.settle()
        yield ada.tenant
    REGISTRY.pop("try.many", None)


def whole(tenant) -> None:
    """Everything holds, and nothing is gone that is not below a signed bound."""
    for deep in (False, True):
        assert verify.verify_log(tenant, deep=deep).faults == []


def finished(tenant) -> None:
    """The next run finishes, once, and everything holds."""
    publish.settle()
    done = taking.prune(tenant)
    assert done.below == 512
    with tenant_scope(tenant):
        assert Entry.objects.filter(kind="ledger.prune").count() == 1
        assert Entry.objects.filter(idx__lt=512).count() == 1
    folder = logs.folder(logs.of(tenant))
    assert not (folder / "tile/entries/000").exists()
    assert not (folder / "tile/entries/001").exists()
    whole(tenant)


def dies(*_given: Any, **_more: Any) -> Any:
    raise Killed


def test_killed_before_the_bound_is_signed(old, monkeypatch):
    monkeypatch.setattr(acts, "prune", dies)
    with pytest.raises(Killed):
        taking.prune(old)
    monkeypatch.undo()
    with tenant_scope(old):
        assert Prune.objects.count() == 0
    whole(old)
    finished(old)


def test_killed_when_the_bound_is_written_and_has_no_place_yet(old, monkeypatch):
    monkeypatch.setattr(publish, "settle", dies)
    with pytest.raises(Killed):
        taking.prune(old)
    monkeypatch.undo()
    whole(old)
    finished(old)


def test_killed_when_the_bound_is_signed_and_nothing_is_gone(old, monkeypatch):
    monkeypatch.setattr(taking, "carry_out", dies)
    with pytest.raises(Killed):
        taking.prune(old)
    monkeypatch.undo()
    whole(old)
    finished(old)


def test_killed_when_half_of_the_entries_are_gone(old, monkeypatch):
    real, calls = taking.transaction.atomic, []

    def atomic(*given: Any, **more: Any) -> Any:
        calls.append(1)
        return dies() if len(calls) > 3 else real(*given, **more)

    monkeypatch.setattr(taking, "PART", 100)
    with monkeypatch.context() as only:
        only.setattr(taking, "carry_out", lambda *_: (0, 0))
        taking.prune(old)
    monkeypatch.setattr(taking.transaction, "atomic", atomic)
    with pytest.raises(Killed), tenant_scope(old):
        taking.carry_out(logs.of(old), taking.newest())
    monkeypatch.undo()
    with tenant_scope(old):
        assert 100 < Entry.objects.filter(idx__lt=512).count() < 512
    whole(old)
    finished(old)


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS, errno.EACCES])
def test_half_of_the_files_are_gone_when_the_disk_says_no(old, monkeypatch, code):
    real, gone = Path.unlink, []

    def unlink(self: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002  # pathlib's own
        if "entries" in self.parts and gone:
            raise OSError(code, "no")
        gone.append(self)
        real(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(OSError, match="no"):
        taking.prune(old)
    monkeypatch.undo()
    assert len(gone) == 1
    whole(old)
    finished(old)


def test_a_full_disk_before_anything_went(old, monkeypatch):
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TileWriter, "keep", full)
    with pytest.raises(OSError, match="No space"):
        taking.prune(old)
    monkeypatch.undo()
    with tenant_scope(old):
        assert Entry.objects.filter(idx__lt=512).count() == 512
    whole(old)
    finished(old)


def test_a_half_written_file_of_pruning_is_written_again(old, monkeypatch):
    taking.prune(old)
    log = logs.of(old)
    path = logs.folder(log) / "pruned.json"
    right = path.read_bytes()
    path.write_bytes(right[:100])
    taking.prune(old)
    assert path.read_bytes() == right
    with tenant_scope(old):
        monkeypatch.setattr(TileWriter, "keep", dies)
        shown.show(log, taking.newest())


def test_a_half_written_tile_stops_pruning_and_is_named(old):
    folder = logs.folder(logs.of(old))
    tile = folder / "tile/0/000"
    right = tile.read_bytes()
    tile.write_bytes(right[:4096])
    with pytest.raises(Clash, match="does not hold"):
        taking.prune(old)
    tile.write_bytes(right)
    (folder / "tile/0/.000.new").write_bytes(right[:10])
    whole(old)
    finished(old)


def test_of_two_that_prune_at_once_one_is_refused(old):
    with tenant_scope(old):
        wanted = plan.plan(logs.of(old), ports.now(), 0)
    _found, start = verify.state_at(old, wanted.below)
    start.kept = wanted.kept
    clerk = system("worker", may=frozenset({"ledger.prune"}), tenant=old)
    acts.prune(clerk, wanted=wanted, start=start, number=0, why="one")
    with pytest.raises(Clash, match="Somebody else is pruning"):
        acts.prune(clerk, wanted=wanted, start=start, number=0, why="two")
    finished(old)
