"""What records or settles, for the sustained rates. To be imported when Django is set up, by `write_bench`."""

from __future__ import annotations

import select
import sys
import time
from uuid import UUID

from django.db import connection

from muniment.ledger import publish
from muniment.ledger.action import Act, action
from muniment.ledger.models import Outbox
from muniment.spine.actor import system
from muniment.spine.scope import tenant_scope

BATCH = 100
#: As many events may wait for their place before the recording pauses: what one settling takes.
WAITING = 2000


@action("tenants.measure", cls="tenant.change", says="measured")
def measure(act: Act, *, events: int) -> None:
    """Record some events in one commit."""
    for number in range(events):
        act.record("tenants.Bench/1", stream=f"bench/{number % 10}", outcome="cleared", number=number)


def record(tenant: UUID, seconds: float) -> int:
    """Record batches until the time is over, never further ahead than `WAITING`; returns how many events."""
    actor = system("bench", may=frozenset({"tenants.measure"}), tenant=tenant)
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        with tenant_scope(tenant):
            waiting = Outbox.objects.count()
        if waiting > WAITING:
            time.sleep(0.02)
            continue
        measure(actor, events=BATCH)
        done += BATCH
    return done


def settle_until_told() -> None:
    """Settle all logs again and again, until a line comes in."""
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        publish.settle()
    publish.settle()
    connection.close()
