"""What is signed is held against what is stored: keys, heads, checkpoint rows, the published file, whole logs."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, verify
from muniment.ledger.models import Checkpoint, Log, Outbox
from muniment.proof.signer import new_signer, sign_checkpoint
from muniment.spine import ports
from muniment.spine.actor import system
from muniment.spine.installation import keyring
from muniment.spine.scope import DEPLOYMENT, tenant_scope
from muniment.tenants import actions

#: Tables of the ledger that hold a log.
TABLES = ("ledger_entry", "ledger_rowlist", "ledger_checkpoint", "ledger_stream", "ledger_lane", "ledger_log")


@pytest.fixture
def two(db, ada):
    """A log with two checkpoints."""
    for title in ("One", "Two"):
        cases.open_case(ada, title=title)
        publish.settle()
    with tenant_scope(ada.tenant):
        assert Checkpoint.objects.count() == 2
    return logs.of(ada.tenant)


def faults(ada):
    return "\n".join(verify.verify_log(ada.tenant).faults)


def rows(ada):
    with tenant_scope(ada.tenant):
        return list(Checkpoint.objects.order_by("number"))


def bent(note: str) -> str:
    """Return a note in whose first signature one letter is another one."""
    at = note.index("\n\n") + len("\n\n") + note[note.index("\n\n") + 2 :].index("\n") - 10
    return note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]


@pytest.mark.parametrize("which", [0, 1])
def test_a_bad_signature_on_a_stored_checkpoint_names_its_row(two, ada, which):
    row = rows(ada)[which]
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        update(cursor, "ledger_checkpoint", "note = %s", "id", bent(row.note), key(row.id))
    said = faults(ada)
    assert (
        f"{two.origin}: checkpoint row {row.id.hex} at {row.size} entries: it is not signed by the log"
        in said
    )
    assert rows(ada)[1 - which].id.hex not in said


def test_a_bad_signature_on_the_published_checkpoint_names_the_file(two, ada):
    file = logs.folder(two) / "checkpoint"
    file.write_text(bent(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert faults(ada).startswith(
        f"{two.origin}: the file checkpoint is not signed by the log (A signature of a known"
    )


def test_a_published_checkpoint_of_another_log_names_the_file(two, ada, mallory):
    cases.open_case(mallory, title="Somebody else's")
    publish.settle()
    shutil.copy(logs.folder(logs.of(mallory.tenant)) / "checkpoint", logs.folder(two) / "checkpoint")
    assert "the file checkpoint is not signed by the log (The checkpoint is of another log" in faults(ada)


def test_a_published_checkpoint_that_is_gone_or_cannot_be_read_is_named(two, ada):
    file = logs.folder(two) / "checkpoint"
    file.unlink()
    assert f"the file checkpoint is missing, and the log was published at {two.published} entries" in faults(
        ada
    )
    file.mkdir()
    assert "the file checkpoint cannot be read" in faults(ada)


def test_an_older_checkpoint_in_the_place_of_the_newest_is_named(two, ada):
    (logs.folder(two) / "checkpoint").write_text(rows(ada)[0].note, encoding="utf-8")
    assert f"and the log was published at {two.published}; after a crash the worker" in faults(ada)
    publish.settle()
    assert faults(ada) == ""


def test_a_signed_file_that_no_row_knows_is_named_whatever_the_database_says(two, ada):
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        update(cursor, "ledger_checkpoint", "size = 0, number = number", "tenant_id", key(ada.tenant))
    with owner(ada.tenant, "ledger_log") as cursor:
        update(cursor, "ledger_log", "published = 0", "tenant_id", key(ada.tenant))
    said = faults(ada)
    assert (
        f"the file checkpoint is signed at {two.published} entries, and no checkpoint row says the same"
        in said
    )
    assert f"{two.origin}: its row is not as the ledger wrote it" in said


@pytest.mark.parametrize(
    ("which", "words"), [(0, "checkpoint number 0 has no row"), (1, "its newest checkpoint row is at")]
)
def test_a_checkpoint_row_that_is_gone_is_named(two, ada, which, words):
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint WHERE id = %s", [key(rows(ada)[which].id)])
    assert words in faults(ada)


def test_checkpoint_rows_that_were_numbered_anew_are_named(two, ada):
    second = rows(ada)[1]
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        update(cursor, "ledger_checkpoint", "number = 0", "tenant_id", key(ada.tenant))
    said = faults(ada)
    assert "another row bears its number" in said
    assert (
        f"checkpoint row {second.id.hex} at {second.size} entries: it is not as the ledger wrote it" in said
    )


def test_the_time_of_a_checkpoint_row_is_the_one_that_was_signed(two, ada):
    row = rows(ada)[0]
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        other = row.at + timedelta(microseconds=1)
        update(cursor, "ledger_checkpoint", "at = %s", "id", other, key(row.id))
        assert faults(ada).endswith(f"at {row.size} entries: it is not as the ledger wrote it")
        update(cursor, "ledger_checkpoint", "at = %s", "id", row.at + timedelta(hours=1), key(row.id))
    assert f"at {row.size} entries: it was signed at another time than it says" in faults(ada)


def test_keys_in_the_database_that_are_not_the_signing_keys_are_named(two, ada):
    """Who owns database and files, and not the keys, signs everything anew with keys of their own."""
    mine = new_signer(two.origin)
    with tenant_scope(ada.tenant):
        newest = rows(ada)[1]
    head = publish.note.Checkpoint(two.origin, newest.size, bytes(newest.root))
    forged = sign_checkpoint(mine, head, newest.at)
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint WHERE id = %s", [key(rows(ada)[0].id)])
        update(cursor, "ledger_checkpoint", "note = %s", "id", forged.decode(), key(newest.id))
    with owner(ada.tenant, "ledger_log") as cursor:
        update(cursor, "ledger_log", "vkeys = %s", "id", mine.vkeys().decode(), key(two.id))
    (logs.folder(two) / "checkpoint").write_bytes(forged)
    said = faults(ada)
    assert f"{two.origin}: its public keys in the database are not those of its signing keys" in said
    assert "is not signed by the log" not in said


def test_signing_keys_that_were_changed_are_named_and_those_of_another_machine_are_not_missed(
    two, ada, monkeypatch, tmp_path
):
    monkeypatch.setattr("muniment.ledger.logs._key_path", lambda tag, _number=0: tmp_path / tag)
    assert faults(ada) == ""
    (tmp_path / two.tag).write_bytes(b"x" * 200)
    assert faults(ada) == f"{two.origin}: the file of its signing keys was changed"


def all_faults():
    return [fault for found in verify.verify().values() for fault in found.faults]


def drop(ada, *tables):
    for table in tables:
        with owner(ada.tenant, table) as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [key(ada.tenant)])  # noqa: S608  # our names


def test_a_log_that_is_dropped_whole_is_named_rows_tiles_checkpoint_and_all(two, ada):
    publish.settle()
    assert all_faults() == []
    drop(ada, *TABLES)
    shutil.rmtree(logs.folder(two))
    assert all_faults() == [
        f"log/{two.tag}: the deployment's log says that it stood at {two.size} entries, and it is missing"
    ]


def test_a_log_that_is_dropped_before_its_anchor_has_a_place_is_named_too(two, ada):
    cases.open_case(ada, title="Three")
    sequence.sequence(ada.tenant)
    clerk = system("sequencer", may=frozenset({"ledger.anchor"}))
    newest = publish.publish(ada.tenant)
    publish.anchor(clerk, checkpoint=newest, tag=two.tag)
    with tenant_scope(DEPLOYMENT):
        assert Outbox.objects.filter(kind="ledger.anchor").exists()
    drop(ada, *TABLES)
    assert f"log/{two.tag}: its files are on the disk, and its row is missing" in all_faults()
    shutil.rmtree(logs.folder(two))
    assert any(f"stood at {newest.size} entries, and it is missing" in fault for fault in all_faults())


def test_a_log_that_was_put_back_to_an_older_state_is_named(two, ada):
    publish.settle()
    with owner(ada.tenant, "ledger_checkpoint") as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint WHERE id = %s", [key(rows(ada)[1].id)])
    assert (
        f"{two.origin}: its checkpoint at {two.size} is not the one in the deployment's log" in all_faults()
    )


def test_an_anchor_whose_search_columns_were_changed_still_holds_its_log(two, ada):
    publish.settle()
    with owner(DEPLOYMENT, "ledger_entry") as cursor:
        change = "kind = 'ledger.x', subject = 'log/x'"
        update(cursor, "ledger_entry", change, "tenant_id", key(DEPLOYMENT))
    drop(ada, "ledger_log")
    shutil.rmtree(logs.folder(two))
    assert any(fault.startswith(f"log/{two.tag}: the deployment's log says") for fault in all_faults())


def test_the_deployments_own_log_is_missed_too(two):
    with owner(DEPLOYMENT, "ledger_log") as cursor:
        cursor.execute("DELETE FROM ledger_log WHERE tenant_id = %s", [key(DEPLOYMENT)])
    assert f"tenant {DEPLOYMENT}: its log is missing" in all_faults()


def test_a_tenant_whose_keys_are_destroyed_keeps_a_log_that_holds(db, operator):
    made = actions.found(operator, name="Fourth House", slug="fourth-house")
    publish.settle()
    assert verify.verify_log(made.id, deep=True).faults == []
    keyring().destroy(made.id, made.id)
    assert verify.verify_log(made.id).faults == []


def test_the_clock_of_a_checkpoint_is_kept_to_the_second_that_is_signed(db, ada):
    cases.open_case(ada, title="One")
    with ports.frozen(clock=ports.now().replace(microsecond=999_999)):
        publish.settle()
    assert faults(ada) == ""
    with tenant_scope(ada.tenant):
        assert Log.objects.get().published == Checkpoint.objects.get().size
