"""Reads about people and tokens, and how a request's claim to be somebody becomes an actor.

Rules: whoever is signed out, inactive, revoked or past the end is nobody; a role that must show a second
factor and has not may only set one up; a token holds at most what its person's role holds at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator

from muniment.access import rules
from muniment.access.credentials import login_index, read_secret
from muniment.access.models import Person, Token
from muniment.spine import ports
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import Invalid, Refused
from muniment.spine.installation import keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: What one may do with one's own account before the second factor, or one's own password, is there.
BEFORE_SECOND_FACTOR: Final = frozenset(
    {"access.change_password", "access.enrol_factor", "access.sign_in", "access.sign_out"}
)

#: What no token may hold: two pairs of eyes are two people's, and a program does not hand out rights.
NEVER_BY_TOKEN: Final = frozenset(
    {
        "cases.decide",
        "cases.propose",
        "ledger.accept_policy",
        "ledger.confirm_key",
        "ledger.propose_key",
        "ledger.propose_policy",
        "ledger.replace_key",
        "ledger.rotate_key",
        "lifecycle.answer_erasure",
        "lifecycle.ask_erasure",
        "lifecycle.ask_lift",
        "lifecycle.lift_hold",
        "lifecycle.place_hold",
    }
)


def for_tokens(may: frozenset[str]) -> frozenset[str]:
    """Return what of these permissions a token can be given."""
    return frozenset(name for name in may if not name.startswith("access.")) - NEVER_BY_TOKEN


def index_of(login: str) -> bytes:
    """Return the index under which a login is kept.

    :raises Invalid: when it has not the form of a login.
    """
    return login_index(keyring().derive("login-index"), login)


def person_by_login(login: str) -> Person | None:
    """Return whose login this is, in whichever tenant; signing in is the only use of it."""
    try:
        index = index_of(login)
    except Invalid:
        return None
    with tenant_scope(DEPLOYMENT):
        found: Person | None = Person.objects.filter(login_index=index).first()
    return found


def active_person(person_id: UUID) -> Person | None:
    """Return somebody who may come in; ``None`` when the account was closed or never was."""
    with tenant_scope(DEPLOYMENT):
        found: Person | None = Person.objects.filter(id=person_id, is_active=True).first()
    return found


def lacks_second_factor(role: str, factors: frozenset[str]) -> bool:
    """Say whether this role needs a second factor that was not shown."""
    try:
        rules.require_second_factor(role, factors)
    except Refused:
        return True
    return False


def actor_of(person: Person, *, factors: frozenset[str], address: str = "", via: str = "page") -> Actor:
    """Return a person as an actor, with what the role and the factors shown allow.

    :param factors: what was proved when signing in: ``password``, ``totp``, ``recovery_code``.
    """
    may = rules.permissions(person.role)
    if person.first_password or lacks_second_factor(person.role, factors):
        may &= BEFORE_SECOND_FACTOR
    return Actor(
        id=str(person.id),
        kind=ActorKind.PERSON,
        tenant=person.tenant_id,
        may=may,
        via=via,
        address=address,
        factors=factors,
        role=person.role,
    )


def actor_by_token(text: str, *, address: str = "") -> Actor | None:
    """Return for whom a bearer token speaks, or ``None`` when it is unknown, revoked.

    Past its end or its person gone.

    Its actor is the token, not the person: the ledger tells the two apart.
    """
    secret = read_secret(text)
    if secret is None:
        return None
    with tenant_scope(DEPLOYMENT):
        token: Token | None = Token.everything.filter(id=secret.token).first()
    if token is None or not secret.opens(token.secret_hash):
        return None
    person = active_person(token.person_id)
    if token.revoked_at is not None or token.expires_at <= ports.now() or person is None:
        return None
    return Actor(
        id=str(token.id),
        kind=ActorKind.TOKEN,
        tenant=token.tenant_id,
        may=for_tokens(frozenset(token.permissions) & rules.permissions(person.role)),
        via="api",
        address=address,
        factors=frozenset({"token"}),
        role=person.role,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the page of people shows them."""

    id: UUID
    name: str
    login: str
    role: str
    is_active: bool
    has_factor: bool
    needs_factor: bool
    created_at: datetime


