"""Public sources for programs."""

from __future__ import annotations

import pytest
from tests.scans.duties.written import written_act

from muniment.sources import actions

ACT = written_act("## 1 Scope\n1. This applies to lanterns.\n2. It does not apply to the moon.")


@pytest.fixture
def acts(db, operator):
    origin = actions.Origin(
        key="39999R0001", version="OJ:2030-02-01", publisher="Town", authenticity="invented"
    )
    other = actions.Origin(
        key="39999R0001", version="OJ:2031-02-01", publisher="Town", authenticity="invented"
    )
    return [
        actions.take_in(operator, [actions.File("act.xml", b"one")], ACT, origin),
        actions.take_in(operator, [actions.File("act.xml", b"two")], ACT, other),
    ]


def test_a_list_is_paged_by_a_cursor_that_stays(client_as, ada, acts):
    browser = client_as(ada)
    first = browser.get("/api/v1/sources?limit=1").json()
    second = browser.get(f"/api/v1/sources?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [str(one.id) for one in acts]
    assert second["next"] is None
    assert browser.get("/api/v1/sources?kind=list").json() == {"items": [], "next": None}


def test_a_snapshot_and_a_provision_carry_their_digests(client_as, ada, acts):
    browser = client_as(ada)
    shown = browser.get(f"/api/v1/sources/{acts[0].id}").json()
    assert shown["files"] == [{"name": "act.xml", "sha256": acts[0].sha256, "size": 3}]
    part = browser.get(f"/api/v1/sources/{acts[0].id}/provisions/art_1.par_2").json()
    assert part["text"] == "2. It does not apply to the moon."
    assert part["name"] == "eu:39999R0001@OJ:2030-02-01/en#art_1.par_2"
    assert len(part["verbatim_sha256"]) == 64


def test_provisions_are_paged_in_the_acts_order(client_as, ada, acts):
    browser, found, cursor = client_as(ada), [], ""
    while cursor is not None:
        page = browser.get(f"/api/v1/sources/{acts[0].id}/provisions?limit=1&cursor={cursor}").json()
        found += [one["eid"] for one in page["items"]]
        cursor = page["next"]
    assert found == ["art_1", "art_1.par_1", "art_1.par_2"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?kind=poem", 422),
        ("?limit=0", 422),
        ("?limit=201", 422),
        ("?cursor=x", 422),
        ("?cursor=00000000-0000-4000-8000-000000000000", 422),
        ("/00000000-0000-4000-8000-000000000000", 404),
        ("/{id}/provisions?cursor=art_9", 422),
        ("/{id}/provisions?cursor=" + "a" * 121, 422),
        ("/{id}/provisions/art_9", 404),
        ("/{id}/provisions?cursor=%00", 422),
        ("/{id}/provisions/%00", 404),
    ],
)
def test_what_cannot_be_read_is_refused_and_what_is_not_there_is_absent(client_as, ada, acts, path, status):
    answer = client_as(ada).get("/api/v1/sources" + path.format(id=acts[0].id))
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_nobody_adds_sources_from_here(client_as, otto, acts):
    assert client_as(otto).post("/api/v1/sources", {}, content_type="application/json").status_code == 405


def test_who_is_not_signed_in_reads_nothing(client_as, acts):
    assert client_as().get("/api/v1/sources").status_code == 401
