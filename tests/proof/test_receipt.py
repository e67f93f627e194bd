"""What a receipt says, who signed it, and whether the log kept it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.receipt_log import BEFORE, BEGAN, ORIGIN, Promised, leaf_of, make_promised
from tests.proof.small_log import make_log

from muniment.proof import honoured
from muniment.proof.canonical import decode64, encode64
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.cose import write_cose_receipt
from muniment.proof.errors import Malformed
from muniment.proof.honoured import judge_entries
from muniment.proof.merkle import EMPTY_ROOT, leaf_hash, root_of
from muniment.proof.note import ED25519, Key, Signature, parse_key, parse_note, write_note
from muniment.proof.receipt import (
    LARGEST_RECEIPT,
    open_announcement,
    open_receipt,
    parse_receipt,
    promised_leaf,
    split_receipts,
    write_announcement,
    write_receipt,
)
from muniment.proof.signer import new_signer
from muniment.proof.tlogproof import TlogProof


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Promised:
    return make_promised(tmp_path_factory.mktemp("log"))


@pytest.fixture
def own(tmp_path: Path) -> Promised:
    return make_promised(tmp_path / "log")


INDEX = 295
DUE = BEGAN + INDEX + 60


def test_a_receipt_is_read_as_it_was_written(promised: Promised) -> None:
    receipt = promised.receipt(INDEX)
    raw = promised.signed(receipt)
    assert open_receipt(raw, promised.keys) == receipt == parse_receipt(raw)
    assert raw.startswith(f"muniment.receipt/1\n{ORIGIN}\nentry ".encode())


def test_the_number_in_the_stream_is_not_promised_and_all_else_is() -> None:
    assert promised_leaf(leaf_of(4)) == promised_leaf(leaf_of(4, sn=999))
    for other in ({"t": 1}, {"cls": "case.read"}, {"st": b"t" * 16}, {"x": b"y" * 32}):
        assert promised_leaf(leaf_of(4, **other)) != promised_leaf(leaf_of(4))


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": "A" * 32},
        {"entry": "a" * 31},
        {"leaf": b"x" * 31},
        {"body": b"x" * 33},
        {"recorded": -1},
        {"due": BEGAN + INDEX},
        {"due": BEGAN + INDEX + 86_401},
        {"size": -1},
        {"root": b"x"},
        {"origin": "a b"},
    ],
)
def test_what_is_out_of_range_is_not_written(promised: Promised, changes: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        promised.receipt(INDEX, **changes).text()


def lines_with(promised: Promised, old: str, new: str) -> bytes:
    """Sign a text that differs from a receipt's by one line."""
    text = promised.receipt(INDEX).text()
    assert old in text
    bent = text.replace(old, new)
    key = promised.key
    return write_note(bent, [Signature(key.name, key.key_id, promised.private.sign(bent.encode()))])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("muniment.receipt/1", "muniment.receipt/2", "not a receipt"),
        ("\nbody ", "\nbodies ", "lines of a receipt"),
        ("\nleaf ", "\nleaf  ", "lines of a receipt"),
        (f"due {DUE}", f"due 0{DUE}", "whole digits"),
        (f"due {DUE}", f"due {DUE}\nmore 1", "not a receipt"),
        (f"head {BEFORE} ", "head ", "lines of a receipt"),
        ("entry 0", "entry g", "wrong form"),
    ],
)
def test_another_form_is_refused_even_when_it_is_signed(
    promised: Promised, old: str, new: str, said: str
) -> None:
    with pytest.raises(Malformed, match=said):
        open_receipt(lines_with(promised, old, new), promised.keys)


def test_a_receipt_of_another_key_is_refused(promised: Promised) -> None:
    receipt = promised.receipt(INDEX)
    forger = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    with pytest.raises(Malformed, match="does not hold"):
        open_receipt(write_receipt(receipt, promised.key, forger.sign), promised.keys)
    theirs = Key(promised.key.name, ED25519, forger.public_key().public_bytes_raw())
    with pytest.raises(Malformed, match="no good signature"):
        open_receipt(write_receipt(receipt, theirs, forger.sign), promised.keys)
    with pytest.raises(Malformed, match="not among the trusted keys"):
        open_receipt(promised.signed(receipt), promised.signer.keys)
    with pytest.raises(Malformed, match="receipt key of its log"):
        write_receipt(receipt, promised.signer.keys[0], promised.private.sign)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    raw = bytearray(SIGNED)
    raw[at % len(raw)] ^= 1 << bit
    with pytest.raises(Malformed):
        open_receipt(bytes(raw), [KEY])


@given(st.binary(max_size=300))
def test_whatever_is_read_is_a_receipt_or_refused(raw: bytes) -> None:
    for one in (raw, b"muniment.receipt/1\n" + raw):
        with pytest.raises(Malformed):
            parse_receipt(one)


