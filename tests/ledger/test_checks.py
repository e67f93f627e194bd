"""Checks that the worker runs: what each looks at, what it leaves behind, and when it is time for the next."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from tests.ledger.tamper import key, owner, update

from muniment.cases import actions as cases
from muniment.ledger import logs, publish
from muniment.ledger.checks import runs
from muniment.ledger.checks.runs import Outcome, What
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.tables.checks import Check
from muniment.ops.serving import looking
from muniment.spine import ports
from muniment.spine.scope import DEPLOYMENT, tenant_scope


@pytest.fixture
def lived(db, ada):
    """A log with some entries under two checkpoints."""
    for number in range(3):
        cases.open_case(ada, title=f"Case {number}")
    publish.settle()
    cases.open_case(ada, title="Another one")
    publish.settle()


def held(tenant):
    with tenant_scope(tenant):
        return runs.history()


def recorded(tenant) -> int:
    with tenant_scope(tenant):
        return sum(table.objects.filter(kind="ledger.verify").count() for table in (Entry, Outbox))


def test_a_good_check_of_the_tail_is_a_row_and_no_entry(lived, ada):
    made = runs.check(What.TAIL, ada.tenant)
    assert (made.what, made.outcome, made.fault_count, made.entry) == ("tail", Outcome.HOLDS, 0, None)
    assert made.entries == made.size == logs.of(ada.tenant).size
    assert recorded(ada.tenant) == 0
    assert [one.id for one in held(ada.tenant)] == [made.id]


@pytest.mark.parametrize("what", [What.FULL, What.DEEP])
def test_a_check_of_everything_is_an_entry_that_names_its_row(lived, ada, what):
    made = runs.check(what, ada.tenant)
    assert (made.outcome, made.rows > 0) == (Outcome.HOLDS, what is What.DEEP)
    with tenant_scope(ada.tenant):
        assert Outbox.objects.get(id=made.entry).kind == "ledger.verify"


def test_the_next_check_of_the_tail_looks_at_what_came_since(lived, ada):
    first = runs.check(What.TAIL, ada.tenant)
    cases.open_case(ada, title="One more")
    publish.settle()
    second = runs.check(What.TAIL, ada.tenant)
    assert (first.outcome, second.outcome) == (Outcome.HOLDS, Outcome.HOLDS)
    assert second.size == first.size + 1


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("ledger_entry", "body = root", "its sealed contents are not those that were logged"),
        ("ledger_checkpoint", "note = 'x'", "it is not signed by the log"),
        ("ledger_log", "published = 1", "its row is not as the ledger wrote it"),
    ],
)
def test_a_fault_at_the_end_is_found_put_on_record_and_told_once(lived, ada, table, change, said):
    runs.check(What.TAIL, ada.tenant)
    with owner(ada.tenant, table) as cursor:
        update(cursor, table, change, "tenant_id", key(ada.tenant))
    first = runs.check(What.TAIL, ada.tenant)
    assert first.outcome == Outcome.FAULTS
    assert first.entry is not None
    assert any(said in sentence for sentence in runs.faults_of(first))
    again = runs.check(What.TAIL, ada.tenant)
    assert (again.outcome, again.entry, recorded(ada.tenant)) == (Outcome.FAULTS, None, 1)
    with tenant_scope(ada.tenant):
        state = runs.standing(ports.now())
        assert state.alarm == runs.faults_of(again)


def test_that_a_fault_is_gone_is_put_on_record_too(lived, ada, monkeypatch):
    real = runs.verify_tail

    def broken(tenant):
        found = real(tenant)
        found.add("something does not hold")
        return found

    monkeypatch.setattr(runs, "verify_tail", broken)
    runs.check(What.TAIL, ada.tenant)
    monkeypatch.setattr(runs, "verify_tail", real)
    good = runs.check(What.TAIL, ada.tenant)
    assert (good.outcome, good.entry is not None, recorded(ada.tenant)) == (Outcome.HOLDS, True, 2)


def test_a_check_that_cannot_be_done_is_never_a_good_one(lived, ada, monkeypatch):
    def away(_tenant):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(runs, "verify_tail", away)
    made = runs.check(What.TAIL, ada.tenant)
    assert made.outcome == Outcome.NOT_DONE
    assert "could not be done (OSError)" in runs.faults_of(made)[0]


def test_a_row_of_a_check_that_was_changed_is_named(lived, ada):
    made = runs.check(What.TAIL, ada.tenant)
    with owner(ada.tenant, "ledger_check") as cursor:
        update(cursor, "ledger_check", "size = 7", "id", key(made.id))
    again = runs.check(What.FULL, ada.tenant)
    assert f"check {made.id.hex}" in runs.faults_of(again)[0]


def test_the_tail_is_due_every_five_minutes_and_everything_once_a_day(lived):
    now = ports.now()
    assert runs.due(now) == [What.DEEP]
    with ports.frozen(clock=now):
        for made in runs.check_all(What.DEEP):
            assert made.outcome == Outcome.HOLDS
    assert runs.due(now + timedelta(minutes=4)) == []
    assert runs.due(now + timedelta(minutes=5)) == [What.TAIL]
    assert runs.due(now + timedelta(days=1)) == [What.DEEP]
    assert runs.due(now - timedelta(days=1)) == [What.DEEP], "a clock that was put back is no reason to rest"
    with tenant_scope(DEPLOYMENT):
        assert not runs.standing(now + timedelta(days=1)).late
        assert runs.standing(now + timedelta(days=3)).late


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("written", [False, True], ids=["before it is written", "after it is written"])
def test_a_daily_check_that_is_killed_goes_on_where_it_was(lived, ada, mallory, monkeypatch, written):
    now = ports.now()
    done: list[str] = []
    real = runs.keep

    def keep(result, log, actor=None):
        if log.tag == second and not written:
            raise Killed
        made = real(result, log, actor)
        done.append(log.tag)
        if log.tag == second:
            raise Killed
        return made

    with ports.frozen(clock=now):
        order = [log.tag for log in runs.left(What.DEEP, now)]
        second = order[1]
        with monkeypatch.context() as broken:
            broken.setattr(runs, "keep", keep)
            with pytest.raises(Killed):
                looking.look(threading.Event())
        assert done == order[: 2 if written else 1]
        assert runs.due(now) == [What.DEEP], "a run that was killed is not done"
        assert [log.tag for log in runs.left(What.DEEP, now)] == order[len(done) :]
        assert looking.look(threading.Event())
    assert runs.due(now + timedelta(minutes=4)) == []
    later = now + timedelta(days=1)
    assert [log.tag for log in runs.left(What.DEEP, later)] == order, "the next day begins at the beginning"
    for log in logs.living():
        with tenant_scope(log.tenant_id):
            assert [one.what for one in runs.history()] == ["deep"], "each log was held once"


def test_a_forged_check_does_not_let_a_log_be_passed_by(lived, ada):
    made = runs.check(What.DEEP, ada.tenant)
    own = logs.of(ada.tenant).tag
    assert own not in [log.tag for log in runs.left(What.DEEP, ports.now())]
    with owner(ada.tenant, "ledger_check") as cursor:
        update(cursor, "ledger_check", "size = 7", "id", key(made.id))
    assert own in [log.tag for log in runs.left(What.DEEP, ports.now())]


def test_a_check_that_could_not_be_done_is_done_again(lived, ada, monkeypatch):
    def away(_tenant, *, deep):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(runs.whole, "verify_log", away)
        assert runs.check(What.DEEP, ada.tenant).outcome == Outcome.NOT_DONE
    assert logs.of(ada.tenant).tag in [log.tag for log in runs.left(What.DEEP, ports.now())]


def test_good_checks_of_tails_are_forgotten_after_a_month_and_others_are_not(lived, ada):
    runs.check(What.TAIL, ada.tenant)
    deep = runs.check(What.DEEP, ada.tenant)
    assert runs.forget(ports.now() + timedelta(days=29)) == 0
    assert runs.forget(ports.now() + timedelta(days=31)) == 1
    assert [one.id for one in held(ada.tenant)] == [deep.id]
    with tenant_scope(ada.tenant):
        assert Check.objects.count() == 1
        assert runs.history(what=What.TAIL) == []
        assert runs.history(before=deep.began_at) == []
