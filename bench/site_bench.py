"""The demo from beginning to end, the pages over TLS on this machine, and the memory of every process."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import yardstick

VISITS = 25
PAGES = ("/", "/sources/", "/scans/", "/counterparties/", "/cases/", "/evidence/", "/ledger/", "/packs/")

#: Run inside the installation: a session of Ada's, the newest scan, a finding, a case, and a queued screening.
INSIDE = """
import json, time, django
django.setup()
from muniment.site.sessions import SessionStore
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, BACKEND_SESSION_KEY
from muniment.access.backends import PATH
from muniment.access.models import Person
from muniment.access.rules import permissions
from muniment.cases.models import Case
from muniment.scans.models import Finding, Scan
from muniment.counterparties.models import Counterparty
from muniment.spine.actor import Actor, ActorKind
from muniment.spine.scope import tenant_scope
from muniment.tenants.queries import named
from muniment.screening import actions as screening
tenant = named("example-pay")
with tenant_scope(tenant.id):
    ada = Person.objects.filter(role="analyst").first()
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(ada.pk), PATH
    session[HASH_SESSION_KEY] = ada.get_session_auth_hash()
    session["account_authentication_methods_user"] = str(ada.pk)
    session["account_authentication_methods"] = [{"method": "password", "type": "password", "at": time.time()}]
    session.save()
    scan = Scan.objects.order_by("-number").first()
    finding = Finding.objects.filter(scan=scan, status="conflict_found").first()
    case = Case.objects.first()
    party = Counterparty.objects.order_by("reference").first()
actor = Actor(str(ada.id), ActorKind.PERSON, tenant.id, permissions("analyst"), via="cli")
screening.run(actor)
print(json.dumps({
    "cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}",
    "pages": [
        f"/scans/{scan.id}/",
        f"/scans/findings/{finding.id}/",
        f"/cases/{case.id}/",
        f"/screening/counterparties/{party.id}/",
    ],
}))
"""


def _family(root: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [root]
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def memory(root: int) -> float:
    """Return the proportional memory of a family of processes in megabytes (shared pages count once)."""
    total = 0
    for one in _family(root):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Visitor:
    """One kept connection over TLS."""

    def __init__(self, port: int, cookie: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
        self.cookie = cookie

    def get(self, path: str) -> tuple[int, float]:
        """Return status and milliseconds of one page."""
        start = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Host": "localhost"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, (time.perf_counter() - start) * 1000


def main() -> None:
    """Measure one demo, then its pages, then the worker with the lists loaded."""
    home = Path(tempfile.mkdtemp(prefix="muniment-bench-")) / "home"
    program = str(Path(sys.executable).with_name("muniment"))
    seconds, _ = yardstick.timed(
        lambda: subprocess.run(
            [program, "demo", "--home", str(home), "--no-serve"], check=True, stdout=subprocess.DEVNULL
        )
    )
    told: dict[str, Any] = json.loads((home / "demo" / "summary.json").read_text())
    port = _free_port()
    environment = {
        **os.environ,
        "MUNIMENT_HOME": str(home),
        "MUNIMENT_PORT": str(port),
        "MUNIMENT_PUBLIC_URL": f"https://localhost:{port}",
        "MUNIMENT_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "muniment.site.settings",
    }
    server = subprocess.Popen(
        [program, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        inside = subprocess.run(
            [sys.executable, "-c", INSIDE], env=environment, capture_output=True, text=True, check=True
        )
        given = json.loads(inside.stdout.strip().splitlines()[-1])
        figures = visit(port, given)
        figures["memory_megabytes"] = loaded(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        shutil.rmtree(home.parent, ignore_errors=True)
    yardstick.say(
        {
            "demo_seconds": seconds,
            "demo_peak_kb": told["peak_memory_kb"],
            "demo_steps": told["seconds"],
            **figures,
        }
    )


def visit(port: int, given: dict[str, Any]) -> dict[str, Any]:
    """Return the median of each page, and of all of them, once the worker has loaded the lists and is idle."""
    deadline = time.monotonic() + 90
    while True:
        try:
            Visitor(port, given["cookie"]).get("/health/live")
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
    time.sleep(45)
    visitor = Visitor(port, given["cookie"])
    medians = {}
    for path in (*PAGES, *given["pages"]):
        name = path if path in PAGES else "/".join(path.split("/")[:-2]) + "/…/"
        status, _ = visitor.get(path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        visitor.get(path)
        medians[name] = round(statistics.median(visitor.get(path)[1] for _ in range(VISITS)), 1)
    return {
        "pages": medians,
        "page_milliseconds": statistics.median(medians.values()),
        "slowest_page_milliseconds": max(medians.values()),
    }


def loaded(root: int) -> float:
    """Return the greatest memory of all processes seen over a few seconds, with the lists loaded."""
    seen = []
    for _ in range(10):
        seen.append(memory(root))
        time.sleep(0.5)
    return max(seen)


if __name__ == "__main__":
    main()
