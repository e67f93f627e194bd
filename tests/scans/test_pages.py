"""The pages of scans: starting one, the picture and its table, both sides of a finding, and what is refused."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from muniment.ledger.models import Outbox
from muniment.scans import queries
from muniment.scans.models import Finding, Scan
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import storage

NOTHING = "00000000-0000-4000-8000-000000000000"


def words_of(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def kinds(actor) -> list[str]:
    with tenant_scope(actor.tenant):
        return [row.kind for row in Outbox.objects.order_by("order")]


def spoil(blob) -> None:
    path = storage.path_of(blob)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def test_without_law_and_without_documents_the_pages_say_what_is_missing(client_as, ada, law):
    browser = client_as(ada)
    assert "Start the first scan" in words_of(browser.get("/scans/"))
    assert "There is no document to search yet" in words_of(browser.get("/scans/new/"))
    assert browser.post("/scans/new/", {"acts": [str(law.id)]}).status_code == 403


def test_an_empty_installation_asks_for_law_first(client_as, ada):
    assert "They need law first" in words_of(client_as(ada).get("/scans/"))
    assert "No law was taken in yet" in words_of(client_as(ada).get("/scans/new/"))


def test_a_scan_is_started_waits_and_shows_what_it_found(client_as, ada, law, filed):
    browser = client_as(ada)
    form = words_of(browser.get("/scans/new/"))
    assert "1 document will be searched" in form
    assert "GDPR, published 1 Feb 2030 (Invented, for show)" in form
    answer = browser.post("/scans/new/", {"acts": [str(law.id)]})
    assert answer.status_code == 302
    assert "waits for the worker" in words_of(browser.get(answer["Location"]))
    work_off()
    shown = words_of(browser.get(answer["Location"]))
    for part in (
        "Scan 1: GDPR",
        "3 duties bind the firm; each was held against 1 document.",
        "muniment replay",
    ):
        assert part in shown
    assert "Scan 1" in words_of(browser.get("/scans/"))


@pytest.mark.parametrize("acts", [[], ["x"], [NOTHING], ["\x00"]])
def test_a_start_that_cannot_be_read_is_refused_and_nothing_is_queued(client_as, ada, law, filed, acts):
    assert client_as(ada).post("/scans/new/", {"acts": acts}).status_code == 422
    with tenant_scope(ada.tenant):
        assert not Scan.objects.exists()


def test_the_picture_colours_each_article_by_what_needs_a_person_first(client_as, ada, scanned):
    page = client_as(ada).get(f"/scans/{scanned.id}/").content.decode()
    assert re.search(
        r'g-fault" href="/scans/[^"]+\?act=32016R0679&amp;article=art_33" title="Art. 33: Conflict', page
    )
    assert 'article=art_34" title="Art. 34: No evidence found for 1 of 1 duty"' in page


def test_the_picture_counts_duties_as_its_heading_does(client_as, ada, scanned):
    page = client_as(ada).get(f"/scans/{scanned.id}/").content.decode()
    key = re.search(r'<ul class="key">.*?</ul>', page).group()
    shown = re.findall(r'<span>([^<]+)</span> <b class="num">(\d+)</b>', key)
    assert shown == [("Conflict found", "1"), ("No evidence found", "2")]
    assert "Art. 33: Conflict found for 1 of 2 duties" in page


def test_the_page_of_a_scan_fetches_law_and_documents_once(client_as, ada, scanned):
    browser = client_as(ada)
    with CaptureQueriesContext(connection) as asked:
        browser.get(f"/scans/{scanned.id}/")
    tables = [re.search(r'FROM "(\w+)"', one["sql"]) for one in asked.captured_queries]
    counted = Counter(table.group(1) for table in tables if table)
    assert counted["sources_snapshot"] == counted["vault_documentversion"] == 1
    assert counted["scans_scan"] == 1


def test_the_table_is_filtered_by_what_was_clicked(client_as, ada, scanned):
    browser = client_as(ada)
    address = f"/scans/{scanned.id}/"
    assert "3 of 3 findings" in words_of(browser.get(address))
    shown = words_of(browser.get(address, {"status": "conflict_found"}))
    assert "1 of 3 findings" in shown
    assert "96 hours" in shown
    assert "1 of 3 findings" in words_of(browser.get(address, {"act": "32016R0679", "article": "art_34"}))
    assert "Only GDPR Art. 34." in words_of(browser.get(address, {"act": "32016R0679", "article": "art_34"}))
    assert "0 of 3 findings" in words_of(
        browser.get(address, {"article": "art_34", "status": "conflict_found"})
    )
    assert "No finding answers to this" in words_of(browser.get(address, {"assessment": "accepted"}))


def test_only_the_table_is_sent_where_only_the_table_is_asked_for(client_as, ada, scanned):
    browser = client_as(ada)
    whole = browser.get(f"/scans/{scanned.id}/")
    part = browser.get(f"/scans/{scanned.id}/", HTTP_HX_REQUEST="true")
    again = browser.get(
        f"/scans/{scanned.id}/", HTTP_HX_REQUEST="true", HTTP_HX_HISTORY_RESTORE_REQUEST="true"
    )
    assert part.content.lstrip().startswith(b'<div class="stack stack--wide" id="held"')
    assert b"<html" in whole.content
    assert b"<html" in again.content


@pytest.mark.parametrize(
    "query",
    ["status=fine", "assessment=maybe", "after=x", f"after={NOTHING}", "act=" + "a" * 61, "article=%00"],
)
def test_an_address_that_cannot_be_read_is_refused(client_as, ada, scanned, query):
    assert client_as(ada).get(f"/scans/{scanned.id}/?{query}").status_code == 422


def test_a_finding_shows_both_sides_marked_and_the_reading_is_on_record(client_as, ada, conflict):
    browser = client_as(ada)
    before = len(kinds(ada))
    answer = browser.get(f"/scans/findings/{conflict.id}/?status=conflict_found")
    page, words = answer.content.decode(), words_of(answer)
    assert 'class="m-when">not later than 72 hours</mark>' in page
    assert 'class="m-who">controller</mark>' in page
    assert '<mark class="m-conflict">The data protection officer notifies' in page
    for part in (
        "GDPR Art. 33(1): Telling of a breach",
        "PT72H",
        "Incident response, version 1",
        "Confidence high (0.92)",
        "Nobody has answered it yet",
        "1 of 1",
        conflict.law_digest,
        conflict.version_digest,
    ):
        assert part in words
    assert kinds(ada)[before:] == ["scans.read_finding"]
    assert (
        f"/act/?at=art_33.par_1&amp;start={conflict.law_start}&amp;end={conflict.law_end}#art_33.par_1"
        in page
    )
    assert f"?start={conflict.start}&amp;end={conflict.end}" in page


def test_one_walks_through_the_findings_that_were_asked_for(client_as, ada, scanned):
    with tenant_scope(ada.tenant):
        first, second, third = queries.findings(scanned)
    browser = client_as(ada)
    page = browser.get(f"/scans/findings/{second.id}/")
    assert "2 of 3" in words_of(page)
    for near in (first, third):
        assert f"/scans/findings/{near.id}/" in page.content.decode()
    page = browser.get(f"/scans/findings/{second.id}/?status={second.status}").content.decode()
    assert f"/scans/findings/{first.id}/" not in page


def test_a_finding_without_a_passage_says_what_was_searched(client_as, ada, scanned):
    with tenant_scope(ada.tenant):
        silent = queries.Wanted(status="no_evidence_found").rows(scanned).first()
    words = words_of(client_as(ada).get(f"/scans/findings/{silent.id}/"))
    assert "No passage to show 1 document was searched" in words
    assert "Incident response , version 1" in words


def test_accepting_and_disagreeing_leave_the_name_and_the_reason(client_as, ada, conflict):
    browser = client_as(ada)
    address = f"/scans/findings/{conflict.id}/"
    answer = browser.post(f"{address}assess/?status=conflict_found", {"assessment": "accepted"})
    assert answer["Location"] == f"{address}?status=conflict_found"
    assert "Accepted by Ada Example" in words_of(browser.get(address))
    given = {"assessment": "disagreed", "reason": "Our branch does not do <b>this</b>."}
    assert browser.post(f"{address}assess/", given).status_code == 302
    page = browser.get(address)
    assert "Disagreed by Ada Example" in words_of(page)
    assert "&lt;b&gt;this&lt;/b&gt;" in page.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ""),
        ({"assessment": "met"}, ""),
        ({"assessment": "disagreed"}, "Say why you disagree"),
        ({"assessment": "disagreed", "reason": "no"}, "Say why you disagree"),
        ({"assessment": "disagreed", "reason": "r" * 20_001}, "at most 20000 characters"),
        ({"assessment": "disagreed", "reason": "nul \x00 in the middle"}, "Null characters"),
        ({"assessment": "disagreed", "reason": "lost \ufffd on the way"}, "did not arrive"),
    ],
)
def test_an_answer_that_breaks_a_rule_is_refused_and_nothing_is_kept(client_as, ada, conflict, given, said):
    answer = client_as(ada).post(f"/scans/findings/{conflict.id}/assess/", given)
    assert answer.status_code == 422
    assert said in words_of(answer)
    with tenant_scope(ada.tenant):
        assert Finding.objects.get(id=conflict.id).assessment == "proposed"


def test_a_document_changed_on_the_disk_turns_its_findings_unanchored(
    client_as, ada, scanned, conflict, filed
):
    browser = client_as(ada)
    assert "Every quote stands" in words_of(browser.get(f"/scans/{scanned.id}/quotes/"))
    spoil(filed.text_id)
    words = words_of(browser.get(f"/scans/findings/{conflict.id}/"))
    assert "This finding is unanchored" in words
    assert "The stored document no longer holds these words" in words
    assert "96 hours" in words
    assert "1 finding on this page quotes words" in words_of(browser.get(f"/scans/{scanned.id}/"))
    assert "1 of 3 findings quotes words" in words_of(browser.get(f"/scans/{scanned.id}/quotes/"))


def test_a_provision_leads_to_the_findings_about_its_article(client_as, ada, law, scanned):
    browser = client_as(ada)
    answer = browser.get(f"/scans/provisions/{law.id}/art_33.par_1/")
    assert answer["Location"] == f"/scans/{scanned.id}/?act=32016R0679&article=art_33#findings"
    for nothing in ("art_99", "%00", "art_\u00e4"):
        assert browser.get(f"/scans/provisions/{law.id}/{nothing}/").status_code == 404


def test_an_auditor_reads_and_changes_nothing(client_as, vera, scanned, conflict, law):
    browser = client_as(vera)
    page = words_of(browser.get(f"/scans/findings/{conflict.id}/"))
    assert "Disagree" not in page
    assert browser.get("/scans/new/").status_code == 403
    assert browser.post("/scans/new/", {"acts": [str(law.id)]}).status_code == 403
    given = {"assessment": "accepted"}
    assert browser.post(f"/scans/findings/{conflict.id}/assess/", given).status_code == 403


def test_another_tenant_and_an_administrator_see_nothing(client_as, mallory, adam, scanned, conflict):
    paths = [
        f"/scans/{scanned.id}/",
        f"/scans/{scanned.id}/quotes/",
        f"/scans/findings/{conflict.id}/",
    ]
    for path in paths:
        assert client_as(mallory).get(path).status_code == 404
        assert client_as(adam).get(path).status_code == 403
    assert client_as(adam).get("/scans/").status_code == 403
