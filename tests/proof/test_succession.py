"""Keys follow each other: what the old ones announced counts, and nothing else does."""

from __future__ import annotations

import hashlib
import io
import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from tests.proof.small_log import NOON, ORIGIN, make_contents, make_log, seeded
from tests.proof.test_own_vectors import vector

from muniment.proof.checkpoint import Checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.layout import write_event
from muniment.proof.leaf import Leaf, seal_fields
from muniment.proof.merkle import CompactRange, inclusion_proof, leaf_hash, root_of
from muniment.proof.note import Key, parse_key
from muniment.proof.pack import build_pack, verify_pack
from muniment.proof.signer import Signer, sign_checkpoint, signer_from_seeds
from muniment.proof.succession import (
    MOST_STEPS,
    Step,
    Turn,
    follow_keys,
    parse_succession,
    write_succession,
)
from muniment.proof.tlogproof import write_tlog_proof


def pair(number: int) -> Signer:
    return signer_from_seeds(ORIGIN, bytes([2 * number + 1]) * 32, bytes([2 * number + 2]) * 32)


FIRST, SECOND, THIRD = pair(0), pair(1), pair(2)


class Grown:
    """A log that announces keys and lets them go."""

    def __init__(self, origin: str = ORIGIN) -> None:
        self.origin = origin
        self.leaves: list[bytes] = []
        self.steps: list[Step] = []
        self.random = seeded("succession")

    def node(self, level: int, index: int) -> bytes:
        grown = CompactRange()
        for leaf in self.leaves[index << level : (index + 1) << level]:
            grown.append(leaf_hash(leaf))
        return grown.root()

    def add(
        self, action: str, about: Signer, *signers: Signer, before: Signer | None = None, **changes: Any
    ) -> None:
        if before is not None:
            changes = {"before": hashlib.sha256(before.vkeys()).hexdigest(), **changes}
        facts = {
            "keys": hashlib.sha256(about.vkeys()).hexdigest(),
            "number": 1,
            "until": "2030-02-01",
            **changes,
        }
        fixed = {"action": action, "outcome": facts.pop("outcome", "done")}
        commitments, openings = seal_fields(fixed, facts, self.random(32))
        leaf = Leaf("system.change", commitments, len(self.steps), b"s" * 16, 1893585600, bytes(32)).encode()
        index = len(self.leaves)
        self.leaves.append(leaf)
        other, _ = seal_fields({"action": "cases.open"}, {}, self.random(32))
        self.leaves.append(Leaf("case.change", other, len(self.steps), b"c" * 16, 1, bytes(32)).encode())
        size = len(self.leaves)
        head = sign_checkpoint(
            signers[0], Checkpoint(self.origin, size, root_of(self.leaves)), NOON, *signers[1:]
        )
        proof = write_tlog_proof(index, inclusion_proof(index, size, self.node), head)
        keys = about.vkeys() + (b"" if before is None else before.vkeys())
        self.steps.append(Step(write_event(index, leaf, openings), proof, keys))

    def file(self) -> bytes:
        return write_succession(self.origin, self.steps)


def whole() -> Grown:
    made = Grown()
    made.add("ledger.rotate_key", SECOND, FIRST, SECOND)
    made.add("ledger.retire_key", FIRST, SECOND)
    made.add("ledger.rotate_key", THIRD, SECOND, THIRD)
    return made


def head(size: int, *signers: Signer) -> bytes:
    return sign_checkpoint(signers[0], Checkpoint(ORIGIN, size, bytes(32)), NOON, *signers[1:])


def test_keys_are_followed_from_the_first_ones() -> None:
    line = follow_keys(whole().file(), FIRST.keys)
    assert line.turns == (
        Turn(0, True, "2030-02-01"),
        Turn(2, False, "2030-02-01"),
        Turn(4, True, "2030-02-01"),
    )
    assert line.keys == (*FIRST.keys, *SECOND.keys, *THIRD.keys)
    assert line.newest == (*SECOND.keys, *THIRD.keys)
    assert [line.at(size) for size in (0, 1, 2, 3, 4, 5)] == [
        FIRST.keys,
        (*FIRST.keys, *SECOND.keys),
        (*FIRST.keys, *SECOND.keys),
        SECOND.keys,
        SECOND.keys,
        (*SECOND.keys, *THIRD.keys),
    ]


