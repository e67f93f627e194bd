"""What belongs to a case, as it is now: a quote that no longer stands, two officers at once."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from django.db import connection
from django.urls import reverse
from tests.cases import lived

from muniment.access.rules import OPERATOR
from muniment.cases import actions, queries
from muniment.cases.models import Case, Decision
from muniment.scans import queries as scans
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import tenant_scope
from muniment.tenants import actions as tenants
from muniment.vault import actions as vault
from muniment.vault import storage


@pytest.fixture
def house(db, operator, ada):
    return lived.live_in(operator, ada)


def spoil(blob):
    """Change a stored text on the disk, so that quotes from it no longer stand."""
    path = storage.path_of(blob)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def test_a_finding_is_called_as_a_lawyer_cites_it(house, ada):
    with tenant_scope(ada.tenant):
        one = queries.thing("finding", house.conflict.id)
    assert (one.title, one.status, one.digest) == ("GDPR Art. 33(1)", "conflict", house.conflict.digest)
    assert one.url == reverse("scans:finding", args=[house.conflict.id])


def test_a_match_is_called_by_both_sides(db, operator, ada):
    match = lived.screen(operator, ada)
    with tenant_scope(ada.tenant):
        one = queries.thing("match", match)
    assert " – " in one.title
    assert one.title.endswith("(invented 2026-01)")
    assert one.status == "alert"


def test_what_cannot_belong_to_a_case_is_refused(db, ada, house):
    with tenant_scope(ada.tenant):
        with pytest.raises(Invalid, match="cannot belong"):
            queries.thing("person", house.conflict.id)
        with pytest.raises(Absent):
            queries.thing("match", house.conflict.id)


def test_an_approval_is_void_when_a_quote_no_longer_stands(house, ada, otto, client_as, account_of):
    account_of(ada)
    case = actions.open_case(ada, title="Too late", items=[("finding", house.conflict.id)])
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=lived.WORDS)
    with tenant_scope(otto.tenant):
        before = queries.whole(case.id).shown
    spoil(house.policy.text_id)
    with tenant_scope(otto.tenant):
        assert not scans.Anchors().of(house.conflict).holds
        whole = queries.whole(case.id)
    assert whole.shown != before
    assert whole.held[0].changed

    client = client_as(otto)
    text = client.get(reverse("cases:case", args=[case.id])).content.decode()
    assert "can no longer be approved" in text
    assert "changed since it was attached" in text
    assert "Unanchored" in text
    fields = dict(re.findall(r'name="(shown|reason)" value="([^"]+)"', text))
    answer = client.post(reverse("cases:decide", args=[case.id]), {**fields, "approve": "no"}, follow=True)
    assert "Nothing was decided" in answer.content.decode()
    with tenant_scope(otto.tenant):
        assert Decision.objects.get().answer == "void"
        assert Case.objects.get().state == "open"


@pytest.fixture
def apart(town, django_db_blocker):
    """Make a tenant of its own and commit in it: two threads cannot share a transaction that is rolled back."""
    with django_db_blocker.unblock():
        operator = system("operator", may=OPERATOR, via="cli")
        name = f"race-{ports.new_id().hex[:8]}"
        yield tenants.found(operator, name=name, slug=name).id


@pytest.mark.database
def test_two_officers_at_once_make_one_decision_and_one_clear_refusal(apart, ada, otto, olga):
    ada, otto, olga = (replace(one, tenant=apart) for one in (ada, otto, olga))
    policy = vault.receive(ada, [b"Within 96 hours.\n"], name="incident.md")
    case = actions.open_case(ada, title="Too late", items=[("evidence", policy.id)])
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=lived.WORDS)
    with tenant_scope(apart):
        shown = queries.whole(case.id).shown
    begin, answers = threading.Barrier(2), []

    def decide(officer):
        try:
            begin.wait(timeout=240)
            done = actions.decide(
                officer, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown
            )
            answers.append(done.answer)
        except (Refused, Clash) as why:
            answers.append(why.what)
        finally:
            connection.close()

    both = [threading.Thread(target=decide, args=[officer]) for officer in (otto, olga)]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=240)
    assert sorted(answers, key=len) == ["approved", "This case is already decided."]
    with tenant_scope(apart):
        assert Decision.objects.filter(answer="approved").count() == 1
