"""What `muniment check` says of time, and the test authority's one address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response
from tests.ledger.conftest import clocks as clocks  # noqa: PLC0414  # a fixture, found by its name
from tests.ledger.stamps import NOON, Clocks, ask, at

from muniment.ledger import clock
from muniment.ledger.time.testing import LARGEST, new_authority
from muniment.ops import checking
from muniment.ops.serving.timestamp import Application
from muniment.spine import config
from muniment.spine.errors import Busy


def told(about: str) -> list[str]:
    return [one.what for one in checking.LOOKS[about](config.current())]


def test_check_says_when_the_clock_jumped(db: None, town: object) -> None:
    with at(NOON):
        clock.look()
        assert told("clock") == []
    with at(NOON + timedelta(days=2)):
        assert "set forward by more than a day" in told("clock")[0]


def test_check_says_what_is_wrong_with_the_time_stamps(clocks: Clocks, town: object) -> None:
    assert told("time") == []
    made = clocks.open()
    with at(NOON):
        assert told("time") == ["There has been no new time-stamp for hours."]
    ask(clocks)
    with at(NOON):
        assert told("time") == []
    clocks.says["one"] = lambda query: made.answer(query, now=lambda: NOON)
    ask(clocks, NOON + timedelta(hours=1))
    with at(NOON + timedelta(hours=1)):
        assert told("time") == ["The clock differs from that of one by 3600 s."]

    def away(_query: bytes) -> bytes:
        raise Busy("It is away.")

    clocks.says["one"] = away
    ask(clocks, NOON + timedelta(hours=2))
    with at(NOON + timedelta(hours=2)):
        assert told("time") == ["one: It is away."]
    clocks.lines["one"] = "one"
    clocks.name()
    with at(NOON):
        assert told("time") == ["A time-stamp authority is not named as it must be."]


def answered(method: str, *parts: bytes) -> tuple[int, bytes]:
    """Ask the test authority's application without a network."""
    queue: Iterator[bytes] = iter(parts)
    left = len(parts)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": next(queue), "more_body": left > 0}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    application = Application(new_authority(NOON))
    asyncio.run(application({"type": "http", "method": method}, receive, send))
    asyncio.run(application({"type": "lifespan"}, receive, send))
    return int(str(sent[0]["status"])), bytes(sent[1]["body"])  # type: ignore[call-overload]  # ASGI's own shapes


def test_the_test_authority_answers_queries_and_nothing_else() -> None:
    query = TimestampRequestBuilder().data(b"x").hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()
    status, body = answered("POST", query[:10], query[10:])
    assert (status, decode_timestamp_response(body).status) == (200, 0)
    assert answered("GET", b"")[0] == 400
    assert answered("POST", b"x" * LARGEST, b"x", b"x")[0] == 400


@pytest.mark.parametrize("query", [b"", b"\x30\x00"])
def test_what_is_no_query_is_refused_in_the_protocols_form(query: bytes) -> None:
    status, body = answered("POST", query)
    assert (status, decode_timestamp_response(body).status) == (200, 2)
