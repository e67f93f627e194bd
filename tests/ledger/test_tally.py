"""A flood of refusals costs one row and one entry a minute, and no refusal goes uncounted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError
from tests.faults.asked import said

from muniment.ledger import record, tally, verify
from muniment.ledger.action import refuse
from muniment.ledger.refusals import MOST_A_MINUTE
from muniment.spine import asking, ports
from muniment.spine.models import Tally

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


def test_what_is_too_much_is_counted_and_the_count_is_put_on_record(db, vera):
    with ports.frozen(clock=NOON):
        for _ in range(MOST_A_MINUTE + 500):
            refuse(vera, "cases.open", "No.")
        assert tally.settle(NOON + timedelta(seconds=59)) == 0
    assert Tally.objects.count() == 1
    assert tally.settle(NOON + timedelta(seconds=60)) == 500
    told = [one for one in said(vera.tenant) if one.actor == vera.id]
    assert len(told) == MOST_A_MINUTE + 1
    assert (told[-1].facts["times"], told[-1].outcome, told[-1].role) == (500, "refused", "auditor")
    assert Tally.objects.count() == 0
    assert tally.settle(NOON + timedelta(days=1), whole=True) == 0


def test_a_count_that_cannot_be_put_on_record_is_kept(db, vera, monkeypatch):
    with ports.frozen(clock=NOON):
        tally.count(vera, "cases.open")

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr(record, "append", broken)
    with pytest.raises(OSError, match="full"):
        tally.settle(NOON + timedelta(hours=1))
    assert Tally.objects.get().times == 1


def test_two_that_begin_a_count_at_once_are_both_counted(db, vera, monkeypatch):
    tally.count(vera, "cases.open")
    real = Tally.objects.select_for_update

    class Late:
        """Sees the row of somebody else only at the second look."""

        def filter(self, **given):
            self.given = given
            return self

        def first(self):
            return None

        def get(self):
            return real().filter(**self.given).get()

    monkeypatch.setattr(Tally.objects, "select_for_update", Late)
    tally.count(vera, "cases.open")
    monkeypatch.undo()
    assert Tally.objects.get().times == 2
    with pytest.raises(IntegrityError):
        Tally.objects.create(
            tenant_id=vera.tenant, actor=vera.id, kind="cases.open", actor_kind="person", role="x", since=NOON
        )


@pytest.mark.parametrize("change", [{"times": 1_000_000}, {"actor": "somebody"}, {"voucher": b""}])
def test_a_count_that_was_changed_is_named_and_never_put_on_record(db, vera, change):
    with ports.frozen(clock=NOON):
        tally.count(vera, "cases.open")
    assert verify.verify_log(vera.tenant).faults == []
    assert Tally.objects.update(**change) == 1
    row = Tally.objects.get()
    named = f"count {row.id.hex} of refusals: it is not as the ledger wrote it"
    assert any(named in fault for fault in verify.verify_log(vera.tenant).faults)
    assert tally.settle(NOON + timedelta(hours=1)) == 0
    assert "refused" not in {one.outcome for one in said(vera.tenant)}
    with ports.frozen(clock=NOON):
        tally.count(replace(vera, id=row.actor), "cases.open")
    assert Tally.objects.get().times == row.times + 1
    assert any(named in fault for fault in verify.verify_log(vera.tenant).faults), "it was vouched for"


def test_a_count_that_somebody_else_settled_is_not_told_twice(db):
    assert tally._settle(UUID(int=1), NOON) == 0


def test_an_entry_bears_the_number_of_what_it_answers(db, vera):
    with asking.asked("n-1", "command x") as asked:
        refuse(vera, "cases.open", "No.")
    assert (asked.refusals, asked.entries) == (1, 0)
    (told,) = said(vera.tenant, "n-1")
    assert told.facts["asked"] == "command x"
