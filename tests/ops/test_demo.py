"""The demonstration, from an empty folder to a checked proof, on a small corpus of our own; twice, and alike."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.ops.commands import PATIENCE, START, ended, environment, muniment
from tests.sources.formats import small_acts
from tests.support.house import python_path

from muniment.ops.demo import town
from muniment.ops.showing import afresh, neighbours
from muniment.proof.note import parse_note
from muniment.proof.policy import signed_at
from muniment.spine.errors import Clash

ACTS = {
    "32016R0679": ("2016/679", "The controller"),
    "32022R2554": ("2022/2554", "Financial entities"),
    "32024R1689": ("2024/1689", "Deployers of high-risk AI systems"),
}


@pytest.fixture
def corpus(tmp_path):
    """A folder in the shape of the shared one, with three tiny acts and three tiny lists."""
    folder = tmp_path / "shared"
    for celex, (number, who) in ACTS.items():
        place = folder / "regulatory" / "eu-lex-corpus" / "works" / celex.lower() / "versions" / "first"
        place.mkdir(parents=True)
        raw = town.act(f"REGULATION (EU) {number} OF THE TOWN COUNCIL", who)
        (place / "en.xml").write_bytes(raw)
        seen = {
            "file": "en.xml",
            "sha256": hashlib.sha256(raw).hexdigest(),
            "retrieved_at": "2030-01-02T03:04:05Z",
            "source_uri": "https://town.example/act",
        }
        told = {
            "raw": {"celex": celex, "consolidation_status": "original_official_expression"},
            "publication_date": "2030-01-01",
            "document_type": "REG",
            "expressions": [{"title": "Good order", "language": "en", "observations": [seen]}],
        }
        (place / "meta.json").write_text(json.dumps(told))
    lists = folder / "screening"
    for name, text in {
        "ofac/sdn_2023-11.csv": small_acts.SDN,
        "ofac/alt_later.csv": small_acts.ALT,
        "ofac/add_later.csv": small_acts.ADD,
        "ofac/cons_prim.csv": small_acts.SDN,
        "ofac/cons_alt.csv": small_acts.ALT,
        "ofac/cons_add.csv": small_acts.ADD,
        "un/UN_consolidated_2026-02-27.xml": small_acts.UN,
    }.items():
        (lists / name).parent.mkdir(parents=True, exist_ok=True)
        (lists / name).write_text(text)
    return folder


#: Two folders, each with another seed for Python's hashes, another zone for its clock and another day.
#: (an earlier one, since certificates are judged by the machine's clock).
HOMES = {"one": ("1", "UTC", 0), "two": ("2", "Asia/Tokyo", -40)}

#: Read by every Python process of a demonstration, its children too, before anything else.
ON_ANOTHER_DAY = """
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from muniment.spine import ports
later = ports._Ports(lambda: datetime.now(UTC) + timedelta(days={days}), None)
ports._ports = ContextVar("muniment_ports", default=later)
"""


def _begun(corpus, home, seed, zone, days):
    calendar = home.with_name(f"{home.name}-calendar")
    calendar.mkdir()
    (calendar / "sitecustomize.py").write_text(ON_ANOTHER_DAY.format(days=days))
    path = os.pathsep.join([str(calendar), python_path()])
    told = environment(MUNIMENT_SHARED=str(corpus), PYTHONHASHSEED=seed, TZ=zone, PYTHONPATH=path)
    words = [sys.executable, "-c", START, "demo", "--no-serve", "--json", "--home", str(home)]
    return subprocess.Popen(
        words, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def _signed(summary):
    """Return the second at which the checkpoint in the proof was signed."""
    with zipfile.ZipFile(summary["pack"]["path"]) as pack:
        return signed_at(parse_note(pack.read("checkpoint")).signatures[-1])


@pytest.mark.timeout(1800)  # two demonstrations at once
def test_the_demonstration_runs_to_its_end_and_comes_out_alike(corpus, tmp_path):
    with ExitStack() as stack:
        runs = [_begun(corpus, tmp_path / name, *how) for name, how in HOMES.items()]
        for run in runs:
            stack.callback(ended, run)
        ends = [(*run.communicate(timeout=3 * PATIENCE), run.returncode) for run in runs]
    assert [code for _, _, code in ends] == [0, 0], ends
    summaries = [json.loads(out) for out, _, _ in ends]
    first, second = summaries
    assert first["findings_digest"] == second["findings_digest"] != ""
    assert first["screening_digest"] == second["screening_digest"] != ""
    assert first["log"] != second["log"]
    days = (_signed(second) - _signed(first)) / 86_400
    assert -41 < days < -39, "the two ran on the same day"

    assert first["sources_used"] == "shared"
    assert (
        first["counts"] | {"counterparties": 200, "people": 5, "documents": 12, "acts": 3, "lists": 3}
        == first["counts"]
    )
    assert sum(first["findings"].values()) == 12
    assert first["decision"] == "approved"
    assert first["ledger_holds"] is True
    assert len(first["seconds"]) == 14
    assert first["witnessed"]["by"] == [neighbours.WITNESS]
    assert first["time_stamps"] == 1
    assert "entry 0 is not the one" in first["tampered"]
    assert first["peak_memory_kb"]["tour"] > 0

    home = tmp_path / "one"
    pack = first["pack"]["path"]
    certificate = json.loads(Path(first["erased"]["certificate"]).read_text("utf-8"))
    assert first["erased"]["reference"] not in json.dumps(certificate)
    assert hashlib.sha256(Path(pack).read_bytes()).hexdigest() == first["pack"]["sha256"]
    known = ["--trust", str(home / "demo" / "log-keys.txt"), "--policy", str(home / "demo" / "policy.txt")]
    assert muniment("pack", "verify", pack, *known).code == 0
    assert muniment("ledger", "verify", "--deep", home=home).code == 0
    with pytest.raises(Clash):
        afresh.prepare(tmp_path / "shared")
    afresh.prepare(home)
    assert {path.name for path in home.iterdir()} - afresh.KEPT == {afresh.MARK, "demo"}
    assert list((home / "demo").iterdir()) == []


def test_a_folder_that_no_demonstration_made_is_left_alone(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("ten years of work")
    ran = muniment("demo", "--no-serve", home=home)
    assert ran.code == 1
    assert (home / "thesis.txt").read_text() == "ten years of work"
    assert "no demonstration made" in ran.err
