"""A thief has the signing keys of a log: what he signs, who can tell, and who cannot."""

from __future__ import annotations

from pathlib import Path

from tests.proof.test_followed import copied
from tests.proof.test_succession import FIRST, SECOND, THIRD, Grown

from muniment.proof.folder import verify_folder
from muniment.proof.signer import Signer
from muniment.proof.tlogproof import parse_tlog_proof


def continued(folder: Path, new: Signer, extra: int = 0) -> Grown:
    """A log that goes on with these keys after the first ones, in a folder with its steps."""
    made = Grown()
    for _ in range(extra):
        made.add("cases.open", FIRST, FIRST)
    made.steps.clear()
    made.add("ledger.rotate_key", new, FIRST, new, before=FIRST)
    made.add("ledger.retire_key", FIRST, new)
    copied(folder, made.leaves, new, succession=made.file())
    return made


def test_a_fork_under_a_stolen_key_is_named_by_who_kept_a_checkpoint(tmp_path: Path) -> None:
    honest = continued(tmp_path / "honest", SECOND)
    continued(tmp_path / "thief", THIRD)
    kept = [("kept", parse_tlog_proof(honest.steps[0].proof).checkpoint)]
    assert verify_folder(tmp_path / "honest", FIRST.keys, kept=kept).faults == []
    assert verify_folder(tmp_path / "thief", FIRST.keys, kept=kept).faults
    # Whoever was handed the new keys in person is not led to the thief's.
    assert verify_folder(tmp_path / "thief", SECOND.keys).faults
    assert verify_folder(tmp_path / "honest", SECOND.keys, kept=kept).faults == []


def test_who_has_nothing_but_the_stolen_key_cannot_tell_the_thief_from_the_log(tmp_path: Path) -> None:
    for name, new in (("honest", SECOND), ("thief", THIRD)):
        continued(tmp_path / name, new)
        assert verify_folder(tmp_path / name, FIRST.keys).faults == []


def test_after_the_old_keys_were_let_go_their_thief_signs_nothing_that_is_heard(tmp_path: Path) -> None:
    honest = continued(tmp_path, SECOND)
    copied(tmp_path, honest.leaves, FIRST)
    for reader in (FIRST, SECOND):
        assert verify_folder(tmp_path, reader.keys).faults
