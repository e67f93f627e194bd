"""How a login and a password become a person: by the keyed index and argon2.

As slowly for an unknown login as for a known one.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
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


@cache
def _nobodys_password() -> str:
    """Return the hash that stands for the password of a login that does not exist.

    Nothing is known to match it.
    """
    return make_password(ports.random_bytes(32).hex())


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
