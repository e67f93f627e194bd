"""The erasure drill: a person is erased in an installation that lives, and everything else goes on holding.

And the restore: files of before the erasure are put back, and what was erased is erased again before anything else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.faults import canary
from tests.lifecycle.lived import CARRY_OUT, CERTIFICATE, DUMP, KEYS, ORDER, REISSUE, TAKE
from tests.support import plugin
from tests.support.seeded import Seeded, run_folder, seeded

from muniment.proof.standalone import verifier_source

SAME_MACHINE = pytest.mark.skipif(
    plugin.ON == "postgresql",
    reason="PostgreSQL is restored by its own tools; the same code is tried on files",
)


def home_of(factory: Any, what: str) -> Seeded:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return seeded(run_folder(factory), factory.mktemp(what) / "home", f"muniment_{what}_{worker}")


def erase(house: Seeded, target: str) -> str:
    told = house.told
    order = house.run(ORDER, house.tenant, told["officer"], told["administrator"], target).strip()
    assert house.run(CARRY_OUT, house.tenant, order).strip() == "executed"
    return order


def verified(house: Seeded) -> tuple[int, list[str]]:
    done = house.command("ledger", "verify", "--deep", "--json", expect=None)
    told = json.loads(done.stdout)
    return done.returncode, [fault for log in told["logs"] for fault in log["faults"]]


def stranger(tmp: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run verify.py as somebody who has nothing of ours but that file."""
    program = tmp / "verify.py"
    program.write_text(verifier_source())
    return subprocess.run(
        [sys.executable, "-I", str(program), *words], capture_output=True, text=True, check=False, cwd=tmp
    )


@pytest.mark.timeout(1800)  # each of its dozen programs takes seconds
def test_a_person_is_erased_and_every_verifier_still_passes(db, tmp_path_factory, tmp_path):
    house = home_of(tmp_path_factory, "drill")
    name = "Zanthoxyle Quillfeather"
    sung = canary.Canaries(stem="Zanthoxyle")
    person = house.run(ADD, house.tenant, house.told["analyst"], name).strip()
    assert name in house.run(DUMP, house.tenant)
    seen = house.run(NAMED, house.tenant, house.told["person"]).strip()
    before = tmp_path / "before.zip"
    house.run(TAKE, house.tenant, house.told["officer"], house.told["pack"], str(before))
    keys = tmp_path / "vkeys"
    house.run(KEYS, house.tenant, str(keys))

    order = erase(house, person)
    about_the_match = erase(house, house.told["person"])

    code, faults = verified(house)
    assert (code, faults) == (0, [])
    left = house.run(DUMP, house.tenant)
    assert name not in left
    assert "Quillfeather" not in left
    assert canary.search(sung, canary.files(house.home)) == []
    certificate = tmp_path / "erasure.json"
    house.run(CERTIFICATE, house.tenant, order, str(certificate))
    told = stranger(tmp_path, str(certificate), "--certificate", "--trust", str(keys))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "legal basis: gdpr-17-1" in told.stdout
    assert stranger(tmp_path, str(before), "--trust", str(keys)).returncode == 0

    again = house.run(REISSUE, house.tenant, house.told["officer"], house.told["case"]).strip()
    after = tmp_path / "after.zip"
    house.run(TAKE, house.tenant, house.told["officer"], again, str(after))
    house.run(KEYS, house.tenant, str(keys))
    assert stranger(tmp_path, str(after), "--trust", str(keys)).returncode == 0
    with zipfile.ZipFile(after) as pack:
        shown = b"".join(pack.read(one) for one in pack.namelist())
    assert f"lifecycle.Erasure/{about_the_match}".encode() in shown
    assert seen.encode() not in shown
    with zipfile.ZipFile(before) as pack:
        assert seen.encode() in b"".join(pack.read(one) for one in pack.namelist())


NAMED = """
import sys, django
django.setup()
from uuid import UUID
from muniment.counterparties.models import Counterparty
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    print(Counterparty.objects.get(id=sys.argv[2]).name)
"""
ADD = """
import sys, django
django.setup()
from uuid import UUID
from muniment.access.models import Person
from muniment.access.queries import actor_of
from muniment.counterparties import actions
from muniment.counterparties.models import Counterparty
from muniment.spine.scope import tenant_scope
tenant, analyst = UUID(sys.argv[1]), UUID(sys.argv[2])
with tenant_scope(tenant):
    row = Person.objects.get(id=analyst)
    actor = actor_of(row, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
raw = f"reference,kind,name\\nQ-9,person,{sys.argv[3]}\\n".encode()
actions.take_in(actor, raw, name="more.csv")
with tenant_scope(tenant):
    print(Counterparty.objects.get(reference="Q-9").id)
"""


@SAME_MACHINE
@pytest.mark.timeout(1800)  # each of its dozen programs takes seconds
@pytest.mark.parametrize("what", ["keys", "tables", "both"])
def test_what_a_restore_brought_back_is_erased_again_before_anything_else(db, tmp_path_factory, what):
    house = home_of(tmp_path_factory, f"restore_{what}")
    name = house.run(NAMED, house.tenant, house.told["person"]).strip()
    kept = house.home.with_name("backup")
    shutil.copytree(house.home, kept)
    erase(house, house.told["person"])

    if what in {"keys", "both"}:
        put_back(kept / "keys", house.home / "keys")
    if what in {"tables", "both"}:
        # As a backup is put back: the tables, the files and the log that belongs to them.
        put_back(kept / "data", house.home / "data")

    # Any command does it, and so does the start of the server.
    assert house.command("tenant", "list", "--json").returncode == 0
    assert name not in house.run(DUMP_PERSON, house.tenant, house.told["person"])
    assert house.command("erase-subject", "resume", "--json").stdout.split() == ["{", '"done":', "0", "}"]
    house.command("ledger", "settle")
    code, faults = verified(house)
    if what == "keys":
        assert (code, faults) == (0, [])


DUMP_PERSON = """
import sys, django
django.setup()
from uuid import UUID
from muniment.counterparties.models import BlindToken, Counterparty
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    row = Counterparty.objects.get(id=sys.argv[2])
    print(row.name, row.details, row.reference, BlindToken.objects.filter(counterparty=row).count())
    assert row.name == "(erased)" and row.reference.startswith("erased-")
"""


def put_back(kept: Path, place: Path) -> None:
    shutil.rmtree(place)
    shutil.copytree(kept, place)
