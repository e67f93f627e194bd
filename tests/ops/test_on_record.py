"""Jobs, tables brought up to date and sign-ins at the machine are on record as requests are."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from tests.conftest import PASSWORD
from tests.faults.asked import Since, said

from muniment.ledger import record
from muniment.ledger.models import Entry, Outbox
from muniment.ops import acting, actions
from muniment.ops.untold import untold_steps
from muniment.spine import ports, queue
from muniment.spine.actor import system
from muniment.spine.errors import Refused
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT, tenant_scope


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


@pytest.mark.parametrize("path", ["muniment.ledger.jobs.ask_time", "muniment.packs.jobs.not_there"])
@pytest.mark.parametrize("before", [0, queue.MOST_ATTEMPTS - 1])
def test_a_try_that_cannot_be_put_on_record_does_not_count_and_is_had_again(
    db, ada, monkeypatch, path, before
):
    def full(*_):
        raise DatabaseError("disk full")

    Job.objects.all().delete()
    at = ports.now()
    job = Job.objects.create(
        tenant_id=ada.tenant,
        path=path,
        arguments='{"args":[],"kwargs":{}}',
        enqueued_at=at,
        run_at=at,
        attempts=before,
    )
    with monkeypatch.context() as broken:
        broken.setattr(record, "append", full)
        assert actions.one_job(queue.take("me", at), queue.run) is False
    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at, job.result) == ("ready", before, None, "")
    assert job.run_at >= at + queue.LATER
    since = Since()
    assert list(said(ada.tenant, str(job.id))) == []
    fine = actions.one_job(queue.take("me", job.run_at), queue.run)
    assert fine is path.endswith("ask_time")
    told = [one for one in since.new() if one.request == str(job.id)]
    assert {one.outcome for one in told} == {"done" if fine else "refused"}


def test_a_try_that_another_worker_took_over_is_not_put_back(db, ada):
    Job.objects.all().delete()
    at = ports.now()
    job = Job.objects.create(tenant_id=ada.tenant, path="nothing", arguments="{}", enqueued_at=at, run_at=at)
    mine = queue.take("me", at)
    theirs = queue.take("somebody else", at + 2 * queue.LEASE)
    assert theirs is not None
    assert not queue.put_back(mine)
    assert not queue.put_back(theirs), "it is under way"
    job.refresh_from_db()
    assert (job.state, job.worker, job.attempts) == ("running", "somebody else", 2)


def test_tables_brought_up_to_date_are_on_record(db):
    actions.migrate(system("worker", may=actions.WORKER, via="cli"), steps=["ledger.0001_initial"])
    told = [one for one in said(DEPLOYMENT) if one.kind == "ops.migrate"]
    assert told[-1].facts == {"count": 1, "steps": ["ledger.0001_initial"]}


def told_at(moment, may=actions.WORKER):
    """Put on record that the tables were brought up to date, at a moment of one's choice."""
    with ports.frozen(clock=moment):
        actions.migrate(system("worker", may=may, via="cli"), steps=untold_steps())


def test_steps_whose_entry_failed_are_told_the_next_time_and_no_further_time(db):
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    steps = list(MigrationRecorder(connection).migration_qs.order_by("applied", "id"))
    told_at(steps[-3].applied)
    later = [f"{one.app}.{one.name}" for one in steps if one.applied > steps[-3].applied]
    assert later
    assert untold_steps() == later
    with pytest.raises(Refused):
        told_at(ports.now(), may=frozenset())
    assert untold_steps() == later, "what was refused is not told"
    told_at(ports.now())
    *_, told = [one for one in said(DEPLOYMENT) if one.kind == "ops.migrate" and one.outcome == "done"]
    assert told.facts == {"count": len(later), "steps": later}
    assert untold_steps() == []


def test_where_no_entry_about_the_tables_is_kept_the_oldest_entry_bounds_what_is_told(db):
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    steps = list(MigrationRecorder(connection).migration_qs.order_by("applied", "id"))
    with tenant_scope(DEPLOYMENT):
        kept = Entry.objects.order_by("idx").first() or Outbox.objects.order_by("order").first()
    begun = kept.at if kept else None
    assert untold_steps() == [
        f"{one.app}.{one.name}" for one in steps if begun is None or one.applied > begun
    ]


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
