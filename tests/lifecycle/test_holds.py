"""Legal holds: what they keep is not erased and is listed, and two people lift them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.lifecycle.people import WHY

from muniment.ledger import publish, verify
from muniment.lifecycle import actions, executing, queries
from muniment.lifecycle.models import Hold, State
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.installation import key_store
from muniment.spine.scope import tenant_scope


@pytest.mark.parametrize("on", ["subject", "tenant"])
def test_what_is_held_whole_is_not_erased(erasing, ada, on):
    order = erasing.ask()
    held = actions.place_hold(erasing.adam, on=on, target=erasing.person, reason=WHY)
    with pytest.raises(Refused, match=f"hold {held.number}"):
        actions.answer_erasure(erasing.otto, erasure_id=order.id, approve=True, reason=WHY)
    assert key_store().get(ada.tenant, erasing.person) is not None


def test_a_hold_that_comes_after_the_order_is_in_time_until_it_is_carried_out(erasing, ada):
    order = erasing.order()
    actions.place_hold(erasing.adam, on="subject", target=erasing.person, reason=WHY)
    with pytest.raises(Refused, match="legal hold"):
        executing.carry_out(ada.tenant, order.id)
    assert key_store().get(ada.tenant, erasing.person) is not None
    assert executing.catch_up() == 0


def test_two_people_lift_a_hold_and_then_the_erasure_goes_on(erasing, ada):
    order = erasing.order()
    held = actions.place_hold(erasing.adam, on="subject", target=erasing.person, reason=WHY)
    with pytest.raises(Clash, match="Nobody has asked"):
        actions.lift_hold(erasing.otto, hold_id=held.id)
    actions.ask_lift(erasing.adam, hold_id=held.id, reason=WHY)
    with pytest.raises(Refused, match="somebody else"):
        actions.lift_hold(erasing.adam, hold_id=held.id)
    actions.lift_hold(erasing.otto, hold_id=held.id)
    with pytest.raises(Clash, match="lifted already"):
        actions.ask_lift(erasing.adam, hold_id=held.id, reason=WHY)
    assert executing.catch_up() == 1
    publish.settle()
    with tenant_scope(ada.tenant):
        assert queries.erasure(order.id).state == State.EXECUTED
        assert queries.in_force() == []
        assert len(queries.holds()) == 1
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_a_held_case_keeps_the_person_of_its_match_and_the_rest_goes(erasing, ada, monkeypatch):
    from muniment.cases import actions as cases
    from muniment.lifecycle import traces

    case = cases.open_case(ada, title="About somebody", items=[])
    monkeypatch.setattr(traces, "cases_about", lambda _person: [case.id])
    held = actions.place_hold(erasing.adam, on="case", target=case.id, reason=WHY)
    done = erasing.carry_out()
    assert done.held == [["subject", str(erasing.person), str(held.number)]]
    assert done.counts["files"] == 1
    assert done.counts["rows"] == 0
    assert key_store().get(ada.tenant, erasing.person) is not None
    actions.ask_lift(erasing.adam, hold_id=held.id, reason=WHY)
    actions.lift_hold(erasing.otto, hold_id=held.id)
    again = erasing.carry_out()
    assert again.held == []
    assert again.counts["rows"] == 1
    assert key_store().get(ada.tenant, erasing.person) is None


def test_nothing_is_held_that_is_not_there(erasing):
    for on in ("subject", "case"):
        for target in (None, uuid4()):
            with pytest.raises(Absent):
                actions.place_hold(erasing.adam, on=on, target=target, reason=WHY)
    with pytest.raises(Invalid, match="of this kind"):
        actions.place_hold(erasing.adam, on="dog", reason=WHY)


def test_another_firm_sees_and_touches_no_hold_of_ours(erasing, mallory):
    held = actions.place_hold(erasing.adam, on="tenant", reason=WHY)
    with pytest.raises(Absent):
        actions.ask_lift(mallory, hold_id=held.id, reason=WHY)
    with tenant_scope(mallory.tenant):
        assert not Hold.objects.exists()
