"""The six-digit codes of an authenticator app (RFC 6238, SHA-1, 30 seconds), so that a stranger needs no telephone.

Only the demonstration shows them; the secrets live in the memory of the process that shows them and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote

PERIOD = 30
SECRET_BYTES = 20


def new_secret(randomness: bytes) -> str:
    """Return a secret for an authenticator app, in base 32.

    :raises ValueError: unless it is made of 20 random bytes, the length RFC 4226 recommends.
    """
    if len(randomness) != SECRET_BYTES:
        raise ValueError("a secret is made of 20 random bytes")
    return base64.b32encode(randomness).decode("ascii")


def code(secret: str, at: float) -> str:
    """Return the code of a moment.

    :param at: seconds since 1970.
    """
    counter = (int(at) // PERIOD).to_bytes(8, "big")
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def address(secret: str, login: str) -> str:
    """Return the address that an authenticator app takes, as a link or as a QR code."""
    return f"otpauth://totp/Muniment:{quote(login)}?secret={secret}&issuer=Muniment"
