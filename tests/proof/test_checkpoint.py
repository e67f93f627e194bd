"""Checkpoints: both of the log's signatures, cosigners, and what a dishonest log may not leave out."""

from __future__ import annotations

import gzip
import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.proof.small_log import NOON, ORIGIN, Log

from muniment.proof import checkpoint as subject
from muniment.proof.checkpoint import (
    Checkpoint,
    check_signature,
    mldsa44_available,
    open_checkpoint,
    parse_checkpoint,
    parse_checkpoint_text,
    verify_mldsa44,
)
from muniment.proof.errors import Malformed
from muniment.proof.note import (
    COSIGNED_ED25519,
    COSIGNED_MLDSA44,
    ED25519,
    Key,
    parse_key,
    parse_note,
    write_note,
)
from muniment.proof.signer import (
    cosign_ed25519,
    cosign_mldsa44,
    new_signer,
    sign_checkpoint,
    signer_from_pem,
    signer_from_seeds,
)

WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
WITNESS_KEY = Key("witness.example/w", COSIGNED_ED25519, WITNESS.public_key().public_bytes_raw())


def test_a_checkpoint_holds_under_both_keys_of_the_log(log: Log) -> None:
    found, signed = open_checkpoint(log.checkpoint, log.signer.keys, origin=ORIGIN)
    assert (found.origin, found.size) == (ORIGIN, 13)
    assert [key.kind for key in signed.good] == [ED25519, COSIGNED_MLDSA44]
    assert parse_checkpoint(log.checkpoint) == found


def test_cosignatures_of_both_kinds_hold_beside_the_logs_own(log: Log) -> None:
    quantum = signer_from_seeds("witness.example/q", b"\x03" * 32, b"\x04" * 32)
    note, state = parse_note(log.checkpoint), parse_checkpoint(log.checkpoint)
    added = [cosign_ed25519(WITNESS_KEY.name, WITNESS, state, NOON), cosign_mldsa44(quantum, state, NOON)]
    raw = write_note(note.text, [*note.signatures, *added])
    _, signed = open_checkpoint(raw, [*log.signer.keys, WITNESS_KEY, quantum.keys[1]])
    assert len(signed.good) == 4


def test_a_signature_that_is_left_out_is_missed(log: Log) -> None:
    note = parse_note(log.checkpoint)
    for left in note.signatures:
        with pytest.raises(Malformed, match="left out"):
            open_checkpoint(write_note(note.text, [left]), log.signer.keys)


def test_a_log_known_by_its_quantum_key_only_is_not_accepted(log: Log) -> None:
    with pytest.raises(Malformed, match="own Ed25519"):
        open_checkpoint(log.checkpoint, log.signer.keys[1:])


def test_a_witness_cannot_speak_for_the_log(log: Log) -> None:
    note, state = parse_note(log.checkpoint), parse_checkpoint(log.checkpoint)
    raw = write_note(note.text, [cosign_ed25519(WITNESS_KEY.name, WITNESS, state, NOON)])
    with pytest.raises(Malformed, match="own Ed25519"):
        open_checkpoint(raw, [WITNESS_KEY])


def test_another_logs_checkpoint_is_refused(log: Log) -> None:
    with pytest.raises(Malformed, match="another log"):
        open_checkpoint(log.checkpoint, log.signer.keys, origin="other.example/log")


def test_a_log_signs_under_its_own_name_only(log: Log) -> None:
    with pytest.raises(Malformed, match="own name"):
        sign_checkpoint(log.signer, Checkpoint("other.example/log", 1, bytes(32)), NOON)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\n" + "A" * 43 + "=\n",
        "a\n-1\n" + "A" * 43 + "=\n",
        "a\n1\n" + "A" * 43 + "=\nextension\n",
        "a\n1\nAAAA\n",
        "a b\n1\n" + "A" * 43 + "=\n",
        "a+b\n1\n" + "A" * 43 + "=\n",
        "\n1\n" + "A" * 43 + "=\n",
        "a\n9999999999999999999\n" + "A" * 43 + "=\n",
    ],
)
def test_a_checkpoint_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint_text(text)


