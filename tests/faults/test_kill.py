"""Killed at a random moment: nothing that was acknowledged is lost, and the ledger still verifies.

A child files documents, proposes and decides, and settles, and says so on its pipe only after each call has returned.
It is killed with SIGKILL at a random moment after a random number of calls, so that a slow machine gets as far as a
quick one, twenty times in one installation; then everything it had said must be there.
"""

from __future__ import annotations

import json
import random
import signal
import threading

import pytest
from tests.support.house import build

WORK = """
import sys, django
django.setup()
from uuid import UUID
from muniment.access.rules import permissions
from muniment.cases import actions as cases, queries
from muniment.ledger import publish
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.scope import tenant_scope
from muniment.vault import actions as vault
from muniment.vault.extraction.child import Extractor
tenant, run = UUID(sys.argv[1]), sys.argv[2]
def somebody(name, role):
    return Actor(id=name, kind=ActorKind.PERSON, tenant=tenant, may=permissions(role), via="cli")
ada, otto = somebody("ada", "analyst"), somebody("otto", "officer")
print("ready", flush=True)
with Extractor() as extractor:
    for turn in range(10_000):
        policy = f"# {run} {turn}\\n\\nWithin 96 hours.\\n".encode() * 2000
        version = vault.receive(ada, [policy], name="p.md", extractor=extractor)
        print("filed", version.id, version.sha256, flush=True)
        case = cases.open_case(ada, title="A case to decide", items=[("evidence", version.id)])
        cases.propose(ada, case_id=case.id, outcome="to_remedy", rationale="The law allows three days.")
        with tenant_scope(tenant):
            shown = queries.whole(case.id).shown
        cases.decide(otto, case_id=case.id, approve=True, reason="Agreed, amend it.", shown=shown)
        print("decided", case.id, flush=True)
        settled = {one.origin: one.size for one in publish.settle()}
        print("settled", max(settled.values()), flush=True)
"""

CHECK = """
import sys, json, django
django.setup()
from uuid import UUID
from muniment.cases.models import Case
from muniment.ledger import logs, publish, verify
from muniment.spine.scope import tenant_scope
from muniment.vault import queries, storage
tenant = UUID(sys.argv[1])
with open(sys.argv[2]) as file:
    said = json.load(file)
lost = []
with tenant_scope(tenant):
    for version_id, digest in said["filed"]:
        version = queries.version(UUID(version_id))
        storage.check(tenant, version.blob_id, digest, version.size)
        queries.text_of(version)
    decided = {str(one) for one in Case.objects.filter(state="decided").values_list("id", flat=True)}
    lost += [one for one in said["decided"] if one not in decided]
settled = max([0, *map(int, said["settled"])])
if logs.of(tenant).published < settled:
    lost.append(f"log stands at {logs.of(tenant).published}, {settled} was said")
publish.settle()
faults = [fault for found in verify.verify(deep=True).values() for fault in found.faults]
print(json.dumps({"lost": lost, "faults": faults}))
"""


@pytest.mark.timeout(600)
def test_twenty_kills_lose_nothing_that_was_acknowledged(db, tmp_path, worker_id):
    house = build(tmp_path / "home", f"muniment_kill_{worker_id}")
    moments = random.Random(20261122)
    said: dict[str, list[object]] = {"filed": [], "decided": [], "settled": []}
    for run in range(20):
        with house.start(WORK, house.tenant, str(run)) as child:
            assert child.stdout is not None and child.stderr is not None
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            first, delay = moments.randint(0, 7), moments.uniform(0.0, 0.3)
            heard = 0
            if not first:
                _kill_after(child, delay)
            for line in child.stdout:
                # A line that the kill cut short was not said.
                if line.endswith("\n"):
                    word, *rest = line.split()
                    said[word].append(rest if word == "filed" else rest[0])
                    heard += 1
                    if heard == first:
                        _kill_after(child, delay)
        assert child.returncode == -signal.SIGKILL

    (tmp_path / "said.json").write_text(json.dumps(said))
    outcome = json.loads(house.run(CHECK, house.tenant, str(tmp_path / "said.json")))

    assert len(said["filed"]) > 10
    assert outcome == {"lost": [], "faults": []}


def _kill_after(child, seconds):
    threading.Timer(seconds, child.send_signal, (signal.SIGKILL,)).start()
