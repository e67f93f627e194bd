"""The pages and the API of packs."""

from __future__ import annotations

import io
import json
import re

import pytest
from django.urls import reverse
from tests.packs.test_pack import decide

from muniment.ledger import logs
from muniment.ledger.models import Outbox
from muniment.packs.models import Pack
from muniment.proof.pack import verify_pack
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault


@pytest.fixture
def case(db, ada, otto, account_of):
    account_of(ada)
    policy = vault.receive(ada, [b"# Incidents\n\nWithin 72 hours.\n"], name="incident.md", title="Incidents")
    return decide(ada, otto, [("evidence", policy.id)], outcome="cleared")


def page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_an_empty_list_leads_to_the_decided_cases(client_as, otto):
    text = page(client_as(otto), "packs:index")
    assert "Proofs of decided cases will stand here." in text
    assert f"{reverse('cases:index')}?state=decided" in text


def test_from_the_decided_case_to_the_copy_in_hand(client_as, case, otto):
    client = client_as(otto)
    build = reverse("packs:build", args=[case.id])
    assert build in page(client, "cases:case", case.id)
    first, second = client.post(build), client.post(build)
    assert first["Location"] == second["Location"], "sent twice, built once"
    assert "is being built" in client.get(first["Location"]).content.decode()
    assert "Being built" in page(client, "packs:index")
    assert work_off() == 1

    with tenant_scope(otto.tenant):
        made = Pack.objects.get()
    text = page(client, "packs:pack", made.id)
    assert "What it does not prove" in text
    assert "No copy has left the house." in text
    assert made.sha256 in text
    assert "Otto Example" in text

    address = reverse("packs:download", args=[made.id])
    wrong = client.post(address, {"given_to": ""})
    assert (wrong.status_code, b"field__error" in wrong.content) == (422, True)
    answer = client.post(address, {"given_to": "Supervisory authority"})
    raw = b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith('attachment; filename="case-1-')
    assert len(raw) == int(answer["Content-Length"])
    assert verify_pack(io.BytesIO(raw), logs.of(otto.tenant).vkeys.encode()).verified
    assert "Supervisory authority" in page(client, "packs:pack", made.id)
    assert "Built" in page(client, "packs:index")


def test_verifying_on_the_page_says_each_check_with_its_sentence(client_as, case, otto, vera):
    client_as(otto).post(reverse("packs:build", args=[case.id]))
    work_off()
    with tenant_scope(otto.tenant):
        made = Pack.objects.get()
    text = client_as(vera).post(reverse("packs:verify", args=[made.id])).content.decode()
    assert "Every event shown stands in the log at its place." in text
    assert "11 of 13 checks passed" in text
    assert "not checked" in text
    with tenant_scope(vera.tenant):
        assert Outbox.objects.filter(actor=vera.id, kind="packs.read").exists()


def test_an_administrator_sees_no_packs_and_strangers_none_of_ours(client_as, case, adam, otto, mallory):
    client_as(otto).post(reverse("packs:build", args=[case.id]))
    with tenant_scope(otto.tenant):
        made = Pack.objects.get()
    assert client_as(adam).get(reverse("packs:index")).status_code == 403
    assert client_as(mallory).get(reverse("packs:pack", args=[made.id])).status_code == 404


def test_over_the_api_it_is_asked_for_built_and_taken(client_as, case, otto):
    client = client_as(otto)

    def ask(method, address, body=None):
        more = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return getattr(client, method)(f"/api/v1/packs/{address}", **more)

    asked = ask("post", "", {"case_id": str(case.id)})
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert ask("post", "", {"case_id": str(case.id)}).status_code == 409
    work_off()
    made = asked.json()["id"]
    assert [one["state"] for one in ask("get", "?limit=1").json()["items"]] == ["built"]
    assert ask("get", f"?cursor={made}").json() == {"items": [], "next": None}
    raw = b"".join(ask("post", f"{made}/copies", {"given_to": "An auditor"}).streaming_content)
    assert verify_pack(io.BytesIO(raw)).verified
    whole = ask("get", made).json()
    assert [one["given_to"] for one in whole["handovers"]] == ["An auditor"]
    assert whole["pack"]["size"] == len(raw)
    assert ask("post", f"{made}/copies", {"given_to": "", "more": 1}).status_code == 422
