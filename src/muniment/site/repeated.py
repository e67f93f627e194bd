"""The same API write asked twice is done once: ``Idempotency-Key``.

Rules: the claim on the key, the change and the kept answer commit together; the same key with the same
request gets the same answer for a day; with another request it is refused; an answer that was a fault of ours
is not kept, so that trying again means trying.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from muniment.access.models import ApiCall
from muniment.site import problems
from muniment.site.gate import SAFE, say_entries
from muniment.site.middleware import Answer
from muniment.spine import ports
from muniment.spine.errors import Invalid

KEPT: Final = timedelta(hours=24)
LONGEST_KEY: Final = 200
LARGEST_ANSWER: Final = 1 << 20
_HEADERS: Final = ("Content-Type", "X-Ledger-Entry", "Location")


class Repeated:
    """Answers a repeated write from what was kept."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, once for each key."""
        key = request.headers.get("Idempotency-Key", "")
        actor: Any = getattr(request, "actor", None)
        if (
            not key
            or request.method in SAFE
            or not request.path_info.startswith(problems.API)
            or not actor.may
        ):
            return self.get_response(request)
        if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
            why = Invalid("The Idempotency-Key has 1 to 200 printable characters.", where="Idempotency-Key")
            return _problem(request, why)
        claim = {
            "actor": actor.id,
            "key_digest": hashlib.sha256(key.encode()).hexdigest(),
        }
        digest = request_digest(request)
        at = ports.now()
        ApiCall.objects.filter(at__lt=at - KEPT).delete()
        try:
            with transaction.atomic():
                with transaction.atomic():
                    call = ApiCall.objects.create(
                        tenant_id=actor.tenant, request_digest=digest, at=at, **claim
                    )
                return self._answer_once(request, call)
        except IntegrityError:
            return _again(request, ApiCall.objects.get(**claim), digest)

    def _answer_once(self, request: HttpRequest, call: ApiCall) -> HttpResponseBase:
        response = self.get_response(request)
        say_entries(request, response)
        keepable = isinstance(response, HttpResponse) and len(response.content) <= LARGEST_ANSWER
        if response.status_code >= 500 or not keepable:
            call.delete()
            return response
        call.status = response.status_code
        call.answer = _kept(response)
        call.save(update_fields=["status", "answer"])
        return response


def request_digest(request: HttpRequest) -> str:
    """Return a digest of what is asked: method, address, and the body's contents.

    Of a multipart body its parts.

    Two sendings of one multipart form differ in their boundary, so its parts are hashed and not its bytes.
    """
    seen = hashlib.sha256(f"{request.method}\0{request.get_full_path()}\0{request.content_type}\0".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            seen.update(json.dumps([name, values]).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                part = hashlib.sha256()
                for chunk in file.chunks():
                    part.update(chunk)
                file.seek(0)
                seen.update(json.dumps([name, file.name, part.hexdigest()]).encode())
    else:
        seen.update(request.body)
    return seen.hexdigest()


def _problem(request: HttpRequest, why: Invalid) -> HttpResponse:
    found = problems.of_exception(why)
    if found is None:
        raise why
    return problems.answer(request, found)


def _kept(response: HttpResponseBase) -> str:
    held = {name: response[name] for name in _HEADERS if response.has_header(name)}
    body = base64.b64encode(response.content).decode("ascii")  # type: ignore[attr-defined]  # only whole answers are kept
    return json.dumps({"headers": held, "body": body})


def _again(request: HttpRequest, call: ApiCall, digest: str) -> HttpResponse:
    if call.request_digest != digest:
        return _problem(
            request,
            Invalid(
                "This Idempotency-Key was used for another request.",
                todo="Use a new key for a new request.",
                where="Idempotency-Key",
            ),
        )
    kept = json.loads(str(call.answer))
    response = HttpResponse(base64.b64decode(kept["body"]), status=call.status, headers=kept["headers"])
    response["Idempotent-Replayed"] = "true"
    response.is_problem = call.status >= 400  # type: ignore[attr-defined]  # these were our words the first time
    return response
