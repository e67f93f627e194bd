"""Keys that were stolen: the log names the last state that is surely its own, and follows it under new ones."""

from __future__ import annotations

import io
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from tests.proof.small_log import NOON, ORIGIN, make_contents, make_log
from tests.proof.streamed import CASE, StreamedLog, map_of
from tests.proof.test_followed import copied
from tests.proof.test_own_vectors import vector
from tests.proof.test_succession import FIRST, SECOND, THIRD, Grown, head, pair

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.folder import verify_folder
from muniment.proof.merkle import root_of
from muniment.proof.note import parse_key
from muniment.proof.pack import build_pack, verify_pack
from muniment.proof.signer import Signer, sign_checkpoint
from muniment.proof.streamfile import verify_stream
from muniment.proof.streamproof import write_stream_proof
from muniment.proof.succession import follow_keys


def stolen(before: int = 2, good: int = 3) -> Grown:
    """A log of some entries whose first keys are stolen; it stands by its state at ``good`` entries."""
    made = Grown()
    for _ in range(before):
        made.add("cases.open", FIRST, FIRST)
    root = root_of(made.leaves[:good]).hex()
    made.add("ledger.replace_key", SECOND, FIRST, SECOND, before=FIRST, good_size=good, good_root=root)
    made.add("ledger.retire_key", FIRST, SECOND)
    del made.steps[:before]
    return made


def state(made: Grown, size: int, *signers: Signer) -> bytes:
    found = Checkpoint(ORIGIN, size, root_of(made.leaves[:size]))
    return sign_checkpoint(signers[0], found, NOON, *signers[1:])


@pytest.mark.parametrize("reader", [FIRST.keys, SECOND.keys, (*FIRST.keys, *SECOND.keys)])
def test_alone_the_stolen_keys_count_for_nothing_beyond_the_last_good_state(reader: tuple) -> None:  # type: ignore[type-arg]  # keys of either
    made = stolen()
    line = follow_keys(made.file(), reader)
    assert [set(line.at(size)) for size in (3, 4, 5, 6, 7)] == [
        set(FIRST.keys),
        set(),
        {*FIRST.keys, *SECOND.keys},
        {*FIRST.keys, *SECOND.keys},
        set(SECOND.keys),
    ]
    assert line.open(state(made, 3, FIRST))[0].size == 3
    assert line.open(state(made, 6, FIRST, SECOND))[0].size == 6
    with pytest.raises(Malformed, match="stands by nothing that they alone signed beyond 3 entries"):
        line.open(state(made, 4, FIRST))
    for size in (5, 6, 7, 99):
        with pytest.raises(Malformed):
            line.open(head(size, FIRST))
    # Another state at the very size that the log named.
    with pytest.raises(Malformed, match="not the state by which the log stands"):
        line.open(head(3, FIRST))


def test_what_still_counts_is_said_with_a_caution() -> None:
    line = follow_keys(stolen().file(), FIRST.keys)
    assert (line.caution(7), line.caution(4)) == ("", "")
    assert "KEYS THAT SIGNED IT WERE STOLEN LATER" in line.caution(2)
    assert "stands by its state at 3 entries" in line.caution(3)


def test_after_a_theft_keys_follow_each_other_as_before() -> None:
    made = stolen()
    made.add("ledger.rotate_key", THIRD, SECOND, THIRD, before=SECOND)
    root = root_of(made.leaves[:10]).hex()
    made.add("ledger.retire_key", SECOND, THIRD)
    made.add("ledger.replace_key", pair(3), THIRD, pair(3), before=THIRD, good_size=10, good_root=root)
    for reader in (FIRST, SECOND, THIRD, pair(3)):
        line = follow_keys(made.file(), reader.keys)
        assert [set(line.at(size)) for size in (4, 8, 9, 10, 12, 13)] == [
            set(),
            set(SECOND.keys),
            {*SECOND.keys, *THIRD.keys},
            {*SECOND.keys, *THIRD.keys},
            set(),
            {*THIRD.keys, *pair(3).keys},
        ]
        assert [one.size for one in line.good] == [3, 10]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"good_size": 2},
        {"good_root": "00" * 32},
        {"good_size": "2", "good_root": "00" * 32},
        {"good_size": False, "good_root": "00" * 32},
        {"good_size": -1, "good_root": "00" * 32},
        {"good_size": 1, "good_root": "00" * 32},
        {"good_size": 0, "good_root": "00" * 31},
        {"good_size": 0, "good_root": "no"},
    ],
)
def test_stolen_keys_are_not_replaced_without_a_good_state(changes: Any) -> None:
    made = Grown()
    made.add("ledger.replace_key", SECOND, FIRST, SECOND, **changes)
    with pytest.raises(Malformed, match=r"last good state of the log|root of a checkpoint"):
        follow_keys(made.file(), FIRST.keys)


