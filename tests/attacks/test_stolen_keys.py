"""A thief has the signing keys of a log: what he signs, who can tell, and who cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.proof.small_log import NOON, ORIGIN
from tests.proof.test_followed import copied
from tests.proof.test_stolen import stolen
from tests.proof.test_succession import FIRST, SECOND, THIRD, Grown

from muniment.proof.canonical import canonical, parse
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.folder import verify_folder
from muniment.proof.merkle import root_of
from muniment.proof.signer import Signer, sign_checkpoint
from muniment.proof.succession import Step, follow_keys, write_succession
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


def test_what_a_thief_signs_after_the_theft_is_refused_by_whoever_heard_of_it(tmp_path: Path) -> None:
    made = stolen()
    copied(tmp_path, made.leaves, SECOND, succession=made.file())
    # The thief goes on from the last good state, with an entry of their own and the old keys alone.
    fork = [*made.leaves[:3], b"an entry of the thief's", *made.leaves[4:]]
    for size in (4, 5, 6, 7, 8):
        head = Checkpoint(ORIGIN, size, root_of(fork[:size]))
        kept = [("thief", sign_checkpoint(FIRST, head, NOON))]
        for reader in (FIRST, SECOND):
            assert verify_folder(tmp_path, reader.keys, kept=kept).faults, size
    # A copy of the thief's log does not pass either, with the honest steps beside it.
    copied(tmp_path / "thief", fork, FIRST, succession=made.file())
    for reader in (FIRST, SECOND):
        assert verify_folder(tmp_path / "thief", reader.keys).faults


def test_a_head_that_the_thief_dates_back_is_told_by_the_tiles_and_else_bears_a_caution(
    tmp_path: Path,
) -> None:
    made = stolen()
    copied(tmp_path, made.leaves, SECOND, succession=made.file())
    forged = sign_checkpoint(FIRST, Checkpoint(ORIGIN, 2, root_of([b"not", b"ours"])), NOON)
    assert verify_folder(tmp_path, FIRST.keys, kept=[("thief", forged)]).faults == [
        "thief: the tree does not lead to the checkpoint signed at 2"
    ]
    # Who has nothing but the head and the steps reads that it may be forged, and no more.
    line = follow_keys(made.file(), FIRST.keys)
    assert line.open(forged)[0].size == 2
    assert "STOLEN LATER" in line.caution(2)


def test_who_has_the_old_key_and_hears_nothing_more_takes_what_the_thief_signs(tmp_path: Path) -> None:
    made = stolen()
    copied(tmp_path, [*made.leaves[:3], b"not ours"], FIRST)
    seen = verify_folder(tmp_path, FIRST.keys, hashes_only=True)
    assert seen.faults == []


def test_the_cut_cannot_be_left_out_of_the_steps() -> None:
    made = stolen()
    (step, *_) = made.steps
    told = parse(step.event)
    for path in ("facts.good_size", "facts.good_root", "action"):
        left = {**told, "openings": [one for one in told["openings"] if one["path"] != path]}
        assert left != told
        bent = write_succession(ORIGIN, [Step(canonical(left), step.proof, step.keys)])
        with pytest.raises(Malformed):
            follow_keys(bent, FIRST.keys)
