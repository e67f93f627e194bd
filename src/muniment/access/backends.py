"""How a login and a password become a person: by the keyed index and argon2.

As slowly for an unknown login as for a known one.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password
from django.http import HttpRequest

from muniment.access.credentials import LONGEST_PASSWORD
from muniment.access.models import Person
from muniment.access.queries import active_person, person_by_login
from muniment.spine import ports

PATH: Final = "muniment.access.backends.LoginBackend"


class Argon2(Argon2PasswordHasher):
    """Argon2id with the second recommended set of RFC 9106, section 4: 3 passes over 64 MiB, 4 lanes."""

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")


@cache
def _nobodys_password() -> str:
    """Return the hash that stands for the password of a login that does not exist; nothing is known to match it.

    Drawn and not computed: computing it would make the first unknown login of a process answer twice as slowly.
    """
    cost = Argon2().params()
    settings = f"m={cost.memory_cost},t={cost.time_cost},p={cost.parallelism}"
    drawn = f"{_unpadded(ports.random_bytes(22))}${_unpadded(ports.random_bytes(cost.hash_len))}"
    return f"argon2$argon2id$v={cost.version}${settings}${drawn}"


class LoginBackend(BaseBackend):
    """Finds people of every tenant by their login; the tenant follows from the person."""

    def authenticate(
        self,
        request: HttpRequest | None,  # noqa: ARG002  # Django's signature
        username: str = "",
        password: str = "",
        **_more: Any,
    ) -> Person | None:
        """Return who this is, or ``None``; both take as long."""
        if not username or not password or len(password) > LONGEST_PASSWORD:
            return None
        person = person_by_login(username)
        right = check_password(password, person.password if person else _nobodys_password())
        return person if person is not None and right and person.is_active else None

    def get_user(self, user_id: Any) -> Person | None:
        """Return the person of a session, as long as the account is open."""
        return active_person(UUID(str(user_id)))
