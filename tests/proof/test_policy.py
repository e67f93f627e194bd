"""Whom one trusts, and whether enough of them have witnessed."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.small_log import NOON, Log
from tests.proof.test_own_vectors import vector

from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.note import Key, parse_key, parse_note, write_note
from muniment.proof.policy import Policy, parse_policy, witnessed
from muniment.proof.signer import Signer, cosign, signer_from_seeds

W1 = signer_from_seeds("witness.example/w1", b"\x03" * 32, b"\x04" * 32)
W2 = signer_from_seeds("witness.example/w2", b"\x05" * 32, b"\x06" * 32)


def cosigned(log: Log, *witnesses: Signer) -> bytes:
    note = parse_note(log.checkpoint)
    lines = [line for one in witnesses for line in cosign(one, parse_checkpoint(log.checkpoint), NOON)]
    return write_note(note.text, [*note.signatures, *lines])


def policy(quorum: str, *, logs: tuple[Key, ...] = ()) -> Policy:
    lines = [f"log {key.encode()}\n" for key in logs]
    for name, one in (("a", W1), ("b", W2)):
        lines += [f"witness {name}{at} {key.encode()}\n" for at, key in enumerate(one.cosigner_keys)]
        lines.append(f"group {name} all {name}0 {name}1\n")
    return parse_policy("".join([*lines, "group both all a b\n", f"quorum {quorum}\n"]).encode())


def test_policies_are_as_the_vectors_say() -> None:
    held = vector("witness-policy")
    keys = {name: parse_key(line) for name, line in held["keys"].items()}
    for case in held["policies"]:
        found = parse_policy(case["text"].encode())
        assert len(found.logs) == case["logs"]
        for names, met in case["cases"]:
            assert found.met([keys[name] for name in names]) is met


@pytest.mark.parametrize("text", vector("witness-policy")["refused"])
def test_a_policy_that_breaks_a_rule_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_policy(text.encode())


def test_the_line_of_a_fault_is_named() -> None:
    with pytest.raises(Malformed, match="line 3"):
        parse_policy(b"# one\n\nwho knows\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"# " + b"x" * (1024 * 1024) + b"\nquorum none\n",
        b"log \xff\xff+00000000+AQ==\nquorum none\n",
        b"".join(b"group G%d any\n" % at for at in range(2)),
    ],
)
def test_a_policy_without_end_or_with_bytes_in_a_key_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_policy(raw)


def test_names_are_any_bytes_and_the_number_of_names_has_an_end() -> None:
    line = W1.cosigner_keys[0].encode().encode()
    assert parse_policy(b"witness \xff\xfe " + line + b"\nquorum \xff\xfe\n").quorum == b"\xff\xfe"
    first = b"witness n " + line + b"\n"
    groups = [b"group g%d any %s\n" % (at, b"n" if at == 0 else b"g%d" % (at - 1)) for at in range(511)]
    parse_policy(first + b"".join(groups) + b"quorum none\n")
    with pytest.raises(Malformed, match="at most 512"):
        parse_policy(first + b"".join(groups) + b"group more any g510\nquorum none\n")


def test_the_number_of_logs_has_an_end() -> None:
    keys = [Key("log.example/one", 0x01, at.to_bytes(32, "big")) for at in range(513)]
    lines = [f"log {key.encode()}\n".encode() for key in keys]
    assert len(parse_policy(b"".join(lines[:512]) + b"quorum none\n").logs) == 512
    with pytest.raises(Malformed, match="at most 512"):
        parse_policy(b"".join(lines) + b"quorum none\n")


def test_a_log_cannot_be_a_witness_of_itself(log: Log) -> None:
    own = signer_from_seeds(log.signer.name, b"\x07" * 32, b"\x08" * 32)
    line = f"witness w {own.cosigner_keys[0].encode()}\nquorum w\n"
    with pytest.raises(Malformed, match="of itself"):
        parse_policy(f"log {log.signer.keys[0].encode()}\n{line}".encode())
    with pytest.raises(Malformed, match="of itself"):
        witnessed(cosigned(log, own), parse_policy(line.encode()), log.signer.keys)


@pytest.mark.parametrize(("quorum", "met"), [("a", True), ("b", False), ("both", False), ("none", True)])
def test_a_checkpoint_with_one_witness_has_that_ones_quorum_only(log: Log, quorum: str, met: object) -> None:
    found = witnessed(cosigned(log, W1), policy(quorum, logs=log.signer.keys))
    assert (found.quorum, found.checkpoint.size) == (met, 13)
    assert found.times == {b"a0": int(NOON.timestamp()), b"a1": int(NOON.timestamp())}


def test_both_witnesses_reach_the_quorum_of_both_with_keys_from_elsewhere(log: Log) -> None:
    assert witnessed(cosigned(log, W2, W1), policy("both"), log.signer.keys).quorum is True


def test_without_the_logs_own_signature_no_witness_helps(log: Log) -> None:
    note = parse_note(cosigned(log, W1, W2))
    bare = write_note(note.text, note.signatures[2:])
    with pytest.raises(Malformed, match="log has left out"):
        witnessed(bare, policy("both", logs=log.signer.keys))


def test_a_cosignature_of_a_known_witness_that_fails_is_refused(log: Log) -> None:
    note = parse_note(cosigned(log, W1))
    last = note.signatures[-1]
    bent = replace(last, raw=last.raw[:-1] + bytes([last.raw[-1] ^ 1]))
    with pytest.raises(Malformed, match="does not hold"):
        witnessed(write_note(note.text, [*note.signatures[:-1], bent]), policy("a", logs=log.signer.keys))


def test_what_cannot_be_checked_leaves_the_quorum_unknown(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("muniment.proof.checkpoint.mldsa44_available", lambda: False)
    assert witnessed(cosigned(log, W1), policy("a", logs=log.signer.keys)).quorum is None
    assert witnessed(cosigned(log, W1), policy("both", logs=log.signer.keys)).quorum is False


@given(st.integers(1, 5), st.sets(st.integers(0, 4)))
def test_k_of_n_is_counted(least: int, present: set[int]) -> None:
    keys = [Key(f"w{at}", 0x04, bytes([at + 1]) * 32) for at in range(5)]
    lines = "".join(f"witness {at} {key.encode()}\n" for at, key in enumerate(keys))
    found = parse_policy(f"{lines}group g {least} 0 1 2 3 4\nquorum g\n".encode())
    assert found.met(keys[at] for at in present) is (len(present) >= least)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parse_policy(raw)
    except Malformed:
        return


def test_no_two_of_three_are_enough_for_all() -> None:
    keys = [Key(f"w{at}", 0x04, bytes([at + 1]) * 32) for at in range(3)]
    lines = "".join(f"witness {at} {key.encode()}\n" for at, key in enumerate(keys))
    found = parse_policy(f"{lines}group g all 0 1 2\nquorum g\n".encode())
    assert [found.met(pair) for pair in combinations(keys, 2)] == [False] * 3
