"""The queue: Django's Tasks API with a lease backend of our own, on whichever database holds the tables.

Rules this file obeys:

1. A job is enqueued inside the caller's transaction: no job without its change, no change without its job.
2. A worker takes a job by a lease; a worker that dies loses the lease and somebody else runs the job again.
3. A job runs at least once: its action must recognise work that is already done. The word *done* is fenced by the
   worker's name and the attempt, so that a late worker cannot finish what another one has taken over. The job runs
   outside a transaction of its own, since a long one would keep everybody else from writing.
4. Arguments are identifiers only, never names or texts.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from muniment.spine import ports
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT, active_tenant, tenant_scope

LEASE: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 5
#: When a try that does not count is followed by another one.
LATER: Final = timedelta(seconds=30)


STATES: Final = {
    "ready": TaskResultStatus.READY,
    "running": TaskResultStatus.RUNNING,
    "done": TaskResultStatus.SUCCESSFUL,
    "failed": TaskResultStatus.FAILED,
}


class LeaseBackend(BaseTaskBackend):
    """Django Tasks on the table of jobs."""

    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Put a job on the queue, in the transaction that is open."""
        self.validate_task(task)
        at = ports.now()
        job = Job.objects.create(
            tenant_id=active_tenant(),
            path=task.module_path,
            queue=task.queue_name,
            arguments=json.dumps({"args": list(args), "kwargs": dict(kwargs)}),
            priority=task.priority,
            enqueued_at=at,
            run_at=task.run_after or at,
        )
        return self._result(job, task)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return how a job stands.

        :raises TaskResultDoesNotExist: for an unknown job, or one of another tenant.
        """
        job = Job.objects.filter(id=result_id, tenant_id=active_tenant()).first()
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        return self._result(job, task_at(job.path))

    def _result(self, job: Job, task: Task[Any, Any]) -> TaskResult[Any]:
        given = json.loads(job.arguments)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=job.id,
            status=STATES[job.state],
            enqueued_at=job.enqueued_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            last_attempted_at=job.started_at,
            args=given["args"],
            kwargs=given["kwargs"],
            backend=self.alias,
            errors=[TaskError(exception_class_path=job.failure, traceback="")] if job.failure else [],
            worker_ids=[job.worker] if job.worker else [],
        )
        if job.state == "done":
            object.__setattr__(result, "_return_value", json.loads(job.result or "null"))
        return result


def task_at(path: str) -> Task[Any, Any]:
    """Return the task at a dotted path."""
    from django.utils.module_loading import import_string  # noqa: PLC0415  # keeps workers' start light

    found = import_string(path)
    if not isinstance(found, Task):
        raise TypeError(f"{path} is not a task")
    return found


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this worker holds, and the attempt that fences it."""

    job: Job
    attempt: int
    worker: str


class WorkerLost(RuntimeError):
    """The worker of a job died with it, each time that it was tried."""


def _path(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"[:200]


def worker_name() -> str:
    """Return a name for this worker that no other one has."""
    return f"{socket.gethostname()}:{os.getpid()}"


def take(worker: str, at: datetime, lost: Callable[[Job], None] = lambda _job: None) -> Taken | None:
    """Take the most urgent job that is ready or whose lease has run out; ``None`` when there is none.

    A job that fails says so, and is counted by :func:`run`. One that takes its worker with it every time never does:
    it has one try more, in which it may put that on record, and then stays *failed* so that the queue goes on.

    :param lost: told of such a job before it is given up; it stays as it is when this raises.
    """
    with transaction.atomic():
        waiting = Q(state="ready", run_at__lte=at) | Q(state="running", lease_until__lt=at)
        jobs: Any = Job.objects.filter(waiting).order_by("-priority", "run_at", "enqueued_at")
        while (job := jobs.select_for_update(skip_locked=True).first()) is not None:
            if job.state == "ready" or job.attempts <= MOST_ATTEMPTS:
                break
            lost(job)
            job.state, job.failure, job.finished_at = "failed", _path(WorkerLost), at
            job.save(update_fields=["state", "failure", "finished_at"])
        if job is None:
            return None
        job.state, job.worker, job.attempts = "running", worker, job.attempts + 1
        job.started_at, job.lease_until = at, at + LEASE
        job.save(update_fields=["state", "worker", "attempts", "started_at", "lease_until"])
        return Taken(job, job.attempts, worker)


def _finish(taken: Taken, **columns: Any) -> bool:
    mine = Job.objects.filter(id=taken.job.id, worker=taken.worker, attempts=taken.attempt, state="running")
    return bool(mine.update(**columns))


def run(taken: Taken) -> bool:
    """Run a job that was taken.

    A job that fails is tried again later, after 2, 4, 8… seconds, five times at most; then it stays *failed*.

    :returns: whether this worker finished it.
    """
    job = taken.job
    given = json.loads(job.arguments)
    try:
        with tenant_scope(UUID(str(job.tenant_id)) if job.tenant_id else DEPLOYMENT):
            value = task_at(job.path).func(*given["args"], **given["kwargs"])
    except Exception as fault:  # noqa: BLE001  # whatever a job raises, the queue must go on
        again = taken.attempt < MOST_ATTEMPTS
        at = ports.now()
        _finish(
            taken,
            state="ready" if again else "failed",
            failure=_path(type(fault)),
            run_at=at + timedelta(seconds=2**taken.attempt),
            finished_at=None if again else at,
        )
        return False
    return _finish(taken, state="done", result=json.dumps(value), finished_at=ports.now(), failure="")


def put_back(taken: Taken) -> bool:
    """Give a try back that ended without being put on record: it does not count, and another one follows later.

    Without this a ledger that cannot be written for half a minute would use up every try of every job.

    :returns: whether the job waits again; another worker may hold it by now.
    """
    job, at = taken.job, ports.now()
    ended = Job.objects.filter(id=job.id, worker=taken.worker, attempts=taken.attempt).exclude(
        state="running"
    )
    return bool(
        ended.update(
            state="ready", attempts=taken.attempt - 1, run_at=at + LATER, finished_at=None, result=""
        )
    )


def work_off(most: int = 1000) -> int:
    """Run what waits, in this process; returns how many jobs were done."""
    worker, done = worker_name(), 0
    for _ in range(most):
        taken = take(worker, ports.now())
        if taken is None:
            break
        done += run(taken)
    return done


def enqueue(path: str, *arguments: str) -> str:
    """Put the task at a dotted path on the queue, in the transaction that is open; returns the job's identifier.

    Rooms name their jobs instead of importing them: a job stands above the action that asks for it.
    """
    return str(task_at(path).enqueue(*arguments).id)
