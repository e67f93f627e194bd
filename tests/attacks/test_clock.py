"""A cheating operator and time: he sets the clock, exchanges tokens and names authorities of his own.

Who notices is said in each test, with the file or command, and the sentence that is said.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.ledger.stamps import NOON, ask, at, stamps
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import clock, logs, publish, record, verify
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.time import bounds, tokens
from muniment.ledger.time.testing import new_authority
from muniment.spine.errors import Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


def opened(ada, title):
    made = cases.open_case(ada, title=title)
    return f"cases.Case/{made.id}"


def entry_of(tenant, subject):
    with tenant_scope(tenant):
        return Entry.objects.get(subject=subject, kind="cases.open")


def restarted():
    """Another process begins: it remembers nothing of the order of events."""
    record._last_order = 0
    record._asked.clear()


def test_setting_the_clock_back_moves_no_entry_before_one_that_waits(db, town, ada):
    """Nobody needs to detect it: the place is counted, not timed; the step itself is an entry."""
    with at(NOON):
        clock.look()
        first = opened(ada, "first")
    restarted()
    with at(NOON - 3 * HOUR):
        second = opened(ada, "second")
        third = opened(ada, "third")
        clock.look()
        publish.settle()
    places = [entry_of(town.example, one).idx for one in (first, second, third)]
    assert places == sorted(places)
    with tenant_scope(DEPLOYMENT):
        noted = Entry.objects.filter(kind="ledger.note_clock").order_by("-idx").first()
        assert opened_event(noted).facts["step"] == "back"


def test_setting_the_clock_forward_destroys_nothing(db, town):
    """Whoever would destroy is refused at once; the worker records the jump within seconds; `check` says it."""
    with at(NOON):
        clock.look()
    with at(NOON + YEAR), tenant_scope(town.example), pytest.raises(Refused, match="nothing is destroyed"):
        clock.require_trusted_clock()


def test_small_steps_forward_do_not_pass_either(db, town, monkeypatch):
    passed = {"ticks": 0.0}
    monkeypatch.setattr(clock.ports, "since_boot", lambda: ("one", passed["ticks"]))
    for step in range(3):
        with at(NOON + step * 23 * HOUR):
            found = clock.look()
        passed["ticks"] += 60.0
    assert found.kind == "jump"
    with at(NOON + 46 * HOUR), tenant_scope(town.example):
        assert not clock.clock_is_trusted()


def test_a_backdated_entry_lies_outside_its_own_bounds(clocks, town, ada):
    """The auditor sees it on the entry: it says a time before which an outside authority's token was in the log."""
    clocks.open()
    opened_at_noon = "case"
    with at(NOON - HOUR):
        opened(ada, opened_at_noon)
    ask(clocks)
    with at(NOON - YEAR):
        subject = opened(ada, "a year ago, he says")
    ask(clocks, NOON + HOUR)
    entry = entry_of(town.example, subject)
    with tenant_scope(town.example):
        found = bounds.bounds(entry)
    assert entry.at == NOON - YEAR
    assert (found.not_before.at, found.not_after.at) == (NOON, NOON + HOUR)
    assert entry.at < found.not_before.at


def test_a_postdated_entry_lies_outside_its_own_bounds(clocks, town, ada):
    clocks.open()
    with at(NOON + YEAR):
        subject = opened(ada, "in a year, he says")
    ask(clocks, NOON + HOUR)
    entry = entry_of(town.example, subject)
    with tenant_scope(town.example):
        assert bounds.bounds(entry).not_after.at == NOON + HOUR < entry.at


def test_a_token_exchanged_for_another_one_is_named(clocks, town):
    """`muniment ledger verify` names the file, and the bound is not shown."""
    clocks.open()
    ask(clocks)
    ask(clocks, NOON + HOUR)
    first, second = stamps()
    folder = tokens.place(logs.of(DEPLOYMENT))
    (folder / f"{first.digest}.tsr").write_bytes((folder / f"{second.digest}.tsr").read_bytes())
    assert verify.verify()[DEPLOYMENT].faults == [
        f"time-stamp of one at {first.size} entries: The file of a time-stamp is another one."
    ]


def test_a_row_that_is_moved_to_another_token_is_named(clocks, town):
    """`muniment ledger verify` says that the token is about something else; `--deep` names the row."""
    clocks.open()
    ask(clocks)
    ask(clocks, NOON + HOUR)
    first, second = stamps()
    with owner(DEPLOYMENT, "ledger_stamp") as cursor:
        update(cursor, "ledger_stamp", "size = 1", "id", key(second.id))
    faults = verify.verify(deep=True)[DEPLOYMENT].faults
    assert "time-stamp of one at 1 entries: The time-stamp is about something else." in faults
    assert any(second.id.hex in one and "ledger_stamp" in one for one in faults)
    del first


def test_an_authority_of_his_own_bounds_nothing(clocks, town):
    """He signs with a root of the same name: nothing is kept, since the certificate of the settings is another one."""
    clocks.open()
    own = new_authority(NOON)
    clocks.says["one"] = lambda query: own.answer(query, now=lambda: NOON - YEAR)
    (heard,) = ask(clocks)
    assert "does not hold under the certificates" in heard.fault
    assert stamps() == []


def test_his_authority_laid_into_the_files_and_tables_is_named_by_whoever_has_the_settings(clocks, town):
    """If he changes the settings too, only the auditor's own copy of the certificate tells: docs/time.md says so."""
    clocks.open()
    ask(clocks)
    (row,) = stamps()
    own = new_authority(NOON)
    house = logs.of(DEPLOYMENT)
    raw = own.answer(clocks.queries[0], now=lambda: NOON - HOUR)
    digest = tokens.keep(house, bounds.head_text(row), raw)
    with owner(DEPLOYMENT, "ledger_stamp") as cursor:
        update(cursor, "ledger_stamp", f"digest = '{digest}'", "id", key(row.id))
    faults = verify.verify()[DEPLOYMENT].faults
    assert any("does not lead to an authority that is trusted" in one for one in faults)
    assert any("the time-stamp that it names has no row" in one for one in faults)


def test_a_test_authority_cannot_pass_for_an_outside_one(clocks, town):
    """Its own certificate says so; a row that says otherwise is named."""
    clocks.open()
    ask(clocks)
    (row,) = stamps()
    with owner(DEPLOYMENT, "ledger_stamp") as cursor:
        update(cursor, "ledger_stamp", "test = false", "id", key(row.id))
    assert any("says something else than its row" in one for one in verify.verify()[DEPLOYMENT].faults)
    with tenant_scope(town.example):
        assert bounds.bounds(Entry.objects.get(idx=0)).not_after is None
