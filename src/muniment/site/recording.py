"""The last look before an answer leaves: has it left an entry? If not, it leaves one now, or is not given.

Rules: no ledger, no answer: what cannot be put on record is not shown, and nothing of it is kept in the session; one
entry more at most for each request; a refusal says its code and what was asked for, never what was typed.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from muniment.access.adapters import address_of
from muniment.access.rules import EDGE
from muniment.ledger.action import receipts, refuse
from muniment.site import actions, problems
from muniment.site.unrecorded import ROUTES
from muniment.spine import asking
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import MunimentError
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.keys import KeyFault
from muniment.spine.scope import DEPLOYMENT

log = structlog.get_logger("muniment.site")

LONGEST: Final = 80
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def nobody(request: HttpRequest | None) -> Actor:
    """Return the actor that may do nothing, for requests of people who are not signed in."""
    return Actor(
        id="system:nobody",
        kind=ActorKind.SYSTEM,
        tenant=DEPLOYMENT,
        may=frozenset(),
        via="page",
        address=address_of(request),
        role="nobody",
    )


def told(request: HttpRequest, asked: asking.Asking, actor: Actor) -> str:
    """Say to the ledger what is asked for, and return the name of the route; empty when there is none."""
    matched = request.resolver_match
    route = matched.view_name or matched.route if matched else ""
    method = request.method if request.method in METHODS else "another method"
    asked.what = f"{method} /{matched.route}" if matched else f"{method} no address of this house"
    known = actor.kind is not ActorKind.SYSTEM
    # Whoever is signed out may write anything into an address; only identifiers of it are kept.
    asked.target = {
        str(name): str(value)[:LONGEST]
        for name, value in (matched.kwargs if matched else {}).items()
        if known or isinstance(value, UUID)
    }
    return route


def on_record(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the answer after making sure that it left an entry; a refusal to give it when it could not."""
    asked = asking.current()
    if asked is None or getattr(request, "is_on_record", False):
        return response
    request.is_on_record = True  # type: ignore[attr-defined]  # the gate looks first, the envelope once more
    actor: Actor = getattr(request, "actor", None) or nobody(request)
    route = told(request, asked, actor)
    code = _refused(request, response)
    if _is_free(request, route, refused=bool(code)):
        return response
    left = asked.refusals if code else asked.entries
    # A fault of ours may have taken back what was recorded before it.
    if left and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return response
    done = True
    try:
        if code:
            done = refuse(actor, "site.read", f"The answer was: {code}.", status=response.status_code)
        else:
            # A repeated write answers with the entries of the first time, not with this one.
            with receipts():
                actions.read(replace(actor, may=EDGE), route=route, asked=asked.what, target=asked.target)
    except (DatabaseError, MunimentError, KeyFault, KeyDestroyed, OSError):
        log.exception("not_recorded", asked=asked.what)
        done = False
    if done or response.status_code >= HTTPStatus.BAD_REQUEST:
        return response
    return problems.answer(request, problems.by_status(HTTPStatus.SERVICE_UNAVAILABLE))


def _is_free(request: HttpRequest, route: str, *, refused: bool) -> bool:
    """Say whether this answer stands on the list of those that leave no entry."""
    if not route and not refused:
        return request.path_info.startswith(settings.STATIC_URL)
    listed = ROUTES.get(route)
    return bool(listed and request.method in listed.methods and (listed.refusals or not refused))


def _refused(request: HttpRequest, response: HttpResponseBase) -> str:
    """Return in one word why an answer refuses; nothing when it does not."""
    code = str(getattr(response, "problem_code", "") or getattr(request, "refused_code", ""))
    if code:
        return code
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        again = response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        return "invalid" if again else problems.by_status(response.status_code).code
    held: Any = getattr(response, "context_data", None) or {}
    form: Any = held.get("form") if hasattr(held, "get") else None
    return "invalid" if getattr(form, "is_bound", False) and getattr(form, "errors", None) else ""
