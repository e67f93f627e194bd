"""The end of the tour: the ledger is settled and signed, a proof is built, checked as strangers do, and forged."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

from muniment.ledger import logs, publish
from muniment.ledger import verify as checking
from muniment.ops.showing.screen import number
from muniment.ops.showing.setting import Tour
from muniment.packs import actions as packs
from muniment.packs import jobs as pack_jobs
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope


def settle(tour: Tour) -> None:
    """Step f, first part: every event gets its place in the log, and the log's head is signed."""
    screen = tour.screen
    with screen.bar("Entries into the ledger"):
        work_off()
        done = publish.settle()
    entries = sum(one.size for one in done)
    tour.counted["counts"]["ledger_entries"] = entries
    screen.say(
        f"{number(entries)} things were done so far, reading and refusals included; each is one entry of a log."
    )
    mine = logs.of(tour.actor("otto").tenant)
    head = next(one for one in done if one.tenant == mine.tenant_id)
    screen.good(f"The firm's log stands at {number(head.size)} entries; its head is signed: {head.root}")
    (tour.results / "log-keys.txt").write_text(mine.vkeys, encoding="ascii")


def prove(tour: Tour) -> None:
    """Step f, second part: a proof of the case that needs nobody's word, and what happens when one byte changes."""
    screen, otto = tour.screen, tour.actor("otto")
    with screen.bar("Building the proof"):
        asked = packs.build(otto, case_id=UUID(tour.counted["case"]))
        built = pack_jobs.carry_out(otto.tenant, asked.id)
    with tenant_scope(otto.tenant):
        made, pieces = packs.download(otto, pack_id=built.id, given_to="whoever watches this demonstration")
        pack = tour.results / f"proof-of-case-{made.case_number}.zip"
        with pack.open("wb") as file:
            for piece in pieces:
                file.write(piece)
    told = {name: count for name, count in made.contents.items() if count}
    screen.say(f"One file of {number(made.size)} bytes holds " + _listed(told) + ".")
    program = tour.results / "verify.py"
    with zipfile.ZipFile(pack) as archive:
        program.write_bytes(archive.read("verify.py"))
    screen.say(
        "Its own verify.py is taken out and run in a process of its own, with nothing of ours around it:"
    )
    code, words = _verified(tour, program, pack)
    for line in words.splitlines():
        if line.startswith(("[", "VERIFIED", "REFUSED")):
            screen.say(f"  {line}")
    if code != 0:
        raise RuntimeError("the proof was refused by its own verifier")
    screen.good("Verified by somebody who need not trust us.")
    forged = tour.results / "forged.zip"
    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 2] ^= 1
    forged.write_bytes(raw)
    code, words = _verified(tour, program, forged)
    if code != 1:
        raise RuntimeError("a forged proof was not refused")
    lines = words.splitlines()
    failed = next(at for at, line in enumerate(lines) if line.startswith("[  failed"))
    screen.refused("The same file with a single bit changed in the middle:")
    for line in lines[failed : failed + 2]:
        screen.say(f"  {line.strip()}")
    screen.say("  REFUSED.")
    forged.unlink()
    tour.counted["pack"] = {
        "sha256": made.sha256,
        "bytes": made.size,
        "contents": made.contents,
        "path": str(pack),
    }


def _listed(told: dict[str, int]) -> str:
    parts = [f"{count} {name}" for name, count in told.items()]
    return ", ".join(parts)


def _verified(tour: Tour, program: Path, pack: Path) -> tuple[int, str]:
    """Run the stand-alone verifier with an empty environment; returns its exit code and its words."""
    known = ["--trust", str(tour.results / "log-keys.txt"), "--policy", str(tour.results / "policy.txt")]
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(pack), *known],
        env={},
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def examine(tour: Tour) -> None:
    """Step f, last part: the whole ledger against itself and against every row and every stored file."""
    screen = tour.screen
    with screen.bar("Every entry, row and file"):
        work_off()
        publish.settle()
        found = checking.verify(deep=True)
    faults = [fault for one in found.values() for fault in one.faults]
    for fault in faults[:10]:
        screen.refused(fault)
    if faults:
        raise RuntimeError("the ledger does not hold")
    entries, rows = (sum(getattr(one, name) for one in found.values()) for name in ("entries", "rows"))
    screen.good(
        f"{number(entries)} entries and {number(rows)} rows hold, and every stored file is what was logged."
    )
    tour.counted["counts"] |= {"ledger_entries": entries, "rows_verified": rows}
    tour.counted["ledger_holds"] = True
