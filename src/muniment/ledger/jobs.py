"""The ledger's own jobs: what somebody asked for and what needs the network or the signing keys."""

from __future__ import annotations

from django_tasks import task

from muniment.ledger import publish
from muniment.ledger.time import stamping


@task()
def ask_time() -> int:
    """Ask the authorities for time-stamps on the newest heads; what came of it stands in the state of time."""
    publish.settle()
    heard = stamping.ask()
    publish.settle()
    return sum(not one.fault for one in heard)
