"""Who is asking? Every request gets an actor here, and everything after runs in that actor's tenant.

Rules: a session or a bearer token makes somebody, nothing else does; who is nobody reaches the public list
only; who still owes a password of their own or a second factor reaches the page where it is set up, and
nothing else. The address is the connection's; headers that claim another are not believed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, resolve_url

from muniment.access.adapters import address_of, factors_shown, signed_in_at
from muniment.access.models import Person
from muniment.access.queries import actor_by_token, actor_of, lacks_second_factor
from muniment.ledger.action import receipts
from muniment.ledger.receipts import of_answer
from muniment.proof.errors import Malformed
from muniment.site import problems
from muniment.site.middleware import Answer
from muniment.site.recording import nobody, on_record, told
from muniment.spine import asking, ports
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.errors import MunimentError
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import tenant_scope

log = structlog.get_logger("muniment.site")

#: Most receipts in one answer; a header must fit through every proxy. The others are asked for by their entry.
MOST_RECEIPTS: Final = 3

#: Routes that answer people who are not signed in. A house test holds every route against this list.
PUBLIC: Final = frozenset(
    {"account_login", "mfa_authenticate", "account_logout", "health-live", "health-ready"}
)

#: Where somebody gets by a password alone, who still owes something.
OWING: Final = frozenset({"account_logout", "account_reauthenticate"})

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def say_entries(request: HttpRequest, response: HttpResponseBase) -> None:
    """Put the numbers of the events that a write recorded into its answer."""
    events = getattr(request, "events", [])
    if events and request.method not in SAFE:
        response["X-Ledger-Entry"] = ", ".join(str(event) for event in events[:20])


def say_receipts(request: HttpRequest, response: HttpResponseBase) -> None:
    """Put the signed receipts of what a write of the API recorded into its answer, once it is committed.

    They are made out of what the answer names, so that a repeated write gets those of the first one.
    """
    named = response.get("X-Ledger-Entry", "")
    if not named or not _is_api(request):
        return
    events = [UUID(one) for one in named.split(", ")[:MOST_RECEIPTS]]
    try:
        made = of_answer(request.actor.tenant, events)  # type: ignore[attr-defined]  # set by the gate
    except (MunimentError, Malformed, KeyDestroyed, DatabaseError):
        # What was asked for is done: its answer does not become a failure for want of a receipt.
        log.exception("no_receipt")
        return
    if made:
        response["X-Ledger-Receipt"] = ", ".join(base64.b64encode(one).decode("ascii") for one in made)


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(problems.API)


class Gate:
    """Finds out who asks, keeps out who may not, and works in their tenant."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self._csrf = CsrfViewMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request as the actor it comes from."""
        actor = _who(request)
        request.actor = actor or nobody(request)  # type: ignore[attr-defined]  # what every view reads
        if actor is None and "Authorization" in request.headers:
            return on_record(request, problems.answer(request, problems.by_status(401)))
        tenant = request.actor.tenant  # type: ignore[attr-defined]  # as above
        with tenant_scope(tenant), receipts() as events:
            request.events = events  # type: ignore[attr-defined]  # read by say_entries
            # Here and not further out: what is not on record leaves nothing in the session either.
            response = on_record(request, self.get_response(request))
        say_entries(request, response)
        say_receipts(request, response)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _in_tenant(tenant, iter(response))
        return response

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Keep out who may not come in; called when the route is known and before its view."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        actor: Actor = request.actor  # type: ignore[attr-defined]  # set above
        asked = asking.current()
        if asked is not None:
            told(request, asked, actor)
        if name in PUBLIC:
            return None
        if actor.kind is not ActorKind.PERSON:
            return self._no_person(request, actor)
        owed = _owed(request, actor)
        if owed and name not in {owed, *OWING}:
            request.refused_code = "owing"  # type: ignore[attr-defined]  # read when this is put on record
            return problems.answer(request, problems.by_status(403)) if _is_api(request) else redirect(owed)
        if _is_api(request) and request.method not in SAFE:
            # The API is exempt from Django's own check, since tokens need none; a session does.
            return self._csrf.process_view(request, _checked, (), {})
        return None

    def _no_person(self, request: HttpRequest, actor: Actor) -> HttpResponseBase | None:
        """Lead nobody to the sign-in page, and keep tokens to the API."""
        if actor.kind is ActorKind.TOKEN:
            return None if _is_api(request) else problems.answer(request, problems.by_status(403))
        if _is_api(request):
            return problems.answer(request, problems.by_status(401))
        request.refused_code = "signed-out"  # type: ignore[attr-defined]  # read when this is put on record
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))


def _checked(*_any: Any) -> HttpResponseBase:
    """Stand for a view that is not exempt from the check of forged requests; it is never called."""
    return HttpResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _who(request: HttpRequest) -> Actor | None:
    """Return whose token or session this is; a token goes before a session, and a wrong token is nobody's."""
    given = request.headers.get("Authorization")
    if given is not None:
        scheme, _, secret = given.partition(" ")
        return (
            actor_by_token(secret.strip(), address=address_of(request))
            if scheme.lower() == "bearer"
            else None
        )
    person = request.user
    if not isinstance(person, Person):
        return None
    latest = signed_in_at(request, person) + settings.SESSION_COOKIE_AGE
    if latest < ports.now().timestamp():
        request.session.flush()
        return None
    via = "api" if _is_api(request) else "page"
    return actor_of(person, factors=factors_shown(request, person), address=address_of(request), via=via)


def _owed(request: HttpRequest, actor: Actor) -> str:
    """Return the name of the page on which somebody must do something before anything else, or nothing."""
    person: Person = request.user  # type: ignore[assignment]  # a person's session, see _who
    if person.first_password:
        return "account_change_password"
    return "mfa_activate_totp" if lacks_second_factor(actor.role, actor.factors) else ""


def _in_tenant(tenant: UUID, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read a stream in the tenant's scope; the scope never spans a pause.

    Since each piece may come in another thread.
    """
    while True:
        with tenant_scope(tenant):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
