"""Verifies RSA (PKCS #1 v1.5, RFC 8017, 8.2.2) and ECDSA (FIPS 186-5; P-256 and P-384) in plain integers.

Rules: for machines that have only Python, as time-stamps are signed so and not with Ed25519. Only public values are
handled; nothing here is or needs to be constant-time. What is not known here is said to be not known, never good.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from muniment.proof.der import Node, only
from muniment.proof.errors import Malformed

HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
#: Signature algorithms with the hash that they name; where they name none, the signer says it elsewhere.
SIGNATURES = {
    "1.2.840.113549.1.1.1": ("rsa", ""),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
}
_RSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
_PREFIX = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


class Unknown(Malformed):
    """It may be good, and cannot be checked here: an algorithm or form that this program does not know."""


@dataclass(frozen=True)
class Curve:
    """A curve y² = x³ - 3x + b over the numbers modulo p, with its base point and the order of that (FIPS 186-5)."""

    p: int
    b: int
    n: int
    base: tuple[int, int]


_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P384 = 2**384 - 2**128 - 2**96 + 2**32 - 1
CURVES = {
    "1.2.840.10045.3.1.7": Curve(
        _P256,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "1.3.132.0.34": Curve(
        _P384,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
}
_Point3 = tuple[int, int, int]


def verify_signature(key: bytes, algorithm: str, hashed_by: str, signature: bytes, message: bytes) -> bool:
    """Return whether this is the key's signature over the message.

    :param key: a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7). :param algorithm: of the signature, as object identifier.
    :param hashed_by: name of the hash where the algorithm names none.
    :raises Unknown: for an algorithm, curve or size of key that is not known here.
    :raises Malformed: when the key is none.
    """
    kind, own = SIGNATURES.get(algorithm, ("", ""))
    about, held = only(key).parts()
    named = about.parts()
    if kind == "rsa" and named[0].name() == _RSA:
        return _rsa(only(held.bits()), own or hashed_by, signature, message)
    if kind == "ecdsa" and named[0].name() == _EC:
        curve = CURVES.get(named[1].name())
        if curve is not None:
            return _ecdsa(curve, held.bits(), own, signature, message)
    raise Unknown("A signature is of a kind that is not checked here.")


def _rsa(key: Node, hashed_by: str, signature: bytes, message: bytes) -> bool:
    modulus, power = (one.number() for one in key.parts())
    size = (modulus.bit_length() + 7) // 8
    if not 2048 <= modulus.bit_length() <= 8192 or not 2 < power < 1 << 64:
        raise Unknown("A key is shorter or longer than is checked here.")
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= modulus:
        return False
    told = _PREFIX[hashed_by] + hashlib.new(hashed_by, message).digest()
    wanted = b"\0\1" + b"\xff" * (size - len(told) - 3) + b"\0" + told
    return hmac.compare_digest(pow(number, power, modulus).to_bytes(size, "big"), wanted)


def _ecdsa(curve: Curve, key: bytes, hashed_by: str, signature: bytes, message: bytes) -> bool:
    size = (curve.p.bit_length() + 7) // 8
    x, y = (int.from_bytes(key[1 + size * at : 1 + size * (at + 1)], "big") for at in range(2))
    on_it = (y * y - (x * x * x - 3 * x + curve.b)) % curve.p == 0
    if len(key) != 1 + 2 * size or key[0] != 4 or max(x, y) >= curve.p or not on_it:
        raise Malformed("A public key is no point of its curve.")
    try:
        r, s = (one.number() for one in only(signature).parts())
    except ValueError:
        return False
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    digest = hashlib.new(hashed_by, message).digest()
    hashed = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    found = _sum_of_two(curve, hashed * inverse % curve.n, r * inverse % curve.n, (x, y))
    return found[2] != 0 and found[0] * pow(found[2], -2, curve.p) % curve.p % curve.n == r


def _doubled_point(curve: Curve, point: _Point3) -> _Point3:
    x, y, z = point
    square = z * z
    slope = 3 * (x - square) * (x + square)
    side = 4 * x * y * y
    new = (slope * slope - 2 * side) % curve.p
    return new, (slope * (side - new) - 8 * y**4) % curve.p, 2 * y * z % curve.p


def _sum_of_points(curve: Curve, one: _Point3, two: _Point3) -> _Point3:
    if one[2] == 0 or two[2] == 0:
        return two if one[2] == 0 else one
    z1, z2 = one[2] * one[2], two[2] * two[2]
    u1, u2 = one[0] * z2 % curve.p, two[0] * z1 % curve.p
    s1, s2 = one[1] * z2 * two[2] % curve.p, two[1] * z1 * one[2] % curve.p
    if u1 == u2:
        return _doubled_point(curve, one) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    hh = h * h
    hhh, v = h * hh, u1 * hh
    x = (r * r - hhh - 2 * v) % curve.p
    return x, (r * (v - x) - s1 * hhh) % curve.p, h * one[2] * two[2] % curve.p


def _sum_of_two(curve: Curve, first: int, second: int, point: tuple[int, int]) -> _Point3:
    """Return first * base + second * point, both walked in one pass (Shamir's trick)."""
    base, other = (*curve.base, 1), (*point, 1)
    table = [(1, 1, 0), base, other, _sum_of_points(curve, base, other)]
    found: _Point3 = (1, 1, 0)
    for at in range(curve.n.bit_length() - 1, -1, -1):
        found = _doubled_point(curve, found)
        found = _sum_of_points(curve, found, table[(first >> at & 1) | (second >> at & 1) << 1])
    return found