def test_a_copied_folder_is_held_against_the_good_state(tmp_path: Path) -> None:
    made = stolen()
    folder = copied(tmp_path / "log", made.leaves, SECOND, succession=made.file())
    kept = [("of then", state(made, 2, FIRST)), ("beyond", state(made, 4, FIRST))]
    seen = verify_folder(folder, FIRST.keys, kept=kept)
    assert [one[:35] for one in seen.faults] == ["beyond: The keys that signed at 4 e"]
    assert any("Keys of it were stolen" in one for one in seen.notes)
    # What the thief signed before: the tree does not lead to it.
    forged = ("thief", sign_checkpoint(FIRST, Checkpoint(ORIGIN, 2, b"\x07" * 32), NOON))
    assert verify_folder(folder, FIRST.keys, kept=[forged]).faults == [
        "thief: the tree does not lead to the checkpoint signed at 2"
    ]
    # A copy from before the theft is read as far as it goes.
    older = copied(tmp_path / "older", made.leaves[:2], FIRST, succession=made.file())
    assert verify_folder(older, FIRST.keys).faults == []


def test_a_tree_that_does_not_lead_to_the_good_state_is_named(tmp_path: Path) -> None:
    made = Grown()
    made.add("cases.open", FIRST, FIRST)
    made.add("ledger.replace_key", SECOND, FIRST, SECOND, good_size=1, good_root="07" * 32)
    del made.steps[:1]
    folder = copied(tmp_path, made.leaves, FIRST, SECOND, succession=made.file())
    assert verify_folder(folder, FIRST.keys).faults == [
        "the state named when the keys were stolen: the tree does not lead to the checkpoint signed at 1"
    ]


def test_packs_and_streams_say_by_whose_keys_they_stand() -> None:
    log = make_log()
    size = len(log.entries)
    found = Checkpoint(ORIGIN, size, root_of(log.entries))
    for good, verified in ((size, True), (size - 1, False)):
        made = Grown()
        for _ in range(size):
            made.add("cases.open", FIRST, FIRST)
        made.steps.clear()
        root = root_of(log.entries[:good]).hex()
        made.add("ledger.replace_key", SECOND, FIRST, SECOND, good_size=good, good_root=root)
        contents = make_contents(
            log,
            checkpoint=sign_checkpoint(FIRST, found, NOON),
            signer=FIRST,
            keys=FIRST.keys,
            succession=made.file(),
        )
        told = verify_pack(io.BytesIO(build_pack(contents)), FIRST.vkeys())
        assert told.verified is verified
        assert ("STOLEN LATER" if verified else "stands by nothing that they alone") in told.text()


def test_a_stream_under_stolen_keys_says_so() -> None:
    log = StreamedLog().write("cococh")
    log.signer = FIRST
    raw = write_stream_proof(log.proof(CASE, [0, 2, 4], 5, map_of(log, 5)))
    for good, verified in ((6, True), (5, False)):
        root = root_of(log.entries[:good]).hex()
        made = Grown()
        for _ in range(3):
            made.add("cases.open", FIRST, FIRST)
        made.steps.clear()
        made.add("ledger.replace_key", SECOND, FIRST, SECOND, good_size=good, good_root=root)
        told = verify_stream(raw, FIRST.vkeys(), made.file())
        assert told.verified is verified
        assert ("STOLEN LATER" if verified else "stands by nothing") in told.text()


def test_it_is_as_the_vectors_say() -> None:
    held = vector("succession-stolen")
    raw = b64decode("".join(held["file"]))
    for begin in held["begin"].values():
        line = follow_keys(raw, [parse_key(one) for one in begin])
        found = [sorted(key.encode() for key in line.at(size)) for size in range(len(held["at"]))]
        assert found == held["at"]
        assert [[one.size, one.root.hex()] for one in line.good] == held["good"]
        for note in held["accepted"]:
            line.open(note.encode())
        for note in held["refused"]:
            with pytest.raises(Malformed):
                line.open(note.encode())
