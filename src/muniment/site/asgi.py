"""The application as the server calls it: bodies are bounded before anything reads them.

Whoever sends too much is told so in words, on a page or in a problem document, with the limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")

import django
import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from muniment.site import problems
from muniment.site.headers import HEADERS
from muniment.site.uploads import SealedBodies
from muniment.spine import asking, ports
from muniment.spine.errors import Busy
from muniment.spine.scope import DEPLOYMENT, tenant_scope

log = structlog.get_logger("muniment.site")


class BoundedBodies:
    """Refuses a body that is larger than the installation takes: by its announced length.

    Or when it grows past it.
    """

    def __init__(self, app: Any, largest: int) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self.largest:
            await self._refuse(scope, receive, send)
            return
        seen = 0
        begun = False

        async def bounded() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            # To Django this is a client that went away: it stops and keeps nothing.
            return {"type": "http.disconnect"} if seen > self.largest else message

        async def noted(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app({**scope, "headers": one_cookie_line(scope["headers"])}, bounded, noted)
        except Busy as why:
            # The disk has no room for the body: said before anything else has looked at it.
            await self._refuse(scope, receive, send, problems.of_exception(why))
            return
        if seen > self.largest and not begun:
            await self._refuse(scope, receive, send)

    async def _refuse(
        self, scope: dict[str, Any], receive: Any, send: Any, why: problems.Problem | None = None
    ) -> None:
        """Say why a body is not taken in, after reading the rest of it and keeping nothing."""
        await _drain(receive, 4 * self.largest)
        told = await sync_to_async(_refusal)(scope, why or problems.too_large(self.largest))
        headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": told.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": told.content})


def _refusal(scope: dict[str, Any], problem: problems.Problem) -> HttpResponse:
    # Speaks to tables, which are loaded after this file.
    from muniment.site.recording import on_record  # noqa: PLC0415  # see above

    request = HttpRequest()
    request.method = scope["method"]
    request.path_info = scope["path"]
    request.META["REMOTE_ADDR"] = (scope.get("client") or ("",))[0]
    number = ports.new_id().hex
    request.number = number  # type: ignore[attr-defined]  # as the envelope draws it for what comes in
    told = problems.answer(request, problem)
    with asking.asked(number), tenant_scope(DEPLOYMENT):
        on_record(request, told)
    for name, value in HEADERS.items():
        told[name] = value
    told["X-Request-Id"] = number
    told["Cache-Control"] = "no-store"
    told["Connection"] = "close"
    told["Content-Length"] = str(len(told.content))
    log.info("body refused", request=number, method=scope["method"], status=problem.status)
    return told


def one_cookie_line(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers with all cookies in one line, joined by ``; ``.

    Browsers that speak HTTP/2 send each cookie in a line of its own (RFC 9113, section 8.2.3); Django would join
    them by commas and find none of them.
    """
    held = list(headers)
    cookies = [value for name, value in held if name == b"cookie"]
    others = [(name, value) for name, value in held if name != b"cookie"]
    return [*others, (b"cookie", b"; ".join(cookies))] if cookies else others


async def _drain(receive: Any, most: int) -> None:
    """Read a body and keep nothing of it, since browsers show the answer only to what they could send."""
    seen = 0
    while seen <= most:
        message = await receive()
        seen += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


django.setup()
application = BoundedBodies(SealedBodies(), settings.LARGEST_BODY)
