"""Run by a test in an installation of its own: every kind of job waits, and is tried while the ledger is unwritable.

``python -m tests.faults.run_unwritable_jobs FAULT FOLDER`` reads what ``muniment seed`` told and prints JSON: what came
of each try, what changed meanwhile, and what became of the jobs when the ledger could be written again.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

# First: it reads where the owner's hand is before the program forgets it.
from tests.faults.run_unwritable import mend, plant  # isort: skip

from django.db import DatabaseError, close_old_connections  # isort: skip
from tests.faults import state
from tests.faults.asked import said

from muniment.access.queries import actor_of, person_by_login
from muniment.ledger import publish
from muniment.lifecycle import actions as lifecycle
from muniment.ops import actions
from muniment.packs import actions as packs
from muniment.scans import actions as scans
from muniment.screening import actions as screening
from muniment.spine import config, ports, queue
from muniment.spine.actor import Actor
from muniment.spine.errors import MunimentError
from muniment.spine.installation import key_store
from muniment.spine.models import Job
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: How often each job comes to its turn while nothing can be recorded: oftener than it would be tried with a ledger.
TURNS = queue.MOST_ATTEMPTS + 2
WHY = "For a reason that is long enough."


def somebody(told: dict[str, Any], role: str) -> Actor:
    """Return the person in a role, who showed all that the role asks for."""
    login = next(one["login"] for one in told["logins"] if one["role"] == role)
    return actor_of(person_by_login(login), factors=frozenset({"password", "totp"}), via="page")


def ask_for_everything(told: dict[str, Any]) -> None:
    """Let one job of each kind wait."""
    analyst, officer, administrator = (somebody(told, one) for one in ("analyst", "officer", "administrator"))
    Job.objects.all().delete()
    scans.run(analyst, snapshots=[UUID(told["source"])])
    scans.replay(analyst, scan_id=UUID(told["scan"]))
    screening.run(analyst)
    packs.build(officer, case_id=UUID(told["case"]))
    about = {"target": UUID(told["person"]), "basis": "gdpr-17-1", "asked_for": "The person.", "reason": WHY}
    asked = lifecycle.ask_erasure(administrator, **about)
    lifecycle.answer_erasure(officer, erasure_id=asked.id, approve=True, reason=WHY)
    with tenant_scope(officer.tenant):
        queue.enqueue("muniment.ledger.jobs.ask_time")
    publish.settle()


def try_them(at: Any, most: int) -> list[dict[str, Any]]:
    """Let what waits at a moment be tried, so many tries at most; returns what came of each."""
    found = []
    for _ in range(most):
        one = {"path": "", "done": False, "entries": 0}
        try:
            taken = queue.take("me", at, actions.lost)
            if taken is None:
                break
            one["path"] = taken.job.path
            one["done"] = actions.one_job(taken, queue.run)
        except (MunimentError, DatabaseError):
            close_old_connections()
        else:
            one["entries"] = entries(taken.job)
        found.append(one)
    return found


def entries(job: Job) -> int:
    """Return how many entries bear the number of a job and say that something was done."""
    tenants = {UUID(str(job.tenant_id)), DEPLOYMENT}
    return sum(one.outcome == "done" for tenant in tenants for one in said(tenant, str(job.id)))


def jobs() -> dict[str, list[Any]]:
    """Return how each job stands, and how many tries count."""
    return {one.path: [one.state, one.attempts, entries(one)] for one in Job.objects.all()}


def outside() -> dict[str, Any]:
    """Return what an erasure or a pack would change that stands in no table: keys, files, the journal."""
    home = config.current()
    blobs = sorted(str(one.relative_to(home.data)) for one in (home.data / "blobs").rglob("*.*"))
    journal = home.journal_file
    held = sha256(journal.read_bytes()).hexdigest() if journal.exists() else ""
    return {"keys": key_store().count(), "blobs": blobs, "journal": held}


def main() -> None:
    """Ask for work, plant the fault, let the work be tried, mend, let it be done, and print what came."""
    fault, folder = sys.argv[1:3]
    told = json.load(sys.stdin)
    ask_for_everything(told)
    waiting = jobs()
    apart = frozenset({"jobs"})
    before, beside = state.rows(apart), outside()
    plant(fault)
    at, tries = ports.now(), []
    for _ in range(TURNS):
        at += timedelta(hours=1)
        tries += try_them(at, len(waiting))
    during, changed = jobs(), state.other(before, state.rows(apart))
    after = outside()
    mend(fault)
    for _ in range(TURNS):
        at += timedelta(hours=1)
        try_them(at, len(waiting))
        publish.settle()
    ended = {"jobs": jobs(), "beside": outside()}
    _ = Path(folder)
    json.dump(
        {
            "waiting": waiting,
            "tries": tries,
            "during": during,
            "changed": changed,
            "beside": [beside, after],
            "ended": ended,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
