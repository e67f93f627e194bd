"""The codes of an authenticator app, against the vectors of RFC 6238, appendix B (SHA-1, last six digits)."""

from __future__ import annotations

import base64

import pytest

from muniment.ops.demo import codes

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_a_moment_has_the_code_of_the_standard(at, shown):
    assert codes.code(SECRET, at) == shown
    assert codes.code(SECRET, at + 29 - at % 30) == shown


def test_a_secret_has_the_recommended_length():
    assert codes.new_secret(b"12345678901234567890") == SECRET
    with pytest.raises(ValueError, match="20 random bytes"):
        codes.new_secret(b"short")


def test_an_app_can_read_the_address():
    assert codes.address(SECRET, "ada@x.example") == (
        f"otpauth://totp/Muniment:ada%40x.example?secret={SECRET}&issuer=Muniment"
    )