@pytest.mark.parametrize("change", [{"origin": "é" * 200}, {"size": -1}, {"root": b""}])
def test_a_checkpoint_out_of_form_is_not_written(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        replace(Checkpoint("a", 1, bytes(32)), **change).text()  # type: ignore[arg-type]  # wrong on purpose


def test_cosignatures_that_are_cut_off_late_or_of_an_unknown_kind_do_not_count(log: Log) -> None:
    text = parse_note(log.checkpoint).text
    assert check_signature(WITNESS_KEY, text, b"short") is False
    assert check_signature(WITNESS_KEY, text, b"\xff" * 72) is False
    assert check_signature(Key("x", 0x02, b""), text, bytes(72)) is None


def test_without_ml_dsa_the_signature_is_unchecked_and_never_called_good(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "MLDSA44PublicKey", None)
    assert not mldsa44_available()
    _, signed = open_checkpoint(log.checkpoint, log.signer.keys)
    assert [key.kind for key in signed.good] == [ED25519]
    assert [key.kind for key in signed.unchecked] == [COSIGNED_MLDSA44]


def test_on_a_bare_python_the_module_says_that_ml_dsa_is_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    bare = runpy.run_path(str(subject.__file__))
    assert bare["mldsa44_available"]() is False
    assert bare["verify_mldsa44"](b"", b"", b"") is None


def test_a_library_that_does_not_know_ml_dsa_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        @staticmethod
        def from_public_bytes(_raw: bytes) -> None:
            raise UnsupportedAlgorithm("old")

    monkeypatch.setattr(subject, "MLDSA44PublicKey", Old)
    assert not mldsa44_available()


def test_keys_come_back_from_pem_and_nothing_else_is_taken_for_keys() -> None:
    signer = new_signer("muniment.example/log/fresh")
    again = signer_from_pem(signer.name, signer.to_pem())
    assert again.keys == signer.keys
    assert signer.vkeys().decode().splitlines() == [key.encode() for key in signer.keys]
    assert parse_key(signer.keys[1].encode()) == signer.keys[1]
    assert "PRIVATE" not in repr(signer)
    one = signer.to_pem().partition(b"-----END PRIVATE KEY-----\n")
    for raw in (b"", one[0] + one[1], b"nonsense" + one[1], one[2] + one[0] + one[1]):
        with pytest.raises(Malformed, match="rivate key"):
            signer_from_pem("x", raw)


def test_the_official_cosigned_checkpoint_can_be_read(real_vectors: Path) -> None:
    raw = (real_vectors / "c2sp-examples" / "cosigned-checkpoint.note").read_bytes()
    assert parse_checkpoint(raw).size == 20852163
    assert len(parse_note(raw).signatures) == 2


def test_every_checkpoint_of_a_strangers_log_holds(real_vectors: Path) -> None:
    key = parse_key("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    folder = real_vectors / "tessera-log" / "testdata" / "log"
    for size in range(16):
        found, _ = open_checkpoint((folder / f"checkpoint.{size}").read_bytes(), [key])
        assert found.size == size


def test_the_official_ml_dsa_cases_are_judged_as_their_authors_judge_them(real_vectors: Path) -> None:
    path = real_vectors / "wycheproof" / "testvectors_v1" / "mldsa_44_verify_test.json.gz"
    count = 0
    for group in json.loads(gzip.decompress(path.read_bytes()))["testGroups"]:
        for case in group["tests"]:
            if "ctx" not in case:
                given = (
                    bytes.fromhex(group["publicKey"]),
                    bytes.fromhex(case["sig"]),
                    bytes.fromhex(case["msg"]),
                )
                assert verify_mldsa44(*given) is (case["result"] == "valid"), case["tcId"]
                count += 1
    assert count > 20
