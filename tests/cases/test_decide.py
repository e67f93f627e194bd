"""Deciding a case: who may, when, and what the ledger says afterwards."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from muniment.cases import actions, queries
from muniment.cases.models import Case, Decision
from muniment.ledger import publish, verify
from muniment.ledger.models import Outbox
from muniment.ledger.openings import opened_event
from muniment.ledger.refusals import constraint_refusal
from muniment.spine.errors import Absent, Refused
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault

WORDS = "The policy allows four days where the law allows three."


def _shown(actor, case):
    with tenant_scope(actor.tenant):
        return queries.whole(case.id).shown


def kinds(actor) -> list[str]:
    with tenant_scope(actor.tenant):
        return list(Outbox.objects.order_by("order").values_list("kind", flat=True))


def test_the_analyst_proposes_the_officer_decides_and_the_ledger_says_so(case, ada, otto):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    done = actions.decide(
        otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=_shown(otto, case)
    )

    assert (done.answer, done.decided_by) == ("approved", otto.id)
    with tenant_scope(otto.tenant):
        kept = Case.objects.get(id=case.id)
        assert (kept.state, kept.outcome) == ("decided", "to_remedy")
        event = Outbox.objects.get(kind="cases.decide")
    assert (event.actor, event.subject) == (otto.id, f"cases.Case/{case.id}")
    assert opened_event(event).facts["reason"] == "Agreed, amend it."
    assert b"amend" not in bytes(event.body)
    assert kinds(ada)[-3:] == ["cases.open", "cases.propose", "cases.decide"]


def test_nobody_decides_their_own_proposal(case, otto):
    actions.propose(otto, case_id=case.id, outcome="cleared", rationale=WORDS)
    with pytest.raises(Refused, match="somebody else must decide"):
        actions.decide(
            otto, case_id=case.id, approve=True, reason="I say so myself.", shown=_shown(otto, case)
        )


def test_the_database_itself_refuses_the_same_person_twice(case, otto, monkeypatch):
    monkeypatch.setattr("muniment.cases.rules.require_second_pair_of_eyes", lambda *_: None)
    actions.propose(otto, case_id=case.id, outcome="cleared", rationale=WORDS)
    with pytest.raises(Refused, match="somebody else must decide") as refusal:
        actions.decide(
            otto, case_id=case.id, approve=True, reason="I say so myself.", shown=_shown(otto, case)
        )
    assert isinstance(refusal.value.__cause__, IntegrityError)


def test_an_analyst_may_not_decide_and_that_is_on_record(case, ada, otto):
    actions.propose(otto, case_id=case.id, outcome="cleared", rationale=WORDS)
    with pytest.raises(Refused, match="does not allow"):
        actions.decide(ada, case_id=case.id, approve=True, reason="Just this once.", shown=_shown(ada, case))
    with tenant_scope(ada.tenant):
        assert Outbox.objects.filter(cls="refusal", kind="cases.decide", actor=ada.id).count() == 1


def test_what_changed_since_it_was_shown_is_not_approved(case, ada, otto, policy):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    before = _shown(otto, case)
    other = vault.receive(ada, [b"More evidence.\n"], name="more.md")
    actions.attach(ada, case_id=case.id, kind="evidence", item_id=other.id)

    with pytest.raises(Refused, match="Nobody has proposed"):
        actions.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=before)
    with tenant_scope(otto.tenant):
        assert Decision.objects.get().answer == "void"


def test_a_page_that_showed_something_else_makes_the_proposal_void(case, ada, otto):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    answer = actions.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown="0" * 64)

    assert answer.answer == "void"
    with tenant_scope(otto.tenant):
        assert Case.objects.get(id=case.id).state == "open"


def test_a_decided_case_stays_decided(case, ada, otto, olga):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    shown = _shown(otto, case)
    actions.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown)
    with pytest.raises(Refused, match="already decided"):
        actions.decide(olga, case_id=case.id, approve=False, reason="Not agreed at all.", shown=shown)


def test_another_tenant_cannot_even_see_the_case(case, mallory):
    with pytest.raises(Absent):
        actions.decide(mallory, case_id=case.id, approve=True, reason="Mine to decide.", shown="0" * 64)


def test_no_ledger_no_decision(case, ada, otto, monkeypatch):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    shown = _shown(otto, case)

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr("muniment.ledger.record.append", full)
    with pytest.raises(OSError, match="disk full"):
        actions.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown)
    with tenant_scope(otto.tenant):
        assert Decision.objects.get().answer == "asked"


def test_a_decision_changed_by_sql_is_named(case, ada, otto):
    actions.propose(ada, case_id=case.id, outcome="to_remedy", rationale=WORDS)
    done = actions.decide(
        otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=_shown(otto, case)
    )
    publish.settle()
    assert verify.verify_log(otto.tenant, deep=True).faults == []

    with tenant_scope(otto.tenant), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('muniment.action', 'x', false)")
        else:
            cursor.execute("DROP TRIGGER guard_cases_decision_update")
        cursor.execute("UPDATE cases_decision SET outcome = 'cleared'")
    faults = verify.verify_log(otto.tenant, deep=True).faults
    assert any("cases_decision" in fault and done.id.hex in fault for fault in faults)


def test_an_unknown_constraint_is_a_clash():
    assert constraint_refusal(IntegrityError("CHECK constraint failed: something_else")).status == 409
