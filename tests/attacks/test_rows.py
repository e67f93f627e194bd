"""An operator with root and the database, with and without the keys, at the rows of the ledger: who notices, and how.

Each test asserts the sentence, and by which command or file it is said.
"""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from django.db import transaction
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, taking, verify, vouch
from muniment.ledger.action import REGISTRY, action
from muniment.ledger.checks import runs
from muniment.ledger.models import Checkpoint, Entry, Log
from muniment.ledger.pruning import acts, plan, shown
from muniment.ledger.pruning.bound import newest
from muniment.ledger.sequence import compact_range
from muniment.ledger.tables.pruning import Prune
from muniment.ops import checking
from muniment.proof import checkpoint as note
from muniment.proof.folder import verify_folder
from muniment.proof.merkle import CompactRange, leaf_hash
from muniment.proof.note import parse_keys
from muniment.proof.signer import sign_checkpoint
from muniment.proof.tiles import TileWriter
from muniment.spine import guard, ports
from muniment.spine.actor import system
from muniment.spine.errors import MunimentError
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

THEN = ports.now()
YOUNG = THEN + timedelta(days=425)


@pytest.fixture
def log(db, ada):
    """A log with 600 entries that are more than a year old, and some young ones."""

    def record_many(act, *, count):
        for number in range(count):
            act.record("try.thing", number=number)

    door = action("try.many", cls="case.read", says="many")(record_many)
    with ports.frozen(clock=THEN):
        door(system("try", may=frozenset({"try.many"}), tenant=ada.tenant), count=600)
        publish.settle()
    with ports.frozen(clock=YOUNG):
        cases.open_case(ada, title="A case")
        publish.settle()
        yield logs.of(ada.tenant)
    REGISTRY.pop("try.many", None)


def said(tenant, *, deep=True) -> str:
    """What ``muniment ledger verify`` says of a log."""
    return "\n".join(verify.verify_log(tenant, deep=deep).faults)


def tail(tenant) -> str:
    """What the worker's check of every five minutes says."""
    return "\n".join(runs.faults_of(runs.check(runs.What.TAIL, tenant)))


def kept(log) -> tuple[str, bytes]:
    """Return the checkpoint that an auditor took home."""
    return "auditor", (logs.folder(log) / "checkpoint").read_bytes()


def by_files(log, *notes):
    """What a stranger says of a copy of the folder, with the log's public keys and a checkpoint of his own."""
    return "\n".join(verify_folder(logs.folder(log), parse_keys(log.vkeys.encode()), kept=notes).faults)


def test_an_entry_that_is_edited_is_named_by_the_next_check_of_the_tail(log, ada):
    assert tail(ada.tenant) == ""
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "root = body", "idx", log.size - 1)
    named = f"entry {log.size - 1}: its columns do not agree with its leaf (root)"
    assert named in tail(ada.tenant)
    assert said(ada.tenant, deep=False) == named, (
        "what was signed is on the disk, so nothing else is in doubt"
    )


def test_an_old_entry_that_is_edited_is_named_by_the_daily_check(log, ada):
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "body = root", "idx", 7)
    assert "entry 7: its sealed contents are not those that were logged" in said(ada.tenant, deep=False)


def test_an_entry_deleted_in_the_middle_is_named(log, ada):
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx = 7")
    assert "entry 7 is missing" in said(ada.tenant, deep=False)


def test_a_deleted_tail_is_named_by_the_head_and_by_the_files(log, ada):
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx >= %s", [log.size - 2])
    assert "the entries do not lead to the stored head" in tail(ada.tenant)


