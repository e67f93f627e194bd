"""Serves the time-stamp authority of tests and demonstrations: Granian, TLS 1.3, one process, this machine only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from granian import Granian
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels

from muniment.ledger.time.testing import LARGEST, TestAuthority, authority_from_pem, new_authority
from muniment.ops.serving.lifeline import tie_to
from muniment.spine.certificate import certify, write_new
from muniment.spine.errors import Clash

AUTHORITY, ROOT, TLS = "authority.pem", "root.pem", "tls"
#: Seconds in which a whole request must be here.
PATIENCE: Final = 10.0
REPLY: Final = b"application/timestamp-reply"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Application:
    """One request, ``POST /``: a query of RFC 3161, answered by its reply (3.4)."""

    def __init__(self, authority: TestAuthority) -> None:
        self.authority = authority

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; everything but a query is refused."""
        if scope["type"] != "http":
            return
        query, whole = b"", False
        try:
            async with asyncio.timeout(PATIENCE):
                while not whole and len(query) <= LARGEST:
                    part = await receive()
                    query += part.get("body", b"")
                    whole = not part.get("more_body", False)
        except TimeoutError:
            query = b""
        good = scope["method"] == "POST" and whole and len(query) <= LARGEST
        body = self.authority.answer(query) if good else b"Send a time-stamp query.\n"
        headers = [(b"content-type", REPLY if good else b"text/plain; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200 if good else 400, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def make(folder: Path, now: datetime) -> None:
    """Make a test authority in an empty folder: its key, its root, a certificate for its address.

    :raises Clash: when there is something in the folder.
    """
    made = new_authority(now)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Clash("There is something in this folder already.", todo="Name a new one.")
    certify(folder / TLS, ["localhost"], now)
    write_new(folder / ROOT, made.root_pem, mode=0o644)
    write_new(folder / AUTHORITY, made.to_pem(), mode=0o600)


def load(parent: int, target: str) -> Application:
    """Load the authority of a folder in the server's worker, tied to the server's own process."""
    tie_to(parent)
    return Application(authority_from_pem((Path(target) / AUTHORITY).read_bytes()))


def serve(folder: Path, port: int) -> None:
    """Serve until the process is asked to stop."""
    server = Granian(
        str(folder),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        workers=1,
        websockets=False,
        log_level=LogLevels.warning,
        ssl_cert=folder / TLS / "server.pem",
        ssl_key=folder / TLS / "server.key",
        ssl_protocol_min=SSLProtocols.tls13,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=partial(load, os.getpid()))
