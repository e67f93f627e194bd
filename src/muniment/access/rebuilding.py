"""Who holds which role and by what they come in, rebuilt from the entries alone and held against the tables.

Rules: what ends with an erasure (a second factor, a token) is asked only of who has not been erased; what is sealed or
secret (names, passwords) is held by the digest of its row, and never told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator

from muniment.access.models import Person, Token
from muniment.ledger.checks.rebuilt import Said, differences, rebuilds, replayed
from muniment.spine.scope import DEPLOYMENT, tenant_scope

PERSON: Final = rebuilds("access_person", "role", "is_active", "first_password", "second_factor")
TOKEN: Final = rebuilds("access_token", "person_id", "permissions", "ended")
KINDS: Final = frozenset(
    {
        "access.change_password",
        "access.change_role",
        "access.create_person",
        "access.deactivate",
        "access.enrol_factor",
        "access.remove_factor",
        "access.reset_factor",
        "access.reset_password",
    }
)
OF_TOKENS: Final = frozenset({"access.create_token", "access.revoke_token"})
SETS: Final[dict[str, dict[str, Any]]] = {
    "access.change_password": {"first_password": False},
    "access.deactivate": {"is_active": False},
    "access.enrol_factor": {"second_factor": True},
    "access.remove_factor": {"second_factor": False},
    "access.reset_factor": {"second_factor": False},
    "access.reset_password": {"first_password": True},
}


def faults(tenant: UUID) -> Iterator[str]:
    """Yield a sentence for each person and token that stands elsewhere than the entries lead to."""
    if tenant == DEPLOYMENT:
        return
    with tenant_scope(tenant):
        yield from _people()
        expected = replayed(OF_TOKENS, _token)
        rows = (
            (
                f"{Token._meta.label}/{one.pk}",
                {
                    "person_id": str(one.person_id),
                    "permissions": one.permissions,
                    "ended": one.revoked_at is not None,
                },
            )
            for one in Token.objects.all()
        )
        yield from differences(TOKEN, expected, rows)


def _people() -> Iterator[str]:
    expected = replayed(KINDS, _person)
    people = list(Person.objects.all())
    apps = Authenticator.objects.filter(user_id__in=[one.pk for one in people], type=Authenticator.Type.TOTP)
    having = set(apps.values_list("user_id", flat=True))
    rows = []
    for one in people:
        subject = f"{Person._meta.label}/{one.pk}"
        if not one.is_active:
            expected.get(subject, {}).pop("second_factor", None)
        held_there = {name: getattr(one, name) for name in ("role", "is_active", "first_password")}
        rows.append((subject, {**held_there, "second_factor": one.pk in having}))
    yield from differences(PERSON, expected, rows)


def _person(one: Said) -> dict[str, Any]:
    role = {"role": one.facts["role"]} if "role" in one.facts else {}
    return role | SETS.get(one.kind, {})


def _token(one: Said) -> dict[str, Any]:
    if one.kind == "access.revoke_token":
        return {"ended": True}
    named = {"person_id": one.facts.get("person"), "permissions": one.facts.get("permissions")}
    return {name: value for name, value in named.items() if value is not None}
