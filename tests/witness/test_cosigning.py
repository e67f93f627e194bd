"""A witness cosigns what continues and nothing else, and remembers what contradicts."""

from __future__ import annotations

import json
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.proof.small_log import NOON
from tests.proof.test_own_vectors import vector
from tests.witness.scripted import NAME, Shown, made

from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.note import parse_key, parse_signatures, write_note
from muniment.proof.policy import parse_policy, signed_at, witnessed
from muniment.proof.witness import open_submission
from muniment.witness import folder as place
from muniment.witness import state as memory
from muniment.witness.application import SIZE, Witness
from muniment.witness.state import State


def evidence(witness: Witness) -> list[dict[str, object]]:
    files = sorted((witness.state.folder / "evidence").glob("*.json"))
    return [json.loads(file.read_text("utf-8")) for file in files]


def test_a_head_is_cosigned_with_both_keys_and_reaches_the_quorum(witness: Witness, shown: Shown) -> None:
    said = witness.add_checkpoint(shown.asked(0, 5))
    assert said.status == 200
    lines = place.policy_lines(witness.signer, "https://localhost:8444")
    policy = parse_policy(f"{lines}quorum {NAME}\n".encode())
    found = witnessed(shown.note(5) + said.body, policy, shown.signer.keys)
    assert (found.quorum, found.checkpoint.size) == (True, 5)


def test_the_exchange_of_the_vectors_goes_as_they_say(tmp_path: Path) -> None:
    held = vector("cosignature")
    made(tmp_path / "w")
    place.trust(tmp_path / "w", [parse_key(line) for line in held["log_keys"]])
    witness = Witness(tmp_path / "w")
    kept = []
    for step in held["exchange"]:
        said = witness.add_checkpoint(step["asked"].encode())
        assert said.status == step["status"]
        if "size" in step:
            assert (said.kind, said.body) == (SIZE, f"{step['size']}\n".encode())
        kept += [step["kept"]] if "kept" in step else []
    assert sorted(str(one["why"]) for one in evidence(witness)) == sorted(kept)
    witness.state.close()


def test_a_log_that_forks_is_refused_and_both_heads_are_kept(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 5))
    witness.add_checkpoint(shown.asked(5, 9))
    said = witness.add_checkpoint(shown.forked().asked(5, 5))
    assert (said.status, said.body) == (409, b"9\n")
    (kept,) = evidence(witness)
    assert kept["why"] == "fork"
    for side in ("shown", "cosigned"):
        state, _ = open_checkpoint(str(kept[side]).encode(), shown.signer.keys)
        assert state.size == 5


def test_a_larger_head_without_consistency_is_refused_and_kept(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 5))
    assert witness.add_checkpoint(shown.forked().asked(5, 9)).status == 422
    assert [one["why"] for one in evidence(witness)] == ["no-proof"]
    assert witness.add_checkpoint(shown.asked(5, 9)).status == 200


def test_a_roll_back_is_refused_with_the_size_that_stands(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 9))
    said = witness.add_checkpoint(shown.asked(0, 4))
    assert (said.status, said.body, said.kind) == (409, b"9\n", SIZE)
    assert [one["why"] for one in evidence(witness)] == ["roll-back"]


