"""A worker killed in the middle of a scan: another one does the scan, once, and the ledger holds."""

from __future__ import annotations

import json
import signal
import time

from tests.support.house import build

ASK = """
import sys, django
django.setup()
from uuid import UUID
from tests.scans.conftest import LAW, POLICY
from muniment.access.rules import OPERATOR, permissions
from muniment.scans import actions
from muniment.sources import actions as sources
from muniment.spine.actor import Actor, ActorKind, system
from muniment.vault import actions as vault
operator = system("operator", may=OPERATOR, via="cli")
origin = sources.Origin("32016R0679", "OJ:2030-02-01", "Town Council", "invented")
law = sources.take_in(operator, [sources.File("law.xml", b"as it came")], LAW, origin)
ada = Actor(id="ada", kind=ActorKind.PERSON, tenant=UUID(sys.argv[1]), may=permissions("analyst"), via="cli")
for turn in range(10):
    policy = b"".join(
        f"## Part {turn}.{part}\\n\\nThe keeper of branch {part} keeps a register of lanterns.\\n\\n".encode()
        for part in range(1500)
    )
    vault.receive(ada, [POLICY + policy], name="p.md", title=f"Policy {turn}")
print(actions.run(ada, snapshots=[law.id]).id)
"""

WORK = """
import django
django.setup()
from muniment.spine import ports
from muniment.spine.queue import run, take, worker_name
taken = take(worker_name(), ports.now())
print("taken", flush=True)
print("done", run(taken), flush=True)
"""

GO_ON = """
import sys, json, django
django.setup()
from uuid import UUID
from muniment.ledger import publish, verify
from muniment.ops.serving.worker import hand_back_what_the_dead_held
from muniment.scans import queries
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
freed, done = hand_back_what_the_dead_held(), work_off()
with tenant_scope(UUID(sys.argv[1])):
    scan = queries.scan(UUID(sys.argv[2]))
    findings = len(queries.findings(scan))
publish.settle()
faults = [fault for found in verify.verify(deep=True).values() for fault in found.faults]
told = {"freed": freed, "done": done, "state": scan.state, "findings": findings, "faults": faults}
print(json.dumps(told))
"""


def test_a_scan_whose_worker_is_killed_in_the_middle_is_done_by_another_one(db, tmp_path, worker_id):
    house = build(tmp_path / "home", f"muniment_killed_scan_{worker_id}")
    scan = house.run(ASK, house.tenant).strip().splitlines()[-1]
    with house.start(WORK) as worker:
        assert worker.stdout is not None and worker.stderr is not None
        assert worker.stdout.readline() == "taken\n", worker.stderr.read()
        time.sleep(0.1)
        worker.send_signal(signal.SIGKILL)
        assert worker.stdout.read() == ""
    assert worker.returncode == -signal.SIGKILL

    told = json.loads(house.run(GO_ON, house.tenant, scan).strip().splitlines()[-1])

    assert told == {"freed": 1, "done": 1, "state": "done", "findings": 3, "faults": []}
