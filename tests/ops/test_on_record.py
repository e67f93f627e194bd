"""Jobs, tables brought up to date and sign-ins at the machine are on record as requests are."""

from __future__ import annotations

import pytest
from tests.conftest import PASSWORD
from tests.faults.asked import said

from muniment.ops import acting, actions
from muniment.spine import ports, queue
from muniment.spine.actor import system
from muniment.spine.errors import Refused
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT


@pytest.fixture
def taken(db, ada):
    job = Job.objects.create(
        tenant_id=ada.tenant,
        path="muniment.packs.jobs.work",
        arguments='{"args":[],"kwargs":{}}',
        enqueued_at=ports.now(),
        run_at=ports.now(),
    )
    return queue.Taken(job, 1, "me")


@pytest.mark.parametrize(("done", "outcome"), [(True, "done"), (False, "refused")])
def test_each_try_of_a_job_leaves_an_entry_with_its_number(taken, ada, done, outcome):
    assert actions.one_job(taken, lambda _taken: done) is done
    (told,) = said(ada.tenant, taken.job.id)
    assert (told.kind, told.outcome, told.actor, told.role) == (
        "ops.work",
        outcome,
        "system:worker",
        "system",
    )


def test_a_job_with_an_entry_of_its_own_leaves_no_second_one(taken, ada):
    from muniment.cases import actions as cases

    actions.one_job(taken, lambda _taken: bool(cases.open_case(ada, title="A question")))
    assert [one.kind for one in said(ada.tenant, taken.job.id)] == ["cases.open"]


def test_tables_brought_up_to_date_are_on_record(db):
    actions.migrate(system("worker", may=actions.WORKER, via="cli"), steps=["ledger.0001_initial"])
    told = [one for one in said(DEPLOYMENT) if one.kind == "ops.migrate"]
    assert told[-1].facts == {"count": 1, "steps": ["ledger.0001_initial"]}


def test_who_is_refused_at_the_machine_leaves_an_entry(account_of, ada, tmp_path):
    person = account_of(ada)
    before = len(list(said(ada.tenant)))
    with pytest.raises(Refused):
        acting.by_login(person.login, PASSWORD + "x", "")
    *_, told = said(ada.tenant)
    assert len(list(said(ada.tenant))) == before + 1
    assert (told.kind, told.outcome, told.actor) == ("access.sign_in", "refused", ada.id)
    with pytest.raises(Refused):
        acting.by_login("nobody@nowhere.example", PASSWORD, "")
    file = tmp_path / "token"
    file.write_text("nonsense")
    with pytest.raises(Refused):
        acting.by_token(file)
    last = [one for one in said(DEPLOYMENT) if one.kind == "access.sign_in"][-2:]
    assert [(one.actor, one.outcome) for one in last] == [
        ("system:gate", "refused"),
        ("system:nobody", "refused"),
    ]
