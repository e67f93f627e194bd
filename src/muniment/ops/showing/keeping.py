"""What holds against the firm itself: others sign its log, somebody is forgotten, a changed copy is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from muniment.counterparties.models import Counterparty
from muniment.ledger import lag, logs, publish, witnessing
from muniment.ledger.models import Log
from muniment.ledger.time import stamping
from muniment.ledger.trust import accepting
from muniment.lifecycle import actions as lifecycle
from muniment.lifecycle import jobs as erasing
from muniment.lifecycle import queries as erasures
from muniment.ops.acting import operator
from muniment.ops.showing import neighbours
from muniment.ops.showing.screen import number
from muniment.ops.showing.setting import Tour
from muniment.proof.note import parse_keys
from muniment.spine import ports
from muniment.spine.queue import work_off
from muniment.spine.scope import DEPLOYMENT, tenant_scope

#: Where in a bundle of entries the copy is changed: in the first of them.
CHANGED_BYTE = 40


def witness(tour: Tour) -> None:
    """Step f: a witness signs that the log only grew, and a time-stamp authority when it stood so."""
    screen, adam = tour.screen, tour.actor("adam")
    seen = [logs.of(DEPLOYMENT), logs.of(adam.tenant)]
    policy = neighbours.policy(tour.home, [key for log in seen for key in parse_keys(log.vkeys.encode())])
    (tour.results / "policy.txt").write_text(policy, encoding="ascii")
    # A witness reads whom it knows when it begins.
    tour.until_the_end.enter_context(neighbours.running(tour.home))
    accepting.propose_policy(operator(), body=policy)
    accepting.accept_policy(
        accepting.for_installation(adam), sha256=accepting.digest_of(policy.encode("ascii"))
    )
    screen.say("Whose signature counts is decided by two: the operator proposes, Adam accepts.")
    with screen.bar("Heads of the logs, signed by somebody else"):
        publish.settle(heads=True)
        witnessing.ask_all(ports.now())
        stamps = stamping.ask()
        publish.settle()
        asked = witnessing.ask_all(ports.now())
    faults = [each.fault for one in asked.values() for each in one.heard if each.fault]
    faults += [one.fault for one in stamps if one.fault]
    if faults:
        raise RuntimeError(f"a neighbour of the demonstration refused: {faults[0]}")
    with tenant_scope(adam.tenant):
        standing = lag.standing(ports.now()).lag
        entries = Log.objects.get().size
    if standing is None or standing.covered < entries:
        raise RuntimeError("the log is not witnessed")
    screen.good(
        f"{neighbours.WITNESS}, a program of its own with keys of its own, signs all {number(entries)} entries."
    )
    screen.good("A test authority stamps the time on the same head; in earnest it would be an outside one.")
    screen.say("From now on nobody can write the past anew without them, not even who holds every key here.")
    tour.counted["witnessed"] = {"entries": entries, "by": list(standing.names)}
    tour.counted["time_stamps"] = len(stamps)


def erase(tour: Tour) -> None:
    """Step f: somebody's data are erased by the order of two, and everything still holds."""
    screen, otto, adam = tour.screen, tour.actor("otto"), tour.actor("adam")
    with tenant_scope(otto.tenant):
        somebody = _somebody(tour)
        reference = somebody.reference
    screen.say(f"{reference}, a customer, asks to be forgotten. Otto passes it on, Adam orders it.")
    asked = lifecycle.ask_erasure(
        otto,
        target=somebody.id,
        basis="gdpr-17-1",
        asked_for=f"the customer {reference}",
        reason="The account is closed and nothing is owed.",
    )
    with screen.bar("Keys destroyed, tables and indexes cleaned"):
        lifecycle.answer_erasure(adam, erasure_id=asked.id, approve=True, reason="No law makes us keep it.")
        erasing.perform.func(str(otto.tenant), str(asked.id))
        work_off()
        publish.settle()
    with tenant_scope(otto.tenant):
        done = erasures.erasure(asked.id)
        paper = erasures.certificate(done)
    place = tour.results / erasures.certificate_name(done)
    place.write_bytes(paper)
    words = _run(tour, "verify.py", str(place), "--certificate", "--trust", "log-keys.txt")
    screen.good(
        "The keys are gone, and with them what they opened: in tables, in files and in the log itself."
    )
    screen.good(f"A certificate says so ({place.name}); verify.py, in a process of its own:")
    for line in words.splitlines():
        if line.startswith(("[", "VERIFIED")):
            screen.say(f"  {line}")
    tour.counted["erased"] = {"reference": reference, "certificate": str(place)}


def _somebody(tour: Tour) -> Counterparty:
    """Return a customer who is a person, resembles nobody on a list, and stands in no case."""
    drawn = [one[0] for one in tour.counted["resembling"]]
    found = Counterparty.objects.filter(kind="person").exclude(reference__in=drawn).order_by("reference")
    chosen: Counterparty = found[0]
    return chosen


def tampered(tour: Tour) -> None:
    """Step f, the end: a copy of the log's files, one bit changed, held against keys from elsewhere."""
    screen = tour.screen
    with tenant_scope(tour.actor("otto").tenant):
        folder = logs.folder(Log.objects.get())
    copy = tour.results / "copy-of-the-log"
    shutil.copytree(folder, copy)
    whole = _verified(tour, copy)
    if whole.returncode != 0:
        raise RuntimeError("a true copy of the log was refused")
    screen.good(f"A copy of the log's files, without any secret key: {whole.stdout.splitlines()[0]}")
    bundles = (one for one in (copy / "tile" / "entries").rglob("*") if one.is_file())
    bundle = max(bundles, key=lambda one: one.stat().st_size)
    raw = bytearray(bundle.read_bytes())
    raw[CHANGED_BYTE] ^= 1
    bundle.write_bytes(raw)
    forged = _verified(tour, copy)
    if forged.returncode != 1:
        raise RuntimeError("a changed copy of the log was not refused")
    screen.refused("The same copy with one bit changed in one file:")
    for line in forged.stdout.splitlines()[1:2]:
        screen.say(f"  {line.strip()}")
    tour.counted["tampered"] = forged.stdout.splitlines()[1].strip()
    shutil.rmtree(copy)


def _verified(tour: Tour, copy: Path) -> subprocess.CompletedProcess[str]:
    program = "from muniment.ops.cli import main; main()"
    command = [sys.executable, "-c", program, "ledger", "verify", "--folder", str(copy)]
    keys = str(tour.results / "log-keys.txt")
    return _child([*command, "--trust", keys], tour)


def _run(tour: Tour, program: str, *words: str) -> str:
    done = _child([sys.executable, "-I", program, *words], tour)
    if done.returncode != 0:
        raise RuntimeError(f"{program} refused what holds: {done.stdout}{done.stderr}")
    return done.stdout


def _child(command: list[str], tour: Tour) -> subprocess.CompletedProcess[str]:
    """Run a program with an empty environment, in the folder of what the demonstration leaves behind."""
    return subprocess.run(
        command,
        cwd=tour.results,
        env={},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
