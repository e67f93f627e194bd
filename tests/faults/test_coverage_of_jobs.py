"""Every kind of job run once, and once so that it fails: each leaves an entry that bears the job's number.

Grows by itself with the tasks of the rooms: one that nobody gave a sample for fails here. What the worker does without
being asked is named with what it leaves (``muniment.ops.serving.rounds``).
"""

from __future__ import annotations

import ast
import inspect
import json
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django_tasks.base import Task
from tests.faults.asked import said
from tests.faults.test_coverage_of_the_ledger import (
    firm as firm,  # noqa: PLC0414  # a fixture, found by its name
)
from tests.isolation import examples_of_work
from tests.isolation.examples import a_counterparty, a_pack, a_run

from muniment.lifecycle import actions as lifecycle
from muniment.ops import actions
from muniment.ops.serving import rounds, sweeping, worker
from muniment.scans import actions as scans
from muniment.screening import actions as screening
from muniment.spine import ports, queue
from muniment.spine.errors import Busy
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT, tenant_scope

BECAUSE = "For a reason that is long enough."


def every_job():
    """Return the dotted path of each task that stands in a room's jobs."""
    found = []
    for room in apps.get_app_configs():
        if room.name.startswith("muniment.") and find_spec(f"{room.name}.jobs") is not None:
            module = import_module(f"{room.name}.jobs")
            found += [one.module_path for one in vars(module).values() if isinstance(one, Task)]
    return sorted(found)


def a_scan(firm):
    examples_of_work.a_version(firm)
    scans.run(firm.analyst, snapshots=[examples_of_work.a_snapshot(firm)])


def an_erasure(firm):
    asked = lifecycle.ask_erasure(
        firm.administrator,
        target=a_counterparty(firm),
        basis="gdpr-17-1",
        asked_for="The person.",
        reason=BECAUSE,
    )
    lifecycle.answer_erasure(firm.officer, erasure_id=asked.id, approve=True, reason=BECAUSE)


def ask_for_time(firm):
    # Nobody stands outside whom it could ask here; it is asked for all the same.
    with tenant_scope(firm.officer.tenant):
        queue.enqueue("muniment.ledger.jobs.ask_time")


def a_screening(firm):
    a_run(firm)
    screening.run(firm.analyst)


#: How each job comes to be asked for.
SAMPLES = {
    "muniment.ledger.jobs.ask_time": ask_for_time,
    "muniment.lifecycle.jobs.perform": an_erasure,
    "muniment.packs.jobs.perform": a_pack,
    "muniment.scans.jobs.perform": a_scan,
    "muniment.scans.jobs.perform_replay": lambda firm: scans.replay(
        firm.analyst, scan_id=examples_of_work.a_scan(firm)
    ),
    "muniment.screening.jobs.work": a_screening,
}


def of_job(taken, tenant):
    return [*said(tenant, str(taken.job.id)), *(said(DEPLOYMENT, str(taken.job.id)))]


@pytest.mark.parametrize("path", every_job())
def test_every_job_leaves_an_entry_when_it_is_done(path, firm):
    assert path in SAMPLES, "nobody gave a sample for this job: add one here"
    Job.objects.all().delete()
    SAMPLES[path](firm)
    Job.objects.exclude(path=path).delete()
    taken = queue.take("me", ports.now())
    assert taken is not None, "it was not asked for"
    assert actions.one_job(taken, queue.run)
    left = of_job(taken, firm.officer.tenant)
    assert left, "it left no entry"
    for one in left:
        assert (one.actor.split(":")[0], one.role, one.via) == ("system", "system", "job")
        assert one.outcome == "done"


