"""The work of a scan, away from the request that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django_tasks import task

from muniment.access.rules import WORKER
from muniment.scans import actions, queries, rules
from muniment.scans.evidence.scan import scan as hold
from muniment.scans.models import Scan, ScanState
from muniment.scans.queries import progress
from muniment.spine.actor import Actor, system
from muniment.spine.attempts import attempt
from muniment.spine.errors import Refused
from muniment.spine.scope import tenant_scope


def carry_out(tenant: UUID, scan_id: UUID, say: Callable[[str], None] = lambda _: None) -> Scan:
    """Read the inputs, hold the duties against them and enter the findings; a finished scan is left as it is."""
    with tenant_scope(tenant):
        asked = queries.scan(scan_id)
        if asked.state == ScanState.DONE:
            return asked
        rules.require_queued(asked)
        inputs = queries.inputs(asked)
        say("Reading the duties out of the law and looking for evidence")
        result = hold(inputs.acts, inputs.documents)
    try:
        return actions.finish(_worker(tenant), scan_id=scan_id, result=result, inputs=inputs)
    except Refused:
        # Somebody else finished it meanwhile: the worker, while the command line did so too.
        with tenant_scope(tenant):
            done = queries.scan(scan_id)
        if done.state != ScanState.DONE:
            raise
        return done


@task()
def perform(tenant: str, scan_id: str) -> str:
    """Carry out a queued scan; when no further try would help, enter the reason so that nobody waits for it."""
    of, wanted = UUID(tenant), UUID(scan_id)

    def give_up(why: str) -> None:
        actions.fail(_worker(of), scan_id=wanted, reason=why)

    return attempt(progress.PERFORM, wanted, lambda: carry_out(of, wanted), give_up)


@task()
def perform_replay(tenant: str, replay_id: str) -> str:
    """Do a scan again from the stored bytes and enter what came out; a replay that has ended is left as it is."""
    of, wanted = UUID(tenant), UUID(replay_id)

    def again() -> None:
        asked = progress.replay(wanted)
        if asked.ended_at is None:
            done = replay(of, asked.scan_id)
            actions.finish_replay(_worker(of), replay_id=wanted, again=done.again)

    def give_up(why: str) -> None:
        actions.finish_replay(_worker(of), replay_id=wanted, failure=why)

    return attempt(progress.REPLAY, wanted, again, give_up)


def _worker(tenant: UUID) -> Actor:
    return system("worker", may=WORKER, tenant=tenant)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came out when a scan was done again from the same stored bytes."""

    recorded: str
    again: str

    @property
    def same(self) -> bool:
        """Whether both digests are equal."""
        return self.recorded == self.again


def replay(tenant: UUID, scan_id: UUID) -> Replayed:
    """Do a scan again from the stored bytes and compare the digests; nothing is written.

    :raises Refused: when it has no findings yet, or was made by other rules than are installed now.
    """
    with tenant_scope(tenant):
        asked = queries.scan(scan_id)
        rules.require_done(asked)
        rules.require_these_rules(asked)
        inputs = queries.inputs(asked)
        return Replayed(asked.digest, hold(inputs.acts, inputs.documents).digest)
