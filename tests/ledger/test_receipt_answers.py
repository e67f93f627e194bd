"""Where people and programs get their receipts: in the answer of a write, by the entry's identifier, on its page."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from tests.ledger.tamper import key, owner, update

from muniment.access.models import ApiCall
from muniment.cases import actions as cases
from muniment.ledger import logs, publish, receipts
from muniment.ledger.action import receipts as collected
from muniment.ledger.models import Checkpoint, Entry, Outbox
from muniment.proof import honoured
from muniment.proof.note import parse_keys
from muniment.proof.receipt import open_announcement, open_receipt, parse_receipt
from muniment.site import gate
from muniment.spine import ports
from muniment.spine.scope import tenant_scope


@pytest.fixture
def client(client_as, ada):
    return client_as(ada)


def ask(client, title="Who is late?", **headers):
    return client.post(
        "/api/v1/cases/", json.dumps({"title": title}), content_type="application/json", headers=headers
    )


def held(answer):
    return [base64.b64decode(one) for one in answer["X-Ledger-Receipt"].split(", ")]


def promise(raw):
    told = parse_receipt(raw)
    return told.entry, told.leaf, told.body, told.recorded, told.due


def test_a_write_of_the_api_is_answered_with_its_receipt(client, ada):
    answer = ask(client)
    assert answer.status_code == 201
    [raw] = held(answer)
    receipt = open_receipt(raw, [receipts.public_key(logs.of(ada.tenant))])
    assert str(UUID(receipt.entry)) == answer["X-Ledger-Entry"]
    publish.settle()
    assert receipts.judge(raw, ports.now())[1].state == honoured.KEPT


def test_the_receipt_costs_a_write_one_question_and_no_more(client, ada, monkeypatch):
    publish.settle()

    def questions():
        with CaptureQueriesContext(connection) as ran:
            answer = ask(client)
        assert answer.status_code == 201
        return answer, [one["sql"] for one in ran if "set_config" not in one["sql"]]

    questions()  # what the first write alone asks for
    answer, asked = questions()
    assert held(answer)
    monkeypatch.setattr(gate, "say_receipts", lambda _request, _response: None)
    without = questions()[1]
    assert len(asked) == len(without) + 1, [one for one in asked if one not in without]


def test_what_reads_and_what_pages_do_carries_none(client):
    assert "X-Ledger-Receipt" not in client.get("/api/v1/cases/")
    assert "X-Ledger-Receipt" not in client.post("/cases/new/", {"title": "On a page"})


def test_an_answer_has_room_for_three_receipts(client, ada, monkeypatch):
    with collected() as events:
        for number in range(5):
            cases.open_case(ada, title=f"Case {number}")
    monkeypatch.setattr(
        gate,
        "say_entries",
        lambda _request, response: response.__setitem__("X-Ledger-Entry", ", ".join(map(str, events))),
    )
    assert [parse_receipt(raw).entry for raw in held(ask(client))] == [one.hex for one in events[:3]]


def test_a_repeated_write_gets_the_receipts_of_the_first_one(client):
    first, second = ask(client, **{"Idempotency-Key": "one"}), ask(client, **{"Idempotency-Key": "one"})
    assert second["Idempotent-Replayed"] == "true"
    assert [promise(raw) for raw in held(first)] == [promise(raw) for raw in held(second)]


def test_who_got_no_answer_asks_for_the_receipt_again(client, ada, monkeypatch):
    """Killed between commit and answer: the change stands, and so does what was promised about it."""

    def lost(*_any):
        raise DatabaseError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(gate, "of_answer", lost)
        answer = ask(client, **{"Idempotency-Key": "one"})
    assert (answer.status_code, "X-Ledger-Receipt" in answer) == (201, False)
    event = answer["X-Ledger-Entry"]
    waiting = client.get(f"/api/v1/ledger/entries/{event}/receipt")
    again = ask(client, **{"Idempotency-Key": "one"})
    publish.settle()
    placed = client.get(f"/api/v1/ledger/entries/{event}/receipt")
    assert waiting["Content-Type"] == "text/plain; charset=utf-8"
    assert promise(waiting.content) == promise(held(again)[0]) == promise(placed.content)


def test_a_head_that_was_tampered_with_does_not_make_a_failure_of_what_is_done(client, ada):
    cases.open_case(ada, title="One")
    publish.settle()
    with tenant_scope(ada.tenant):
        row = Checkpoint.objects.get()
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        update(cursor, "ledger_checkpoint", "note = 'words'", "id", key(row.id))
    answer = ask(client)
    assert (answer.status_code, "X-Ledger-Receipt" in answer) == (201, False)


def test_no_receipt_speaks_of_what_was_taken_back(client, ada, monkeypatch):
    """The keeping of the answer fails, and the change is taken back with it."""

    def full(*_any, **_more):
        raise DatabaseError("disk full")

    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(ApiCall, "save", full)
        answer = ask(client, title="Taken back", **{"Idempotency-Key": "one"})
    assert answer.status_code == 500
    assert "X-Ledger-Receipt" not in answer
    with tenant_scope(ada.tenant):
        assert not Outbox.objects.filter(kind="cases.open").exists()


def test_whoever_did_it_gets_its_receipt_without_reading_the_ledger(
    client_as, ada, otto, mallory, monkeypatch
):
    with collected() as events:
        cases.open_case(ada, title="Mine")
    event = events[0]
    mine, his, strangers = client_as(ada), client_as(otto), client_as(mallory)
    for address in (f"/api/v1/ledger/entries/{event}/receipt", f"/ledger/{event}/receipt/"):
        assert mine.get(address).status_code == his.get(address).status_code == 200
        assert strangers.get(address).status_code == 404
        assert mine.get(address.replace(str(event), str(uuid4()))).status_code == 404
    answer = mine.get(f"/ledger/{event}/receipt/")
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{event.hex}"'
    from muniment.access import rules

    without = {role: may - {"ledger.read"} for role, may in rules.ROLES.items()}
    monkeypatch.setattr(rules, "ROLES", without)
    for address in (f"/api/v1/ledger/entries/{event}/receipt", f"/ledger/{event}/receipt/"):
        assert mine.get(address).status_code == 200
        assert his.get(address).status_code == 403


def test_the_key_is_handed_out_announced_and_with_the_logs_own(client, ada):
    assert client.get("/api/v1/ledger/receipt-key").status_code == 503
    cases.open_case(ada, title="One")
    publish.settle()
    log = logs.of(ada.tenant)
    keys = parse_keys(client.get("/ledger/checkpoints/keys/").content)
    assert keys == (*parse_keys(log.vkeys.encode()), receipts.public_key(log))
    said = client.get("/api/v1/ledger/receipt-key").content
    assert open_announcement(said, keys, log.origin) == keys[-1]


def test_an_entry_is_handed_out_as_a_cose_receipt(client, ada):
    with collected() as events:
        cases.open_case(ada, title="One")
    for address in (f"/api/v1/ledger/entries/{events[0]}/proof.cose", f"/ledger/{events[0]}/proof.cose/"):
        assert client.get(address).status_code in (404, 503)
    publish.settle()
    with tenant_scope(ada.tenant):
        entry = Entry.objects.get(id=events[0])
    for address in (f"/api/v1/ledger/entries/{events[0]}/proof.cose", f"/ledger/{events[0]}/proof.cose/"):
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/cose")
        assert answer.content == receipts.cose(entry)


def test_the_page_of_an_entry_offers_its_receipt_while_it_waits_and_later(client, ada):
    with collected() as events:
        cases.open_case(ada, title="One")
    link = f'href="/ledger/{events[0]}/receipt/"'
    assert link in client.get(f"/ledger/{events[0]}/").content.decode()
    publish.settle()
    page = client.get(f"/ledger/{events[0]}/").content.decode()
    assert link in page
    assert f'href="/ledger/{events[0]}/proof.cose/"' in page


def test_the_deadline_is_a_minute_after_it_was_recorded(client):
    told = parse_receipt(held(ask(client))[0])
    assert timedelta(seconds=told.due - told.recorded) == timedelta(minutes=1)
