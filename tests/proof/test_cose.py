"""COSE receipts: somebody else's program reads ours, and refuses every one that was bent."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from scitt_cose import verify_receipt  # type: ignore[import-untyped]  # it brings none
from tests.proof.receipt_log import BEGAN, COUNT, ORIGIN, Promised, leaf_of, make_promised

from muniment.proof.cose import Cbor, cbor, to_sign, write_cose_receipt
from muniment.proof.errors import Malformed
from muniment.proof.merkle import leaf_hash


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Promised:
    return make_promised(tmp_path_factory.mktemp("cose"))


def made(promised: Promised, index: int) -> bytes:
    head = promised.publish(BEGAN + COUNT).checkpoint
    key = promised.signer.keys[0]
    signature = promised.signer.sign_raw(to_sign(key, head.root))
    return write_cose_receipt(key, signature, leaf_hash(promised.entries[index]), promised.proof(index), head)


def pem(promised: Promised) -> bytes:
    public = promised.signer.ed25519.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("index", [0, 1, 255, 256, COUNT - 1])
def test_another_program_verifies_the_cose_receipt_of_an_entry(promised: Promised, index: int) -> None:
    told = verify_receipt(
        made(promised, index),
        leaf_entry_hex=promised.entries[index].hex(),
        log_public_key_pem=pem(promised),
    )
    assert told.ok, told.errors
    assert (told.tree_size, told.leaf_index, told.issuer) == (COUNT, index, ORIGIN)


def test_another_program_refuses_every_bent_one(promised: Promised) -> None:
    raw, leaf = made(promised, 7), promised.entries[7].hex()
    taken = []
    for at in range(len(raw)):
        bent = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        told = verify_receipt(bent, leaf_entry_hex=leaf, log_public_key_pem=pem(promised))
        if told.ok:
            taken.append((told.root, told.tree_size, told.leaf_index))
    # RFC 9942 signs the root and not the size: 301 entries lead this leaf to the same root by the same hashes.
    root = promised.publish(BEGAN + COUNT).checkpoint.root.hex()
    assert len(raw) >= 400
    assert taken == [(root, COUNT + 1, 7)]
    other = verify_receipt(raw, leaf_entry_hex=leaf_of(8).hex(), log_public_key_pem=pem(promised))
    assert not other.ok


def test_none_is_written_that_does_not_hold(promised: Promised) -> None:
    head = promised.publish(BEGAN + COUNT).checkpoint
    key = promised.signer.keys[0]
    good = promised.signer.sign_raw(to_sign(key, head.root))
    with pytest.raises(Malformed, match="not over this head"):
        write_cose_receipt(key, bytes(64), leaf_hash(leaf_of(7)), promised.proof(7), head)
    with pytest.raises(Malformed):
        write_cose_receipt(key, good, leaf_hash(leaf_of(8)), promised.proof(7), head)
    with pytest.raises(Malformed, match="Ed25519 key"):
        to_sign(promised.signer.keys[1], head.root)


def test_values_are_written_in_the_shortest_form() -> None:
    # RFC 8949, appendix A.
    cases: list[tuple[Cbor, str]] = [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (-1, "20"),
        (-100, "3863"),
        (b"\x01\x02", "420102"),
        ("IETF", "6449455446"),
        ([1, [2, 3]], "8201820203"),
        ({1: 2, 3: 4}, "a201020304"),
        (None, "f6"),
    ]
    for value, raw in cases:
        assert cbor(value).hex() == raw
    # The order is that of the bytes, not of the numbers.
    assert cbor({-1: 0, 24: 0, 10: 0}).hex() == "a30a00181800" + "2000"
    with pytest.raises(Malformed, match="too large"):
        cbor(1 << 64)


VALUES = st.recursive(
    st.none()
    | st.integers(-(2**63), 2**63)
    | st.binary(max_size=300)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(-500, 500), inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_another_library_reads_what_was_written(value: Any) -> None:
    cbor2 = pytest.importorskip("cbor2")
    assert cbor2.loads(cbor(value)) == value
