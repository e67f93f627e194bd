"""The queue: a job is done once by whoever holds it, tried again when it fails, and given up in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from muniment.spine import ports, queue
from muniment.spine.models import Job
from muniment.spine.scope import active_tenant, tenant_scope

DONE: list[tuple[str, object]] = []


@task()
def note(word: str) -> str:
    """Note a word and whose it is."""
    DONE.append((word, active_tenant()))
    return word.upper()


@task()
def stumble(word: str) -> None:
    """Fail, saying something that must not be kept."""
    raise LookupError(word)


@pytest.fixture(autouse=True)
def _alone(db):
    """Let nothing else wait."""
    DONE.clear()
    Job.objects.all().delete()


def test_a_job_runs_in_the_scope_of_the_tenant_that_asked(ada):
    with tenant_scope(ada.tenant):
        asked = note.enqueue("canary")
        assert note.get_result(asked.id).status is TaskResultStatus.READY
        assert queue.work_off() == 1
        told = note.get_result(asked.id)
    assert [("canary", ada.tenant)] == DONE
    assert (told.status, told.return_value) == (TaskResultStatus.SUCCESSFUL, "CANARY")
    assert queue.work_off() == 0


def test_how_a_job_stands_is_told_to_its_own_tenant_only(ada, mallory):
    with tenant_scope(ada.tenant):
        asked = note.enqueue("canary")
        with pytest.raises(TaskResultDoesNotExist):
            note.get_result("unknown")
    with tenant_scope(mallory.tenant), pytest.raises(TaskResultDoesNotExist):
        note.get_result(asked.id)


def test_a_job_that_fails_is_tried_later_each_time_and_given_up_after_five(ada):
    with tenant_scope(ada.tenant):
        asked = stumble.enqueue("canary")
    at, waits = ports.now(), []
    for _ in range(queue.MOST_ATTEMPTS):
        with ports.frozen(clock=at):
            assert queue.work_off() == 0
        job = Job.objects.get()
        waits.append((job.run_at - at).total_seconds())
        at = job.run_at + timedelta(seconds=1)
    assert waits == [2, 4, 8, 16, 32]
    assert (job.state, job.attempts, job.failure) == ("failed", 5, "builtins.LookupError")
    with ports.frozen(clock=at), tenant_scope(ada.tenant):
        assert queue.take("somebody", at) is None
        told = stumble.get_result(asked.id)
    assert told.status is TaskResultStatus.FAILED
    assert "canary" not in repr(told.errors)


def test_a_worker_that_was_overtaken_cannot_finish_the_job(ada):
    with tenant_scope(ada.tenant):
        note.enqueue("canary")
    at = ports.now()
    slow = queue.take("slow", at)
    assert slow is not None
    assert queue.take("quick", at) is None
    quick = queue.take("quick", at + queue.LEASE + timedelta(seconds=1))
    assert quick is not None
    assert quick.attempt == 2
    assert queue.run(slow) is False
    assert Job.objects.get().state == "running"
    assert queue.run(quick) is True
    assert Job.objects.get().state == "done"


def test_the_urgent_job_goes_first_and_a_later_one_waits(ada):
    with tenant_scope(ada.tenant):
        note.enqueue("ordinary")
        note.using(priority=9).enqueue("urgent")
        note.using(run_after=ports.now() + timedelta(hours=1)).enqueue("later")
    assert queue.work_off() == 2
    assert [word for word, _ in DONE] == ["urgent", "ordinary"]


def test_a_path_that_names_no_task_is_our_own_mistake():
    with pytest.raises(TypeError, match="is not a task"):
        queue.task_at("muniment.spine.queue.work_off")
    assert queue.task_at("muniment.scans.jobs.perform") is not None


def test_a_job_that_takes_its_worker_with_it_each_time_keeps_no_other_job_waiting(ada):
    with tenant_scope(ada.tenant):
        asked = note.enqueue("deadly")
    at = ports.now()
    for _ in range(queue.MOST_ATTEMPTS + 1):
        assert queue.take("dies", at).job.id == asked.id
        at += queue.LEASE + timedelta(seconds=1)
    with tenant_scope(ada.tenant):
        after = note.enqueue("harmless")
        assert queue.take("lives", at).job.id == after.id
        told = note.get_result(asked.id)
    assert told.status is TaskResultStatus.FAILED
    assert told.errors[0].exception_class is queue.WorkerLost
    assert queue.take("lives", at) is None
