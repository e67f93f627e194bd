"""The witness's HTTP side: `POST /add-checkpoint`, and of a mirror `POST /add-entries`, as an ASGI application.

Rules: a request has an end in bytes and in seconds; a refusal is one plain sentence and repeats nothing of what was
sent; the file sync happens in a thread, so that one slow disk does not keep the others from being refused.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from muniment.proof.errors import Malformed
from muniment.proof.mirror import LACKING, LARGEST_ENTRIES, parse_given
from muniment.proof.signer import Signer, cosign
from muniment.proof.witness import LARGEST_SUBMISSION, Declined, Head, open_submission
from muniment.spine import ports
from muniment.witness import folder as place
from muniment.witness.mirror import Mirror
from muniment.witness.state import State

#: Seconds in which a whole request must be here.
PATIENCE: Final = 10.0
PLAIN: Final = "text/plain; charset=utf-8"
SIZE: Final = "text/x.tlog.size"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

log = logging.getLogger("muniment.witness")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    kind: str = PLAIN


def _no(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode())


class Witness:
    """One witness at work: its keys, the logs that it knows, its memory."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime] = ports.now,
        patience: float = PATIENCE,
        *,
        mirror: bool = False,
    ) -> None:
        self.mirror = Mirror(folder) if mirror else None
        self._copying = threading.Lock()
        self.signer: Signer = place.signer(folder)
        self.logs = place.known(folder)
        self.state = State(folder)
        self.now = now
        self.patience = patience

    def add_checkpoint(self, raw: bytes) -> Answer:
        """Cosign the head in a request, or say with the protocol's number why not."""
        try:
            head = open_submission(raw, self.logs)
            if self.mirror is not None:
                self.state.look(head)
                with self._copying:
                    self._copy(self.mirror, head)
            at = self.state.accept(head, self.now())
        except Declined as why:
            log.info(
                "declined status=%s%s", why.status, f" kept={why.contradiction}" if why.contradiction else ""
            )
            return _declined(why)
        except (sqlite3.Error, OSError, Malformed):
            log.exception("state_failed")
            return _no(503, "The witness cannot write. Try again later.")
        log.info("cosigned origin=%s size=%s", head.checkpoint.origin, head.checkpoint.size)
        lines = cosign(self.signer, head.checkpoint, at)
        return Answer(200, "".join(line.encode() for line in lines).encode())

    def _copy(self, mirror: Mirror, head: Head) -> None:
        """Let the copy lead to a head; one that contradicts the head of the copy is kept as evidence.

        :raises Declined: when it does not.
        """
        try:
            mirror.require(head.checkpoint, head.note)
        except Declined as why:
            if why.contradiction:
                self.state.keep(head, why, copied=mirror.shown(head.checkpoint.origin))
            raise

    def add_entries(self, raw: bytes) -> Answer:
        """Lay entries of a known log aside, if this is a mirror; the next head shows whether they are right."""
        if self.mirror is None:
            return _no(404, "This witness keeps no copy.")
        try:
            given = parse_given(raw)
            if given.origin not in self.logs:
                raise Declined(404, "This log is not known here.")
            with self._copying:
                there = self.mirror.give(given)
        except Declined as why:
            return _declined(why)
        except (OSError, Malformed):
            log.exception("mirror_failed")
            return _no(503, "The witness cannot write. Try again later.")
        return Answer(200, f"{there}\n".encode(), SIZE)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = await self._answer(scope, receive)
        if answer is None:
            return
        headers = [
            (b"content-type", answer.kind.encode()),
            (b"content-length", str(len(answer.body)).encode()),
        ]
        if answer.status == 405:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Mapping[str, Any], receive: Receive) -> Answer | None:
        answers = {
            "/add-checkpoint": (self.add_checkpoint, LARGEST_SUBMISSION),
            "/add-entries": (self.add_entries, LARGEST_ENTRIES),
        }
        if scope["path"] not in answers:
            return _no(404, "There is nothing here.")
        said, most = answers[scope["path"]]
        if scope["method"] != "POST":
            return _no(405, "Heads are sent with POST.")
        try:
            async with asyncio.timeout(self.patience):
                raw = await _body(receive, most)
        except TimeoutError:
            return _no(408, "The request did not come to its end in time.")
        except Declined as why:
            return _no(why.status, why.what)
        return None if raw is None else await asyncio.to_thread(said, raw)


def _declined(why: Declined) -> Answer:
    if why.status in (409, LACKING):
        return Answer(why.status, f"{why.size}\n".encode(), SIZE)
    return _no(why.status, why.what)


async def _body(receive: Receive, most: int) -> bytes | None:
    """Read a body to its end; None when the other side has gone."""
    held = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        held += message.get("body", b"")
        if len(held) > most:
            raise Declined(413, "The request is too long.")
        if not message.get("more_body", False):
            return bytes(held)
