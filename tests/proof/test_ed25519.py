"""Ed25519 in plain integers: agrees with the library, and is stricter where signatures can be bent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.proof.ed25519 import verify_ed25519

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 511))
def test_a_signature_holds_and_one_flipped_bit_breaks_it(message: bytes, bit: int) -> None:
    signature = PRIVATE.sign(message)
    assert verify_ed25519(PUBLIC, signature, message)
    bent = bytearray(signature)
    bent[bit // 8] ^= 1 << bit % 8
    assert not verify_ed25519(PUBLIC, bytes(bent), message)
    assert not verify_ed25519(PUBLIC, signature, message + b"!")


def test_the_same_signature_with_a_larger_scalar_is_refused() -> None:
    signature = PRIVATE.sign(b"x")
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert not verify_ed25519(PUBLIC, signature[:32] + larger.to_bytes(32, "little"), b"x")


@pytest.mark.parametrize(
    "key",
    [
        b"",
        bytes(31),
        (2**255 - 18).to_bytes(32, "little"),
        (1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),
        (2**255 - 20).to_bytes(32, "little"),
        bytes(32),
        (2).to_bytes(32, "little"),
    ],
)
def test_a_key_that_is_no_proper_point_signs_nothing(key: bytes) -> None:
    # With a key of small order, R = neutral element and S = 0 would "sign" every message.
    assert not verify_ed25519(key, (1).to_bytes(32, "little") + bytes(32), b"x")


def test_a_signature_of_another_length_is_none() -> None:
    assert not verify_ed25519(PUBLIC, PRIVATE.sign(b"x")[:63], b"x")


def test_the_official_cases_are_judged_as_their_authors_judge_them(real_vectors: Path) -> None:
    held = json.loads((real_vectors / "wycheproof" / "testvectors_v1" / "ed25519_test.json").read_text())
    count = 0
    for group in held["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            found = verify_ed25519(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            assert found == (case["result"] == "valid"), case["tcId"]
            count += 1
    assert count >= 150
