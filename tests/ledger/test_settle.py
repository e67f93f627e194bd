"""From the outbox to a signed head: order, numbers, tiles, and what a crash in between leaves behind."""

from __future__ import annotations

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, sequence, verify
from muniment.ledger.models import Checkpoint, Entry, Log, Outbox
from muniment.ledger.openings import opened_event
from muniment.proof.checkpoint import open_checkpoint
from muniment.proof.errors import Malformed
from muniment.proof.leaf import parse_leaf
from muniment.proof.note import parse_keys
from muniment.spine.errors import Busy, Clash
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@pytest.fixture
def three(db, ada):
    return [cases.open_case(ada, title=f"Case number {number}") for number in range(3)]


def test_events_get_their_places_in_the_order_in_which_they_happened(three, ada):
    with tenant_scope(ada.tenant):
        waiting = [one.id for one in Outbox.objects.order_by("order")]
        assert sequence.sequence(ada.tenant) == len(waiting)
        assert [one.id for one in Entry.objects.order_by("idx")] == waiting
        assert not Outbox.objects.exists()
        assert sequence.sequence(ada.tenant) == 0


def test_a_small_batch_gives_the_same_log_as_a_large_one(three, ada):
    with tenant_scope(ada.tenant):
        whole = Outbox.objects.count()
        while sequence.sequence_batch(ada.tenant, most=2):
            pass
        log = Log.objects.get()
        assert log.size == whole
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_each_subject_is_numbered_on_its_own(three, ada):
    cases.withdraw(ada, case_id=three[0].id, reason="Opened twice.")
    sequence.sequence_all()
    with tenant_scope(ada.tenant):
        rows = Entry.objects.filter(subject=f"cases.Case/{three[0].id}").order_by("idx")
        leaves = [parse_leaf(bytes(row.leaf)) for row in rows]
    assert [leaf.sn for leaf in leaves] == [0, 1]
    assert len({leaf.st for leaf in leaves}) == 1


def test_settling_twice_changes_nothing(three, ada):
    first = {one.tenant: (one.size, one.root) for one in publish.settle()}
    again = publish.settle()
    assert {one.sequenced for one in again if one.tenant != DEPLOYMENT} == {0}
    assert {one.tenant: (one.size, one.root) for one in again} == first
    with tenant_scope(ada.tenant):
        assert Checkpoint.objects.count() == 1


def test_each_tenants_head_is_anchored_in_the_deployments_log(three, ada):
    publish.settle()
    publish.settle()
    with tenant_scope(ada.tenant):
        log = Log.objects.get()
        root = bytes(Checkpoint.objects.get().root).hex()
    with tenant_scope(DEPLOYMENT):
        said = [opened_event(one).facts for one in Entry.objects.filter(subject=f"log/{log.tag}")]
    assert {"root": root, "size": log.size} in said


def test_a_checkpoint_is_signed_with_both_keys_and_the_clock_moves_on(three, ada):
    publish.settle()
    log = logs.of(ada.tenant)
    raw = (logs.folder(log) / "checkpoint").read_bytes()
    head, signed = open_checkpoint(raw, parse_keys(log.vkeys.encode()), origin=log.origin)
    assert head.size == log.size == log.published
    assert len(signed.good) == 2


def test_a_crash_between_commit_and_file_is_mended_by_the_next_round(three, ada):
    publish.settle()
    file = logs.folder(logs.of(ada.tenant)) / "checkpoint"
    kept = file.read_bytes()
    for damaged in (None, b"half a che"):
        file.unlink() if damaged is None else file.write_bytes(damaged)
        assert publish.publish(ada.tenant) is None
        assert file.read_bytes() == kept


