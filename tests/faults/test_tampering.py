"""Whatever is changed behind the application's back is seen and named: any row of any table, any file, any key.

The installation is one that ``muniment seed`` filled; a new table without a row in it fails here until it has one.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support import plugin
from tests.support.house import ROOT
from tests.support.seeded import Seeded, run_folder, seeded

from muniment.spine.guard import Kept, guarded_tables

#: Makes what seeding leaves out: a copy of a proof that left the house, and an event that still waits for its place.
LIVE_ON = """
import sys
import django
django.setup()
from django.db import transaction
from uuid import UUID
from datetime import timedelta
from muniment.ledger import clock
from muniment.ledger.time import stamping
from muniment.ledger.time.testing import new_authority
from muniment.spine import config
from muniment.access.queries import actor_of
from muniment.access.models import Person
from dataclasses import replace
from muniment.access.rules import OPERATOR, WORKER
from muniment.ledger import logs, publish, tally
from muniment.ledger.trust import accepting, rotation
from muniment.spine import ports
from muniment.ledger.checks import runs
from muniment.ledger.pruning import acts as keeping
from muniment.ledger.questions import acts as questions
from muniment.packs import actions as packs
from muniment.packs.models import Pack
from muniment.scans import actions as scans
from muniment.spine.actor import system
from muniment.spine.queue import work_off
from muniment.spine.scope import tenant_scope
from muniment.cases import actions as cases
from muniment.counterparties import actions as parties
from muniment.counterparties.rules import require_party
from muniment.lifecycle import actions as lifecycle
from muniment.lifecycle import executing
from muniment.ledger.damage import acts as damaged
from muniment.ledger.damage import found as damage
from muniment.spine.models import Tally
def erase_somebody(actor, tenant):
    why = "Invented for the tests."
    given = {"reference": "E-1", "kind": "person", "name": "Somebody Erased"}
    row = parties.add(actor, party=require_party(given))
    lifecycle.place_hold(actor, on="subject", target=UUID(actor.id), reason=why)
    order = lifecycle.ask_erasure(actor, target=row.id, basis="gdpr-17-1", asked_for="Somebody", reason=why)
    with tenant_scope(tenant):
        person = Person.objects.get(role="administrator")
        other = actor_of(person, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
    lifecycle.answer_erasure(other, erasure_id=order.id, approve=True, reason=why)
    executing.carry_out(tenant, order.id)
def have_time_stamped(actor):
    now = ports.now()
    with ports.frozen(clock=now - timedelta(days=3)):
        clock.look()
    clock.look()
    clock.propose_clock(actor, jump=1)
    authority = new_authority(now)
    home = config.current().home
    (home / "one.pem").write_bytes(authority.root_pem)
    with (home / "muniment.toml").open("a") as file:
        file.write('timestamp_authorities = ["one https://one.example one.pem"]\\n')
    config.current.cache_clear()
    publish.settle()
    stamping.ask(post=lambda _url, query: authority.answer(query))
def accept_damage(actor, tenant):
    with transaction.atomic():
        tally.count(actor, "cases.read")
    Tally.objects.update(times=1_000_000)
    [piece] = damage.pieces(tenant)
    by_hand = system("operator", may=OPERATOR, tenant=tenant, via="cli")
    made = damaged.propose_damage(by_hand, piece=piece, reason="Invented for the tests.")
    with tenant_scope(tenant):
        person = Person.objects.get(role="administrator")
        other = actor_of(person, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
    damaged.accept_damage(other, digest=made.digest)
def change_trust(tenant):
    by_hand = system("operator", may=OPERATOR, via="cli")
    accepting.propose_policy(by_hand, body="quorum none\\n")
    own, log = replace(by_hand, tenant=tenant), logs.of(tenant)
    with tenant_scope(tenant):
        person = Person.objects.get(role="administrator")
    other = actor_of(person, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
    rotation.rotate(other, log, ports.now(), rotation.digest_of(rotation.propose(own, log)))
tenant, officer, pack, scan = map(UUID, sys.argv[1:5])
change_trust(tenant)
with tenant_scope(tenant):
    person = Person.objects.get(id=officer)
    actor = actor_of(person, factors=frozenset({"password", "totp"}), address="192.0.2.7", via="page")
    _pack, pieces = packs.download(actor, pack_id=pack, given_to="Supervisory authority, Ms Example")
    list(pieces)
again = scans.replay(actor, scan_id=scan)
work_off()
given_up = scans.run(actor, snapshots=[UUID(one) for _, one, _ in again.scan.acts])
scans.fail(system("worker", may=WORKER, tenant=tenant), scan_id=given_up.id, reason="This file was erased.")
questions.keep_question(actor, name="Of late", asked={"days": "5"}, shared=True)
with tenant_scope(tenant):
    case = Pack.objects.get(id=pack).case_id
not_built = packs.build(actor, case_id=case)
packs.fail(system("worker", may=WORKER, tenant=tenant), pack_id=not_built.id, reason="This file was erased.")
erase_somebody(actor, tenant)
have_time_stamped(actor)
keeping.retain(replace(system("operator", may=OPERATOR, via="cli"), tenant=tenant), months=24)
publish.settle()
runs.check(runs.What.TAIL, tenant)
accept_damage(actor, tenant)
cases.read_queue(actor)
with transaction.atomic():
    tally.count(actor, "cases.open")
"""

#: What no check of the ledger's own tables sees, and why that is no harm. One change of one row is always seen; what
#: several changes together can hide while an event waits is in docs/formats/log.md and tests/ledger/test_numbers.py.
NOT_HELD: dict[str, str] = {
    "ledger_check removed": "that a tail once held matters to nobody later; a check that found something is an entry",
    "spine_tally removed": "how many refusals there were in a minute beyond those on record; see docs/formats/log.md",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: Any) -> Seeded:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    home = tmp_path_factory.mktemp("tampering") / "home"
    made = seeded(run_folder(tmp_path_factory), home, f"muniment_tampering_{worker}")
    made.run(LIVE_ON, made.tenant, made.told["officer"], made.told["pack"], made.told["scan"])
    return made


@pytest.fixture(scope="module")
def forgetting(tmp_path_factory: Any) -> Seeded:
    """Another one, since who is erased in it stays erased whatever is tried next."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    home = tmp_path_factory.mktemp("forgetting") / "home"
    return seeded(run_folder(tmp_path_factory), home, f"muniment_forgetting_{worker}")


@pytest.fixture(scope="module")
def sweep(house: Seeded, tmp_path_factory: Any) -> dict[str, Any]:
    """Try every table once in a run of the tests, whichever process comes first."""
    kept = run_folder(tmp_path_factory) / f"sweep-{plugin.ON}-{os.getppid()}.json"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            environment = dict(house.environment)
            if plugin.ON == "postgresql":
                # Who owns the server: neither row-level security nor triggers hold it.
                boss = os.environ["MUNIMENT_TEST_POSTGRES"].rsplit("/", 1)[0]
                environment["MUNIMENT_DATABASE"] = (
                    f"{boss}/{environment['MUNIMENT_DATABASE'].rsplit('/', 1)[1]}"
                )
            done = subprocess.run(
                [sys.executable, "-m", "tests.faults.sweep"],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-4000:]
            kept.write_text(done.stdout)
    found: dict[str, Any] = json.loads(kept.read_text())
    return found


GUARDED = [item.table for item in guarded_tables() if item.kept is Kept.GUARDED]


def test_untouched_everything_holds_and_every_table_has_a_row(db, sweep):
    assert all(faults == [] for faults in sweep["before"].values()), sweep["before"]
    # Nothing of this installation is a year old: tests/attacks/test_rows.py tries those of pruning.
    untried = {"ledger_carried", "ledger_prune"}
    assert set(sweep["empty"]) == untried, "make a row of these in LIVE_ON or in muniment seed"


@pytest.mark.parametrize("how", ["changed", "removed", "added"])
@pytest.mark.parametrize("table", GUARDED)
def test_a_row_of_any_table_that_was_touched_is_named(db, sweep, table, how):
    row, _column, faults = sweep[how][table]
    assert any(f"{table} {row}: this row was {how}" in fault for fault in faults), faults
    assert not any("BROKE DOWN" in fault for fault in faults), faults


@pytest.mark.parametrize("table", GUARDED)
def test_no_column_of_a_row_is_left_out_of_its_digest(db, sweep, table):
    assert sweep["loose"][table] == []


def test_every_column_of_the_ledgers_own_tables_is_held_against_something(db, sweep):
    unseen = {what for what, faults in sweep["ledger"].items() if not faults}
    assert unseen == set(NOT_HELD)
    broken = {what: faults for what, faults in sweep["ledger"].items() if "BROKE DOWN" in str(faults)}
    assert broken == {}


def verified(house: Seeded) -> tuple[int, list[str]]:
    """Run the command as an operator does; returns its exit code and what it names."""
    done = house.command("ledger", "verify", "--deep", "--json", expect=None)
    told = json.loads(done.stdout)
    return done.returncode, [fault for log in told.get("logs", []) for fault in log["faults"]] or [str(told)]


def flip(path: Path) -> bytes:
    """Change one bit in the middle of a file; returns what it held."""
    held = path.read_bytes()
    changed = bytearray(held)
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    return held


#: Where the files lie, and which of them is taken. The oldest part of a tile is one that a later part covers and that
#: is kept for slow readers only.
FILES: dict[str, tuple[str, Any]] = {
    "a stored document": ("data/blobs/*/*.sealed", max),
    "a tile of the tree": ("data/log/*/tile/0/**/*", max),
    "a stale part of a tile": ("data/log/*/tile/0/000.p/*", min),
    "a bundle of entries": ("data/log/*/tile/entries/**/*", max),
    "a stale part of a bundle": ("data/log/*/tile/entries/000.p/*", min),
    "the published checkpoint": ("data/log/*/checkpoint", max),
}


@pytest.mark.parametrize("what", FILES)
def test_a_bit_of_any_file_that_was_flipped_is_named(db, house, what):
    if what == "a stored document":
        path = house.home / "data" / "blobs" / _blob_of(house)
    else:
        pattern, chosen = FILES[what]
        files = [one for one in house.home.glob(pattern) if one.is_file()]
        path = chosen(files, key=lambda one: one.stat().st_mtime_ns)
    held = flip(path)
    try:
        code, faults = verified(house)
    finally:
        path.write_bytes(held)
    assert code == 1
    if what == "a stored document":
        assert any(path.stem[:8] in fault.replace("-", "") for fault in faults), faults
    else:
        log = path.relative_to(house.home / "data" / "log").parts[0]
        name = path.relative_to(house.home / "data" / "log" / log).as_posix()
        assert any(f"/{log}: the file {name} " in fault for fault in faults), faults
    assert verified(house)[0] == 0


BLOB = """
import sys, django
django.setup()
from uuid import UUID
from muniment.spine.scope import tenant_scope
from muniment.vault import queries, storage
with tenant_scope(UUID(sys.argv[1])):
    print(storage.path_of(queries.version(UUID(sys.argv[2])).blob_id))
"""


def _blob_of(house: Seeded) -> Path:
    return Path(house.run(BLOB, house.tenant, house.told["document_version"]).strip())


def test_a_key_store_that_was_changed_opens_nothing_and_says_so(db, house):
    path = house.home / "keys" / "store.db"
    held = flip(path)
    done = house.command("ledger", "verify", "--deep", "--json", expect=None)
    path.write_bytes(held)
    assert done.returncode in {1, 2}
    assert "key store" in done.stdout + done.stderr
    assert verified(house)[0] == 0


ERASE = """
import sys, django
django.setup()
from uuid import UUID
from muniment.spine.installation import keyring
print(keyring().destroy(UUID(sys.argv[1]), UUID(sys.argv[2])))
"""
READ = """
import sys, django, json
django.setup()
from uuid import UUID
from muniment.access.models import Person
from muniment.counterparties.models import Counterparty
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.spine.scope import tenant_scope
tenant, who = UUID(sys.argv[1]), UUID(sys.argv[2])
with tenant_scope(tenant):
    rows = [*Counterparty.objects.filter(id=who), *Person.objects.filter(id=who)]
    events = [opened_event(one) for one in [*Entry.objects.all(), *Outbox.objects.all()]]
    said = [str(one.facts) for one in events]
    print(json.dumps({"name": rows[0].name, "said": said, "erased": sum(one.erased for one in events)}))
"""


@pytest.mark.parametrize(("who", "in_the_ledger"), [("auditor", True), ("person", False)])
def test_who_is_erased_stays_unreadable_while_everything_still_holds(db, forgetting, who, in_the_ledger):
    before = json.loads(forgetting.run(READ, forgetting.tenant, forgetting.told[who]))
    name = before["name"]
    assert any(name in said for said in before["said"]) is in_the_ledger
    assert forgetting.run(ERASE, forgetting.tenant, forgetting.told[who]).strip() == "True"
    for _restart in range(2):
        after = json.loads(forgetting.run(READ, forgetting.tenant, forgetting.told[who]))
        assert name not in json.dumps(after)
        assert (after["erased"] > before["erased"]) is in_the_ledger
        # Nothing else is named: nobody ordered it, so it is missing. By order it holds: tests/lifecycle/test_drill.py.
        named = f"key {forgetting.told[who]}: it was destroyed, and no order to erase says so (subject)"
        code, faults = verified(forgetting)
        assert code == 1
        assert named in faults
        assert all("no order to erase says so" in fault for fault in faults)
