"""Cases over the API: the same rules and the same words as on the pages."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from muniment.access import actions as access
from muniment.cases import actions
from muniment.spine import ports

WORDS = "The policy allows four days where the law allows three."


@pytest.fixture
def ask(client_as):
    clients = {}

    def asked(actor, method, address, body=None, **headers):
        client = clients.setdefault(actor.id, client_as(actor))
        more = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return getattr(client, method)(f"/api/v1/cases/{address}", headers=headers, **more)

    return asked


def test_a_case_goes_from_open_to_decided(ask, ada, otto, policy):
    items = [{"kind": "evidence", "item_id": str(policy.id)}]
    opened = ask(ada, "post", "", {"title": "Is this enough?", "items": items})
    assert opened.status_code == 201
    assert opened["X-Ledger-Entry"]
    case = opened.json()["id"]
    proposal = {"outcome": "cleared", "rationale": WORDS}
    assert ask(ada, "post", f"{case}/proposal", proposal).status_code == 201
    whole = ask(otto, "get", case).json()
    assert whole["items"][0]["digest"] == whole["items"][0]["digest_now"] == policy.sha256
    answer = {"approve": True, "reason": "It is enough indeed.", "shown": whole["shown"]}
    assert ask(ada, "post", f"{case}/decision", answer).status_code == 403
    done = ask(otto, "post", f"{case}/decision", answer)
    assert (done.status_code, done.json()["answer"]) == (200, "approved")
    again = ask(otto, "post", f"{case}/decision", answer)
    assert (again.status_code, again.json()["detail"]) == (403, "This case is already decided.")


def test_attaching_withdrawing_and_the_list_with_its_cursor(ask, ada, policy):
    made = [actions.open_case(ada, title=f"Case number {number}") for number in range(3)]
    item = {"kind": "evidence", "item_id": str(policy.id)}
    assert ask(ada, "post", f"{made[0].id}/items", item).status_code == 201
    assert ask(ada, "post", f"{made[0].id}/items", item).status_code == 409
    assert ask(ada, "post", f"{made[0].id}/items", {**item, "item_id": str(uuid4())}).status_code == 404
    assert ask(ada, "post", f"{made[1].id}/withdrawal", {"reason": "Twice."}).json()["state"] == "withdrawn"
    first = ask(ada, "get", "?limit=2").json()
    assert ([one["number"] for one in first["items"]], first["next"]) == ([1, 2], "2")
    rest = ask(ada, "get", f"?limit=2&cursor={first['next']}").json()
    assert ([one["number"] for one in rest["items"]], rest["next"]) == ([3], None)
    assert [one["number"] for one in ask(ada, "get", "?state=waiting").json()["items"]] == [1, 3]


@pytest.mark.parametrize(
    "body",
    [
        {"title": "ab"},
        {"title": "x" * 501},
        {"title": "Fine title", "surprise": 1},
        {"title": "Fine title", "items": [{"kind": "person", "item_id": str(uuid4())}]},
        {"title": "Fine title", "due_at": "2026-01-01T00:00:00"},
        {"title": "a\0bcd"},
        {"title": "half \ud800 a pair"},
    ],
)
def test_what_breaks_a_rule_of_form_is_refused_and_not_sent_back(ask, ada, body):
    answer = ask(ada, "post", "", body)
    assert answer.status_code in {400, 422}
    assert answer["Content-Type"] == "application/problem+json"
    assert "Fine title" not in answer.content.decode()


def test_no_token_proposes_or_decides(db, account_of, otto, policy):
    from django.test import Client

    account_of(otto)
    issued = access.create_token(
        otto,
        label="nightly",
        permissions=["cases.open", "cases.read", "cases.attach"],
        expires_at=ports.now() + timedelta(days=1),
    )
    client = Client(**{"wsgi.url_scheme": "https", "SERVER_NAME": "localhost"})
    bearer = {"Authorization": f"Bearer {issued.secret.text}"}
    body = {"title": "Is this enough?", "items": [{"kind": "evidence", "item_id": str(policy.id)}]}
    opened = client.post("/api/v1/cases/", json.dumps(body), content_type="application/json", headers=bearer)
    assert opened.status_code == 201
    answer = client.post(
        f"/api/v1/cases/{opened.json()['id']}/proposal",
        json.dumps({"outcome": "cleared", "rationale": WORDS}),
        content_type="application/json",
        headers=bearer,
    )
    assert answer.status_code == 403
