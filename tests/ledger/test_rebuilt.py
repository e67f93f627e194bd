"""Roles, settings and cases are rebuilt from the entries alone, and the tables say the same."""

from __future__ import annotations

import random

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.access import actions as people
from muniment.access import rebuilding as roles
from muniment.cases import actions as cases
from muniment.cases import queries as case_queries
from muniment.cases import rebuilding
from muniment.ledger import publish, verify
from muniment.ledger.checks import rebuilt
from muniment.ledger.pruning import acts
from muniment.spine.actor import system
from muniment.spine.errors import MunimentError
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.vault import actions as vault

WORDS = "The policy allows four days where the law allows three."


def keeper(tenant):
    return system("operator", may=frozenset({"ledger.retain"}), tenant=tenant, via="cli")


@pytest.fixture
def lived(db, ada, otto, adam, account_of):
    """Return a function that lives through a number of steps, as chance would have it."""
    for who in (ada, otto, adam):
        account_of(who)

    def live(seed: int, steps: int = 25) -> None:
        chance = random.Random(seed)
        paper = vault.receive(ada, [b"Within 96 hours.\n"], name="incident.md", title=f"Incident {seed}")
        more = vault.receive(ada, [b"Within 12 hours.\n"], name="other.md", title=f"Other {seed}")
        held = [
            cases.open_case(ada, title=f"Case {number}", items=[("evidence", paper.id)]).id
            for number in range(3)
        ]

        def decide(case, *, approve):
            with tenant_scope(ada.tenant):
                shown = case_queries.whole(case).shown
            cases.decide(otto, case_id=case, approve=approve, reason="Looked at, and agreed.", shown=shown)

        deeds = [
            lambda case: cases.propose(ada, case_id=case, outcome="to_remedy", rationale=WORDS),
            lambda case: cases.attach(ada, case_id=case, kind="evidence", item_id=more.id),
            lambda case: decide(case, approve=chance.random() < 0.5),
            lambda case: cases.decide(
                otto, case_id=case, approve=True, reason="Not what was shown.", shown="x"
            ),
            lambda case: cases.withdraw(ada, case_id=case, reason="Opened in error."),
            lambda _case: people.change_role(
                adam, person_id=ada.id, role=chance.choice(["officer", "analyst"])
            ),
            lambda _case: acts.retain(keeper(ada.tenant), months=chance.randint(12, 60)),
        ]
        for _ in range(steps):
            try:
                chance.choice(deeds)(chance.choice(held))
            except MunimentError:
                continue
        people.deactivate(adam, person_id=otto.id)

    return live


def differences(tenant) -> list[str]:
    return [one for check in (rebuilding, roles, rebuilt) for one in check.faults(tenant)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happened_the_entries_lead_to_what_the_tables_say(lived, ada, seed):
    lived(seed)
    assert differences(ada.tenant) == []
    publish.settle()
    assert differences(ada.tenant) == []
    assert verify.verify_log(ada.tenant, deep=True).faults == []


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("cases_case", "number = number + 70", "and the entries lead to"),
        ("access_person", "role = 'auditor'", "its role is auditor, and the entries lead to"),
        ("access_person", "is_active = true", "its is_active is True, and the entries lead to False"),
        ("ledger_retention", "months = 777", "its months is 777, and the entries lead to"),
    ],
)
def test_each_difference_is_named(lived, ada, table, change, said):
    lived(4)
    acts.retain(keeper(ada.tenant), months=14)
    with owner(ada.tenant, table) as cursor:
        update(cursor, table, change, "tenant_id", key(ada.tenant))
    assert any(one.startswith(f"{table} ") and said in one for one in differences(ada.tenant))
    assert any(said in one for one in verify.verify_log(ada.tenant, deep=True).faults)


def test_the_installation_itself_has_no_people(db):
    assert list(roles.faults(DEPLOYMENT)) == []
