"""Scans and findings for programs."""

from __future__ import annotations

import json

import pytest

from muniment.scans.models import Finding, Scan
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope

NOTHING = "00000000-0000-4000-8000-000000000000"


def post(browser, path: str, body: object):
    text = body if isinstance(body, str) else json.dumps(body)
    return browser.post(f"/api/v1/scans{path}", text, content_type="application/json")


def test_a_scan_is_queued_done_and_read(client_as, ada, law, filed):
    browser = client_as(ada)
    answer = post(browser, "", {"snapshots": [str(law.id)]})
    assert answer.status_code == 202
    assert answer["X-Ledger-Entry"]
    asked = answer.json()
    assert (asked["state"], asked["documents"]) == (
        "queued",
        [{"version": str(filed.id), "sha256": filed.sha256}],
    )
    work_off()
    done = browser.get(answer["Location"]).json()
    assert done["state"] == "done"
    assert len(done["digest"]) == 64
    assert sum(done["counts"].values()) == 3
    assert browser.get("/api/v1/scans").json()["items"][0]["id"] == asked["id"]


def test_findings_are_paged_and_filtered(client_as, ada, scanned):
    browser, found, cursor = client_as(ada), [], ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = browser.get(f"/api/v1/scans/{scanned.id}/findings?limit=1{more}").json()
        found += [one["duty"] for one in page["items"]]
        cursor = page["next"]
    assert found == ["art_33.par_1#1", "art_33.par_2#1", "art_34.par_1#1"]
    [one] = browser.get(f"/api/v1/scans/{scanned.id}/findings?status=conflict_found").json()["items"]
    assert (one["eid"], one["anchored"], one["confidence"]) == ("art_33.par_1", True, 0.92)


def test_a_finding_carries_both_anchors_and_can_be_answered(client_as, ada, conflict):
    browser = client_as(ada)
    shown = browser.get(f"/api/v1/scans/findings/{conflict.id}").json()
    assert shown["law"]["stands"]
    assert shown["document"]["stands"]
    assert "96 hours" in shown["document"]["quote"].replace("\n", " ")
    given = {"assessment": "disagreed", "reason": "Our branch does not do this."}
    answer = post(browser, f"/findings/{conflict.id}/assessment", given)
    assert answer.json()["assessment"] == "disagreed"
    assert answer.json()["reason"] == "Our branch does not do this."


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        {},
        {"snapshots": []},
        {"snapshots": "x"},
        {"snapshots": ["x"]},
        {"snapshots": [1]},
        {"snapshots": [NOTHING] * 101},
        {"snapshots": [NOTHING], "more": 1},
    ],
)
def test_a_start_that_cannot_be_read_is_refused_and_nothing_is_queued(client_as, ada, filed, body):
    answer = post(client_as(ada), "", body)
    assert answer.status_code in {400, 422}, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    with tenant_scope(ada.tenant):
        assert not Scan.objects.exists()


def test_an_act_that_is_not_there_is_absent(client_as, ada, filed):
    assert post(client_as(ada), "", {"snapshots": [NOTHING]}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "",
        {"assessment": "met"},
        {"assessment": 1},
        {"assessment": "disagreed"},
        {"assessment": "disagreed", "reason": "short"},
        {"assessment": "disagreed", "reason": "r" * 20_001},
        {"assessment": "disagreed", "reason": "nul \x00 in the middle"},
        '{"assessment": "disagreed", "reason": "half of a pair: \\ud800"}',
        {"assessment": "accepted", "reason": 5},
        {"assessment": "accepted", "why": "not a field"},
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused_and_nothing_is_kept(client_as, ada, conflict, body):
    answer = post(client_as(ada), f"/findings/{conflict.id}/assessment", body)
    assert answer.status_code in {400, 422}, answer.content
    with tenant_scope(ada.tenant):
        assert Finding.objects.get(id=conflict.id).assessment == "proposed"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "status=fine",
        "cursor=x",
        f"cursor={NOTHING}",
        "act=" + "a" * 61,
        "act=%00",
        "article=%00",
    ],
)
def test_a_question_that_cannot_be_read_is_refused(client_as, ada, scanned, query):
    assert client_as(ada).get(f"/api/v1/scans/{scanned.id}/findings?{query}").status_code == 422


def test_roles_are_kept_apart(client_as, vera, adam, law, scanned):
    assert post(client_as(vera), "", {"snapshots": [str(law.id)]}).status_code == 403
    assert client_as(adam).get("/api/v1/scans").status_code == 403


def test_tenants_are_kept_apart(client_as, mallory, scanned, conflict):
    stranger = client_as(mallory)
    assert stranger.get("/api/v1/scans").json() == {"items": [], "next": None}
    for path in (f"/{scanned.id}", f"/{scanned.id}/findings", f"/findings/{conflict.id}"):
        assert stranger.get(f"/api/v1/scans{path}").status_code == 404
    assert client_as().get("/api/v1/scans").status_code == 401