def roll_back(log, size: int, *, keys: bool) -> None:
    """Cut a log off, everywhere in the database and on the disk; with the keys, so that the log itself holds."""
    tenant = log.tenant_id
    with tenant_scope(tenant):
        left = [one.leaf for one in Entry.objects.filter(idx__lt=size).order_by("idx")]
    grown = CompactRange()
    for leaf in left:
        grown.append(leaf_hash(leaf))
    folder = logs.folder(log)
    with owner(tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx >= %s", [size])
    with owner(tenant, "ledger_checkpoint"), owner(tenant, "ledger_log"), owner(tenant, "ledger_rowlist"):
        Checkpoint.objects.filter(size__gt=size).delete()
        known = Log.objects.get()
        known.size = known.published = size
        known.frontier = b"".join(grown.hashes)
        if keys:
            known.voucher = vouch.voucher(vouch.key_of(tenant), known)
        known.save()
    shutil.rmtree(folder)
    folder.mkdir()
    writer = TileWriter(folder)
    writer.extend(0, left)
    if keys:
        head = note.Checkpoint(log.origin, size, grown.root())
        writer.publish(sign_checkpoint(logs.signer(log), head, ports.now()))


def test_a_roll_back_by_who_has_the_database_alone_is_named_by_the_installation(log, ada):
    roll_back(log, 601, keys=False)
    assert "its row is not as the ledger wrote it" in tail(ada.tenant)


def test_a_roll_back_by_who_has_the_keys_too_is_named_by_a_checkpoint_kept_elsewhere(log, ada):
    mine = kept(log)
    roll_back(log, 601, keys=True)
    assert by_files(log) == "", "the files alone hold: that is what witnesses and auditors are for"
    assert "the log was rolled back, or this copy is older" in by_files(log, mine)
    told = "\n".join(sentence for one in verify.verify().values() for sentence in one.faults)
    assert "is not the one in the deployment's log" in told, (
        "and by the deployment's log, unless that is cut off too"
    )


def test_a_checkpoint_row_that_is_dropped_is_named(log, ada):
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint WHERE tenant_id = %s AND number = 0", [key(ada.tenant)])
    assert "checkpoint number 0 has no row" in said(ada.tenant, deep=False)


def test_the_newest_checkpoint_row_that_is_dropped_is_named_by_the_tail(log, ada):
    with owner(ada.tenant, "ledger_checkpoint"):
        Checkpoint.objects.order_by("-size").first().delete()
    assert "its newest checkpoint row is at" in tail(ada.tenant)


def test_triggers_that_are_disabled_are_named_by_check_and_do_not_hide_a_change(log, ada):
    with owner(ada.tenant, "cases_case") as cursor:
        update(cursor, "cases_case", "due_at = '2030-01-01 00:00:00'", "tenant_id", key(ada.tenant))
        about = [one.what for one in checking.troubles() if one.about == "guards"]
        assert about == ["The table cases_case is not under guard."]
    assert "was changed behind the application's back" in said(ada.tenant)


def test_guards_that_were_put_back_after_a_change_hide_nothing(log, ada):
    with owner(ada.tenant, "cases_case") as cursor:
        update(cursor, "cases_case", "due_at = '2030-01-01 00:00:00'", "tenant_id", key(ada.tenant))
        if cursor.db.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE cases_case ENABLE TRIGGER USER")
        else:
            for statement in guard.sqlite_statements(guard.table_named("cases_case")):
                cursor.execute(statement)
    assert [one for one in checking.troubles() if one.about == "guards"] == [], (
        "`check` sees nothing any more"
    )
    assert "was changed behind the application's back" in said(ada.tenant)


def test_entries_that_go_without_any_bound_are_missing(log, ada):
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx < 512 AND tenant_id = %s", [key(ada.tenant)])
    for number in range(2):
        (logs.folder(log) / f"tile/entries/00{number}").unlink()
    assert "entry 0 is missing" in said(ada.tenant, deep=False)
    assert "entries 0 to 255 are missing, and no bound was signed below which they may go" in by_files(log)


def forge(tenant, below: int) -> None:
    with tenant_scope(tenant), transaction.atomic(), open_action(LEDGER_HAND):
        old = ports.now() - timedelta(days=400)
        Prune.objects.create(
            entry=ports.new_id(), number=0, cls="case.read", bound=below, before=old, at=ports.now()
        )


def test_a_bound_that_is_forged_in_the_database_is_named_and_hides_nothing(log, ada):
    forge(ada.tenant, 512)
    assert "The entry that states the bound of pruning is missing." in said(ada.tenant, deep=False)
    with owner(ada.tenant, "ledger_entry") as cursor:
        cursor.execute("DELETE FROM ledger_entry WHERE idx < 512 AND cls = 'case.read'")
    assert "entry 1 is missing" in said(ada.tenant, deep=False)
    with pytest.raises(MunimentError, match="bound of pruning is missing"):
        taking.prune(ada.tenant)


@pytest.mark.parametrize("column", ["bound", "number"])
def test_a_signed_bound_that_is_moved_is_named(log, ada, column):
    taking.prune(ada.tenant)
    assert said(ada.tenant) == ""
    with owner(ada.tenant, "ledger_prune") as cursor:
        cursor.execute(f"UPDATE ledger_prune SET {column} = {column} + 256 WHERE cls = 'case.read'")  # noqa: S608  # ours
    assert "pruning: " in said(ada.tenant, deep=False)


def test_a_signed_bound_that_is_dropped_is_named(log, ada):
    taking.prune(ada.tenant)
    with owner(ada.tenant, "ledger_prune"):
        Prune.objects.all().delete()
    assert "1 prunings are on record, and the table of bounds says 0" in said(ada.tenant, deep=False)


def test_what_was_carried_over_cannot_be_changed(log, ada):
    taking.prune(ada.tenant)
    with owner(ada.tenant, "ledger_carried") as cursor:
        cursor.execute("DELETE FROM ledger_carried WHERE part = 0")
    assert "what a pruning carried over is not what its entry committed" in said(ada.tenant, deep=False)


def test_a_row_whose_last_change_was_pruned_is_still_held(log, ada):
    taking.prune(ada.tenant)
    with owner(ada.tenant, "tenants_tenant") as cursor:
        update(cursor, "tenants_tenant", "name = 'Another'", "tenant_id", key(ada.tenant))
    assert "was changed behind the application's back (last by what pruning carried over)" in said(ada.tenant)


def test_pruning_early_with_every_key_is_named_by_a_checkpoint_kept_elsewhere_and_by_the_log_itself(log, ada):
    mine = kept(log)
    operator = system("operator", may=frozenset({"ledger.prune", "try.many"}), tenant=ada.tenant)
    with ports.frozen(clock=YOUNG + timedelta(days=1)):
        REGISTRY["try.many"].door(operator, count=300)
        publish.settle()
        _found, start = verify.state_at(ada.tenant, 768)
        wanted = plan.Plan(768, {"case.read": (768, ports.now() - timedelta(days=365))}, (), 768, {})
        acts.prune(operator, wanted=wanted, start=start, number=0, why="Because I say so.")
        publish.settle()
        with tenant_scope(ada.tenant):
            shown.show(logs.of(ada.tenant), newest())
    for number in range(3):
        (logs.folder(log) / f"tile/entries/00{number}").unlink()
    assert "no checkpoint that is a year older than the pruning covers what was pruned" in said(
        ada.tenant, deep=False
    )
    assert "Pruned too early: auditor was signed less than a year before the pruning, at" in by_files(
        log, mine
    )


def test_an_outbox_row_that_is_dropped_is_named(log, ada):
    cases.open_case(ada, title="It waits")
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox")
    assert "was recorded and then taken away" in said(ada.tenant, deep=False)


def test_the_stored_head_cannot_be_moved(log, ada):
    with owner(ada.tenant, "ledger_log"):
        known = Log.objects.get()
        known.size -= 1
        known.frontier = b"".join(compact_range(log).hashes[:1])
        known.save()
    assert "its row is not as the ledger wrote it" in tail(ada.tenant)
