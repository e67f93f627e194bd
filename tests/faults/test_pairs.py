"""Every pair of `tests/faults/pairs.py`: nothing is lost, nothing is there twice, the start finishes or says why not.

Each comes to pass in a process of its own, in an installation that all the others have been in before.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.faults import pairs
from tests.proof.small_log import NOON
from tests.support import plugin
from tests.support.house import ROOT, build
from tests.witness.answering import answering

pytestmark = pytest.mark.database

HOW = {
    "killed": "kill",
    "full": "full",
    "eio": "eio",
    "readonly": "readonly",
    "half": "kill",
    "network": "cut",
    "two": "stop",
}
CELLS = [one for one in pairs.cells() if one[3].on in {"", plugin.ON}]


class Ward:
    """An installation, its nursery, and what answers beside it."""

    def __init__(self, nursery: subprocess.Popen[str], home: Path, line: dict[str, str]) -> None:
        self.nursery, self.home, self.line = nursery, home, line
        self.firms: dict[str, str] = {}

    def ask(self, line: dict[str, Any]) -> Any:
        assert self.nursery.stdin is not None and self.nursery.stdout is not None
        self.nursery.stdin.write(json.dumps(line) + "\n")
        self.nursery.stdin.flush()
        return json.loads(self.nursery.stdout.readline())

    def do(self, say: str, armed: list[Any] | None = None, **given: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.ask({"say": say, "given": given, "armed": armed})
        return told

    def said(self, say: str, **given: Any) -> Any:
        """Have something done that must not fail."""
        told = self.do(say, **given)
        assert (told["status"], told["fault"]) == (0, "")
        return told["said"]


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    from muniment.ledger.time.testing import new_authority
    from muniment.proof.note import parse_keys
    from muniment.spine import ports
    from muniment.witness import folder as place
    from muniment.witness.application import Answer, Witness

    base = tmp_path_factory.mktemp("pairs")
    house = build(base / "home", f"muniment_pairs_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    ca, clock = trustme.CA(), new_authority(ports.now())
    ca.cert_pem.write_to_path(base / "ca.pem")
    (base / "clock.pem").write_bytes(clock.root_pem)
    line = {"cut": ""}
    held: list[Any] = []

    def cut() -> bool:
        return line["cut"] == "after"

    def before() -> None:
        if line["cut"] == "before":
            raise ConnectionResetError

    def cosigns(raw: bytes) -> Answer:
        before()
        return held[0].add_checkpoint(raw)

    def stamps(raw: bytes) -> Answer:
        before()
        return Answer(200, clock.answer(raw), "application/timestamp-reply")

    with ExitStack() as stack:
        seen = stack.enter_context(answering(ca, cosigns, cuts=cut))
        timed = stack.enter_context(answering(ca, stamps, cuts=cut))
        environment = house.environment | {
            "MUNIMENT_ALLOW_EGRESS_PRIVATE": f"{seen},{timed}",
            "MUNIMENT_EGRESS_AUTHORITIES": str(base / "ca.pem"),
            "MUNIMENT_TIMESTAMP_AUTHORITIES": f"one {timed}/stamp {base / 'clock.pem'}",
            "MUNIMENT_TEST_POSTGRES": os.environ.get("MUNIMENT_TEST_POSTGRES", ""),
        }
        nursery = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert nursery.stdout is not None
        assert nursery.stdout.readline() == "ready\n"
        made = Ward(nursery, base / "home", line)
        folder = base / "witness"
        place.make(folder, place.Settings("w.example", "https://localhost", "127.0.0.1", 1), NOON)
        place.trust(folder, parse_keys(made.said("keys").encode()))
        held.append(Witness(folder))
        stack.callback(held[0].state.close)
        policy = [*place.policy_lines(held[0].signer, seen).splitlines(), "quorum w.example", ""]
        made.said("named", policy="\n".join(policy))
        yield made
        assert nursery.stdin is not None
        nursery.stdin.close()


@pytest.mark.parametrize(
    ("part", "fault", "outcome", "cell"), CELLS, ids=[f"{one[0]}-{one[1]}-{one[2]}" for one in CELLS]
)
def test_nothing_is_lost_and_nothing_is_there_twice(ward: Ward, part, fault, outcome, cell):
    given = ward.said("prepare", part=part, tenant=ward.firms.get(part, ""))
    if part not in {"pruning", "rotation"}:
        ward.firms[part] = given["tenant"]
    folders = [given[one] for one in ("folder", "beside") if one in given]
    if cell.where == pairs.BEGIN and part != "erasure":
        folders = [str(ward.home / "data")]
    how = "database eio" if (fault, cell.where) == ("eio", "commit") else HOW[fault]
    modes = {path: path.stat().st_mode for one in folders for path in [Path(one), *Path(one).rglob("*")]}
    if cell.where == "line":
        ward.line["cut"] = cell.when
        came = ward.do("do", part=part, given=given)
        ward.line["cut"] = ""
    else:
        armed = [cell.where, cell.when, how, folders]
        line = {"say": "do", "given": {"part": part, "given": given}, "armed": armed}
        if fault == "two":
            came, other = ward.ask({"both": [line, line | {"armed": None}]})
            assert other["status"] == 0
        else:
            came = ward.ask(line)
    for path, mode in modes.items():
        if path.exists():
            path.chmod(mode)
    if how in {"kill", "stop"}:
        assert came["status"] == -signal.SIGKILL
    else:
        assert came["status"] == 0
        assert came["fault"] or (came["said"] and part in {"witness", "stamping"} and any(came["said"])), came

    broken = half_of(folders, cell.half) if cell.half else None
    if fault != "two" and cell.where != "line":
        assert ward.said("left", part=part, given=given) is (outcome == "persisted")
    if cell.stops:
        assert cell.stops in ward.do("mend", part=part, given=given)["fault"]
        assert broken is not None
        broken.unlink()
    assert ward.said("mend", part=part, given=given) == []


def half_of(folders: list[str], pattern: str) -> Path:
    """Take the end of the newest file of a name away, as if it had never reached the disk; returns which it was."""
    found = [one for folder in folders for one in Path(folder).glob(pattern)]
    path = max(found, key=lambda one: one.stat().st_mtime_ns)
    raw = path.read_bytes()
    path.write_bytes(raw[: -min(40, len(raw) // 2)])
    return path