def test_one_that_is_too_long_is_refused(promised: Promised) -> None:
    with pytest.raises(Malformed, match=f"at most {LARGEST_RECEIPT}"):
        parse_receipt(promised.signed(promised.receipt(INDEX)) + b"x" * LARGEST_RECEIPT)


def test_a_file_holds_one_receipt_after_the_other(promised: Promised) -> None:
    both = [promised.signed(promised.receipt(at)) for at in (291, 292)]
    assert split_receipts(b"".join(both)) == tuple(both)
    for bad in (b"", b"words\n" + both[0], both[0] * 1001):
        with pytest.raises(Malformed, match="holds no receipts"):
            split_receipts(bad)


def test_the_log_announces_its_receipt_key(promised: Promised) -> None:
    other = new_signer(ORIGIN)
    signed_by = [(one.keys[0], one.sign_raw) for one in (promised.signer, other)]
    raw = write_announcement(promised.key, signed_by)
    for reader in (promised.signer, other):
        assert open_announcement(raw, reader.keys, ORIGIN) == promised.key


def test_an_announcement_of_others_is_refused(promised: Promised) -> None:
    signer = promised.signer
    mine = [(signer.keys[0], signer.sign_raw)]
    with pytest.raises(Malformed, match="by the Ed25519 key of its log"):
        write_announcement(promised.key, [(signer.keys[1], signer.sign_raw)])
    text = f"muniment.receipt-key/1\n{ORIGIN}\n{signer.keys[0].encode()}\n"
    own = signer.keys[0]
    strange = write_note(text, [Signature(own.name, own.key_id, signer.sign_raw(text.encode()))])
    with pytest.raises(Malformed, match="no receipt key of this log"):
        open_announcement(strange, signer.keys, ORIGIN)
    raw = write_announcement(promised.key, mine)
    with pytest.raises(Malformed, match="no good signature"):
        open_announcement(raw, new_signer(ORIGIN).keys, ORIGIN)
    with pytest.raises(Malformed, match="this log"):
        open_announcement(raw, signer.keys, "muniment.example/log/other")


def test_a_receipt_key_is_not_a_key_of_heads_and_the_other_way_round(promised: Promised) -> None:
    log = make_log(ORIGIN)
    as_receipt = Key(promised.key.name, ED25519, log.signer.keys[0].public)
    with pytest.raises(Malformed):
        open_receipt(log.checkpoint, [as_receipt])
    with pytest.raises(Malformed):
        open_announcement(log.checkpoint, log.signer.keys, ORIGIN)
    assert parse_note(promised.signed(promised.receipt(1))).text.split("\n")[1] == ORIGIN


def _signed() -> tuple[bytes, Key]:
    private = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    made = Promised(Path(), new_signer(ORIGIN), private, [])
    return made.signed(made.receipt(INDEX, size=0, root=EMPTY_ROOT)), made.key


SIGNED, KEY = _signed()


def test_receipts_are_as_the_vectors_say() -> None:
    held = json.loads((Path(__file__).resolve().parents[1] / "vectors" / "receipt.json").read_text("utf-8"))
    log_key, key = parse_key(held["log_key"]), parse_key(held["receipt_key"])
    receipt = open_receipt(held["receipt"].encode(), [key])
    assert open_announcement(held["announcement"].encode(), [log_key], held["origin"]) == key
    assert encode64(promised_leaf(held["leaf"].encode())) == held["promised"] == encode64(receipt.leaf)
    shown = {"entry": receipt.entry, "body": encode64(receipt.body), "recorded": receipt.recorded}
    shown |= {"due": receipt.due, "size": receipt.size, "root": encode64(receipt.root)}
    assert (receipt.origin, shown) == (held["origin"], held["read"])
    for bad in held["refused"].values():
        with pytest.raises(Malformed):
            open_receipt(bad.encode(), [key])
    for bad in held["refused_announcements"].values():
        with pytest.raises(Malformed):
            open_announcement(bad.encode(), [log_key], held["origin"])
    for name, state in (("log", honoured.KEPT), ("log_without", honoured.BROKEN)):
        entries = [entry.encode() for entry in held[name]["entries"]]
        head = Checkpoint(held["origin"], len(entries), root_of(entries))
        verdict = judge_entries(receipt, entries, [honoured.SeenHead(head, held[name]["signed_at"])])
        assert verdict.state == state
    head = Checkpoint(held["origin"], 2, decode64(held["log"]["root"]))
    proof = TlogProof(1, (leaf_hash(held["log"]["entries"][0].encode()),), b"")
    signature = decode64(held["cose"]["head_signature"])
    made = write_cose_receipt(log_key, signature, leaf_hash(held["leaf"].encode()), proof, head)
    assert made.hex() == held["cose"]["receipt"]
