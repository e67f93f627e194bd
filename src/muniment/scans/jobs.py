"""The work of a scan, away from the request that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django_tasks import task

from muniment.access.rules import WORKER
from muniment.scans import actions, queries
from muniment.scans.evidence.scan import scan as hold
from muniment.scans.models import Scan, ScanState
from muniment.spine.actor import system
from muniment.spine.errors import Refused
from muniment.spine.scope import tenant_scope


def carry_out(tenant: UUID, scan_id: UUID, say: Callable[[str], None] = lambda _: None) -> Scan:
    """Read the inputs, hold the duties against them and enter the findings; a finished scan is left as it is."""
    with tenant_scope(tenant):
        asked = queries.scan(scan_id)
        if asked.state == ScanState.DONE:
            return asked
        inputs = queries.inputs(asked)
        say("Reading the duties out of the law and looking for evidence")
        result = hold(inputs.acts, inputs.documents)
    worker = system("worker", may=WORKER, tenant=tenant)
    try:
        return actions.finish(worker, scan_id=scan_id, result=result, inputs=inputs)
    except Refused:
        # Somebody else finished it meanwhile: the worker, while the command line did so too.
        with tenant_scope(tenant):
            done = queries.scan(scan_id)
        if done.state != ScanState.DONE:
            raise
        return done


@task()
def perform(tenant: str, scan_id: str) -> str:
    """Carry out a queued scan."""
    return str(carry_out(UUID(tenant), UUID(scan_id)).id)


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
    """Do a scan again from the stored bytes and compare the digests; nothing is written."""
    with tenant_scope(tenant):
        asked = queries.scan(scan_id)
        inputs = queries.inputs(asked)
        return Replayed(asked.digest, hold(inputs.acts, inputs.documents).digest)
