"""The pages of the firm's documents: filing, reading, taking a copy; and everything that is refused there."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from muniment.ledger.models import Outbox
from muniment.spine.scope import tenant_scope
from muniment.vault import actions, rules, storage
from muniment.vault.models import Blob, Document, DocumentVersion

POLICY = b"# Incident response\n\nWe notify the authority within 96 hours.\n"


def words_of(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def file_of(data: bytes = POLICY, name: str = "incident.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def kinds(actor) -> list[str]:
    with tenant_scope(actor.tenant):
        return [row.kind for row in Outbox.objects.order_by("order")]


@pytest.fixture
def version(db, ada):
    return actions.receive(ada, [POLICY], name="incident.md", title="Incident response", owner="IT security")


def test_an_empty_shelf_offers_the_first_step_to_who_may_take_it(client_as, ada, vera):
    assert "File the first document" in words_of(client_as(ada).get("/evidence/"))
    page = words_of(client_as(vera).get("/evidence/"))
    assert "An analyst or an officer files them" in page
    assert "File the first document" not in page


def test_a_document_is_filed_read_and_taken_away_and_each_step_is_on_record(client_as, ada):
    browser = client_as(ada)
    given = {"file": file_of(), "title": "Incident response", "owner": "IT", "effective": "2026-03-01"}
    answer = browser.post("/evidence/new/", given)
    assert answer.status_code == 302
    shown = words_of(browser.get(answer["Location"]))
    assert "Incident response" in shown
    assert "1 Mar 2026" in shown
    with tenant_scope(ada.tenant):
        [kept] = DocumentVersion.objects.all()
    assert "within 96 hours" in words_of(browser.get(f"/evidence/versions/{kept.id}/"))
    copy = browser.get(f"/evidence/versions/{kept.id}/file/")
    assert b"".join(copy.streaming_content) == POLICY
    assert copy["Content-Type"] == "application/octet-stream"
    assert copy["X-Content-Type-Options"] == "nosniff"
    assert copy["Content-Disposition"].startswith('attachment; filename="incident.md"')
    assert kinds(ada)[-4:] == ["vault.upload", "vault.browse", "vault.read", "vault.download"]


def test_the_list_is_on_record_once(client_as, ada, version):
    browser = client_as(ada)
    before = kinds(ada)
    assert "Incident response" in words_of(browser.get("/evidence/"))
    assert kinds(ada)[len(before) :] == ["vault.browse"]


def test_the_next_version_stands_above_the_first(client_as, ada, version):
    browser = client_as(ada)
    address = f"/evidence/{version.document_id}/next/"
    assert "Version 1 stays as it is" in words_of(browser.get(address))
    assert browser.post(address, {"file": file_of(POLICY + b"More.")}).status_code == 302
    assert "2 versions" in words_of(browser.get(f"/evidence/{version.document_id}/"))
    assert browser.post(address, {"file": file_of(POLICY + b"More.")}).status_code == 409


def test_a_span_of_the_text_is_marked(client_as, ada, version):
    _, text = actions.read(ada, version_id=version.id)
    start = text.text.index("within 96 hours")
    page = client_as(ada).get(f"/evidence/versions/{version.id}/?start={start}&end={start + 15}")
    assert '<mark class="m-quote">within 96 hours</mark>' in page.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose a file"),
        ({"file": file_of(b"")}, "The file is empty"),
        ({"file": file_of(name="picture.png")}, "cannot be read here"),
        ({"file": file_of(name=".md")}, "must not hold a folder"),
        ({"file": file_of(name="n" * 250 + ".md")}, "longer than"),
        ({"file": file_of(), "title": "t" * 201}, "at most 200 characters"),
        ({"file": file_of(), "title": "nul\x00"}, "Null characters"),
        ({"file": file_of(), "title": "bell\x07"}, "no text may hold"),
        ({"file": file_of(), "title": "lost \ufffd"}, "did not arrive"),
        ({"file": file_of(), "owner": "o" * 201}, "at most 200 characters"),
        ({"file": file_of(), "owner": "lost \ufffd"}, "did not arrive"),
        ({"file": file_of(), "effective": "soon"}, "year-month-day"),
        ({"file": file_of(), "effective": "1066-10-14"}, "not believable"),
        ({"file": file_of(), "effective": "9999-12-31"}, "not believable"),
        ({"file": "not a file"}, "Choose a file"),
    ],
)
def test_a_form_that_breaks_a_rule_says_so_and_nothing_is_stored(client_as, ada, given, said):
    for held in given.values():
        if isinstance(held, SimpleUploadedFile):
            held.seek(0)
    before = set(storage.path_of(ada.tenant).parent.parent.glob("*/*"))
    answer = client_as(ada).post("/evidence/new/", given)
    assert answer.status_code == 422
    assert said in words_of(answer)
    with tenant_scope(ada.tenant):
        assert not Document.objects.exists()
        assert not Blob.objects.filter(tenant_id=ada.tenant).exists()
    assert set(storage.path_of(ada.tenant).parent.parent.glob("*/*")) == before


@pytest.mark.parametrize("data", [b"a\x00b", b"\xff\xfe\xff", b"\xed\xa0\x80"])
def test_a_file_that_cannot_be_read_is_refused_whole(client_as, ada, data):
    answer = client_as(ada).post("/evidence/new/", {"file": file_of(data)})
    assert answer.status_code == 422
    with tenant_scope(ada.tenant):
        assert not Document.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../up.md", "C:\\windows\\up.md", '=cmd|"calc".md', "<script>.md", "naïve résumé.md"]
)
def test_a_hostile_file_name_stays_a_name(client_as, ada, name):
    browser = client_as(ada)
    answer = browser.post("/evidence/new/", {"file": file_of(name=name)})
    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    assert "<script>." not in page
    with tenant_scope(ada.tenant):
        [kept] = DocumentVersion.objects.all()
    assert "/" not in str(kept.name)
    header = browser.get(f"/evidence/versions/{kept.id}/file/")["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[\w. -]+"; filename\*=UTF-8\'\'[\w.%~-]+', header, re.ASCII)


def test_who_may_not_file_is_told_so_and_nothing_stays(client_as, vera, version):
    browser = client_as(vera)
    assert browser.get("/evidence/new/").status_code == 403
    assert browser.post("/evidence/new/", {"file": file_of()}).status_code == 403
    assert browser.post(f"/evidence/{version.document_id}/next/", {"file": file_of(b"x")}).status_code == 403
    with tenant_scope(vera.tenant):
        assert DocumentVersion.objects.count() == 1


def test_an_administrator_reads_no_evidence(client_as, adam, version):
    browser = client_as(adam)
    for path in ("/evidence/", f"/evidence/{version.document_id}/", f"/evidence/versions/{version.id}/file/"):
        assert browser.get(path).status_code == 403


def test_another_tenants_document_is_not_there(client_as, mallory, version):
    browser = client_as(mallory)
    for path in (
        f"/evidence/{version.document_id}/",
        f"/evidence/versions/{version.id}/",
        f"/evidence/versions/{version.id}/file/",
        f"/evidence/?after={version.document_id}",
    ):
        assert browser.get(path).status_code in {404, 422}
    answer = browser.post(f"/evidence/{version.document_id}/next/", {"file": file_of(b"mine")})
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["page=0", "page=x", "start=-1", "end=x", "start=999999999999"])
def test_an_address_that_cannot_be_read_is_refused(client_as, ada, version, query):
    assert client_as(ada).get(f"/evidence/versions/{version.id}/?{query}").status_code == 422


def test_a_document_of_many_rows_is_shown_in_parts(client_as, ada):
    rows = "\n".join(f"row {nth},value {nth}" for nth in range(6_000)).encode()
    kept = actions.receive(ada, [rows], name="register.csv")
    browser = client_as(ada)
    first, last = (browser.get(f"/evidence/versions/{kept.id}/?page={nth}") for nth in (1, 999))
    assert len(first.content) < rules.LONGEST_LEAF * 3
    assert "row 5999" in words_of(last)
    assert "row 5999" not in words_of(first)
