"""What surrounds every request: a number, the security headers, words for every refusal, one line in the log.

Rules: the number is drawn here and never taken from outside; whatever leaves with a status of 400 or more
leaves in our words; a page of somebody signed in is not kept by browsers or caches.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import structlog
from asgiref.sync import sync_to_async
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from muniment.site import problems
from muniment.site.headers import HEADERS
from muniment.site.recording import on_record
from muniment.spine import asking, ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope

log = structlog.get_logger("muniment.site")

Answer = Callable[[HttpRequest], HttpResponseBase]


class Envelope:
    """The outermost layer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request in the deployment's scope, which the gate narrows to a tenant's."""
        number = ports.new_id().hex
        request.number = number  # type: ignore[attr-defined]  # read by problems and by the log
        begun = ports.monotonic()
        with (
            asking.asked(number),
            structlog.contextvars.bound_contextvars(request=number),
            tenant_scope(DEPLOYMENT),
        ):
            response = on_record(request, self.get_response(request))
            if response.status_code >= 400 and not _own_words(request, response):
                response = _reworded(request, response)
            _log(request, response, begun)
        if (
            isinstance(response, StreamingHttpResponse)
            and isinstance(request, ASGIRequest)
            and not response.is_async
        ):
            response.streaming_content = _piecewise(iter(response))
        for name, value in HEADERS.items():
            response[name] = value
        response["X-Request-Id"] = number
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Put a refusal into words; a fault of ours is left to Django, which logs it and answers 500."""
        found = problems.of_exception(error)
        return None if found is None else problems.answer(request, found)


class Sessions(SessionMiddleware):
    """Django's sessions, which tell a database that cannot answer from a session that somebody ended.

    Django calls every fault of the database while a session is saved a deleted session, and answers 400; whoever
    goes back and sends the form again does the same thing twice, since the action itself is done by then.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session; when the database is not able to, say that what was asked for may be done already."""
        try:
            return super().process_response(request, response)
        except SessionInterrupted as interrupted:
            if not _for_want_of_a_database(interrupted):
                raise
            return problems.answer(request, problems.done_perhaps())


def _for_want_of_a_database(fault: BaseException | None) -> bool:
    """Say whether a fault goes back to a database that could not answer, such as a file locked for too long."""
    while fault is not None:
        if isinstance(fault, OperationalError):
            return True
        fault = fault.__context__
    return False


def _own_words(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Say whether an answer that refuses already says so in our words: a problem, or a form shown again."""
    if getattr(response, "is_problem", False):
        return True
    return response.status_code == 422 and not request.path_info.startswith(problems.API)


def _reworded(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    """Return the refusal of some part of Django or of a library in our words."""
    made = problems.answer(request, problems.by_status(response.status_code))
    for name in ("Allow", "Retry-After"):
        if response.has_header(name):
            made[name] = response[name]
    made.cookies = response.cookies
    return made


async def _piecewise(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Send a stream piece by piece from a thread, instead of reading all of it into memory first."""
    while (piece := await sync_to_async(_next)(pieces)) is not None:
        yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


def _log(request: HttpRequest, response: HttpResponseBase, begun: float) -> None:
    matched = request.resolver_match
    actor = getattr(request, "actor", None)
    log.info(
        "request",
        method=request.method,
        route=matched.route if matched else "",
        status=response.status_code,
        ms=round((ports.monotonic() - begun) * 1000, 1),
        actor=actor.id if actor else "",
        tenant=str(actor.tenant) if actor else "",
    )