def test_every_key_in_force_must_sign_and_those_let_go_are_not_heard() -> None:
    line = follow_keys(whole().file(), FIRST.keys)
    assert line.open(head(2, FIRST, SECOND))[0].size == 2
    assert line.open(head(3, SECOND), FIRST.keys[:0])[0].size == 3
    for size, signers in ((2, (FIRST,)), (2, (SECOND,)), (5, (SECOND,))):
        with pytest.raises(Malformed, match="in force at this size has not signed"):
            line.open(head(size, *signers))
    with pytest.raises(Malformed, match="no good signature"):
        line.open(head(3, FIRST))


def test_whoever_begins_in_the_middle_learns_what_was_before_and_what_came_after() -> None:
    line = follow_keys(whole().file(), SECOND.keys)
    assert [one.index for one in line.turns] == [2, 4]
    # The log let go of the first ones under the second ones, so that they were its own up to there.
    assert line.at(0) == FIRST.keys
    assert line.at(2) == follow_keys(whole().file(), FIRST.keys).at(2)
    both = follow_keys(whole().file(), (*FIRST.keys, *SECOND.keys))
    assert both.at(0) == FIRST.keys
    assert both.at(3) == SECOND.keys


def twice() -> Grown:
    """Two rotations in a row; each announcement names the keys before."""
    made = Grown()
    made.add("ledger.rotate_key", SECOND, FIRST, SECOND, before=FIRST)
    made.add("ledger.retire_key", FIRST, SECOND)
    made.add("ledger.rotate_key", THIRD, SECOND, THIRD, before=SECOND)
    return made


@pytest.mark.parametrize("trusted", [(FIRST,), (SECOND,), (THIRD,), (FIRST, SECOND, THIRD), (FIRST, THIRD)])
def test_from_whichever_keys_one_begins_the_same_ones_are_in_force(trusted: tuple[Signer, ...]) -> None:
    line = follow_keys(twice().file(), [key for one in trusted for key in one.keys])
    assert [set(line.at(size)) for size in (0, 1, 2, 3, 4, 5)] == [
        set(FIRST.keys),
        {*FIRST.keys, *SECOND.keys},
        {*FIRST.keys, *SECOND.keys},
        set(SECOND.keys),
        set(SECOND.keys),
        {*SECOND.keys, *THIRD.keys},
    ]
    assert line.open(head(1, FIRST, SECOND))[0].size == 1
    with pytest.raises(Malformed):
        line.open(head(1, THIRD))


def test_without_a_word_of_the_keys_before_nothing_is_said_of_them() -> None:
    grown = Grown()
    grown.add("ledger.rotate_key", SECOND, FIRST, SECOND)
    line = follow_keys(grown.file(), SECOND.keys)
    assert line.at(2) == SECOND.keys
    with pytest.raises(Malformed, match="was the log's at this size"):
        line.open(head(0, FIRST))
    # And a step before the one that one begins with is passed over.
    line = follow_keys(never_let_go().file(), THIRD.keys)
    assert (line.turns, line.at(1)) == ((), ())


def never_let_go() -> Grown:
    made = Grown()
    made.add("ledger.rotate_key", SECOND, FIRST, SECOND)
    made.add("ledger.rotate_key", THIRD, SECOND, THIRD)
    return made


def test_keys_before_that_the_new_ones_did_not_sign_for_are_not_taken() -> None:
    grown = Grown()
    grown.add("ledger.rotate_key", SECOND, FIRST, before=FIRST)
    with pytest.raises(Malformed, match="no good signature"):
        follow_keys(grown.file(), SECOND.keys)
    (step,) = grown.steps
    for other in (THIRD.vkeys(), FIRST.vkeys()[:20]):
        with pytest.raises(Malformed, match="step 1"):
            follow_keys(
                write_succession(ORIGIN, [Step(step.event, step.proof, SECOND.vkeys() + other)]), FIRST.keys
            )


def test_other_keys_lead_nowhere() -> None:
    with pytest.raises(Malformed, match="None of the trusted keys"):
        follow_keys(whole().file(), [Key("elsewhere", 1, bytes(32))])
    with pytest.raises(Malformed, match="no good signature of a known key"):
        follow_keys(whole().file(), pair(7).keys)


