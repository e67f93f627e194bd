"""A write is answered with a receipt, which is held against the log later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, receipts
from muniment.ledger.action import receipts as collected
from muniment.ledger.models import Entry, Outbox
from muniment.proof import honoured
from muniment.proof.note import parse_keys
from muniment.proof.receipt import open_receipt, parse_receipt
from muniment.spine import ports
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
