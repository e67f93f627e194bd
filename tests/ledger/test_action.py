"""The door: causes, receipts, refusals within their rate, readings, and nothing without its entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError

from muniment.cases import actions as cases
from muniment.cases.models import Case
from muniment.ledger import refusals, rows
from muniment.ledger.action import REGISTRY, NothingRecorded, action, receipts
from muniment.ledger.models import Outbox, RowList
from muniment.ledger.openings import opened_event
from muniment.ledger.refusals import MOST_A_MINUTE, constraint_refusal
from muniment.ledger.words import Sealed, moment, plain, ref, stream_of
from muniment.spine import ports
from muniment.spine.errors import Busy, Clash, Refused
from muniment.spine.scope import tenant_scope

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


@pytest.fixture
def made():
    """Make actions for one test, and forget them after it."""
    kinds = []

    def make(kind, body, cls="case.change"):
        kinds.append(kind)
        return action(kind, cls=cls, says="{actor} did it")(body)

    yield make
    for kind in kinds:
        REGISTRY.pop(kind, None)


def bold(actor, *kinds):
    return type(actor)(id=actor.id, kind=actor.kind, tenant=actor.tenant, may=actor.may | set(kinds))


def outbox(actor):
    """Return what somebody did, in order."""
    with tenant_scope(actor.tenant):
        return list(Outbox.objects.filter(actor=actor.id).order_by("order"))


@pytest.fixture(autouse=True)
def _no_refusal_is_remembered(monkeypatch):
    monkeypatch.setattr(refusals, "_recent", {})


def test_a_nested_action_carries_the_event_that_caused_it(db, ada, made):
    def inner(act):
        act.record("inner/1")

    inner_door = made("try.inner", inner)

    def outer(act):
        act.record("outer/1")
        inner_door(act.actor)
        act.record("outer/2")

    made("try.outer", outer)(bold(ada, "try.outer", "try.inner"))
    events = {one.subject: one for one in outbox(ada)}
    assert opened_event(events["inner/1"]).value("cause") == str(events["outer/1"].id)
    assert opened_event(events["outer/2"]).value("cause") == ""


def test_a_refusal_inside_another_action_is_recorded_once_by_the_outer_one(db, ada, made):
    def outer(act):
        act.record("outer/1")
        cases.decide(act.actor, case_id=uuid4(), approve=True, reason="x", shown="0")

    with pytest.raises(Refused):
        made("try.refused", outer)(bold(ada, "try.refused"))
    assert [(one.cls, one.kind) for one in outbox(ada)] == [("refusal", "try.refused")]


def test_a_body_that_records_nothing_is_rolled_back(db, ada, made):
    def silent(act):
        Case.objects.create(number=1, title="x", opened_by=act.actor.id, opened_at=act.now, due_at=act.now)

    with pytest.raises(NothingRecorded):
        made("try.silent", silent)(bold(ada, "try.silent"))
    with tenant_scope(ada.tenant):
        assert not Case.objects.exists()


@pytest.mark.parametrize("facts", [{"x": 1.5}, {"x": object()}, {"x": b"raw"}])
def test_a_value_that_is_no_fact_is_our_fault_and_stops_everything(db, ada, made, facts):
    def odd(act):
        act.record("odd/1", **facts)

    with pytest.raises(TypeError, match="not a fact"):
        made("try.odd", odd)(bold(ada, "try.odd"))
    assert outbox(ada) == []


def test_two_actions_may_not_claim_one_name_and_a_class_must_be_known(made):
    made("try.twice", lambda _act: None)
    with pytest.raises(ValueError, match="two actions claim"):
        made("try.twice", lambda _act: None)
    with pytest.raises(ValueError, match="not a class"):
        action("try.class", cls="nonsense", says="")(lambda _act: None)


def test_the_answer_to_a_request_carries_the_entries_that_it_made(db, ada):
    with receipts() as found:
        cases.open_case(ada, title="One of them")
        cases.open_case(ada, title="Another one")
    assert found == [one.id for one in outbox(ada)]
    with receipts() as none:
        pass
    assert none == []


def test_a_reading_is_on_record_and_changes_no_row(db, ada, vera):
    case = cases.open_case(ada, title="To be read")
    cases.read(vera, case_id=case.id)
    last = outbox(vera)[-1]
    assert (last.cls, last.kind, last.actor) == ("case.read", "cases.read", vera.id)
    with tenant_scope(vera.tenant):
        assert not RowList.objects.filter(id=last.id).exists()


def test_refusals_are_recorded_up_to_a_number_a_minute_and_stand_all_the_same(db, vera):
    with ports.frozen(clock=NOON):
        for _ in range(MOST_A_MINUTE + 5):
            with pytest.raises(Refused):
                cases.open_case(vera, title="Not mine to open")
    assert len(outbox(vera)) == MOST_A_MINUTE
    with ports.frozen(clock=NOON + timedelta(seconds=61)), pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    assert len(outbox(vera)) == MOST_A_MINUTE + 1


def test_the_memory_of_refusals_is_bounded(monkeypatch):
    kept = {(str(number), "x"): refusals.deque() for number in range(10_001)}
    monkeypatch.setattr(refusals, "_recent", kept)
    assert refusals.within_rate("somebody", "new")
    assert len(kept) == 1


def test_a_refusal_that_cannot_be_recorded_still_refuses(db, vera, monkeypatch):
    def broken(*_args):
        raise DatabaseError("gone")

    monkeypatch.setattr("muniment.ledger.record.append", broken)
    with ports.frozen(clock=NOON + timedelta(days=1)), pytest.raises(Refused, match="does not allow"):
        cases.open_case(vera, title="Not mine to open")


def test_no_ledger_no_action(db, ada, monkeypatch):
    def full(*_args):
        raise OSError("disk full")

    monkeypatch.setattr("muniment.ledger.record.append", full)
    with pytest.raises(OSError, match="disk full"):
        cases.open_case(ada, title="Must not stay")
    with tenant_scope(ada.tenant):
        assert not Case.objects.exists()


def test_a_database_that_refuses_the_ledgers_rows_is_not_taken_for_a_change_that_clashes(
    db, ada, monkeypatch
):
    def planted(*_args):
        raise IntegrityError("planted")

    monkeypatch.setattr("muniment.ledger.record.append", planted)
    with pytest.raises(Busy, match="The ledger cannot be written") as why:
        cases.open_case(ada, title="Must not stay")
    assert "planted" not in str(why.value)
    assert why.value.status == 503
    with tenant_scope(ada.tenant):
        assert not Case.objects.exists()


def test_a_breached_rule_of_the_database_is_said_in_its_own_words_on_both(db, ada, made):
    first = cases.open_case(ada, title="The first one")

    def second(act):
        act.record("x/1")
        Case.objects.create(number=first.number, title="x", opened_by="x", opened_at=act.now, due_at=act.now)

    with pytest.raises(Clash, match="Another case was opened at this moment"):
        made("try.number", second)(bold(ada, "try.number"))


def test_an_unknown_breach_is_a_clash():
    assert constraint_refusal(IntegrityError("UNIQUE constraint failed: no_such.table")).status == 409


def test_every_kind_of_column_has_a_text_of_its_own():
    from decimal import Decimal

    from muniment.spine.sealed import Stored

    one = uuid4()
    values = [
        None,
        True,
        1,
        "1",
        b"1",
        Stored(b"1!"),
        one,
        NOON,
        NOON.date(),
        1.0,
        Decimal("1.0"),
        [1],
        {"a": 1},
    ]
    texts = [rows.stored(value) for value in values]
    assert len(set(texts)) == len(values)
    assert rows.stored(memoryview(b"1")) == rows.stored(b"1")


def test_facts_are_brought_to_what_canonical_json_can_hold():
    assert plain({"a": None, "b": [NOON.date(), True, 2], "c": "e\u0301"}) == {
        "b": ["2026-03-12", True, 2],
        "c": "\u00e9",
    }
    assert plain(NOON) == moment(NOON) == "2026-03-12T12:00:00.000000Z"
    assert repr(Sealed("secret")) == "Sealed(…)"
    assert (ref("a/1"), stream_of("a/1")) == ("a/1", "a")
