"""Settings are rebuilt from the entries alone: a value put into a table behind them is named with both values."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.access import actions as people
from muniment.access import rebuilding as access
from muniment.access.models import Person
from muniment.ledger.checks import rebuilt
from muniment.ledger.checks.rebuilt import differences
from muniment.ledger.trust import accepting
from muniment.lifecycle import actions as lifecycle
from muniment.lifecycle import rebuilding as orders
from muniment.ops import acting
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions as tenants
from muniment.tenants import rebuilding as register


def named(check, tenant):
    return [*check.faults(tenant)]


def test_what_an_organisation_is_called_and_whether_it_is_closed(db, operator):
    made = tenants.found(operator, name="Lantern", slug=f"lantern-{uuid4().hex[:8]}")
    assert named(register, made.id) == []
    with owner(made.id, "tenants_tenant") as cursor:
        update(cursor, "tenants_tenant", "name = %s", "id", "Lanthorn", key(made.id))
    assert named(register, made.id) == [
        f"tenants_tenant {made.id.hex}: its name is Lanthorn, and the entries lead to Lantern"
    ]
    with owner(made.id, "tenants_tenant") as cursor:
        update(cursor, "tenants_tenant", "closed_at = created_at", "id", key(made.id))
    assert "its closed is True, and the entries lead to False" in named(register, made.id)[1]


def test_a_legal_hold_that_somebody_lifted_in_the_table(db, ada, adam, otto):
    held = lifecycle.place_hold(adam, on="tenant", target=ada.tenant, reason="The court asked.")
    lifecycle.ask_lift(adam, hold_id=held.id, reason="The court has ended.")
    assert named(orders, ada.tenant) == []
    with owner(ada.tenant, "lifecycle_hold") as cursor:
        update(cursor, "lifecycle_hold", "lifted_by = %s, lifted_at = placed_at", "id", otto.id, key(held.id))
    [said] = named(orders, ada.tenant)
    assert said == f"lifecycle_hold {held.id.hex}: its lifted_by is {otto.id}, and the entries lead to None"


def test_a_hold_that_was_lifted_by_two_is_what_the_entries_say(db, ada, adam, otto):
    held = lifecycle.place_hold(adam, on="tenant", target=ada.tenant, reason="The court asked.")
    lifecycle.ask_lift(adam, hold_id=held.id, reason="The court has ended.")
    lifecycle.lift_hold(otto, hold_id=held.id)
    assert named(orders, ada.tenant) == []


def test_witnesses_that_somebody_accepted_in_the_table(db, adam):
    made = accepting.propose_policy(acting.operator(), body="quorum none\n")
    assert [one for one in named(rebuilt, DEPLOYMENT) if made.id.hex in one] == []
    with owner(DEPLOYMENT, "ledger_witnesspolicy") as cursor:
        update(
            cursor,
            "ledger_witnesspolicy",
            "accepted_by = %s, accepted_at = proposed_at",
            "id",
            adam.id,
            key(made.id),
        )
    [said] = [one for one in named(rebuilt, DEPLOYMENT) if made.id.hex in one]
    assert said.endswith(f"its accepted_by is {adam.id}, and the entries lead to None")


def test_a_token_that_was_given_more_or_brought_back(db, ada, adam, account_of):
    account_of(ada)
    from datetime import timedelta  # as above

    from muniment.spine import ports  # the clock of this one test

    made = people.create_token(
        ada, label="robot", permissions=["cases.read"], expires_at=ports.now() + timedelta(days=9)
    )
    token = getattr(made, "token", made[0] if isinstance(made, tuple) else made)
    people.revoke_token(ada, token_id=token.id)
    assert named(access, ada.tenant) == []
    with owner(ada.tenant, "access_token") as cursor:
        update(cursor, "access_token", "revoked_at = NULL", "id", key(token.id))
    [said] = named(access, ada.tenant)
    assert said == f"access_token {token.id.hex}: its ended is False, and the entries lead to True"


def test_a_first_password_that_need_not_be_changed_any_more(db, ada, adam, otto, account_of):
    for who in (ada, adam):
        account_of(who)
    people.reset_password(adam, person_id=ada.id, password="a first password for Ada 7")
    assert named(access, ada.tenant) == []
    with tenant_scope(ada.tenant):
        whose = Person.objects.get(id=ada.id)
    with owner(ada.tenant, "access_person") as cursor:
        update(cursor, "access_person", "first_password = %s", "id", False, key(whose.id))
    [said] = named(access, ada.tenant)
    assert "its first_password is False, and the entries lead to True" in said


def test_a_second_factor_that_came_without_an_entry(monkeypatch):
    rows = [("access.Person/1", {"second_factor": True})]
    [said] = differences("access_person", {"access.Person/1": {"second_factor": False}}, rows)
    assert "its second_factor is True, and the entries lead to False" in said
    assert access._person(rebuilt.Said("access.reset_factor", "", {})) == {"second_factor": False}


@pytest.mark.parametrize("facts", [{}, {"person": "p", "permissions": ["cases.read"]}])
def test_what_cannot_be_opened_any_more_is_not_judged(facts):
    said = access._token(rebuilt.Said("access.create_token", "", facts))
    assert ("permissions" in said) is bool(facts)