def test_a_replayed_head_is_refused_and_is_no_evidence(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    witness.add_checkpoint(shown.asked(4, 9))
    assert witness.add_checkpoint(shown.asked(0, 4)).status == 409
    assert evidence(witness) == []


def test_the_same_head_may_be_cosigned_again(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    witness.now = lambda: NOON + timedelta(minutes=1)
    said = witness.add_checkpoint(shown.asked(4, 4))
    assert signed_at(parse_signatures(said.body)[0]) == int(NOON.timestamp()) + 60


def test_another_log_is_not_known_and_a_strangers_signature_is_none(witness: Witness, shown: Shown) -> None:
    assert witness.add_checkpoint(Shown("log.example/two", 0x51).asked(0, 5)).status == 404
    assert witness.add_checkpoint(Shown(shown.origin, 0x51).asked(0, 5)).status == 403
    lines = shown.note(5).decode().splitlines(keepends=True)
    left_out = f"old 0\n\n{''.join(lines[:-1])}".encode()
    assert witness.add_checkpoint(left_out).status == 403
    assert evidence(witness) == []


def test_two_logs_do_not_get_in_each_others_way(tmp_path: Path, shown: Shown) -> None:
    other = Shown("log.example/two", 0x51)
    made(tmp_path / "w", shown, other)
    witness = Witness(tmp_path / "w", now=lambda: NOON)
    assert witness.add_checkpoint(shown.asked(0, 5)).status == 200
    assert witness.add_checkpoint(other.asked(0, 3)).status == 200
    assert [(one.checkpoint.origin, one.checkpoint.size) for one in witness.state.seen()] == [
        ("log.example/one", 5),
        ("log.example/two", 3),
    ]
    witness.state.close()


def test_of_many_who_ask_at_once_one_passes(
    tmp_path: Path, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = memory.require_continued

    def slow(*told: Any) -> None:
        # Between looking and writing there is time for all the others to look.
        real(*told)
        time.sleep(0.05)

    monkeypatch.setattr(memory, "require_continued", slow)
    made(tmp_path / "w", shown)
    fork = shown.forked()
    # Two programs on one folder, four threads each, every one with its own history or size.
    both = [Witness(tmp_path / "w", now=lambda: NOON) for _ in range(2)]
    asked = [log.asked(0, size) for size in range(1, 9) for log in (shown, fork)]
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda at: both[at % 2].add_checkpoint(asked[at]).status, range(len(asked))))
    assert sorted(said) == [200] + [409] * (len(asked) - 1)
    for one in both:
        assert len(one.state.seen()) == 1
        one.state.close()


def test_the_clock_of_cosignatures_never_goes_back(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    witness.now = lambda: NOON - timedelta(days=1)
    said = witness.add_checkpoint(shown.asked(4, 5))
    assert {signed_at(line) for line in parse_signatures(said.body)} == {int(NOON.timestamp())}


def test_the_tables_themselves_refuse_to_go_back(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    with sqlite3.connect(witness.state.folder / "heads.sqlite") as base:
        for wrong in (
            "INSERT INTO head VALUES ('log.example/one', 3, x'00', 1, x'')",
            "UPDATE head SET root = x'00'",
            "UPDATE head SET size = 2",
            "UPDATE head SET at = 1",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                base.execute(wrong)
    base.close()


def test_old_heads_are_forgotten_and_the_last_is_not(
    witness: Witness, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "REMEMBERED", 2)
    for old in range(5):
        assert witness.add_checkpoint(shown.asked(old, old + 1)).status == 200
    with sqlite3.connect(witness.state.folder / "heads.sqlite") as base:
        assert base.execute("SELECT size FROM head ORDER BY size").fetchall() == [(4,), (5,)]
    base.close()


def test_evidence_is_kept_once_and_has_an_end(
    witness: Witness, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_EVIDENCE", 2)
    witness.add_checkpoint(shown.asked(0, 9))
    for size in (3, 3, 4, 5):
        witness.add_checkpoint(shown.asked(0, size))
    assert len(evidence(witness)) == 2
    assert witness.state.seen()[0].evidence == 2


def test_a_folder_that_cannot_be_written_cosigns_nothing(witness: Witness, shown: Shown) -> None:
    witness.state._base.execute("PRAGMA query_only = ON")
    said = witness.add_checkpoint(shown.asked(0, 4))
    assert (said.status, b"sign" in said.body) == (503, False)
    witness.state._base.execute("PRAGMA query_only = OFF")
    assert witness.state.seen() == []
    assert witness.add_checkpoint(shown.asked(0, 4)).status == 200


def test_a_head_that_was_written_and_never_answered_is_cosigned_when_asked_again(
    witness: Witness, shown: Shown
) -> None:
    witness.state.accept(open_submission(shown.asked(0, 4), witness.logs), NOON)
    said = witness.add_checkpoint(shown.asked(0, 4))
    assert (said.status, said.body) == (409, b"4\n")
    assert witness.add_checkpoint(shown.asked(4, 4)).status == 200
    assert evidence(witness) == []


def test_evidence_that_cannot_be_kept_cosigns_nothing_either(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    (witness.state.folder / "evidence").write_text("in the way")
    assert witness.add_checkpoint(shown.forked().asked(4, 9)).status == 503
    assert witness.state.seen()[0].checkpoint.size == 4


def test_a_note_that_others_cosigned_before_is_taken(witness: Witness, shown: Shown) -> None:
    said = witness.add_checkpoint(shown.asked(0, 4))
    again = shown.asked(4, 4) + said.body
    assert witness.add_checkpoint(again).status == 200


def test_state_that_is_opened_again_goes_on(witness: Witness, shown: Shown) -> None:
    witness.add_checkpoint(shown.asked(0, 4))
    other = State(witness.state.folder)
    assert [replace(one, evidence=0) for one in other.seen()] == witness.state.seen()
    other.close()
    assert write_note("a\n", parse_signatures(witness.add_checkpoint(shown.asked(4, 6)).body))
