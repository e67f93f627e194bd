"""Events are numbered as they are recorded, so that one which is taken away before it is placed leaves a hole."""

from __future__ import annotations

import random
import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import numbers, publish, sequence, verify
from muniment.ledger.models import Outbox, Stream
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action


@given(st.integers(0, 40), st.randoms(use_true_random=False))
def test_numbers_met_in_any_order_are_all_there(count, chance: random.Random):
    order = list(range(count))
    chance.shuffle(order)
    met = numbers.Counted()
    assert all(met.take(one) for one in order)
    assert list(numbers.number_faults({"a": met}, {"a": count})) == []
    assert not any(met.take(one) for one in order)


@given(st.sets(st.integers(0, 30), min_size=1), st.integers(0, 35))
def test_a_number_that_is_missing_is_named_with_how_many(held, count):
    met = numbers.Counted()
    for one in held:
        met.take(one)
    missing = [one for one in range(max(count, max(held) + 1)) if one not in held]
    said = list(numbers.number_faults({"a": met}, {"a": count}))
    if missing:
        assert f"event number {missing[0]} was recorded" in said[0]
        assert f"({len(missing)} such" in said[0]
    else:
        assert bool(said) is (count < max(held) + 1)


def test_a_lane_without_its_row_is_named_and_an_empty_one_is_no_fault():
    met = numbers.Counted()
    met.take(0)
    assert list(numbers.number_faults({"a": met}, {"b": 0})) == [
        "lane a: the row that counts its events is missing"
    ]


@pytest.mark.parametrize("body", [b"[]", b'{"k":"x"}'])
def test_an_event_from_before_events_were_numbered_has_no_standing(body):
    assert numbers.standing(body) is None


@pytest.mark.parametrize("body", [b"not json", b'{"n":{}}', b'{"n":[1]}', b'{"n":{"lane":"a","number":"b"}}'])
def test_a_number_that_cannot_be_read_is_said(body):
    with pytest.raises(ValueError):  # whatever the words, the caller puts the entry's name before them
        numbers.standing(body)


@pytest.fixture
def three(db, ada):
    sequence.sequence_all()
    return [cases.open_case(ada, title=f"Case number {number}") for number in range(3)]


def faults(ada, *, deep=False):
    return "\n".join(verify.verify_log(ada.tenant, deep=deep).faults)


def without_one_that_waits(ada, place):
    with tenant_scope(ada.tenant):
        gone = Outbox.objects.order_by("order")[place]
    with owner(ada.tenant, "ledger_outbox") as cursor:
        cursor.execute("DELETE FROM ledger_outbox WHERE id = %s", [key(gone.id)])
    return numbers.standing(bytes(gone.body))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_waiting_event_that_was_taken_away_is_named_for_good(three, ada, place):
    said = without_one_that_waits(ada, place)
    words = f"lane {said.lane}: event number {said.number} was recorded and then taken away (1 such"
    assert words in faults(ada)
    publish.settle()
    assert words in faults(ada), "its hole stands in the leaves now"
    cases.open_case(ada, title="One more")
    publish.settle()
    assert words in faults(ada)


def test_who_hides_the_hole_by_counting_back_is_named_as_soon_as_the_number_is_used_again(three, ada):
    without_one_that_waits(ada, 1)
    with owner(ada.tenant, "ledger_lane") as cursor:
        update(cursor, "ledger_lane", "next_number = next_number - 1", "tenant_id", key(ada.tenant))
    cases.open_case(ada, title="One more")
    assert "another event bears its number" in faults(ada)


def test_who_takes_back_the_last_event_and_its_count_before_it_is_placed_is_not_seen(three, ada):
    """The limit that docs/formats/log.md names: it is as if the transaction had never been committed."""
    without_one_that_waits(ada, 2)
    with owner(ada.tenant, "ledger_lane") as cursor:
        update(cursor, "ledger_lane", "next_number = next_number - 1", "tenant_id", key(ada.tenant))
    assert faults(ada) == ""
    assert "this row was added behind the application's back" in faults(ada, deep=True), (
        "but what it changed is"
    )


def test_an_event_that_is_put_back_after_it_was_placed_is_named(three, ada):
    with tenant_scope(ada.tenant):
        again = Outbox.objects.order_by("order").first()
    publish.settle()
    with tenant_scope(ada.tenant), open_action(LEDGER_HAND):
        Outbox.objects.bulk_create([again])
    assert f"waiting event {again.id}: another event bears its number" in faults(ada)


def test_a_change_that_is_taken_back_takes_its_number_back(three, ada):
    def twice_and_back():
        with transaction.atomic():
            cases.open_case(ada, title="Not after all")
            cases.open_case(ada, title="Nor this one")
            raise RuntimeError("on second thought")

    with pytest.raises(RuntimeError, match="on second thought"):
        twice_and_back()
    cases.open_case(ada, title="After all")
    assert faults(ada, deep=True) == ""
    publish.settle()
    assert faults(ada, deep=True) == ""


def test_a_stream_that_is_given_to_another_subject_is_named(three, ada):
    publish.settle()
    with tenant_scope(ada.tenant):
        stream = Stream.objects.order_by("id").last()
    with owner(ada.tenant, "ledger_stream") as cursor:
        update(cursor, "ledger_stream", "subject_index = %s", "id", b"another subject!", key(stream.id))
    assert f"its stream {stream.id} is now indexed as another subject's" in faults(ada)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLCipher has one writer at a time")
def test_who_writes_at_the_same_time_counts_in_another_lane(db):
    tenant, held, done = uuid4(), threading.Event(), threading.Event()
    taken: list[tuple[UUID, int]] = []

    def one(before: threading.Event | None, after: threading.Event | None) -> None:
        with tenant_scope(tenant), transaction.atomic(), open_action(LEDGER_HAND):
            taken.append(numbers.take(tenant, 1))
            if after is not None and before is not None:
                before.set()
                after.wait(10)
        connection.close()

    first = threading.Thread(target=one, args=(held, done))
    first.start()
    assert held.wait(10)
    second = threading.Thread(target=one, args=(None, None))
    second.start()
    second.join(10)
    assert len(taken) == 2, "nobody waits for anybody"
    done.set()
    first.join(10)
    assert len({lane for lane, _ in taken}) == 2
