"""Deleted rows that an erasure could not have rewritten: tried again, put on record, and named until it is done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from muniment.ledger import publish, queries, verify
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.lifecycle import cleaning, closing, executing, leftover
from muniment.lifecycle.models import Erasure
from muniment.ops import checking
from muniment.spine import config, ports
from muniment.spine.scope import tenant_scope

MINE = "lifecycle.clean"


def entries(tenant, kind):
    publish.settle()
    with tenant_scope(tenant):
        return [opened_event(one).facts for one in Entry.objects.filter(kind=kind).order_by("idx")]


def waits(tenant):
    return leftover.left().orders.get(tenant, [])


def named():
    return [one.what for one in checking._erased(config.current()) if one.about == "erasure"]


@pytest.fixture
def rewritten(monkeypatch):
    """Let the rewriting be done; a test's transaction cannot be rewritten beneath itself."""

    def do():
        done = cleaning.Cleaned(ports.now(), "tables")
        monkeypatch.setattr(cleaning, "clean", lambda: done)
        return done

    return do


def test_what_is_left_is_said_by_the_certificate_and_by_check_until_it_is_done(erasing, ada, rewritten):
    order = erasing.carry_out()
    assert waits(ada.tenant) == [order.id]
    [facts] = entries(ada.tenant, "lifecycle.execute")
    assert facts["cleaned"].startswith(cleaning.LEFT)
    with ports.frozen(clock=ports.now() + timedelta(minutes=30)):
        assert named() == []
    with ports.frozen(clock=ports.now() + timedelta(hours=2)):
        assert any("still has its bytes" in one for one in named())

    told = leftover.clean()
    assert told is not None
    assert told.at is None, "within a transaction nothing can be rewritten"
    assert entries(ada.tenant, MINE) == [], "that it cannot be done does not fill the log"

    done = rewritten()
    assert leftover.clean() == done
    assert waits(ada.tenant) == []
    with tenant_scope(ada.tenant):
        assert Erasure.objects.get(id=order.id).cleaned_at == done.at
    [facts] = entries(ada.tenant, MINE)
    assert (facts["cleaned"], facts["erasures"]) == (done.told(), [1])
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_an_erasure_whose_pages_were_rewritten_leaves_nothing(erasing, ada, rewritten):
    done = rewritten()
    order = erasing.carry_out()
    assert order.cleaned_at == done.at
    assert waits(ada.tenant) == []
    [facts] = entries(ada.tenant, "lifecycle.execute")
    assert facts["cleaned"] == done.told()


def test_what_a_restore_brought_back_is_to_be_rewritten_too(erasing, ada, rewritten, monkeypatch):
    rewritten()
    order = erasing.carry_out()
    monkeypatch.setattr(executing, "keys_there", lambda _line: True)
    with monkeypatch.context() as busy:
        busy.setattr(cleaning, "clean", lambda: cleaning.Cleaned(None, cleaning.OLDER))
        executing.catch_up()
    assert waits(ada.tenant) == [order.id]
    [facts] = entries(ada.tenant, "lifecycle.replay")
    assert facts["older"].startswith("older than the journal")


def test_who_asks_for_it_is_told_why_it_cannot_be_done(erasing, ada):
    erasing.carry_out()
    told = leftover.clean(closing.operator())
    assert told is not None
    assert told.told().startswith(cleaning.LEFT)
    assert waits(ada.tenant)


def test_the_page_of_an_erasure_says_whether_its_pages_were_rewritten(
    erasing, ada, otto, client_as, rewritten
):
    order = erasing.carry_out()
    publish.settle()
    place = f"/lifecycle/erasures/{order.id}/"
    assert "not rewritten yet" in client_as(otto).get(place).content.decode()
    rewritten()
    leftover.clean()
    assert "not rewritten yet" not in client_as(otto).get(place).content.decode()
    with tenant_scope(ada.tenant):
        [told] = queries.told(Entry.objects.filter(kind="lifecycle.execute"))
    assert told.sentence == "Erasure 1 was carried out"
