"""Time from outside where people meet it: the button and what came, the file of an entry, the API."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from tests.ledger.stamps import NOON, ask
from tests.ledger.test_timed_entries import entry_of, file_of, opened_at

from muniment.ledger.time import asking
from muniment.proof.entryfile import verify_entry
from muniment.spine.models import Job


@pytest.fixture
def placed(clocks, town, ada, account_of):
    """An entry of Ada's in its place, with two authorities named and one of them away."""
    account_of(ada)
    clocks.open()
    clocks.open("two")
    clocks.says["two"] = lambda _query: b"\x30\x00"
    subject = opened_at(NOON, ada)
    ask(clocks)
    return entry_of(town.example, subject)


def checkpoints(client):
    return client.get(reverse("ledger:checkpoints")).content.decode()


def test_the_page_shows_what_each_authority_said_and_lets_those_ask_who_may(
    client_as, placed, otto, vera, account_of
):
    account_of(otto)
    client = client_as(otto)
    told = checkpoints(client)
    assert "two: A time-stamp cannot be read." in told
    assert "Time-stamped" in told
    assert "Ask the authorities now" in told
    assert "Ask the authorities now" not in checkpoints(client_as(vera))
    answer = client_as(otto).post(reverse("ledger:ask_time"), follow=True)
    assert "Asked: one, two." in answer.content.decode()
    assert Job.objects.filter(path=asking.PERFORM).count() == 1
    assert "were asked a moment ago" in checkpoints(client)
    assert client_as(vera).post(reverse("ledger:ask_time")).status_code == 403


def test_the_page_of_an_entry_hands_out_its_place_and_time(client_as, placed, otto, account_of):
    account_of(otto)
    client = client_as(otto)
    page = client.get(reverse("ledger:entry", args=[placed.id])).content.decode()
    assert reverse("ledger:timed", args=[placed.id]) in page
    assert "--entry --trust vkeys --authorities AUTHORITY.pem" in page
    answer = client.get(reverse("ledger:timed", args=[placed.id]))
    assert answer["Content-Disposition"] == f'attachment; filename="entry-{placed.idx}.zip"'
    assert "not after 2026-11-22T12:00:00Z" in verify_entry(io.BytesIO(answer.content)).shown["timed"]


def test_the_api_hands_out_the_same_and_asks(client_as, placed, otto, account_of):
    account_of(otto)
    client = client_as(otto)
    raw = client.get(f"/api/v1/ledger/entries/{placed.id}/timed.zip").content
    assert verify_entry(io.BytesIO(raw)).shown == verify_entry(io.BytesIO(file_of(placed))).shown
    answer = client.post("/api/v1/ledger/time-stamps")
    assert (answer.status_code, answer.json()) == (202, {"asked": ["one", "two"]})
