"""What a witness decides, and its cosignatures as other people's programs see them."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofbundle.checkpoint import verify_witnessed_checkpoint
from tests.proof.small_log import NOON, Log
from tests.proof.test_own_vectors import vector
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from muniment.proof.canonical import encode64
from muniment.proof.checkpoint import (
    Checkpoint,
    cosigned_message,
    cosigned_text,
    open_checkpoint,
    parse_checkpoint,
)
from muniment.proof.errors import Malformed
from muniment.proof.note import parse_key, parse_note, parse_signatures
from muniment.proof.policy import signed_at
from muniment.proof.signer import cosign, signer_from_seeds
from muniment.proof.witness import (
    Declined,
    open_submission,
    parse_submission,
    require_continued,
    write_submission,
)

HELD = vector("cosignature")
LOG_KEYS = [parse_key(line) for line in HELD["log_keys"]]
WITNESS_KEYS = [parse_key(line) for line in HELD["witness_keys"]]


def test_cosignatures_are_as_the_vectors_say() -> None:
    raw = HELD["cosigned"].encode()
    state, signed = open_checkpoint(raw, [*LOG_KEYS, *WITNESS_KEYS])
    assert set(signed.good) == {*LOG_KEYS, *WITNESS_KEYS}
    assert cosigned_text(HELD["time"], state.text()).decode() == HELD["ed25519_message"]
    assert encode64(cosigned_message(HELD["witness"], HELD["time"], state)) == HELD["mldsa44_message"]
    witness = signer_from_seeds(
        HELD["witness"], b64decode(HELD["ed25519_seed"]), b64decode(HELD["mldsa44_seed"])
    )
    assert list(witness.cosigner_keys) == WITNESS_KEYS
    plain, quantum = cosign(witness, state, datetime.fromtimestamp(HELD["time"], UTC))
    assert plain.encode() in HELD["cosigned"]
    assert signed_at(plain) == signed_at(quantum) == HELD["time"]


@pytest.mark.parametrize("text", HELD["refused"])
def test_a_bent_cosignature_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="does not hold"):
        open_checkpoint(text.encode(), [*LOG_KEYS, *WITNESS_KEYS])


def test_the_exchange_goes_as_the_vectors_say() -> None:
    cosigned: dict[int, bytes] = {}
    for step in HELD["exchange"]:
        status, size, kept = 200, None, None
        last = max(cosigned, default=0)
        try:
            head = open_submission(step["asked"].encode(), {LOG_KEYS[0].name: LOG_KEYS})
            before = Checkpoint(LOG_KEYS[0].name, last, cosigned[last]) if cosigned else None
            require_continued(head, before, cosigned.get)
            cosigned[head.checkpoint.size] = head.checkpoint.root
        except Declined as why:
            status, kept = why.status, why.contradiction or None
            size = why.size if status == 409 else None
        assert (status, size, kept) == (step["status"], step.get("size"), step.get("kept"))


def test_a_first_head_comes_without_a_proof() -> None:
    first = HELD["exchange"][0]["asked"].replace("old 0\n", f"old 0\n{encode64(bytes(32))}\n")
    head = open_submission(first.encode(), {LOG_KEYS[0].name: LOG_KEYS})
    with pytest.raises(Declined) as why:
        require_continued(head, None, lambda _size: None)
    assert why.value.status == 422


def test_the_same_head_is_cosigned_again_but_not_with_a_proof() -> None:
    asked = HELD["exchange"][1]["asked"]
    head = open_submission(asked.encode(), {LOG_KEYS[0].name: LOG_KEYS})
    require_continued(head, head.checkpoint, lambda _size: None)
    longer = asked.replace("old 3\n", f"old 3\n{encode64(bytes(32))}\n")
    with pytest.raises(Declined) as why:
        require_continued(
            open_submission(longer.encode(), {LOG_KEYS[0].name: LOG_KEYS}),
            head.checkpoint,
            lambda _size: None,
        )
    assert (why.value.status, why.value.contradiction) == (422, "")


def test_the_official_example_is_read_with_its_time(real_vectors: Path) -> None:
    raw = (real_vectors / "c2sp-examples" / "cosigned-checkpoint.note").read_bytes()
    assert parse_checkpoint(raw).size == 20852163
    assert signed_at(parse_note(raw).signatures[1]) == 1679315147


def test_other_peoples_programs_accept_our_cosignatures(log: Log) -> None:
    witness = signer_from_seeds("witness.example/w1", b"\x03" * 32, b"\x04" * 32)
    lines = cosign(witness, parse_checkpoint(log.checkpoint), NOON)
    text = log.checkpoint.decode() + "".join(line.encode() for line in lines)
    theirs = TheirCheckpoint.from_text(text)
    for key in witness.cosigner_keys:
        theirs.verify(Vkey.from_string(key.encode()))
    keys = [key.encode() for key in witness.cosigner_keys]
    trusted = log.signer.keys[0].encode()
    assert verify_witnessed_checkpoint(text, trusted, keys, threshold=1)["ok"] is True
    stranger = signer_from_seeds("witness.example/w1", b"\x05" * 32, b"\x06" * 32)
    others = [key.encode() for key in stranger.cosigner_keys]
    assert verify_witnessed_checkpoint(text, trusted, others, threshold=1)["ok"] is False


def test_a_request_comes_back_as_it_was_written() -> None:
    proof = [bytes([at]) * 32 for at in range(63)]
    raw = write_submission(7, proof, HELD["checkpoint"].encode())
    asked = parse_submission(raw)
    assert (asked.old, list(asked.proof), asked.note) == (7, proof, HELD["checkpoint"].encode())
    with pytest.raises(Malformed):
        write_submission(7, [*proof, bytes(32)], b"x")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"old 1",
        b"old -1\n\nx",
        b"old 1\r\n\nx",
        b"new 1\n\nx",
        b"old 1\nAAAA\n\nx",
        b"old 1\n\xff\n\nx",
        b"x" * (256 * 1024 + 1),
    ],
)
def test_a_request_of_another_shape_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_submission(raw)
    with pytest.raises(Declined) as why:
        open_submission(raw, {})
    assert why.value.status == 400


@given(st.binary(max_size=400))
def test_any_request_is_read_or_declined(raw: bytes) -> None:
    with pytest.raises(Declined):
        open_submission(b"old 0\n\n" + raw, {LOG_KEYS[0].name: LOG_KEYS})


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"\xff\n", "— a AAAAAAA=".encode(), "— a\x00 AAAAAAA=\n".encode(), b"x" * (1 << 20) + b"\n"],
)
def test_signature_lines_of_another_form_are_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_signatures(raw)


def test_signature_lines_are_read_alone(log: Log) -> None:
    lines = cosign(log.signer, parse_checkpoint(log.checkpoint), NOON)
    assert parse_signatures("".join(line.encode() for line in lines).encode()) == lines
    with pytest.raises(Malformed, match="too long"):
        parse_signatures(b"x" * (1024 * 1024 + 1))
