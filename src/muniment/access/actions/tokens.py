"""API tokens: made by the person for whom they speak, shown once, ended by them or by an administrator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from muniment.access import credentials
from muniment.access.models import Person, Token
from muniment.access.queries import for_tokens
from muniment.access.rules import permissions as role_permissions
from muniment.ledger.action import Act, action
from muniment.ledger.words import Sealed
from muniment.spine import ports
from muniment.spine.actor import ActorKind
from muniment.spine.errors import Absent, Invalid, Refused


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made, with the secret that is shown this once."""

    token: Token
    secret: credentials.TokenSecret


@action("access.create_token", cls="access.change", says="{actor} made a token until {facts.expires_at}")
def create_token(
    act: Act, *, label: str, permissions: Iterable[str], expires_at: datetime, person_id: UUID | None = None
) -> Issued:
    """Make a token with which a program acts for a person; its secret can be read here and never again.

    :param person_id: for whom it speaks; oneself unless the installation's operator says otherwise.
    :raises Invalid: for a label or an end that breaks the rules, or without any permission.
    :raises Refused: for a permission that the person does not hold, or that no program may hold.
    """
    person = _speaks_for(act, person_id)
    wanted = sorted(set(permissions))
    if not wanted:
        raise Invalid(
            "A token without a permission does nothing.", todo="Choose at least one.", where="permissions"
        )
    held = role_permissions(person.role)
    if act.actor.kind is ActorKind.PERSON:
        held &= act.actor.may
    if not set(wanted) <= for_tokens(held):
        raise Refused(
            "A token can hold only what its person may do, and never the right to propose or decide.",
            todo="Choose fewer permissions.",
        )
    token_id = ports.new_id()
    secret = credentials.new_secret(token_id, ports.random_bytes(32))
    token: Token = Token.objects.create(
        id=token_id,
        tenant_id=act.tenant,
        person_id=person.id,
        label=credentials.require_label(label),
        secret_hash=secret.digest,
        permissions=wanted,
        created_at=act.now,
        expires_at=credentials.require_life(act.now, expires_at),
    )
    act.record(
        token,
        label=Sealed(token.label),
        permissions=wanted,
        expires_at=token.expires_at,
        person=str(person.id),
    )
    return Issued(token, secret)


def _speaks_for(act: Act, person_id: UUID | None) -> Person:
    if act.actor.kind is ActorKind.TOKEN:
        raise Refused("A token cannot make tokens.", todo="Sign in and make it on the page.")
    if act.actor.kind is ActorKind.PERSON:
        if person_id is not None and str(person_id) != act.actor.id:
            raise Refused("You can make tokens for yourself only.")
        person_id = UUID(act.actor.id)
    found: Person | None = Person.objects.filter(id=person_id, is_active=True).first()
    if found is None:
        raise Absent
    return found


@action("access.revoke_token", cls="access.change", says="{actor} ended the token {subject}")
def revoke_token(act: Act, *, token_id: UUID) -> Token:
    """End a token at once. Its person may, and an administrator.

    Ending it again changes nothing but is recorded.

    :raises Absent: when there is no such token, or it is somebody else's.
    """
    token: Token | None = Token.objects.select_for_update().filter(id=token_id).first()
    if token is None or (str(token.person_id) != act.actor.id and act.actor.role != "administrator"):
        raise Absent
    if token.revoked_at is None:
        token.revoked_at = act.now
        token.save(update_fields=["revoked_at"])
    act.record(token)
    return token
