"""Every refusal and fault as people and programs see it: a page, or a problem document (RFC 9457).

In the same words.

Rules: what belongs to somebody else and what does not exist answer alike, byte for byte apart from the
request's number; no answer holds a trace, a path, a version or what was typed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from muniment.proof.errors import Malformed
from muniment.spine.errors import Absent, Invalid, MunimentError, Refused
from muniment.spine.keyring import KeyDestroyed

API: Final = "/api/"


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for whoever asked."""

    status: int
    code: str
    title: str
    what: str
    todo: str = ""
    where: str = ""


def _of(error: MunimentError) -> Problem:
    return Problem(error.status, error.code, error.title, error.what, error.todo, error.where)


def by_status(status: int) -> Problem:
    """Return the words for a status that some part answered without words of its own."""
    known = {
        400: (
            "unreadable",
            _("This cannot be read"),
            _("The request is not well-formed."),
            _("Go back and try again."),
        ),
        401: (
            "signed-out",
            _("You are not signed in"),
            _("This needs somebody who is signed in."),
            _("Sign in, or send a valid token."),
        ),
        403: ("refused", Refused.title, _("You may not do this."), _("Ask an administrator if you need it.")),
        404: ("absent", Absent.title, Absent().what, ""),
        405: ("method", _("This is not done this way"), _("This address does not take that method."), ""),
        413: (
            "too-large",
            _("This is too large"),
            _("What was sent is larger than this installation takes."),
            _("Send less at once."),
        ),
        415: (
            "media-type",
            _("This cannot be read"),
            _("This address does not take that kind of content."),
            "",
        ),
        429: (
            "too-many",
            _("Too many attempts"),
            _("There were too many attempts in a short time."),
            _("Wait five minutes, then try again."),
        ),
        503: (
            "busy",
            _("This is not available just now"),
            _("A part that is needed cannot answer now."),
            _("Try again in a minute."),
        ),
    }
    if status in known:
        return Problem(status, *known[status])
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(
            status,
            "fault",
            _("Something went wrong here"),
            _("This is our fault, not yours. Nothing was changed halfway."),
            _("Try again; if it happens again, give the number below to the operator."),
        )
    return Problem(status, "unreadable", _("This cannot be read"), _("The request cannot be answered."))


def done_perhaps() -> Problem:
    """Return the words for an answer that was lost after the work: what was asked for may be done."""
    return replace(
        by_status(503),
        what=_("The database was too busy to finish this answer. What you asked for may be done already."),
        todo=_("Look whether it is done before you send it again."),
    )


def too_large(largest: int) -> Problem:
    """Return the words for a body that is larger than the installation takes.

    :param largest: most bytes of a body; the form around a file takes up to one mebibyte of them.
    """
    found = by_status(413)
    most = max(largest // (1 << 20) - 1, 1)
    return replace(
        found,
        what=_("What was sent is larger than the %(most)s MiB that this installation takes.")
        % {"most": most},
        todo=_("Send less at once, or ask the operator to raise the limit."),
    )


def _place(location: Any) -> str:
    return ".".join(str(part) for part in location if part not in {"body", "payload", "data"})


def of_exception(error: Exception) -> Problem | None:  # noqa: PLR0911  # one line for each kind reads best
    """Return the problem that an exception stands for, or ``None`` when it is a fault of ours."""
    if isinstance(error, MunimentError):
        return _of(error)
    if isinstance(error, KeyDestroyed):
        return _of(Absent("This was erased: its key was destroyed.", todo="Make a new one if it is needed."))
    if isinstance(error, Malformed):
        return _of(Invalid(error.what, todo=error.todo, where=error.where))
    if isinstance(error, ObjectDoesNotExist | Http404):
        return by_status(404)
    if isinstance(error, PermissionDenied):
        return by_status(403)
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return by_status(413)
    if isinstance(error, SuspiciousOperation | BadRequest):
        return by_status(400)
    if isinstance(error, ValidationError):
        # Only where and why: the value that was sent is not sent back.
        first = error.errors[0] if error.errors else {}
        where = _place(first.get("loc", ()))
        return Problem(
            422,
            "invalid",
            _("This cannot be read"),
            str(first.get("msg", "")) or _("A field is wrong."),
            where=where,
        )
    if isinstance(error, HttpError):
        if isinstance(error.__cause__, MunimentError):
            # ninja puts every fault of reading a body into words of its own; ours say which one it was.
            return _of(error.__cause__)
        return by_status(error.status_code)
    return None


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a problem as a page, or as a problem document under ``/api/``."""
    number = str(getattr(request, "number", ""))
    if request.path_info.startswith(API):
        document = {
            "type": f"urn:muniment:problem:{problem.code}",
            "title": str(problem.title),
            "status": problem.status,
            "detail": str(problem.what),
            "todo": str(problem.todo),
            "where": str(problem.where),
            "instance": f"urn:muniment:request:{number}",
        }
        response = HttpResponse(
            json.dumps({name: value for name, value in document.items() if value != ""}),
            content_type="application/problem+json",
            status=problem.status,
        )
    else:
        shown = {
            "title": problem.title,
            "what": problem.what,
            "todo": problem.todo,
            "where": problem.where,
            "status": problem.status,
            "request_id": number,
        }
        # Without a request: no frame, no csrf token, so that the same problem gives the same bytes.
        response = HttpResponse(
            render_to_string("ui/problem.html", {"problem": shown}), status=problem.status
        )
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    response.is_problem = True  # type: ignore[attr-defined]  # tells the envelope that these are our words
    response.problem_code = problem.code  # type: ignore[attr-defined]  # what the ledger says of it
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Say that a form was not sent from a page of this house, or that its page is too old."""
    return answer(
        request,
        Problem(
            403,
            "forged",
            _("This form has run out"),
            _("The form was not sent from a page of this house, or its page is too old."),
            _("Go back, reload the page and send it again."),
        ),
    )
