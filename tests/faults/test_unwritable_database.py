"""With a fault in the database itself nothing is answered and nothing is changed: pages, API, commands.

`ledger verify` alone goes on, since it is there to find out what is broken, and says that it is not on record.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from tests.support import plugin
from tests.support.house import ROOT
from tests.support.seeded import run_folder, seeded

#: What is planted, by database: a trigger that refuses, a full disk, a right taken away.
FAULTS = {"sqlcipher": ("trigger", "full"), "postgresql": ("trigger", "revoked")}


@pytest.fixture(scope="module", params=FAULTS[plugin.ON])
def broken(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken")
    name = f"muniment_broken_{FAULTS[plugin.ON].index(request.param)}_{os.getpid()}"
    house = seeded(run_folder(tmp_path_factory), folder / "home", name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.run_unwritable", request.param, str(folder)],
        cwd=ROOT,
        env={
            **house.environment,
            "MUNIMENT_LOG_LEVEL": "error",
        },
        input=json.dumps(house.told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout)


def test_nothing_is_answered_and_nothing_changes(broken):
    for one in broken["asked"]:
        assert not one["done"], f"{one['name']} was answered: {one['words'][-500:]}"
        assert one["changed"] == [], f"{one['name']} changed something"


def test_the_answer_says_in_plain_words_what_to_do(broken):
    for one in broken["asked"]:
        assert "See that the disk has room" in one["words"] or "ry again" in one["words"], one["name"]
        assert "Traceback" not in one["words"]
        assert "planted" not in one["words"]


def test_the_ledger_can_still_be_verified_and_says_that_it_is_not_on_record(broken):
    code, out, err = broken["verified"]
    assert code in (0, 1)
    assert json.loads(out)["logs"]
    assert "not on record: the ledger cannot be written" in err
