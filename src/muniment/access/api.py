"""Accounts over the API: who am I, who has an account, roles, one's own tokens.

First passwords and tokens are made on pages and by the operator only: a secret never stands in an answer that may be
kept for a repeated request.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from muniment.access import actions, queries
from muniment.access.models import Person, Token
from muniment.access.schemas import Me, PeopleOut, PersonOut, RoleIn, TokenOut, TokensOut
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import Refused

router = Router(tags=["access"])


class Asked(HttpRequest):
    """A request that has passed the site's gate."""

    actor: Actor


@router.get("/me", response=Me, summary="Who am I, and what may I do?")
def me(request: Asked) -> dict[str, Any]:
    """Return the actor that the token or session stands for."""
    actor = request.actor
    return {
        "id": actor.id,
        "kind": actor.kind.value,
        "role": actor.role,
        "tenant": actor.tenant,
        "permissions": sorted(actor.may),
    }


@router.get("/people", response=PeopleOut, summary="List the accounts of your organisation")
def people(
    request: Asked,
    cursor: Annotated[UUID | None, Query()] = None,
    limit: Annotated[int, Query(), Field(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Return accounts by identifier, from the cursor on."""
    if "access.change_role" not in request.actor.may:
        raise Refused("Your role does not allow this.", todo="Ask an administrator if you need it.")
    found = queries.people_after(cursor, limit + 1)
    shown = found[:limit]
    return {"items": shown, "next": str(shown[-1].id) if len(found) > limit else None}


@router.post("/people/{uuid:person_id}/role", response=PersonOut, summary="Give somebody another role")
def change_role(request: Asked, person_id: UUID, given: RoleIn) -> queries.Listed:
    """Change a role and return the account."""
    return _listed(actions.change_role(request.actor, person_id=person_id, role=given.role))


@router.post("/people/{uuid:person_id}/close", response=PersonOut, summary="Close an account")
def close(request: Asked, person_id: UUID) -> queries.Listed:
    """Close an account and return it."""
    return _listed(actions.deactivate(request.actor, person_id=person_id))


@router.get("/tokens", response=TokensOut, summary="List your own tokens")
def tokens(request: Asked) -> dict[str, Any]:
    """Return one's own tokens; a token does not see the others of its person."""
    own = queries.tokens_of(UUID(request.actor.id)) if request.actor.kind is ActorKind.PERSON else []
    return {"items": own}


@router.post("/tokens/{uuid:token_id}/end", response=TokenOut, summary="End one of your tokens")
def revoke_token(request: Asked, token_id: UUID) -> Token:
    """End a token and return it."""
    return actions.revoke_token(request.actor, token_id=token_id)


def _listed(person: Person) -> queries.Listed:
    return queries.listed([person])[0]
