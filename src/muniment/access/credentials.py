"""Logins, passwords and token secrets: their forms, and what stands for them in a table. Pure: no tables.

No request.

Rules: a login is found by a keyed digest and stands nowhere in the clear; a token's secret is shown once and
only its SHA-256 is kept (it has 256 bits of its own, so a slow hash would add nothing); what cannot be parsed
is treated like what is unknown.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from muniment.spine.blind import blind
from muniment.spine.errors import Invalid
from muniment.spine.ports import Chance
from muniment.spine.wording import require_wording

LONGEST_LOGIN: Final = 120
LONGEST_NAME: Final = 120
LONGEST_PASSWORD: Final = 1024
LONGEST_TOKEN_LIFE: Final = timedelta(days=366)

_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f]{1,120}")
_TOKEN = re.compile(r"mnt_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")


def normal_login(login: str) -> str:
    """Return a login as it is compared: NFKC, case folded, without surrounding space.

    :raises Invalid: when it is empty, too long, or holds spaces or control characters.
    """
    if len(login) > 4 * LONGEST_LOGIN:
        raise _bad_login()
    kept = unicodedata.normalize("NFKC", login).casefold().strip()
    if not _LOGIN.fullmatch(kept) or not kept.isprintable():
        raise _bad_login()
    return kept


def _bad_login() -> Invalid:
    return Invalid("A login has 1 to 120 characters without spaces.", todo="Mend the login.", where="login")


def login_index(key: bytes, login: str) -> bytes:
    """Return the 16 bytes by which a person is found; the key is the deployment's.

    So that no table can be guessed.
    """
    return blind(key, "login", normal_login(login))


def require_name(name: str) -> str:
    """Return a person's name without surrounding space, in NFC.

    :raises Invalid: when it is empty, longer than 120 characters or holds control characters.
    """
    return require_wording(name, called="name of a person", field="name", shortest=1, longest=LONGEST_NAME)


def require_label(label: str) -> str:
    """Return a token's label without surrounding space.

    :raises Invalid: when it is empty, longer than 80 characters or holds control characters.
    """
    return require_wording(label, called="label of a token", field="label", shortest=1, longest=80)


def require_life(now: datetime, expires_at: datetime) -> datetime:
    """Return when a token ends.

    :raises Invalid: unless that is in the future and at most a year away.
    """
    if expires_at.tzinfo is None or not now < expires_at <= now + LONGEST_TOKEN_LIFE:
        raise Invalid(
            "A token must end within a year from now.",
            todo="Choose a day between tomorrow and a year from now.",
            where="expires_at",
        )
    return expires_at


@dataclass(frozen=True, slots=True, repr=False)
class TokenSecret:
    """A token as its holder writes it: which one, and the secret."""

    token: UUID
    secret: str

    @property
    def text(self) -> str:
        """The whole, as it stands in an ``Authorization`` header."""
        return f"mnt_{self.token.hex}_{self.secret}"

    @property
    def digest(self) -> str:
        """What is kept of the secret: SHA-256 in hex."""
        return hashlib.sha256(self.secret.encode("ascii")).hexdigest()

    def opens(self, kept: str) -> bool:
        """Say whether this is the secret whose digest was kept, in a time that tells nothing."""
        return hmac.compare_digest(self.digest, kept)


def new_secret(token: UUID, randomness: bytes) -> TokenSecret:
    """Return a new secret out of 32 random bytes.

    :raises ValueError: for another number of bytes.
    """
    if len(randomness) != 32:
        raise ValueError("a token's secret is made of 32 random bytes")
    return TokenSecret(token, base64.urlsafe_b64encode(randomness).rstrip(b"=").decode("ascii"))


def read_secret(text: str) -> TokenSecret | None:
    """Return the token that a text names; ``None`` when it has not the form of one."""
    found = _TOKEN.fullmatch(text) if len(text) < 100 else None
    return TokenSecret(UUID(found[1]), found[2]) if found else None


def first_password(randomness: Chance) -> str:
    """Return a password that can be read out over the telephone: four groups of five letters and digits.

    98 bits.

    Letters that look like digits are left out.
    """
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    drawn: list[str] = []
    while len(drawn) < 20:
        # Bytes beyond the last whole multiple are dropped, so that each character is equally likely.
        drawn += [
            alphabet[byte % len(alphabet)] for byte in randomness(32) if byte < 256 - 256 % len(alphabet)
        ]
    return "-".join("".join(drawn[at : at + 5]) for at in range(0, 20, 5))
