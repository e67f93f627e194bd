"""A scan is done again from the stored bytes, and what comes of it stands on its page with the date."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.scans.test_pages import spoil, words_of

from muniment.ledger import publish, verify
from muniment.ledger.action import action
from muniment.scans import actions, jobs
from muniment.scans.models import Replay, Scan
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.queue import run, take, work_off
from muniment.spine.scope import tenant_scope

ASK = "Do it again and compare"


def test_the_page_offers_the_check_and_shows_what_came_of_it(client_as, ada, scanned):
    browser, address = client_as(ada), f"/scans/{scanned.id}/"
    shown = words_of(browser.get(address))
    assert "Nobody has checked it yet." in shown
    assert ASK in shown
    answer = browser.post(f"{address}replay/")
    assert answer["Location"] == f"{address}#again"
    shown = words_of(browser.get(address))
    assert "Being checked" in shown
    assert ASK not in shown
    assert work_off() == 1
    shown = words_of(browser.get(address))
    assert "Alike to the byte today" in shown
    assert "asked for by Ada Example" in shown
    assert ASK in shown
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_a_program_asks_and_looks_where_it_is_told(client_as, ada, scanned):
    browser, address = client_as(ada), f"/api/v1/scans/{scanned.id}"
    assert browser.get(address).json()["replay"] is None
    answer = browser.post(f"{address}/replay")
    assert (answer.status_code, answer["Location"]) == (202, address)
    asked = answer.json()["replay"]
    assert (asked["ended_at"], asked["same"], asked["recorded"]) == (None, None, scanned.digest)
    assert browser.post(f"{address}/replay").status_code == 409
    work_off()
    done = browser.get(answer["Location"]).json()["replay"]
    assert (done["same"], done["again"], done["failure"]) == (True, scanned.digest, "")
    assert done["ended_at"]
    assert browser.post(f"{address}/replay").status_code == 202


def test_findings_that_no_longer_come_out_are_said_in_red(client_as, ada, scanned):
    @action("scans.bend", cls="scan.run", says="x")
    def bend(act):
        row = Scan.objects.get()
        row.digest = "0" * 64
        row.save(update_fields=["digest"])
        act.record(row)

    bend(type(ada)(id=ada.id, kind=ada.kind, tenant=ada.tenant, may=ada.may | {"scans.bend"}))
    actions.replay(ada, scan_id=scanned.id)
    work_off()
    shown = words_of(client_as(ada).get(f"/scans/{scanned.id}/"))
    assert "Other findings came out" in shown
    assert "Do not rest a decision on this scan" in shown
    assert scanned.digest in shown


def test_a_scan_made_by_other_rules_is_not_compared(client_as, ada, scanned):
    @action("scans.age", cls="scan.run", says="x")
    def age(act):
        row = Scan.objects.get()
        row.versions = {**row.versions, "duties": "duties/0"}
        row.save(update_fields=["versions"])
        act.record(row)

    age(type(ada)(id=ada.id, kind=ada.kind, tenant=ada.tenant, may=ada.may | {"scans.age"}))
    shown = words_of(client_as(ada).get(f"/scans/{scanned.id}/"))
    assert "It was made by other rules than are installed now" in shown
    assert ASK not in shown
    assert client_as(ada).post(f"/api/v1/scans/{scanned.id}/replay").status_code == 403
    with pytest.raises(Refused, match="other rules"):
        jobs.replay(ada.tenant, scanned.id)


def test_a_check_that_cannot_be_done_says_why(client_as, ada, scanned, filed):
    spoil(filed.text_id)
    actions.replay(ada, scan_id=scanned.id)
    for hour in range(6):
        if (taken := take("worker", ports.now() + timedelta(hours=hour))) is not None:
            run(taken)
    shown = words_of(client_as(ada).get(f"/scans/{scanned.id}/"))
    assert "Could not be checked" in shown
    assert "missing or was changed on the disk" in shown
    assert client_as(ada).get(f"/api/v1/scans/{scanned.id}").json()["replay"]["same"] is None


def test_a_check_ends_once(ada, scanned, tick):
    asked = actions.replay(ada, scan_id=scanned.id)
    with pytest.raises(Clash, match="under way"):
        actions.replay(ada, scan_id=scanned.id)
    actions.finish_replay(tick, replay_id=asked.id, again=scanned.digest)
    with pytest.raises(Refused, match="ended already"):
        actions.finish_replay(tick, replay_id=asked.id, failure="Too late.")
    assert work_off() == 1
    with tenant_scope(ada.tenant):
        assert Replay.objects.get().same


def test_a_check_needs_findings(ada, law, filed):
    waiting = actions.run(ada, snapshots=[law.id])
    with pytest.raises(Refused, match="no findings yet"):
        actions.replay(ada, scan_id=waiting.id)


def test_a_check_needs_somebody_who_may(client_as, vera, mallory, scanned):
    with pytest.raises(Refused, match="does not allow"):
        actions.replay(vera, scan_id=scanned.id)
    with pytest.raises(Absent):
        actions.replay(mallory, scan_id=scanned.id)
    assert ASK not in words_of(client_as(vera).get(f"/scans/{scanned.id}/"))
