"""Idempotency-Key: asked twice, done once; the same key for something else is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from muniment.access.models import ApiCall
from muniment.ledger.models import Outbox
from muniment.spine import ports
from muniment.spine.scope import tenant_scope


@pytest.fixture
def ask(client_as, adam, ada, account_of):
    account_of(ada)
    client = client_as(adam)

    def post(key="one", role="officer", **more):
        return client.post(
            f"/api/v1/settings/people/{ada.id}/role",
            {"role": role},
            content_type="application/json",
            headers={"Idempotency-Key": key} if key else {},
            **more,
        )

    return post


def changes(adam) -> int:
    with tenant_scope(adam.tenant):
        return Outbox.objects.filter(kind="access.change_role", cls="access.change").count()


def test_the_same_request_is_done_once_and_answered_twice_alike(ask, adam):
    first, second = ask(), ask()
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert first["X-Ledger-Entry"] == second["X-Ledger-Entry"]
    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert second["Idempotent-Replayed"] == "true"
    assert changes(adam) == 1


def test_the_same_key_for_another_request_is_refused(ask, adam):
    ask()
    answer = ask(role="auditor")
    assert answer.status_code == 422
    assert "another request" in answer.json()["detail"]
    assert changes(adam) == 1


def test_another_key_does_it_again(ask, adam):
    ask()
    ask(key="two")
    ask(key="")
    assert changes(adam) == 3


def test_a_refusal_is_kept_too(ask, adam):
    first, second = ask(role="boss"), ask(role="boss")
    assert first.status_code == second.status_code == 422
    assert second["Content-Type"] == "application/problem+json"
    assert first.json() == second.json()


def test_after_a_day_the_key_is_free(ask, adam):
    ask()
    with ports.frozen(clock=ports.now() + timedelta(hours=7)):
        assert ask()["Idempotent-Replayed"] == "true"
    with tenant_scope(adam.tenant):
        ApiCall.objects.update(at=ports.now() - timedelta(hours=25))
    assert "Idempotent-Replayed" not in ask()
    assert changes(adam) == 2


def test_a_fault_of_ours_is_not_kept(ask, adam, monkeypatch):
    from muniment.access import api

    def broken(*_args):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(api, "_listed", broken)
        with pytest.raises(ZeroDivisionError):
            ask()
    with tenant_scope(adam.tenant):
        assert ApiCall.objects.count() == 0


def test_the_kept_answer_is_sealed(ask, account_of, ada):
    ask()
    person = account_of(ada)
    with tenant_scope(ada.tenant), connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM access_apicall")
        kept = bytes(cursor.fetchone()[0])
    assert person.login.encode() not in kept


@pytest.mark.parametrize("key", ["x" * 201, "\x07", "é"])
def test_a_strange_key_is_refused(ask, adam, key):
    assert ask(key=key).status_code == 422
    assert changes(adam) == 0


def test_another_person_with_the_same_key_gets_their_own_answer(ask, client_as, olga, otto, adam):
    ask()
    answer = client_as(otto).post(
        f"/api/v1/settings/people/{adam.id}/role",
        {"role": "officer"},
        content_type="application/json",
        headers={"Idempotency-Key": "one"},
    )
    assert answer.status_code == 403


def test_a_file_sent_twice_under_one_key_is_filed_once(client_as, ada):
    def send(contents, boundary):
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\nIncidents\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.md"\r\n\r\n'
            f"{contents}\r\n--{boundary}--\r\n"
        )
        return client_as(ada).post(
            "/api/v1/evidence",
            body.encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
            headers={"Idempotency-Key": "filing"},
        )

    first, again, other = send("Nightly.", "one"), send("Nightly.", "two"), send("Weekly.", "one")
    assert first.status_code == 201
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert other.status_code == 422
    assert "another request" in other.json()["detail"]
    assert (
        client_as(ada).get(f"/api/v1/evidence/versions/{first.json()['id']}/file").getvalue() == b"Nightly."
    )
