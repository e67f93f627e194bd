"""What the installation itself puts on record: a try of a job, a command at the machine, tables brought up to date.

Rules: what left an entry of its own is not told twice, unless it failed; words of exceptions, which may quote what is
stored, are never told, only their kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from muniment.access.rules import WORKER
from muniment.ledger.action import Act, action, refuse
from muniment.ledger.words import Sealed
from muniment.spine import asking
from muniment.spine.actor import system
from muniment.spine.queue import Taken
from muniment.spine.scope import DEPLOYMENT


@action("ops.work", cls="system.change", says="Muniment did the job {facts.job}")
def work(act: Act, *, job: str, attempt: int) -> None:
    """Put on record that a job was done which left no entry of its own."""
    act.record("ops.job", stream="ops", job=job, attempt=attempt)


@action(
    "ops.migrate", cls="system.change", says="the tables were brought up to date: {facts.count:step|steps}"
)
def migrate(act: Act, *, steps: Sequence[str]) -> None:
    """Put on record which changes of the tables were made, by their names."""
    act.record("ops.tables", stream="ops", count=len(steps), steps=list(steps)[-100:])


@action(
    "ops.command", cls="page.read", says="{actor} was answered at the machine on {facts.asked}", reads=True
)
def command(act: Act, *, asked: str, target: Mapping[str, str], came: str = "") -> None:
    """Put on record that a command was answered which left no entry of its own.

    :param asked: the command. :param target: what it was about. :param came: what came of it, in a few words.
    """
    more = {"came": came} if came else {}
    act.record("ops.command", stream="ops", asked=asked, target=Sealed(dict(target)), **more)


def one_job(taken: Taken, run: Callable[[Taken], bool]) -> bool:
    """Run one try of a job, and see to it that it leaves an entry that bears the job's number.

    :param run: does the job; returns whether it was done.
    """
    job = taken.job
    tenant = UUID(str(job.tenant_id)) if job.tenant_id else DEPLOYMENT
    hand = system("worker", may=WORKER, tenant=tenant)
    with asking.asked(str(job.id), f"job {job.path}") as asked:
        done = run(taken)
        if not done:
            refuse(hand, "ops.work", "This try of the job failed.", attempt=taken.attempt)
        elif not asked.entries:
            work(hand, job=job.path, attempt=taken.attempt)
        return done
