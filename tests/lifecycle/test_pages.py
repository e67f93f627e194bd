"""The pages and the API: asked for by one, confirmed by another, the certificate taken away."""

from __future__ import annotations

import json

from tests.lifecycle.people import NAME, WHY

from muniment.ledger import publish
from muniment.lifecycle import actions, queries
from muniment.lifecycle.models import State
from muniment.proof.certificate import verify_certificate
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope

ASKED = {"basis": "gdpr-17-1", "asked_for": "Z. C., by letter", "reason": WHY}


def test_an_erasure_from_the_asking_to_the_certificate(erasing, client_as, adam, otto):
    first, second = client_as(adam), client_as(otto)
    made = first.post("/lifecycle/erasures/", ASKED | {"target": str(erasing.person)})
    assert made.status_code == 302
    page = first.get(made["Location"]).content.decode()
    assert "waits for a second person" in page
    assert "Your answer" not in page
    assert "2 keys are destroyed" in page
    page = second.get(made["Location"]).content.decode()
    assert "Your answer" in page
    assert WHY in page
    done = second.post(made["Location"] + "answer/", {"approve": "yes", "reason": WHY})
    assert done.status_code == 302
    assert work_off() >= 1
    publish.settle()
    page = second.get(made["Location"]).content.decode()
    assert "carried out" in page
    assert NAME not in page
    raw = second.get(made["Location"] + "certificate/").content
    assert verify_certificate(raw).verified
    listing = first.get("/lifecycle/").content.decode()
    assert "Erasure 1" in listing


def test_what_is_wrong_in_a_form_is_said_beside_it(erasing, client_as, adam):
    browser = client_as(adam)
    assert browser.post("/lifecycle/erasures/", {"reason": "no"}).status_code == 422
    assert browser.post("/lifecycle/holds/", {"reason": "no"}).status_code == 422
    order = erasing.ask(erasing.otto)
    assert browser.post(f"/lifecycle/erasures/{order.id}/answer/", {}).status_code == 422
    held = actions.place_hold(adam, on="tenant", reason=WHY)
    assert browser.post(f"/lifecycle/holds/{held.id}/ask/", {}).status_code == 422


def test_what_a_hold_keeps_stands_on_the_page(erasing, client_as, adam, otto):
    browser = client_as(adam)
    order = erasing.ask()
    made = browser.post("/lifecycle/holds/", {"on": "subject", "target": str(erasing.person), "reason": WHY})
    assert made.status_code == 302
    page = browser.get(f"/lifecycle/erasures/{order.id}/").content.decode()
    assert "It cannot be carried out now." in page
    with tenant_scope(adam.tenant):
        held = queries.in_force()[0]
    assert browser.post(f"/lifecycle/holds/{held.id}/ask/", {"reason": WHY}).status_code == 302
    assert f"Lift hold {held.number}" not in browser.get("/lifecycle/").content.decode()
    other = client_as(otto)
    assert f"Lift hold {held.number}" in other.get("/lifecycle/").content.decode()
    assert other.post(f"/lifecycle/holds/{held.id}/lift/").status_code == 302
    assert "lifted by" in other.get("/lifecycle/").content.decode()


def test_an_auditor_reads_and_an_analyst_sees_nothing(erasing, client_as, vera, ada):
    assert "Ask for an erasure" not in client_as(vera).get("/lifecycle/").content.decode()
    assert client_as(ada).get("/lifecycle/").status_code == 403


def test_the_same_over_the_api(erasing, client_as, adam, otto):
    first, second = client_as(adam), client_as(otto)

    def post(browser, path, given=None):
        return browser.post(
            f"/api/v1/lifecycle/{path}", json.dumps(given or {}), content_type="application/json"
        )

    made = post(first, "erasures", ASKED | {"target": str(erasing.person)})
    assert made.status_code == 201, made.content
    order = made.json()["id"]
    assert post(first, f"erasures/{order}/answer", {"approve": True, "reason": WHY}).status_code == 403
    assert post(second, f"erasures/{order}/answer", {"approve": True, "reason": WHY}).status_code == 202
    work_off()
    publish.settle()
    assert first.get(f"/api/v1/lifecycle/erasures/{order}").json()["state"] == State.EXECUTED
    assert len(first.get("/api/v1/lifecycle/erasures?limit=1").json()["items"]) == 1
    assert verify_certificate(first.get(f"/api/v1/lifecycle/erasures/{order}/certificate").content).verified
    held = post(first, "holds", {"on": "tenant", "reason": WHY})
    assert held.status_code == 201, held.content
    hold = held.json()["id"]
    assert post(first, f"holds/{hold}/ask", {"reason": WHY}).status_code == 200
    assert post(second, f"holds/{hold}/lift").json()["lifted_by"] == otto.id
    assert len(second.get("/api/v1/lifecycle/holds").json()["items"]) == 1


def test_a_persons_page_leads_to_what_erasing_them_would_do_and_to_asking_for_it(
    erasing, client_as, otto, ada, vera
):
    browser, place = client_as(otto), f"/lifecycle/subjects/{erasing.person}/"
    assert place in browser.get(f"/screening/counterparties/{erasing.person}/").content.decode()
    assert place not in client_as(ada).get(f"/screening/counterparties/{erasing.person}/").content.decode()
    page = browser.get(place).content.decode()
    assert "What would become unreadable" in page
    assert "no hold is on this person" in page
    assert "Ask for it" in page
    assert str(erasing.person) in page
    assert client_as(ada).get(place).status_code == 403
    assert 'name="basis"' not in client_as(vera).get(place).content.decode()

    actions.place_hold(otto, on="subject", target=erasing.person, reason=WHY)
    held = browser.get(place).content.decode()
    assert "A legal hold keeps these data (hold 1)." in held
    assert 'name="basis"' not in held


def test_what_was_asked_for_or_erased_already_is_not_asked_for_again(erasing, client_as, adam):
    place = f"/lifecycle/subjects/{erasing.person}/"
    order = erasing.ask()
    page = client_as(adam).get(place).content.decode()
    assert f"/lifecycle/erasures/{order.id}/" in page
    assert 'name="basis"' not in page
    actions.answer_erasure(erasing.otto, erasure_id=order.id, approve=True, reason=WHY)
    work_off()
    page = client_as(adam).get(place).content.decode()
    assert "These data were erased already." in page
    assert 'name="basis"' not in page


def test_an_account_in_use_says_that_it_is_closed_first(erasing, client_as, adam, otto):
    client_as(otto)
    page = client_as(adam).get(f"/lifecycle/subjects/{otto.id}/").content.decode()
    assert "Close the account first." in page
