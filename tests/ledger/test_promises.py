"""Whoever did something sees what was promised about it and whether that was kept, and nothing of anybody else's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from muniment.cases import actions as cases
from muniment.ledger import promises, publish
from muniment.ledger.models import Entry
from muniment.spine import ports
from muniment.spine.scope import tenant_scope

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


@pytest.fixture
def people(db, ada, otto, account_of):
    for person in (ada, otto):
        account_of(person)
    return ada, otto


def text_of(answer, status=200):
    assert answer.status_code == status, answer.content[:500]
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize(
    ("covered", "after", "state"),
    [(60, 90, "kept"), (61, 90, "late"), (None, 60, "open"), (None, 61, "broken")],
)
def test_a_promise_is_kept_late_open_or_broken(covered, after, state):
    signed = None if covered is None else NOON + timedelta(seconds=covered)
    assert promises.state_of(NOON + timedelta(seconds=60), signed, NOON + timedelta(seconds=after)) == state


def test_the_page_lists_ones_own_receipts_and_nobody_elses(people, client_as):
    ada, otto = people
    mine = cases.open_case(ada, title="Mine")
    cases.open_case(otto, title="Another's")
    text = text_of(client_as(ada).get(reverse("ledger:receipts")))
    assert "Still time" in text
    publish.settle()
    text = text_of(client_as(ada).get(reverse("ledger:receipts")))
    assert "Kept" in text
    assert f"opened case {mine.number}" in text
    assert "Otto Example" not in text.split("<main", 1)[1]
    with tenant_scope(ada.tenant):
        event = Entry.objects.get(kind="cases.open", actor=ada.id)
    assert reverse("ledger:receipt", args=[event.id]) in text
    page = text_of(client_as(ada).get(reverse("ledger:entry", args=[event.id])))
    assert "All my receipts" in page
    assert "All my receipts" not in text_of(client_as(otto).get(reverse("ledger:entry", args=[event.id])))


def test_a_head_that_came_too_late_and_none_at_all_are_said(people, client_as, monkeypatch):
    ada, _otto = people
    monkeypatch.setattr(ports, "now", lambda: NOON)
    cases.open_case(ada, title="Waits long")
    monkeypatch.setattr(ports, "now", lambda: NOON + timedelta(minutes=5))
    assert [one.state for one in promises.of(ada, ports.now())] == ["broken"]
    assert "Not kept" in text_of(client_as(ada).get(reverse("ledger:receipts")))
    publish.settle()
    assert [one.state for one in promises.of(ada, ports.now())] == ["late"]
    assert "Kept late" in text_of(client_as(ada).get(reverse("ledger:receipts")))


def test_the_pages_follow_each_other_without_a_gap_and_so_does_the_api(people, client_as, monkeypatch):
    ada, _otto = people
    for number in range(5):
        cases.open_case(ada, title=f"Case {number}")
    publish.settle()
    client = client_as(ada)
    monkeypatch.setattr(promises, "MOST", 2)
    with tenant_scope(ada.tenant):
        places = list(
            Entry.objects.filter(actor=ada.id, kind="cases.open")
            .order_by("-idx")
            .values_list("idx", flat=True)
        )
    found, cursor = [], ""
    while cursor is not None:
        told = client.get(
            "/api/v1/ledger/receipts", {"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        found += [one["idx"] for one in told["items"] if one["idx"] is not None]
        assert {one["state"] for one in told["items"]} <= {"kept", "open"}
        cursor = told["next"]
    assert [one for one in found if one in places] == places
    text = text_of(client.get(reverse("ledger:receipts"), {"before": places[2]}))
    assert text.count("opened case") >= 2
    assert text_of(client.get(reverse("ledger:receipts"), {"before": "x" * 40}))


def test_who_did_nothing_yet_is_told_what_will_stand_there(people, client_as):
    assert "What you do will stand here" in text_of(client_as(people[1]).get(reverse("ledger:receipts")))
