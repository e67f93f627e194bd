"""No ledger, no job: with a fault in the database itself no job does anything, none is lost, none is given up unsaid.

When the ledger can be written again, each of them is done, and each is on record.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.faults.test_coverage_of_jobs import every_job
from tests.faults.test_unwritable_database import FAULTS
from tests.support import plugin
from tests.support.house import ROOT
from tests.support.seeded import run_folder, seeded

from muniment.spine.queue import MOST_ATTEMPTS


@pytest.fixture(scope="module", params=FAULTS[plugin.ON])
def tried(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    name = f"muniment_jobs_{FAULTS[plugin.ON].index(request.param)}_{os.getpid()}"
    house = seeded(run_folder(tmp_path_factory), folder / "home", name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run_unwritable_jobs", request.param, str(folder)],
        cwd=ROOT,
        env={**house.environment, "MUNIMENT_LOG_LEVEL": "error"},
        input=json.dumps(house.told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return {"fault": request.param, **json.loads(done.stdout)}


def test_every_kind_of_job_waited(tried):
    assert sorted(tried["waiting"]) == every_job()
    assert {tuple(one[:2]) for one in tried["waiting"].values()} == {("ready", 0)}


def test_no_try_is_done_that_is_not_on_record(tried):
    assert {one["path"] for one in tried["tries"]} == set(every_job())
    for one in tried["tries"]:
        assert one["entries"] > 0 or not one["done"], one
    if tried["fault"] != "full":
        assert not any(one["done"] or one["entries"] for one in tried["tries"])


def test_nothing_changes_in_the_tables_nor_beside_them(tried):
    # The journal says beforehand what an erasure is going to destroy; without a ledger nothing of that is done.
    before, after = (one | {"journal": ""} for one in tried["beside"])
    if tried["fault"] == "full":
        # A disk that is full has room for a step here and there; it is done, and on record.
        recorded = {path for path, one in tried["during"].items() if one[2]}
        assert before == after or recorded & {
            "muniment.lifecycle.jobs.perform",
            "muniment.packs.jobs.perform",
        }
        return
    assert tried["changed"] == []
    assert before == after


def test_no_job_is_lost_or_given_up_while_nobody_could_be_told(tried):
    assert tried["during"].keys() == tried["waiting"].keys()
    for state, attempts, entries in tried["during"].values():
        assert state in {"ready", "running"} or (state == "done" and entries)
        assert attempts <= MOST_ATTEMPTS


def test_each_is_done_and_on_record_when_the_ledger_can_be_written_again(tried):
    ended = tried["ended"]["jobs"]
    assert ended.keys() == tried["waiting"].keys()
    for path, (state, _attempts, entries) in ended.items():
        assert (path, state) == (path, "done")
        assert entries > 0
    assert tried["ended"]["beside"]["journal"] != tried["beside"][0]["journal"], (
        "the erasure stands in the journal"
    )
