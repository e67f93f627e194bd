"""A scan whose work breaks off says so in words, can be tried again, and nobody waits for it for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.scans.test_pages import spoil, words_of

from muniment.ledger import publish, verify
from muniment.scans import actions, jobs, queries
from muniment.scans.models import Failure, Finding, Scan, ScanState
from muniment.scans.queries import progress
from muniment.spine import attempts, ports
from muniment.spine.errors import Absent, Busy, Clash, Invalid, Refused
from muniment.spine.installation import keyring
from muniment.spine.models import Job
from muniment.spine.queue import MOST_ATTEMPTS, run, take, work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import storage


@pytest.fixture
def asked(law, filed, ada):
    return actions.run(ada, snapshots=[law.id])


@pytest.fixture
def erased(asked, filed):
    keyring().destroy(filed.tenant_id, filed.text_id)
    return asked


@pytest.fixture
def failed(erased, ada):
    assert work_off() == 1
    return now_of(erased, ada)


def now_of(scan, actor) -> Scan:
    with tenant_scope(actor.tenant):
        return queries.scan(scan.id)


def try_until_given_up() -> int:
    """Work as a worker does that looks again each hour; returns how often the job was begun."""
    begun = 0
    while (taken := take("worker", ports.now() + timedelta(hours=begun + 1))) is not None:
        begun += 1
        run(taken)
    return begun


def test_what_cannot_be_read_ends_the_scan_at_once_and_says_why(failed, ada):
    assert failed.state == ScanState.FAILED
    with tenant_scope(ada.tenant):
        [why] = progress.failures([failed]).values()
        assert why.reason == "This file was erased."
        assert not Finding.objects.exists()


def test_what_may_pass_is_tried_as_often_as_the_queue_tries_and_then_given_up(asked, filed, ada):
    spoil(filed.text_id)
    assert work_off() == 0
    assert now_of(asked, ada).state == ScanState.QUEUED
    assert try_until_given_up() == MOST_ATTEMPTS - 1
    assert now_of(asked, ada).state == ScanState.FAILED
    with tenant_scope(ada.tenant):
        assert "missing or was changed on the disk" in Failure.objects.get().reason


def test_a_scan_whose_worker_dies_each_time_is_given_up(asked, ada):
    """A worker that is killed raises nothing: only the count of attempts tells."""
    Job.objects.update(attempts=MOST_ATTEMPTS, state="running", lease_until=ports.now(), worker="gone:1")
    assert work_off() == 1
    assert now_of(asked, ada).state == ScanState.FAILED
    with tenant_scope(ada.tenant):
        assert Failure.objects.get().reason == attempts.OWN_FAULT


def test_a_scan_whose_worker_died_once_is_done_by_the_next(asked, ada):
    Job.objects.update(attempts=1, state="running", lease_until=ports.now(), worker="gone:1")
    assert work_off() == 1
    assert now_of(asked, ada).state == ScanState.DONE


def test_trying_again_does_the_scan_when_what_was_missing_is_back(asked, filed, ada, client_as):
    path = storage.path_of(filed.text_id)
    whole = path.read_bytes()
    path.unlink()
    try_until_given_up()
    path.write_bytes(whole)

    browser = client_as(ada)
    shown = words_of(browser.get(f"/scans/{asked.id}/"))
    for part in ("This scan could not be done.", "missing or was changed on the disk", "Try again"):
        assert part in shown
    answer = browser.post(f"/scans/{asked.id}/retry/", follow=True)
    assert "waits for the worker" in words_of(answer)
    work_off()
    done = now_of(asked, ada)
    assert (done.state, sum(done.counts.values())) == (ScanState.DONE, 3)
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_the_list_and_the_api_say_why_a_scan_failed(failed, ada, client_as):
    browser = client_as(ada)
    assert "Could not be done This file was erased." in words_of(browser.get("/scans/"))
    told = browser.get(f"/api/v1/scans/{failed.id}").json()
    assert (told["state"], told["failure"]) == ("failed", "This file was erased.")
    assert told["failed_at"]
    [line] = browser.get("/api/v1/scans").json()["items"]
    assert line["failure"] == told["failure"]
    answer = browser.post(f"/api/v1/scans/{failed.id}/retry")
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/scans/{failed.id}")
    assert (answer.json()["state"], answer.json()["failure"]) == ("queued", "")


def test_the_page_that_waits_asks_for_little_and_reloads_when_there_is_something(asked, ada, client_as):
    browser, address = client_as(ada), f"/scans/{asked.id}/state/"
    waiting = browser.get(address, HTTP_HX_REQUEST="true")
    assert "waits for the worker" in words_of(waiting)
    assert address in waiting.content.decode()
    Job.objects.update(attempts=1)
    assert "The worker is at this scan." in words_of(browser.get(address, HTTP_HX_REQUEST="true"))
    Job.objects.update(attempts=2)
    assert "begun this scan 2 times" in words_of(browser.get(address, HTTP_HX_REQUEST="true"))
    work_off()
    assert browser.get(address, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
    assert browser.get(address)["Location"] == f"/scans/{asked.id}/"


def test_a_page_that_waits_stops_asking_once_the_scan_has_failed(failed, ada, vera, client_as):
    address = f"/scans/{failed.id}/state/"
    assert b"hx-get" not in client_as(ada).get(address, HTTP_HX_REQUEST="true").content
    shown = words_of(client_as(vera).get(f"/scans/{failed.id}/"))
    assert "An analyst or an officer can have it tried again." in shown
    assert "Try again" not in shown


def test_only_a_failed_scan_is_tried_again_and_only_by_who_may(asked, ada, vera, mallory):
    with pytest.raises(Refused, match="has not failed"):
        actions.retry(ada, scan_id=asked.id)
    with pytest.raises(Refused, match="does not allow"):
        actions.retry(vera, scan_id=asked.id)
    with pytest.raises(Absent):
        actions.retry(mallory, scan_id=asked.id)
    with pytest.raises(Refused):
        actions.fail(ada, scan_id=asked.id, reason="I would rather not.")


def test_a_failed_scan_is_neither_finished_nor_failed_again(failed, tick, ada):
    with pytest.raises(Refused, match="could not be done"):
        jobs.carry_out(ada.tenant, failed.id)
    with pytest.raises(Refused, match="could not be done"):
        actions.fail(tick, scan_id=failed.id, reason="Twice.")


@pytest.mark.parametrize(
    ("fault", "last", "said"),
    [
        (Refused("No."), False, "No."),
        (Invalid("Bad.", todo="Mend it."), False, "Bad. Mend it."),
        (Busy("Later."), False, ""),
        (Busy("Later."), True, "Later."),
        (Clash("Both."), False, ""),
        (KeyError("x"), False, ""),
        (KeyError("x"), True, attempts.OWN_FAULT),
        (Absent("x" * 500), False, "x" * attempts.LONGEST_REASON),
    ],
)
def test_what_will_not_pass_is_said_and_what_may_pass_is_tried_again(fault, last, said):
    assert attempts.reason_of(fault, last=last) == said


def test_the_first_page_names_a_scan_that_was_given_up_until_a_later_one_is_done(
    failed, filed, law, ada, client_as
):
    sentence = f"Scan {failed.number} could not be done: This file was erased."
    assert sentence in words_of(client_as(ada).get("/"))
    with tenant_scope(ada.tenant):
        later = actions.retry(ada, scan_id=failed.id)
    assert later.state == ScanState.QUEUED
    assert sentence not in words_of(client_as(ada).get("/"))
