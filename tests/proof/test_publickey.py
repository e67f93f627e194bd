"""DER, RSA and ECDSA in plain integers: alike with OpenSSL on what is good, and every odd form refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from muniment.proof import publickey
from muniment.proof.der import GENERAL_TIME, SEQUENCE, UTC_TIME, Node, only, read_der
from muniment.proof.errors import Malformed
from muniment.proof.publickey import CURVES, Unknown, verify_signature

P256, P384 = "1.2.840.10045.3.1.7", "1.3.132.0.34"
ECDSA, RSA = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@given(st.binary(max_size=200), st.sampled_from([ec.SECP256R1(), ec.SECP384R1()]))
def test_ecdsa_is_taken_as_openssl_takes_it(message, curve):
    key = ec.generate_private_key(curve)
    signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    assert verify_signature(spki(key), ECDSA, "", signature, message)
    assert not verify_signature(spki(key), ECDSA, "", signature, message + b"x")
    assert not verify_signature(spki(ec.generate_private_key(curve)), ECDSA, "", signature, message)


def test_a_signature_that_is_no_pair_of_numbers_in_range_is_not_good():
    key = ec.generate_private_key(ec.SECP256R1())
    n = CURVES[P256].n
    for r, s in ((0, 1), (1, 0), (n, 1), (1, n), (-1, 1)):
        assert not verify_signature(
            spki(key), ECDSA, "", encode_dss_signature(r % (n + 1) if r >= 0 else 0, s), b"m"
        )
    for raw in (b"", b"\x30\x03\x02\x01\x01", b"\x30\x80"):
        assert not verify_signature(spki(key), ECDSA, "", raw, b"m")


def test_a_key_that_is_no_point_of_its_curve_is_refused():
    good = spki(ec.generate_private_key(ec.SECP256R1()))
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good.replace(b"\x04" + good[-64:], b"\x05" + good[-64:])):
        with pytest.raises(Malformed, match="no point"):
            verify_signature(bad, ECDSA, "", b"", b"m")


def test_sums_of_points_that_meet_are_right():
    curve = CURVES[P256]
    base = (*curve.base, 1)
    none = (1, 1, 0)
    against = (base[0], -base[1] % curve.p, 1)
    assert publickey._sum_of_points(curve, base, against)[2] == 0
    assert publickey._sum_of_points(curve, base, none) == base
    assert publickey._sum_of_points(curve, none, base) == base
    twice = publickey._sum_of_points(curve, base, base)
    assert twice == publickey._doubled_point(curve, base)
    assert publickey._sum_of_two(curve, curve.n - 1, 1, curve.base)[2] == 0


def test_a_signature_whose_point_is_none_is_not_good():
    key = ec.derive_private_key(1, ec.SECP256R1())
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"m")
    h = int.from_bytes(digest.finalize(), "big") % CURVES[P256].n
    # With the key 1 the sum is (h + r) / s times the base: nothing for r = -h.
    assert not verify_signature(spki(key), ECDSA, "", encode_dss_signature(CURVES[P256].n - h, 1), b"m")


def test_rsa_is_taken_as_openssl_takes_it():
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(b"m", padding.PKCS1v15(), hashes.SHA256())
    assert verify_signature(spki(key), RSA, "", signature, b"m")
    assert verify_signature(spki(key), "1.2.840.113549.1.1.1", "sha256", signature, b"m")
    assert not verify_signature(spki(key), RSA, "", signature, b"n")
    assert not verify_signature(spki(key), RSA, "", signature[1:], b"m")
    assert not verify_signature(spki(key), RSA, "", b"\xff" * 256, b"m")
    weak = key.sign(b"m", padding.PKCS1v15(), hashes.SHA512())
    assert not verify_signature(spki(key), RSA, "", weak, b"m")


def test_what_is_not_known_here_is_said_to_be_not_known():
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505  # it is to be refused
    other = ec.generate_private_key(ec.SECP521R1())
    good = ec.generate_private_key(ec.SECP256R1())
    for key, algorithm in ((small, RSA), (other, ECDSA), (good, "1.2.3"), (good, RSA), (small, ECDSA)):
        with pytest.raises(Unknown):
            verify_signature(spki(key), algorithm, "", b"\0" * 128, b"m")


# --- DER


def node(tag, body):
    return only(bytes([tag, len(body)]) + body, tag)


@given(st.integers(-(2**70), 2**70))
def test_a_number_has_one_form(value):
    size = max(1, (value + (value < 0)).bit_length() // 8 + 1)
    body = value.to_bytes(size, "big", signed=True)
    assert node(2, body).number() == value
    with pytest.raises(Malformed):
        node(2, (b"\xff" if value < 0 else b"\0") + body).number()


@pytest.mark.parametrize("body", [b"", b"\0\0", b"\xff\xff"])
def test_a_number_that_is_not_short_is_refused(body):
    with pytest.raises(Malformed):
        node(2, body).number()


def test_identifiers_have_one_form():
    assert node(6, bytes.fromhex("2a864886f70d")).name() == "1.2.840.113549"
    assert node(6, bytes.fromhex("8837")).name() == "2.999"
    assert node(6, b"\x05").name() == "0.5"
    for bad in (b"", b"\x80\x01", b"\x2a\x86", b"\x2a" + b"\xff" * 70 + b"\x01"):
        with pytest.raises(Malformed):
            node(6, bad).name()


def test_bit_strings_have_whole_bytes():
    assert node(3, b"\0ab").bits() == b"ab"
    with pytest.raises(Malformed):
        node(3, b"\1ab").bits()


def test_times_have_one_form():
    assert node(UTC_TIME, b"500101000000Z").time().year == 1950
    assert node(UTC_TIME, b"491231235959Z").time().year == 2049
    assert node(GENERAL_TIME, b"20261122120000.25Z").time().microsecond == 250000
    for tag, bad in (
        (GENERAL_TIME, b"20261122120000.20Z"),
        (GENERAL_TIME, b"20261322120000Z"),
        (GENERAL_TIME, b"20261122120000+0100"),
        (UTC_TIME, b"2611221200Z"),
        (4, b"20261122120000Z"),
    ):
        with pytest.raises(Malformed):
            node(tag, bad).time()


@pytest.mark.parametrize(
    "raw",
    [
        b"\x30",
        b"\x30\x80\0\0",
        b"\x30\x81\x01x",
        b"\x30\x82\0\x80" + b"x" * 128,
        b"\x30\x85\0\0\0\0\1x",
        b"\x30\x05abc",
        b"\x30\x84\1\0",
        b"\x3f\x01a",
        b"\5\0" * 4097,
    ],
)
def test_what_is_not_der_is_refused(raw):
    with pytest.raises(Malformed):
        read_der(raw)


def test_long_elements_are_read_and_one_must_be_one():
    body = b"x" * 300
    assert read_der(b"\x04\x82\x01\x2c" + body)[0].body == body
    for raw in (b"", b"\5\0\5\0"):
        with pytest.raises(Malformed, match="not one"):
            only(raw)
    with pytest.raises(Malformed, match="another kind"):
        Node(SEQUENCE, b"", b"").parts(0x31)


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(raw):
    try:
        held = read_der(raw)
    except Malformed:
        return
    assert b"".join(one.raw for one in held) == raw
