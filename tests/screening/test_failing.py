"""A screening that breaks off each time is given up with its reason, and goes on where it broke off when asked."""

from __future__ import annotations

import pytest
from tests.scans.test_failing import try_until_given_up
from tests.scans.test_pages import words_of
from tests.screening.listed import take_in_book, take_in_list

from muniment.ledger import publish, verify
from muniment.screening import actions, jobs, queries
from muniment.screening.models import RunState
from muniment.sources.models import Snapshot
from muniment.spine import attempts, ports
from muniment.spine.errors import Clash, Refused
from muniment.spine.models import Job
from muniment.spine.queue import MOST_ATTEMPTS, work_off
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import storage


@pytest.fixture
def asked(db, operator, ada):
    take_in_list(operator)
    take_in_book(ada)
    jobs.forget()
    return actions.run(ada)


@pytest.fixture
def gone(asked):
    """Take the list's files off the disk; returns how to bring them back."""
    with tenant_scope(DEPLOYMENT):
        paths = [storage.path_of(one.text_blob) for one in Snapshot.objects.all()]
    kept = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()

    def back() -> None:
        for path, raw in kept.items():
            path.write_bytes(raw)

    return back


@pytest.fixture
def failed(asked, gone, ada):
    try_until_given_up()
    return now_of(asked, ada)


def now_of(run, actor):
    with tenant_scope(actor.tenant):
        return queries.run(run.id)


def test_it_says_why_and_goes_on_when_what_was_missing_is_back(failed, gone, ada, client_as):
    assert failed.state == RunState.FAILED
    client = client_as(ada)
    shown = words_of(client.get(f"/screening/runs/{failed.id}/"))
    assert "This screening could not be finished." in shown
    assert failed.why in shown
    gone()
    client.post(f"/screening/runs/{failed.id}/retry/")
    work_off()
    done = now_of(failed, ada)
    assert (done.state, done.done, done.why) == (RunState.FINISHED, 5, "")
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_a_screening_whose_worker_dies_each_time_is_given_up(asked, ada):
    Job.objects.update(attempts=MOST_ATTEMPTS, state="running", lease_until=ports.now(), worker="gone:1")
    assert work_off() == 1
    held = now_of(asked, ada)
    assert (held.state, held.why) == (RunState.FAILED, attempts.OWN_FAULT)
    Job.objects.update(attempts=MOST_ATTEMPTS, state="running", lease_until=ports.now(), worker="gone:1")
    assert work_off() == 1, "and given up once"


def test_the_api_tries_it_again_once(failed, ada, client_as):
    answer = client_as(ada).post(f"/api/v1/screening/runs/{failed.id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    with pytest.raises(Refused, match="not given up"):
        actions.retry(ada, run_id=failed.id)
    with pytest.raises(Clash, match="under way"):
        actions.run(ada)


def test_an_older_one_is_not_tried_again_since_it_would_speak_of_older_lists(failed, ada, client_as):
    actions.run(ada)
    with pytest.raises(Refused, match="later screening"):
        actions.retry(ada, run_id=failed.id)
    assert "/retry/" not in client_as(ada).get(f"/screening/runs/{failed.id}/").content.decode()


def test_the_first_page_names_it_until_a_later_one_is_started(failed, ada, vera, client_as):
    sentence = "Screening 1 could not be finished:"
    assert sentence in words_of(client_as(ada).get("/"))
    with pytest.raises(Refused):
        actions.retry(vera, run_id=failed.id)
    actions.run(ada)
    assert sentence not in words_of(client_as(ada).get("/"))
