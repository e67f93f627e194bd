"""A pack whose building breaks off says so in words, can be tried again, and nobody waits for it for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.packs.test_pages import page
from tests.scans.test_failing import try_until_given_up
from tests.scans.test_pages import words_of

from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.ledger import publish, verify
from muniment.packs import actions, queries
from muniment.packs.models import Breakdown, PackState
from muniment.spine import attempts, ports
from muniment.spine.errors import Clash, Refused
from muniment.spine.models import Job
from muniment.spine.queue import MOST_ATTEMPTS, work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault
from muniment.vault import storage


@pytest.fixture
def policy(db, ada):
    return vault.receive(ada, [b"# Incidents\n\nWithin 72 hours.\n"], name="incident.md", title="Incidents")


@pytest.fixture
def case(policy, ada, otto, account_of):
    account_of(ada)
    made = cases.open_case(ada, title="Is this enough?", items=[("evidence", policy.id)])
    cases.propose(
        ada, case_id=made.id, outcome="cleared", rationale="It says what is asked for, in one place."
    )
    with tenant_scope(ada.tenant):
        shown = case_queries.whole(made.id).shown
    cases.decide(otto, case_id=made.id, approve=True, reason="Agreed, it is enough.", shown=shown)
    return made


@pytest.fixture
def gone(policy):
    """Take the evidence off the disk; returns how to bring it back."""
    path = storage.path_of(policy.blob_id)
    whole = path.read_bytes()
    path.unlink()
    return lambda: path.write_bytes(whole)


@pytest.fixture
def failed(case, gone, otto):
    asked = actions.build(otto, case_id=case.id)
    assert try_until_given_up() <= MOST_ATTEMPTS
    return now_of(asked, otto)


def now_of(pack, actor):
    with tenant_scope(actor.tenant):
        return queries.pack(pack.id)


def test_what_cannot_be_built_says_why_and_is_built_when_it_is_whole_again(failed, gone, otto, client_as):
    assert failed.state == PackState.FAILED
    client = client_as(otto)
    for shown in (page(client, "packs:index"), page(client, "packs:pack", failed.id)):
        assert "missing or was changed on the disk" in shown
    assert "This proof could not be built." in page(client, "packs:pack", failed.id)
    gone()
    answer = client.post(f"/packs/{failed.id}/retry/", follow=True)
    assert "is being built" in words_of(answer)
    work_off()
    assert now_of(failed, otto).state == PackState.BUILT
    publish.settle()
    assert verify.verify_log(otto.tenant, deep=True).faults == []


def test_a_pack_whose_worker_dies_each_time_is_given_up(case, otto):
    asked = actions.build(otto, case_id=case.id)
    Job.objects.update(attempts=MOST_ATTEMPTS, state="running", lease_until=ports.now(), worker="gone:1")
    assert work_off() == 1
    assert now_of(asked, otto).state == PackState.FAILED
    with tenant_scope(otto.tenant):
        assert Breakdown.objects.get().reason == attempts.OWN_FAULT


def test_the_api_tells_a_pack_that_was_given_up_and_tries_it_again(failed, ada, client_as):
    client = client_as(ada)
    assert client.get(f"/api/v1/packs/{failed.id}").json()["pack"]["state"] == "failed"
    answer = client.post(f"/api/v1/packs/{failed.id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_who_may_not_ask_for_packs_may_not_have_them_tried_again(failed, vera, client_as):
    with pytest.raises(Refused, match="role"):
        actions.retry(vera, pack_id=failed.id)
    shown = page(client_as(vera), "packs:pack", failed.id)
    assert "An analyst or an officer can have it tried again." in shown
    assert "/retry/" not in shown


def test_nothing_is_given_up_twice_nor_handed_out_nor_tried_beside_another_one(failed, case, otto, tick):
    with pytest.raises(Refused, match="could not be built"):
        actions.fail(tick, pack_id=failed.id, reason="Twice.")
    with pytest.raises(Refused, match="could not be built"):
        actions.download(otto, pack_id=failed.id, given_to="Somebody else")
    second = actions.build(otto, case_id=case.id)
    with pytest.raises(Clash, match="being built already"):
        actions.retry(otto, pack_id=failed.id)
    with pytest.raises(Refused, match="not given up"):
        actions.retry(otto, pack_id=second.id)


def test_the_first_page_names_it_until_another_one_is_asked_for(failed, case, otto, vera, client_as):
    sentence = "The proof of case 1 could not be built:"
    assert sentence in words_of(client_as(otto).get("/"))
    assert sentence in words_of(client_as(vera).get("/"))
    actions.build(otto, case_id=case.id)
    assert sentence not in words_of(client_as(otto).get("/"))


def test_a_worker_that_comes_late_to_a_pack_that_was_given_up_leaves_it_so(failed, otto):
    Job.objects.update(state="ready", attempts=0, run_at=ports.now() - timedelta(seconds=1))
    work_off()
    with tenant_scope(otto.tenant):
        assert Breakdown.objects.count() == 1