@pytest.mark.parametrize("path", every_job())
def test_every_job_leaves_an_entry_when_it_fails(path, firm):
    Job.objects.all().delete()
    Job.objects.create(
        tenant_id=firm.officer.tenant,
        path=path,
        arguments=json.dumps({"args": [1, 2, 3, 4], "kwargs": {}}),
        enqueued_at=ports.now(),
        run_at=ports.now(),
    )
    taken = queue.take("me", ports.now())
    assert not actions.one_job(taken, queue.run)
    [left] = of_job(taken, firm.officer.tenant)
    assert (left.kind, left.actor, left.outcome) == ("ops.work", "system:worker", "refused")
    assert (left.facts["asked"], left.facts["attempt"]) == (f"job {path}", 1)


@pytest.fixture
def deadly(firm):
    Job.objects.all().delete()
    at = ports.now()
    return Job.objects.create(
        tenant_id=firm.officer.tenant,
        path="muniment.packs.jobs.perform",
        arguments="{}",
        enqueued_at=at,
        run_at=at,
        state="running",
        worker="gone:1",
        attempts=queue.MOST_ATTEMPTS + 1,
        lease_until=at - timedelta(seconds=1),
    )


def test_a_job_that_takes_its_worker_with_it_leaves_an_entry_when_it_is_given_up(deadly, firm):
    assert queue.take("me", ports.now(), actions.lost) is None
    deadly.refresh_from_db()
    assert deadly.state == "failed"
    [left] = said(firm.officer.tenant, str(deadly.id))
    assert (left.kind, left.outcome, left.facts["attempt"]) == ("ops.work", "refused", deadly.attempts)


def test_it_is_not_given_up_when_that_cannot_be_put_on_record(deadly, monkeypatch):
    from muniment.ledger import record

    def full(*_):
        raise DatabaseError("disk full")

    monkeypatch.setattr(record, "append", full)
    with pytest.raises(Busy, match="cannot be put on record"):
        queue.take("me", ports.now(), actions.lost)
    deadly.refresh_from_db()
    assert deadly.state == "running"


def test_what_the_worker_does_by_itself_is_named_with_what_it_leaves():
    calls = [one for one in ast.walk(ast.parse(inspect.getsource(worker))) if isinstance(one, ast.Call)]
    done = {one.args[0].value for one in calls if getattr(one.func, "id", "") == "guarded"}
    assert done == rounds.ROUNDS.keys()
    with pytest.raises(ValueError, match="nobody says"):
        rounds.guarded("something new", lambda: True)


def test_sessions_that_are_over_go_with_an_entry_and_not_without(firm, monkeypatch):
    at = ports.now()
    Session.objects.create(session_key="over", session_data="", expire_date=at - timedelta(days=1))
    before = len(list(said(DEPLOYMENT)))
    from muniment.ledger import record

    def full(*_):
        raise DatabaseError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(record, "append", full)
        with pytest.raises(DatabaseError):
            sweeping.sweep(at)
    assert Session.objects.filter(session_key="over").exists()
    assert sweeping.sweep(at) >= 1
    *_, left = said(DEPLOYMENT)
    assert (left.kind, left.facts["sessions"]) == ("ops.sweep", 1)
    assert sweeping.sweep(at) == 0
    assert len(list(said(DEPLOYMENT))) == before + 1


def test_a_round_that_begins_to_fail_leaves_one_entry(firm, monkeypatch):
    monkeypatch.setattr(rounds, "_failing", set())
    # Within a transaction of the test nothing may be closed.
    monkeypatch.setattr(rounds, "close_old_connections", lambda: None)

    def away():
        raise OSError(5, "away")

    def failures():
        return [one for one in said(DEPLOYMENT) if one.facts.get("asked") == "round witnesses"]

    assert not rounds.guarded("witnesses", away)
    assert not rounds.guarded("witnesses", away)
    [left] = failures()
    assert (left.kind, left.outcome, left.facts["fault"]) == ("ops.work", "refused", "OSError")
    assert rounds.guarded("witnesses", lambda: True)
    assert not rounds.guarded("witnesses", away)
    assert len(failures()) == 2
