"""What breaks off in the middle: failed and not persisted, failed but persisted. Finished once, at the next start."""

from __future__ import annotations

import errno
import os

import pytest

from muniment.ledger import publish, verify
from muniment.ledger.models import Entry, Outbox
from muniment.lifecycle import actions, cleaning, closing, executing, queries
from muniment.lifecycle.models import State
from muniment.spine import config
from muniment.spine.errors import Busy
from muniment.spine.installation import key_store, keyring
from muniment.spine.scope import tenant_scope


class Killed(BaseException):
    """The process ends here."""


def dies(*_given, **_named):
    raise Killed


def times(tenant, kind):
    with tenant_scope(tenant):
        return sum(
            table.objects.filter(kind=kind).exclude(cls="refusal").count() for table in (Entry, Outbox)
        )


PLACES = {
    "before the journal": (executing, "note_head"),
    "after the journal, before the keys": (executing, "destroy"),
    "after the keys, before the tables": (actions, "clear"),
    "after the tables, before the pages": (cleaning, "clean"),
    "after the pages, before the certificate": (actions, "execute"),
}


@pytest.mark.parametrize("where", PLACES)
def test_an_erasure_that_is_killed_anywhere_is_finished_once_by_the_next_start(
    erasing, ada, monkeypatch, where
):
    module, name = PLACES[where]
    order = erasing.order()
    with monkeypatch.context() as broken:
        broken.setattr(module, name, dies)
        with pytest.raises(Killed):
            executing.carry_out(ada.tenant, order.id)
    assert closing.catch_up_all() >= 1
    assert closing.catch_up_all() == 0
    publish.settle()
    with tenant_scope(ada.tenant):
        done = queries.erasure(order.id)
        assert (done.state, done.counts["rows"]) == (State.EXECUTED, 1)
        assert queries.certificate(done)
    assert key_store().get(ada.tenant, erasing.person) is None
    assert len(executing.journal().lines()) == 1
    assert times(ada.tenant, "lifecycle.execute") == times(ada.tenant, "lifecycle.clear") == 1
    assert verify.verify_log(ada.tenant, deep=True).faults == []


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_journal_that_cannot_be_written_destroys_nothing(erasing, ada, monkeypatch, trouble):
    order = erasing.order()

    def full(*_given):
        raise OSError(trouble, os.strerror(trouble))

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", full)
        with pytest.raises(Busy, match="nothing was destroyed"):
            executing.carry_out(ada.tenant, order.id)
    assert key_store().get(ada.tenant, erasing.person) is not None
    assert executing.journal().lines() == []
    assert executing.carry_out(ada.tenant, order.id).state == State.EXECUTED


def test_a_line_that_was_half_written_was_never_acted_on_and_is_taken_away(erasing, ada):
    first = erasing.carry_out()
    path = config.current().journal_file
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert closing.catch_up_all() == 0
    assert [line.deed.order for line in executing.journal().lines()] == [first.id]


def test_a_key_store_that_is_away_leaves_the_order_to_be_carried_out_again(erasing, ada, monkeypatch):
    order = erasing.order()

    def away(*_given):
        raise Busy("The key store does not answer just now.")

    with monkeypatch.context() as broken:
        broken.setattr(type(keyring()), "destroy_many", away)
        with pytest.raises(Busy):
            executing.carry_out(ada.tenant, order.id)
    with tenant_scope(ada.tenant):
        assert queries.erasure(order.id).state == State.ORDERED
    assert closing.catch_up_all() >= 1
    assert len(executing.journal().lines()) == 1


def test_a_journal_whose_folder_cannot_be_made_is_told_in_words(erasing, ada, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(
        executing, "journal", lambda: executing.Journal(tmp_path / "file" / "journal", b"0" * 32)
    )
    order = erasing.order()
    with pytest.raises(Busy, match="cannot be opened"):
        executing.carry_out(ada.tenant, order.id)


def test_nothing_is_erased_while_the_clock_is_not_trusted(erasing, ada, monkeypatch):
    from muniment.ledger import clock
    from muniment.spine.errors import Refused

    order = erasing.order()
    with monkeypatch.context() as jumped:
        jumped.setattr(clock, "clock_is_trusted", lambda: False)
        with pytest.raises(Refused, match="clock"):
            executing.carry_out(ada.tenant, order.id)
        assert executing.catch_up() == 0
    assert key_store().get(ada.tenant, erasing.person) is not None
