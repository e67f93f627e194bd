"""What the installation itself puts on record: a try of a job, a command at the machine, tables brought up to date.

Rules: what left an entry of its own is not told twice, unless it failed; words of exceptions, which may quote what is
stored, are never told, only their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError

from muniment.access.rules import WORKER
from muniment.ledger.action import Act, action, refuse
from muniment.ledger.words import Sealed
from muniment.spine import asking, ports, queue
from muniment.spine.actor import Actor, system
from muniment.spine.errors import Busy, MunimentError
from muniment.spine.models import Job
from muniment.spine.queue import Taken
from muniment.spine.scope import DEPLOYMENT

log = structlog.get_logger("muniment.ops")


@action("ops.work", cls="system.change", says="Muniment did the job {facts.job}")
def work(act: Act, *, job: str, attempt: int) -> None:
    """Put on record that a job was done which left no entry of its own."""
    act.record("ops.job", stream="ops", job=job, attempt=attempt)


@action("ops.install", cls="system.change", says="{actor} made this installation")
def install(act: Act, *, version: str, verifier: str) -> None:
    """Put on record who made the installation; the first entry of its own log.

    :param version: of the program. :param verifier: SHA-256 of the stand-alone verifier that it hands out.
    """
    act.record("ops.installation", stream="ops", version=version, verifier=verifier)


@action(
    "ops.migrate", cls="system.change", says="the tables were brought up to date: {facts.count:step|steps}"
)
def migrate(act: Act, *, steps: Sequence[str]) -> None:
    """Put on record which changes of the tables were made, by their names."""
    act.record("ops.tables", stream="ops", count=len(steps), steps=list(steps)[-100:])


@action("ops.sweep", cls="system.change", says="Muniment took away {facts.count:row|rows} that were over")
def sweep(act: Act, *, sessions: int, remembered: int) -> None:
    """Put on record that sessions past their end, and attempts and codes that count no longer, were taken away."""
    act.record(
        "ops.sweep", stream="ops", count=sessions + remembered, sessions=sessions, remembered=remembered
    )


@action("ops.read", cls="page.read", says="{actor} was answered at the machine on {facts.asked}", reads=True)
def read(act: Act, *, asked: str, target: Mapping[str, str], came: str = "") -> None:
    """Put on record that a command was answered which left no entry of its own.

    :param asked: the command. :param target: what it was about. :param came: what came of it, in a few words.
    """
    more = {"came": came} if came else {}
    act.record("ops.read", stream="ops", asked=asked, target=Sealed(dict(target)), **more)


def lost(job: Job) -> None:
    """Put on record that a job is given up because its worker died with it each time that it was tried.

    :raises Busy: when that cannot be put on record; the job is not given up then.
    """
    with asking.asked(str(job.id), f"job {job.path}"):
        why = "The worker of this job died with it each time that it was tried."
        if not refuse(_worker(job), "ops.work", why, attempt=job.attempts):
            raise Busy("That a job is given up cannot be put on record.")


def one_round(what: str, deed: Callable[[], bool]) -> bool:
    """Do one round of what the worker does again and again; what it leaves in the ledger bears one number."""
    with asking.asked(ports.new_id().hex, f"round {what}"):
        return deed()


def failed_round(what: str, fault: BaseException) -> bool:
    """Put on record that a round of the worker failed, by the kind of the fault; returns whether it is on record."""
    with asking.asked(ports.new_id().hex, f"round {what}"):
        hand = system("worker", may=WORKER)
        return refuse(hand, "ops.work", "This round of the worker failed.", fault=type(fault).__name__)


def _worker(job: Job) -> Actor:
    return system("worker", may=WORKER, tenant=UUID(str(job.tenant_id)) if job.tenant_id else DEPLOYMENT)


def one_job(taken: Taken, run: Callable[[Taken], bool]) -> bool:
    """Run one try of a job, and see to it that it leaves an entry that bears the job's number.

    No ledger, no job: a try that cannot be put on record, failed or done, does not count and is had again later. One
    that left no entry has changed nothing.

    :param run: does the job; returns whether it was done. :returns: whether it is done and on record.
    """
    job = taken.job
    hand = _worker(job)
    with asking.asked(str(job.id), f"job {job.path}") as asked:
        done = run(taken)
        if done and asked.entries:
            return True
        try:
            if done:
                work(hand, job=job.path, attempt=taken.attempt)
                return True
            # Each by itself: the queue sees to it that there are few, and a job given up must not be one of a number.
            recorded = refuse(
                hand, "ops.work", "This try of the job failed.", each=True, attempt=taken.attempt
            )
        except (DatabaseError, MunimentError):
            log.exception("job_not_recorded", job=str(job.id), path=job.path)
            recorded = False
        if not recorded:
            queue.put_back(taken)
        return False
