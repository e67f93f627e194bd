"""Proof files and envelopes: strict in writing and reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proof.small_log import Log

from muniment.proof.canonical import canonical, encode64, parse
from muniment.proof.checkpoint import parse_checkpoint
from muniment.proof.dsse import open_envelope, pae, seal_envelope
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash
from muniment.proof.tlogproof import parse_tlog_proof, write_tlog_proof


def test_a_proof_file_comes_back_and_proves_its_entry(log: Log) -> None:
    raw = write_tlog_proof(7, log.proof(7), log.checkpoint)
    found = parse_tlog_proof(raw)
    assert (found.index, found.extra, found.checkpoint) == (7, None, log.checkpoint)
    found.require(leaf_hash(log.entries[7]), parse_checkpoint(log.checkpoint))
    with pytest.raises(Malformed):
        found.require(leaf_hash(log.entries[8]), parse_checkpoint(log.checkpoint))


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
