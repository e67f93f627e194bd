"""A scan from law and policy to findings: both anchors, the same digest again, and quotes that no longer stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError

from muniment.ledger import publish, verify
from muniment.ledger.action import action
from muniment.scans import actions, jobs, queries
from muniment.scans.models import Finding
from muniment.sources import actions as sources
from muniment.sources.formats import oj_xhtml
from muniment.spine.errors import Absent, Invalid, Refused
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault
from muniment.vault import storage

DORA = "regulatory/eu-lex-corpus/works/32022r2554/versions"
GDPR = "regulatory/eu-lex-corpus/works/32016r0679/versions/2016-04-27--*/en.xml"

POLICY = b"""# Incident response

## Personal data breaches

The data protection officer notifies a personal data breach to the supervisory authority without undue delay and
not later than 96 hours after having become aware of it.
"""


@pytest.fixture
def gdpr(db, operator, shared: Path):
    [path] = shared.glob(GDPR)
    data = path.read_bytes()
    origin = sources.Origin(
        key="32016R0679", version="OJ:2016-04-27", publisher="Publications Office", authenticity="official"
    )
    return sources.take_in(
        operator, [sources.File("en.xml", data)], oj_xhtml.parse(data, celex="32016R0679"), origin
    )


@pytest.fixture
def policy(db, ada):
    return vault.receive(ada, [POLICY], name="incident.md", title="Incident response")


@pytest.fixture
def done(gdpr, policy, ada):
    asked = actions.run(ada, snapshots=[gdpr.id])
    assert work_off() == 1
    with tenant_scope(ada.tenant):
        return queries.scan(asked.id)


def test_a_scan_finds_the_deadline_that_is_too_long_and_points_at_both_texts(done, ada):
    _, found = actions.read(ada, scan_id=done.id)
    [conflict] = [one for one in found if one.status == "conflict_found"]

    sides = actions.read_finding(ada, finding_id=conflict.id)
    assert conflict.eid.startswith("art_33.par_1")
    assert sides.law_text[conflict.law_start : conflict.law_end] == conflict.law_quote
    assert "96 hours" in sides.document_text[conflict.start : conflict.end]
    assert sides.anchor.holds
    assert done.counts["conflict_found"] == 1


def test_the_same_inputs_give_the_same_digest(done, ada):
    again = jobs.replay(ada.tenant, done.id)
    assert again.same
    assert len(again.again) == 64


def test_a_quote_that_no_longer_stands_is_unanchored(done, ada, policy):
    with tenant_scope(ada.tenant):
        [conflict] = Finding.objects.filter(status="conflict_found")
        path = storage.path_of(policy.text_id)
        raw = bytearray(path.read_bytes())
        raw[-1] ^= 1
        path.write_bytes(raw)
        assert queries.unanchored([conflict]) == {conflict.id}


def test_a_finding_of_conflict_without_a_passage_cannot_be_stored(done, ada):
    @action("scans.spoil", cls="scan.run", says="x")
    def spoil(act):
        act.record("scans.spoil/1")
        row = Finding.objects.filter(status="conflict_found").get()
        row.version_id = None
        row.save(update_fields=["version_id"])

    bold = type(ada)(id=ada.id, kind=ada.kind, tenant=ada.tenant, may=ada.may | {"scans.spoil"})
    with pytest.raises(Exception, match="refused this change") as refusal:
        spoil(bold)
    assert isinstance(refusal.value.__cause__, IntegrityError)


def test_disagreeing_needs_a_reason_and_is_kept(done, ada):
    with tenant_scope(ada.tenant):
        first = queries.findings(done)[0]
    with pytest.raises(Invalid, match="why you disagree"):
        actions.assess(ada, finding_id=first.id, assessment="disagreed")
    kept = actions.assess(
        ada, finding_id=first.id, assessment="disagreed", reason="Our branch does not do this."
    )
    assert kept.reason == "Our branch does not do this."
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_a_scan_of_nothing_is_refused(db, ada):
    with pytest.raises(Invalid, match="No act"):
        actions.run(ada, snapshots=[])


def test_without_documents_there_is_nothing_to_search(gdpr, ada):
    with pytest.raises(Refused, match="no document"):
        actions.run(ada, snapshots=[gdpr.id])


def test_another_tenant_sees_no_scan_and_an_auditor_starts_none(done, mallory, vera, gdpr):
    with pytest.raises(Absent):
        actions.read(mallory, scan_id=done.id)
    with pytest.raises(Refused):
        actions.run(vera, snapshots=[gdpr.id])
