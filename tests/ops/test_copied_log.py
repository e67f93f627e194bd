"""A copied log is verified without an installation; checks and times of keeping are asked from the shell."""

from __future__ import annotations

import json
import shutil

import pytest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish
from muniment.ops.cli import program
from muniment.proof.tiles import tile_path


@pytest.fixture
def copied(db, ada, tmp_path):
    """A copy of a tenant's log and, apart from it, its keys."""
    cases.open_case(ada, title="A case")
    publish.settle()
    log = logs.of(ada.tenant)
    shutil.copytree(logs.folder(log), tmp_path / "copy")
    (tmp_path / "keys").write_text(log.vkeys)
    return tmp_path


def told(capsys, *words):
    code = program.run(["ledger", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_copy_holds_by_keys_from_elsewhere(copied, capsys):
    code, found = told(
        capsys,
        "verify",
        "--folder",
        copied / "copy",
        "--trust",
        copied / "keys",
        "--checkpoint",
        copied / "copy" / "checkpoint",
    )
    assert (code, found["holds"], found["faults"], found["checkpoints"]) == (0, True, [], 2)
    assert found["entries"] == found["size"] > 0
    assert (
        program.run(["ledger", "verify", "--folder", str(copied / "copy"), "--trust", str(copied / "keys")])
        == 0
    )
    assert "Everything holds." in capsys.readouterr().out


def test_a_changed_copy_is_named(copied, capsys):
    [bundle] = [one for one in (copied / "copy/tile/entries").rglob("*") if one.is_file()]
    bundle.write_bytes(bundle.read_bytes()[:-1] + b"?")
    code, found = told(capsys, "verify", "--folder", copied / "copy", "--trust", copied / "keys")
    assert (code, found["holds"]) == (1, False)
    assert "is not the one that the tree holds" in found["faults"][0]
    assert tile_path("entries", 0) == "tile/entries/000"


def test_a_copy_is_not_verified_by_keys_that_nobody_gave(copied, capsys):
    code, found = told(capsys, "verify", "--folder", copied / "copy")
    assert (code, found["error"], found["where"]) == (1, "invalid", "trust")


def test_checks_are_run_and_told(copied, capsys):
    code, found = told(capsys, "checks", "--run", "tail")
    assert code == 0
    assert all(one["checks"][0]["outcome"] == "holds" for one in found["logs"])
    assert program.run(["ledger", "checks"]) == 0


def test_the_time_of_keeping_is_asked_and_changed_and_never_below_a_year(copied, capsys):
    code, found = told(capsys, "retention", "--tenant", "example-pay")
    assert (code, found["months"]) == (0, {"": 13})
    code, found = told(
        capsys, "retention", "--tenant", "example-pay", "--months", "24", "--class", "case.read"
    )
    assert (code, found["months"]) == (0, {"": 13, "case.read": 24})
    assert told(capsys, "retention", "--tenant", "example-pay", "--months", "11")[0] == 1
    assert told(capsys, "retention", "--tenant", "nobody", "--months", "24")[0] == 1


def test_pruning_says_what_went(copied, capsys):
    code, found = told(capsys, "prune")
    assert code == 0
    assert {one["gone"] for one in found["logs"]} == {0}
