"""Proof files and envelopes: strict in writing and reading."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofbundle.tlogproof import verify_tlog_proof
from tests.proof.small_log import Log
from tests.proof.test_own_vectors import vector

from muniment.proof.canonical import canonical, encode64, parse
from muniment.proof.checkpoint import open_checkpoint, parse_checkpoint
from muniment.proof.dsse import open_envelope, pae, seal_envelope
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash
from muniment.proof.note import parse_key
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof


def test_a_proof_file_comes_back_and_proves_its_entry(log: Log) -> None:
    raw = write_tlog_proof(7, log.proof(7), log.checkpoint)
    found = parse_tlog_proof(raw)
    assert (found.index, found.extra, found.checkpoint) == (7, None, log.checkpoint)
    found.require(leaf_hash(log.entries[7]), parse_checkpoint(log.checkpoint))
    with pytest.raises(Malformed):
        found.require(leaf_hash(log.entries[8]), parse_checkpoint(log.checkpoint))


def test_proof_files_are_as_the_vectors_say() -> None:
    held = vector("proof")
    keys = [parse_key(line) for line in held["vkeys"]]
    note = held["checkpoint"].encode()
    state, _signed = open_checkpoint(note, keys)
    for case in held["proofs"]:
        hashes = [b64decode(one) for one in case["hashes"]]
        raw = write_tlog_proof(case["index"], hashes, note)
        assert raw == case["head"].encode() + note
        hashed = leaf_hash(b64decode(case["entry"]))
        assert hashed == b64decode(case["leaf_hash"])
        parse_tlog_proof(raw).require(hashed, state)
    entry = leaf_hash(b64decode(held["proofs"][2]["entry"]))
    assert parse_tlog_proof(held["with_extra"].encode() + note).extra == b"ABC"
    files = [one.encode() for one in held["refused_files"].values()]
    for raw in [*files, *(head.encode() + note for head in held["refused_heads"].values())]:
        with pytest.raises(Malformed):
            parse_tlog_proof(raw)
    for head in held["refused_proofs"].values():
        found = parse_tlog_proof(head.encode() + note)
        with pytest.raises(Malformed):
            found.require(entry, state)
    with pytest.raises(Malformed):
        open_checkpoint(held["refused_checkpoint"].encode(), keys)


def test_another_program_judges_the_proofs_of_the_vectors_alike() -> None:
    held = vector("proof")
    key, note = held["vkeys"][0], held["checkpoint"]
    entry = b64decode(held["proofs"][2]["entry"])
    for case in held["proofs"]:
        found = verify_tlog_proof(case["head"] + note, b64decode(case["entry"]), key)
        assert found["ok"] is True
        assert verify_tlog_proof(case["head"] + note, b"another", key)["ok"] is False
    for head in held["refused_proofs"].values():
        assert verify_tlog_proof(head + note, entry, key)["ok"] is False
    head = held["proofs"][2]["head"]
    assert verify_tlog_proof(head + held["refused_checkpoint"], entry, key)["ok"] is False


def test_an_extra_line_is_read_but_never_believed(log: Log) -> None:
    raw = write_tlog_proof(0, [], log.checkpoint).replace(b"index", b"extra QUJD\nindex", 1)
    assert parse_tlog_proof(raw).extra == b"ABC"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"index 7", b"index 07"),
        (b"index 7", b"index -7"),
        (b"index 7", b"index 7 "),
        (b"index 7", b"index 99999999999999999999"),
        (b"index 7\n", b""),
        (b"index 7", b"extra A\nindex 7"),
        (b"index 7", b"extra QUJD\nextra QUJD\nindex 7"),
        (b"\nindex", b"\r\nindex"),
        (b"=\n", b"\n"),
        (b"=\n", b"=\nAA==\n"),
        (b"index 7", b"index \xd9\xa7"),
    ],
)
def test_a_proof_file_of_another_form_is_refused(log: Log, old: bytes, new: bytes) -> None:
    raw = write_tlog_proof(7, log.proof(7), log.checkpoint)
    assert old in raw
    with pytest.raises(Malformed):
        parse_tlog_proof(raw.replace(old, new, 1))


@pytest.mark.parametrize(
    "raw", [b"", b"c2sp.org/tlog-proof@v1\n\n", b"c2sp.org/tlog-proof@v1\n\nx", b"x" * 2**21]
)
def test_what_is_no_proof_file_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_tlog_proof(raw)


def test_more_hashes_than_any_tree_needs_are_refused() -> None:
    with pytest.raises(Malformed, match="too many"):
        write_tlog_proof(0, [bytes(32)] * 64, b"x")


@pytest.mark.parametrize(("index", "hashes"), [(-1, []), (0, [b"short"]), (10**19, [])])
def test_parts_that_could_not_be_read_back_are_not_written(log: Log, index: int, hashes: list[bytes]) -> None:
    with pytest.raises(Malformed):
        write_tlog_proof(index, hashes, log.checkpoint)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_file_or_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        parse_tlog_proof(raw)


def test_the_envelopes_encoding_is_that_of_its_specification() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_an_envelope_holds_and_says_who_signed(log: Log) -> None:
    raw = seal_envelope(b"{}", log.signer.keys[0], log.signer.sign_raw)
    assert open_envelope(raw, log.signer.keys) == (b"{}", log.signer.keys[0])
    with pytest.raises(Malformed, match="not known"):
        open_envelope(raw, log.signer.keys[1:])


@pytest.mark.parametrize(
    "change",
    [
        {"payload": encode64(b"{ }")},
        {"payloadType": "text/plain"},
        {"signatures": []},
        {"signatures": ["x"]},
        {"more": 1},
    ],
)
def test_a_changed_envelope_is_refused(log: Log, change: dict[str, object]) -> None:
    held = parse(seal_envelope(b"{}", log.signer.keys[0], log.signer.sign_raw))
    with pytest.raises(Malformed):
        open_envelope(canonical({**held, **change}), log.signer.keys)


def test_two_signatures_are_one_too_many(log: Log) -> None:
    held = parse(seal_envelope(b"{}", log.signer.keys[0], log.signer.sign_raw))
    with pytest.raises(Malformed, match="exactly one"):
        open_envelope(canonical({**held, "signatures": held["signatures"] * 2}), log.signer.keys)
