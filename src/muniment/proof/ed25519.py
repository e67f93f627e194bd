"""Ed25519 verification (RFC 8032, 5.1.7) in plain integers, for machines that have only Python.

Rules: strict. The scalar must be below the group order, both points must be in canonical form, the public key
must not be of small order, and the equation is checked without the cofactor, so that exactly one signature
per message and nonce is accepted. Only public values are handled; nothing here is or needs to be
constant-time.
"""

from __future__ import annotations

import hashlib

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_Y = 4 * pow(5, -1, _P) % _P
_BASE: _Point = (_X, _Y, 1, _X * _Y % _P)


def verify_ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether this is the key's signature over the message; about 2 ms.

    :param key: 32 bytes. :param signature: 64 bytes; any other length is simply no signature.
    """
    if len(key) != 32 or len(signature) != 64:
        return False
    public = _point(key)
    scalar = int.from_bytes(signature[32:], "little")
    if public is None or scalar >= _L or _small(public):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    x, y, z, t = public
    return _bytes(_twice_multiplied(scalar, _BASE, challenge, (-x % _P, y, z, -t % _P))) == signature[:32]


def _added(one: _Point, two: _Point) -> _Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _doubled(one: _Point) -> _Point:
    a = one[0] * one[0]
    b = one[1] * one[1]
    h = a + b
    e = h - (one[0] + one[1]) ** 2
    g = a - b
    f = 2 * one[2] * one[2] + g
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _twice_multiplied(first: int, one: _Point, second: int, two: _Point) -> _Point:
    """Return first * one + second * two, both walked in one pass (Shamir's trick, two bits at a time)."""
    table = [_NEUTRAL] * 16
    for high in range(4):
        if high:
            table[4 * high] = _added(table[4 * high - 4], one)
        for low in range(1, 4):
            table[4 * high + low] = _added(table[4 * high + low - 1], two)
    found = _NEUTRAL
    for at in range(252, -2, -2):
        found = _doubled(_doubled(found))
        found = _added(found, table[(first >> at & 3) << 2 | second >> at & 3])
    return found


def _bytes(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _point(raw: bytes) -> _Point | None:
    y = int.from_bytes(raw, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = _P - x
    return (x, y, 1, x * y % _P)


def _small(point: _Point) -> bool:
    return _doubled(_doubled(_doubled(point)))[0] == 0