def has_factor(person_id: UUID) -> bool:
    """Say whether somebody has an authenticator app set up."""
    return bool(Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).exists())


def listed(rows: list[Person]) -> list[Listed]:
    """Return people as they are shown."""
    with_factor = set(
        Authenticator.objects.filter(
            user_id__in=[row.id for row in rows], type=Authenticator.Type.TOTP
        ).values_list("user_id", flat=True)
    )
    return [
        Listed(
            id=row.id,
            name=row.name,
            login=row.login,
            role=row.role,
            is_active=row.is_active,
            has_factor=row.id in with_factor,
            needs_factor=row.role in rules.SECOND_FACTOR,
            created_at=row.created_at,
        )
        for row in rows
    ]


def people() -> list[Listed]:
    """Return the people of the current tenant, by name; those who may not come in any more at the end."""
    return sorted(
        listed(list(Person.objects.all())), key=lambda one: (not one.is_active, one.name.casefold(), one.id)
    )


def people_after(cursor: UUID | None, most: int) -> list[Listed]:
    """Return people of the current tenant by identifier, after the cursor."""
    rows = Person.objects.order_by("id")
    if cursor is not None:
        rows = rows.filter(id__gt=cursor)
    return listed(list(rows[:most]))


def names(ids: Iterable[str | UUID]) -> dict[str, str]:
    """Return the names of people of the current tenant by identifier, for pages that say who.

    Unknown ones are left out.
    """
    wanted = []
    for one in ids:
        try:
            wanted.append(UUID(str(one)))
        except ValueError:
            continue
    return {str(row.id): str(row.name) for row in Person.objects.filter(id__in=wanted)}


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody who acted, in words for people.

    :param name: a person's name, a token's label with its person, or what a part of the system is called.
    """

    name: str
    role: str


#: What the system's own hands are called.
HANDS: Final = {
    "system:operator": "The operator",
    "system:worker": "Muniment",
    "system:sequencer": "The ledger",
    "system:nobody": "Somebody signed out",
}


def described_all(ids: Iterable[str]) -> dict[str, Described]:
    """Return by identifier who people, tokens and the system's own hands are; the unknown keep their identifier.

    One query for people and, only when somebody is left over, one for tokens.
    """
    wanted = set(ids)
    found = {one: Described(HANDS[one], "system") for one in wanted if one in HANDS}
    people = {str(row.id): row for row in Person.objects.filter(id__in=_identifiers(wanted))}
    found |= {one: Described(str(row.name), row.role) for one, row in people.items()}
    left = _identifiers(wanted - set(found))
    if left:
        tokens: list[Token] = list(Token.objects.filter(id__in=left))
        whose = names(row.person_id for row in tokens)
        for row in tokens:
            person = whose.get(str(row.person_id), "")
            found[str(row.id)] = Described(f"{row.label} ({person})" if person else str(row.label), "token")
    return {one: found.get(one, Described(one, "")) for one in wanted}


def described(actor_id: str) -> Described:
    """Return who somebody is, in words for people; the unknown keep their identifier."""
    return described_all([actor_id])[actor_id]


def _identifiers(ids: Iterable[str]) -> list[UUID]:
    """Return those of these that are identifiers of rows."""
    found = []
    for one in ids:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found


def holders(permission: str) -> dict[str, str]:
    """Return the names, by identifier, of the people of the current tenant whose role holds a permission."""
    roles = [role for role, may in rules.ROLES.items() if permission in may]
    rows: list[Person] = list(Person.objects.filter(role__in=roles, is_active=True))
    return {str(row.id): str(row.name) for row in sorted(rows, key=lambda row: str(row.name).casefold())}


def tokens_of(person_id: UUID) -> list[Token]:
    """Return somebody's tokens in the current tenant, the newest first."""
    return list(Token.objects.filter(person_id=person_id).order_by("-created_at", "id"))
