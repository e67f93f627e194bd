"""A write is answered with a receipt, which is held against the log later."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection
from django.test.utils import CaptureQueriesContext
from scitt_cose import verify_receipt
from tests.ledger.houses import announce_keys

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, receipts, verify
from muniment.ledger.action import receipts as collected
from muniment.ledger.models import Checkpoint, Entry, Outbox
from muniment.proof import honoured
from muniment.proof.canonical import canonical, encode64
from muniment.proof.errors import Malformed
from muniment.proof.note import parse_keys
from muniment.proof.receipt import open_announcement, open_receipt, parse_receipt, write_announcement
from muniment.proof.signer import new_signer
from muniment.proof.tiles import TileWriter
from muniment.spine import ports
from muniment.spine.errors import Absent, Busy
from muniment.spine.keyring import KeyDestroyed
from muniment.spine.scope import tenant_scope

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)


def written(actor, title="Who is late?"):
    """Let somebody write; returns the receipt."""
    with collected() as events:
        cases.open_case(actor, title=title)
    [made] = receipts.of_events(actor.tenant, events)
    return made


class Clock:
    """Stands at noon until it is moved."""

    def __init__(self):
        self.moment = NOON

    def __call__(self):
        return self.moment


@pytest.fixture
def clock(db):
    made = Clock()
    with ports.frozen(clock=made):
        yield made


def trusted(actor):
    return parse_keys(logs.of(actor.tenant).vkeys.encode())


def test_a_receipt_promises_the_leaf_that_the_log_then_has(clock, ada):
    raw = written(ada)
    log = logs.of(ada.tenant)
    receipt = open_receipt(raw, [receipts.public_key(log)])
    assert (receipt.origin, receipt.recorded, receipt.due) == (
        log.origin,
        int(NOON.timestamp()),
        int(NOON.timestamp()) + 60,
    )
    told, verdict = receipts.judge(raw, NOON)
    assert told == receipt
    assert verdict.state == honoured.NOT_DUE
    publish.settle()
    _, verdict = receipts.judge(raw, NOON)
    assert verdict.state == honoured.KEPT
    assert verdict.said.startswith(
        f"It stands in the log as entry {verdict.index}, under a head signed before"
    )
    with tenant_scope(ada.tenant):
        assert Entry.objects.get(id=UUID(receipt.entry)).idx == verdict.index


def test_the_receipt_of_an_event_is_the_same_promise_whenever_it_is_asked_for(clock, ada):
    first = parse_receipt(written(ada))
    with tenant_scope(ada.tenant):
        waiting = Outbox.objects.get(id=UUID(first.entry))
    assert parse_receipt(receipts.of_event(waiting)) == first
    publish.settle()
    clock.moment += timedelta(hours=1)
    with tenant_scope(ada.tenant):
        entry = Entry.objects.get(id=waiting.id)
    again = parse_receipt(receipts.of_event(entry))
    promised = ("entry", "leaf", "body", "recorded", "due")
    assert [getattr(again, name) for name in promised] == [getattr(first, name) for name in promised]
    assert again.size > first.size


def test_events_of_others_and_those_taken_back_have_no_receipt(db, ada, mallory):
    mine = parse_receipt(written(ada))
    assert receipts.of_events(mallory.tenant, [UUID(mine.entry)]) == []
    assert receipts.of_events(ada.tenant, [uuid4()]) == []
    assert receipts.of_events(ada.tenant, []) == []


def test_one_question_finds_what_receipts_say_before_and_after_the_first_head_and_later(clock, ada):
    def asked(events):
        with CaptureQueriesContext(connection) as ran:
            made = receipts.of_events(ada.tenant, events)
        assert len(made) == len(events)
        return [one["sql"] for one in ran if "set_config" not in one["sql"]]

    with collected() as events:
        for title in ("One", "Two", "Three"):
            cases.open_case(ada, title=title)
    assert len(asked(events)) == 1
    publish.settle()
    with collected() as later:
        cases.open_case(ada, title="Four")
    assert len(asked(later)) == 1
    # Only what has its place already is looked for a second time.
    assert len(asked(events)) == 2


def test_a_receipt_names_the_newest_head_that_was_signed(clock, ada):
    for size in (1, 2):
        written(ada)
        clock.moment += timedelta(minutes=1)
        publish.settle()
        log = logs.of(ada.tenant)
        receipt = parse_receipt(written(ada))
        assert (receipt.origin, receipt.size) == (log.origin, log.published)
        assert size <= receipt.size
        with tenant_scope(ada.tenant):
            newest = Checkpoint.objects.get(size=log.published)
        assert receipt.root == bytes(newest.root)


# --- the key


def test_the_log_announces_the_key_of_its_receipts_beside_its_tiles(clock, ada):
    raw = written(ada)
    log = logs.of(ada.tenant)
    with pytest.raises(Busy):
        receipts.announcement(log)
    publish.settle()
    key = open_announcement(receipts.announcement(log), trusted(ada), log.origin)
    assert open_receipt(raw, [key]) == open_receipt(raw, [receipts.public_key(log)])
    assert receipts.judge(raw, NOON, trusted(ada))[1].state == honoured.KEPT
    assert receipts.judge(raw, NOON, (*trusted(ada), key))[1].state == honoured.KEPT
    assert receipts.judge(raw, NOON, (key,))[1].state == honoured.KEPT


def test_it_is_no_key_of_the_log_and_differs_from_tenant_to_tenant(db, ada, mallory):
    mine, theirs = (receipts.public_key(logs.of(one.tenant)) for one in (ada, mallory))
    assert mine.public != theirs.public
    assert mine.public not in {key.public for key in trusted(ada)}


def test_new_keys_of_the_log_announce_it_too(clock, ada, operator):
    first = written(ada)
    publish.settle()
    before = trusted(ada)
    log = logs.of(ada.tenant)
    announce_keys(log, clock())
    publish.settle()
    new = [key for key in trusted(ada) if key not in before]
    assert len(new) == 2
    for keys in (before, new):
        assert open_announcement(receipts.announcement(log), keys, log.origin) == receipts.public_key(log)
    assert receipts.judge(first, NOON, before)[1].state == honoured.KEPT


def test_another_key_in_the_announcement_is_named(clock, ada):
    written(ada)
    publish.settle()
    log = logs.of(ada.tenant)
    file = logs.folder(log) / receipts.ANNOUNCED
    stranger = new_signer(f"{log.origin}/receipts").keys[0]
    own = logs.signers(log, log.size)[0]
    file.write_bytes(write_announcement(stranger, [(own.keys[0], own.sign_raw)]))
    assert f"the file {receipts.ANNOUNCED} announces another key" in faults(ada)
    file.write_bytes(receipts.announcement(log).replace(b"receipt-key/1", b"receipt-key/2"))
    assert f"the file {receipts.ANNOUNCED} does not bear the signature of the log" in faults(ada)
    file.unlink()
    assert faults(ada) == ""


def faults(actor):
    return "\n".join(verify.verify_log(actor.tenant).faults)


def test_a_tenant_without_a_key_gives_no_receipts_and_goes_on_being_published(clock, ada, monkeypatch):
    raw = written(ada)
    publish.settle()
    log = logs.of(ada.tenant)
    said = receipts.announcement(log)
    cases.open_case(ada, title="Another one")

    def gone(tenant):
        raise KeyDestroyed(tenant, tenant)

    monkeypatch.setattr(receipts, "_signing", gone)
    assert list(receipts.key_faults(log, trusted(ada))) == []
    publish.settle()
    assert receipts.announcement(log) == said
    assert receipts.judge(raw, NOON, trusted(ada))[1].state == honoured.KEPT, "what was given still counts"


# --- held against the log


def test_what_comes_after_the_deadline_came_too_late(clock, ada):
    raw = written(ada)
    clock.moment += timedelta(seconds=61)
    _, verdict = receipts.judge(raw, clock())
    assert verdict.state == honoured.BROKEN
    publish.settle()
    _, verdict = receipts.judge(raw, clock())
    assert verdict.state == honoured.BROKEN
    assert verdict.said.endswith("and came 1 s too late.")


def test_a_receipt_of_another_house_is_not_found_here(db, ada):
    stranger = written(ada).decode().replace(logs.of(ada.tenant).origin, "elsewhere.example/log")
    with pytest.raises(Absent):
        receipts.judge(stranger.encode(), NOON)
    with pytest.raises(Malformed):
        receipts.judge(b"words", NOON)


# --- COSE


def test_an_entry_has_a_cose_receipt_once_a_head_covers_it(clock, ada):
    event = UUID(parse_receipt(written(ada)).entry)
    publish.settle()
    log = logs.of(ada.tenant)
    with tenant_scope(ada.tenant):
        entry = Entry.objects.get(id=event)
    own = logs.signers(log, log.size)[0].ed25519.public_key()
    pem = own.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    told = verify_receipt(
        receipts.cose(entry), leaf_entry_hex=bytes(entry.leaf).hex(), log_public_key_pem=pem
    )
    assert (told.ok, told.leaf_index, told.issuer) == (True, entry.idx, log.origin)


def test_a_cose_receipt_waits_until_its_head_is_signed_for_it(clock, ada):
    event = UUID(parse_receipt(written(ada)).entry)
    publish.settle()
    with tenant_scope(ada.tenant):
        entry = Entry.objects.get(id=event)
    file = logs.folder(logs.of(ada.tenant)) / receipts.COSE_HEAD
    good = file.read_bytes()
    for bent in (b"", b"{}", good.replace(b'"size":', b'"size":9')):
        file.write_bytes(bent)
        with pytest.raises(Busy):
            receipts.cose(entry)
        publish.settle()
        assert file.read_bytes() == good, "the next settling makes it again"
    held = json.loads(good)
    file.write_bytes(canonical({**held, "signature": encode64(bytes(64))}))
    with pytest.raises(Busy, match="not over this head"):
        receipts.cose(entry)


# --- faults


def test_a_full_disk_after_the_head_leaves_the_announcement_for_the_next_time(clock, ada, monkeypatch):
    raw = written(ada)

    def full(*_any):
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(TileWriter, "keep", full)
        with pytest.raises(OSError, match="no space"):
            publish.settle()
    log = logs.of(ada.tenant)
    assert log.published == log.size > 0
    assert not (logs.folder(log) / receipts.ANNOUNCED).exists()
    assert faults(ada) == ""
    publish.settle()
    assert open_announcement(receipts.announcement(log), trusted(ada), log.origin)
    assert receipts.judge(raw, NOON)[1].state == honoured.KEPT
