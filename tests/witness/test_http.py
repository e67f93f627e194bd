"""The HTTP side: one path, one method, an end in bytes and in seconds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.witness.scripted import Shown

from muniment.witness.application import Witness


def say(
    witness: Witness, *pieces: dict[str, Any], path: str = "/add-checkpoint", method: str = "POST"
) -> Any:
    """Send a request in pieces, wait after the last one, and return what came back."""
    sent: list[dict[str, Any]] = []
    waiting = list(pieces)

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(witness({"type": "http", "path": path, "method": method}, receive, send))
    if not sent:
        return None
    headers = dict(sent[0]["headers"])
    assert headers[b"content-length"] == str(len(sent[1]["body"])).encode()
    return sent[0]["status"], headers[b"content-type"].decode(), sent[1]["body"]


def piece(raw: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": raw, "more_body": more}


def test_a_request_in_pieces_is_answered_with_two_lines(witness: Witness, shown: Shown) -> None:
    raw = shown.asked(0, 5)
    status, kind, body = say(witness, piece(raw[:100], more=True), piece(raw[100:]))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert body.count(b"\n") == 2


def test_a_wrong_size_is_answered_with_the_right_one(witness: Witness, shown: Shown) -> None:
    say(witness, piece(shown.asked(0, 5)))
    assert say(witness, piece(shown.asked(0, 6))) == (409, "text/x.tlog.size", b"5\n")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "POST", 404), ("/add-checkpoint/", "POST", 404), ("/add-checkpoint", "GET", 405)],
)
def test_there_is_one_path_and_one_method(witness: Witness, path: str, method: str, status: int) -> None:
    assert say(witness, piece(b""), path=path, method=method)[0] == status


def test_a_body_without_end_is_cut(witness: Witness) -> None:
    assert say(witness, *[piece(bytes(100_000), more=True)] * 3)[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(witness: Witness) -> None:
    assert say(witness, piece(b"old 0\n", more=True))[0] == 408


def test_whoever_goes_away_gets_no_answer(witness: Witness) -> None:
    assert say(witness, piece(b"old", more=True), {"type": "http.disconnect"}) is None


def test_nothing_that_was_sent_comes_back(witness: Witness) -> None:
    status, _kind, body = say(witness, piece(b"old 0\n\n<script>alert(1)</script>\n\n"))
    assert status == 400
    assert b"script" not in body
