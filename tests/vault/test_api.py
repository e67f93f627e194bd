"""The firm's documents for programs."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from muniment.spine.scope import tenant_scope
from muniment.vault import actions
from muniment.vault.models import Document

POLICY = b"# Incident response\n\nWe notify the authority within 96 hours.\n"


def file_of(data: bytes = POLICY, name: str = "incident.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_document_goes_in_and_comes_out(client_as, ada):
    browser = client_as(ada)
    answer = browser.post(
        "/api/v1/evidence", {"file": file_of(), "title": "Incidents", "effective": "2026-03-01"}
    )
    assert answer.status_code == 201
    assert answer["X-Ledger-Entry"]
    made = answer.json()
    assert made["number"] == 1
    more = browser.post(f"/api/v1/evidence/{made['document']}/versions", {"file": file_of(POLICY + b"More.")})
    assert more.json()["number"] == 2
    shown = browser.get(f"/api/v1/evidence/{made['document']}").json()
    assert [one["number"] for one in shown["versions"]] == [2, 1]
    assert shown["title"] == "Incidents"
    assert browser.get(f"/api/v1/evidence/versions/{made['id']}").json()["sha256"] == made["sha256"]
    text = browser.get(f"/api/v1/evidence/versions/{made['id']}/text").json()
    assert "within 96 hours" in text["text"]
    copy = browser.get(f"/api/v1/evidence/versions/{made['id']}/file")
    assert b"".join(copy.streaming_content) == POLICY
    assert copy["Content-Disposition"].startswith("attachment;")


def test_a_list_is_paged_by_a_cursor_that_stays(client_as, ada):
    kept = [actions.receive(ada, [POLICY + bytes([65 + nth])], name=f"{nth}.md") for nth in range(3)]
    browser, found, cursor = client_as(ada), [], ""
    while cursor is not None:
        page = browser.get(f"/api/v1/evidence?limit=2{f'&cursor={cursor}' if cursor else ''}").json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert sorted(found) == sorted(str(one.document_id) for one in kept)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"file": "text"},
        {"file": file_of(b"")},
        {"file": file_of(name="a.exe")},
        {"file": file_of(), "title": "t" * 201},
        {"file": file_of(), "title": "nul\x00"},
        {"file": file_of(), "title": "\ufffd"},
        {"file": file_of(), "owner": "o" * 201},
        {"file": file_of(), "effective": "yesterday"},
        {"file": file_of(), "effective": "0001-01-01"},
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_stored(client_as, ada, given):
    for held in given.values():
        if isinstance(held, SimpleUploadedFile):
            held.seek(0)
    answer = client_as(ada).post("/api/v1/evidence", given)
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    with tenant_scope(ada.tenant):
        assert not Document.objects.exists()


def test_roles_and_tenants_are_kept_apart(client_as, ada, vera, mallory, adam):
    kept = actions.receive(ada, [POLICY], name="incident.md")
    assert client_as(vera).post("/api/v1/evidence", {"file": file_of(b"x")}).status_code == 403
    assert client_as(adam).get("/api/v1/evidence").status_code == 403
    stranger = client_as(mallory)
    assert stranger.get("/api/v1/evidence").json() == {"items": [], "next": None}
    for path in (
        f"{kept.document_id}",
        f"versions/{kept.id}",
        f"versions/{kept.id}/text",
        f"versions/{kept.id}/file",
    ):
        assert stranger.get(f"/api/v1/evidence/{path}").status_code == 404
    assert client_as().get("/api/v1/evidence").status_code == 401
