"""The application as the server calls it: bodies are bounded before anything reads them.

Django keeps a body in memory up to ``FILE_UPLOAD_MAX_MEMORY_SIZE`` and would write a larger one to a
temporary file in the clear; nothing larger gets that far.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muniment.site.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application


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
            await _drain(receive, 4 * self.largest)
            await _refuse(send)
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

        await self.app({**scope, "headers": one_cookie_line(scope["headers"])}, bounded, noted)
        if seen > self.largest and not begun:
            await _refuse(send)


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


async def _refuse(send: Any) -> None:
    body = b'{"type":"urn:muniment:problem:too-large","title":"This is too large","status":413}'
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = BoundedBodies(get_asgi_application(), settings.LARGEST_BODY)