def test_tiles_that_are_on_the_disk_already_are_used_again(three, ada, monkeypatch):
    sequence.sequence_all()

    def crash(*_args):
        raise OSError("power cut")

    with monkeypatch.context() as cut:
        cut.setattr("muniment.ledger.publish.sign_checkpoint", crash)
        with pytest.raises(OSError, match="power cut"):
            publish.publish(ada.tenant)
    made = publish.publish(ada.tenant)
    assert made is not None
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_other_bytes_where_a_tile_must_go_stop_the_publisher(three, ada):
    publish.settle()
    cases.open_case(ada, title="One more")
    sequence.sequence_all()
    log = logs.of(ada.tenant)
    bundle = logs.folder(log) / f"tile/entries/000.p/{log.size}"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_bytes(b"something else")
    with pytest.raises(Malformed, match="fork"):
        publish.publish(ada.tenant)


def test_a_root_that_the_entries_do_not_give_is_never_signed(three, ada):
    sequence.sequence_all()
    with tenant_scope(ada.tenant):
        root = bytes(Entry.objects.get(idx=1).root)
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "root = %s", "idx", root[::-1], 1)
    with pytest.raises(Clash, match="do not lead to the root"):
        publish.publish(ada.tenant)
    with tenant_scope(ada.tenant):
        assert not Checkpoint.objects.exists()


@pytest.mark.parametrize("column", ["frontier", "size"])
def test_a_head_that_somebody_else_wrote_is_never_signed_and_grows_no_further(three, ada, column):
    sequence.sequence_all()
    with tenant_scope(ada.tenant):
        frontier = bytes(Log.objects.get().frontier)
    other = bytes([frontier[0] ^ 1]) + frontier[1:] if column == "frontier" else 1
    with owner(ada.tenant, "ledger_log") as cursor:
        update(cursor, "ledger_log", f"{column} = %s", "tenant_id", other, key(ada.tenant))
    with pytest.raises(Clash, match="not what the ledger wrote"):
        publish.publish(ada.tenant)
    cases.open_case(ada, title="One more")
    with pytest.raises(Clash, match="not what the ledger wrote"):
        sequence.sequence(ada.tenant)
    with tenant_scope(ada.tenant):
        assert not Checkpoint.objects.exists()
        assert Outbox.objects.count() == 1


@pytest.mark.parametrize(
    "change", ["cls = 'export'", '"order" = "order" + 1', "body = commitments", "actor = 'x'"]
)
def test_a_waiting_event_that_was_changed_is_never_placed(three, ada, change):
    with owner(ada.tenant, "ledger_outbox") as cursor:
        update(cursor, "ledger_outbox", change, "tenant_id", key(ada.tenant))
    with pytest.raises(Clash, match="not what was recorded"):
        sequence.sequence(ada.tenant)
    with tenant_scope(ada.tenant):
        assert not Entry.objects.exists()


def test_a_log_that_cannot_be_published_keeps_no_other_from_it(three, ada, mallory):
    publish.settle()
    cases.open_case(ada, title="One more")
    cases.open_case(mallory, title="Somebody else's")
    file = logs.folder(logs.of(ada.tenant)) / "tile/entries/000.p"
    for one in file.iterdir():
        one.unlink()
    with pytest.raises(Malformed):
        publish.settle()
    fresh = logs.of(mallory.tenant)
    assert fresh.published == fresh.size


def test_a_log_whose_waiting_event_was_changed_keeps_no_other_from_it(three, mallory):
    cases.open_case(mallory, title="Somebody else's")
    first, second = (log.tenant_id for log in logs.every()[:2])
    with owner(first, "ledger_outbox") as cursor:
        update(cursor, "ledger_outbox", "cls = 'export'", "tenant_id", key(first))
    with pytest.raises(Clash, match="not what was recorded"):
        publish.settle()
    fresh = logs.of(second)
    assert fresh.published == fresh.size > 0
    assert logs.of(first).size == 0


def test_without_its_signing_key_a_log_grows_and_is_not_signed(three, ada, monkeypatch, tmp_path):
    monkeypatch.setattr("muniment.ledger.logs._key_path", lambda tag, _number=0: tmp_path / tag)
    with pytest.raises(Busy, match="signing key"):
        publish.settle()
    with tenant_scope(ada.tenant):
        assert Entry.objects.exists()
        assert not Checkpoint.objects.exists()