def alone(action: str, about: Signer, *signers: Signer, **changes: Any) -> Callable[[], bytes]:
    def made() -> bytes:
        grown = Grown()
        grown.add(action, about, *signers, **changes)
        return grown.file()

    return made


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (alone("ledger.rotate_key", SECOND, SECOND), "no good signature"),
        (alone("ledger.rotate_key", SECOND, FIRST), "no good signature"),
        (alone("ledger.retire_key", FIRST, FIRST), "lets go of every key"),
        (alone("cases.open", SECOND, FIRST, SECOND), "neither announces"),
        (alone("ledger.rotate_key", SECOND, FIRST, SECOND, outcome="refused"), "neither announces"),
        (alone("ledger.rotate_key", SECOND, FIRST, SECOND, keys="00"), "not those of the entry"),
    ],
)
def test_a_step_that_does_not_hold_is_refused(made: Callable[[], bytes], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        follow_keys(made(), FIRST.keys)


def test_keys_are_let_go_by_those_that_stay() -> None:
    grown = Grown()
    grown.add("ledger.rotate_key", SECOND, FIRST, SECOND)
    grown.add("ledger.retire_key", FIRST, FIRST)
    with pytest.raises(Malformed, match="step 2"):
        follow_keys(grown.file(), FIRST.keys)


def test_one_key_alone_is_no_successor() -> None:
    grown = whole()
    (step, *_) = grown.steps
    one = step.keys.splitlines(keepends=True)[0]
    for keys in (one, step.keys + one):
        with pytest.raises(Malformed, match="one Ed25519 and one ML-DSA-44"):
            follow_keys(write_succession(ORIGIN, [Step(step.event, step.proof, keys)]), FIRST.keys)


def test_a_proof_of_another_entry_is_refused() -> None:
    first, second = whole().steps[0], whole().steps[1]
    with pytest.raises(Malformed, match="about another entry"):
        follow_keys(
            write_succession(ORIGIN, [Step(first.event, _with_other_index(first), first.keys)]), FIRST.keys
        )
    assert second.proof != first.proof


def _with_other_index(step: Step) -> bytes:
    return step.proof.replace(b"\nindex 0\n", b"\nindex 1\n")


def test_another_file_is_refused() -> None:
    told = json.loads(whole().file())
    for changed in ({**told, "k": "another"}, {**told, "steps": [told["steps"][0]] * (MOST_STEPS + 1)}):
        with pytest.raises(Malformed):
            parse_succession(
                json.dumps(changed, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
            )


def test_successions_are_as_the_vectors_say() -> None:
    held = vector("succession")
    raw = b64decode("".join(held["file"]))
    trusted = [parse_key(line) for line in held["trusted"]]
    line = follow_keys(raw, trusted)
    assert [[key.encode() for key in line.at(size)] for size in range(len(held["at"]))] == held["at"]
    for note in held["accepted"]:
        line.open(note.encode())
    for note in held["refused"]:
        with pytest.raises(Malformed):
            line.open(note.encode())
    for at in held["refused_flips"]:
        with pytest.raises(Malformed):
            follow_keys(raw[:at] + bytes([raw[at] ^ 0x01]) + raw[at + 1 :], trusted)


def test_a_pack_that_new_keys_signed_is_verified_with_the_old_ones() -> None:
    """The pack carries the steps; they are believed as far as the reader's own keys lead."""
    grown = Grown()
    grown.add("ledger.rotate_key", SECOND, FIRST, SECOND)
    grown.add("ledger.retire_key", FIRST, SECOND)
    log = make_log()
    state = Checkpoint(ORIGIN, len(log.entries), root_of(log.entries))
    for signers, verified in (((SECOND,), True), ((FIRST,), False)):
        contents = make_contents(
            log,
            checkpoint=sign_checkpoint(signers[0], state, NOON),
            signer=signers[0],
            keys=signers[0].keys,
            succession=grown.file(),
        )
        raw = build_pack(contents)
        found = verify_pack(io.BytesIO(raw), FIRST.vkeys())
        assert found.verified is verified
        if verified:
            assert "followed through 2 changes" in next(
                one.note for one in found.checks if one.name == "keys"
            )
    assert not verify_pack(io.BytesIO(raw), pair(7).vkeys()).verified


def test_two_changes_in_a_row_are_as_the_vectors_say() -> None:
    held = vector("succession-twice")
    raw = b64decode("".join(held["file"]))
    for begin in held["begin"].values():
        line = follow_keys(raw, [parse_key(one) for one in begin])
        assert [sorted(key.encode() for key in line.at(size)) for size in range(len(held["at"]))] == held[
            "at"
        ]
