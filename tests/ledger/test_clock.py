"""The clock: steps are found and recorded, a jump stops what destroys, two people of each tenant let it go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ledger.tamper import key, owner, update

from muniment.ledger import clock, logs, publish, verify
from muniment.ledger.models import Entry
from muniment.ledger.openings import opened_event
from muniment.ledger.tables.time import ClockJump, ClockSeen
from muniment.ledger.time.steps import MOST, NOISE, Seen, step_between
from muniment.spine import ports
from muniment.spine.errors import Absent, Clash, Refused
from muniment.spine.scope import DEPLOYMENT, tenant_scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def noted():
    """What stands on record of the clock."""
    publish.settle()
    with tenant_scope(DEPLOYMENT):
        rows = Entry.objects.filter(kind="ledger.note_clock").order_by("idx")
        return [opened_event(row).facts["step"] for row in rows]


def at(moment):
    return ports.frozen(clock=moment)


def trusted(tenant):
    with tenant_scope(tenant):
        return clock.clock_is_trusted()


# --- what two looks tell


def seen(boot="a", ticks=1000, drift=0):
    return Seen(NOON, boot, ticks, drift)


@given(st.integers(0, 10**9), st.integers(-NOISE, NOISE))
def test_time_that_passes_is_no_step(seconds, noise):
    now = NOON + timedelta(seconds=seconds, milliseconds=noise)
    assert step_between(seen(), now, ("a", 1 + seconds)).kind == "steady"


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**7))
def test_a_step_is_told_by_the_kernels_count(off, passed):
    found = step_between(seen(), NOON + timedelta(milliseconds=off, seconds=passed), ("a", 1 + passed))
    kind = "steady" if abs(off) <= NOISE else "back" if off < 0 else "jump" if off > MOST else "forward"
    assert (found.kind, bool(found.jumped)) == (kind, kind == "jump")


def test_small_steps_forward_add_up_and_steps_back_take_away():
    now, known = NOON, seen()
    kinds = []
    for hours in (10, 10, -2, 5, 2):
        now += timedelta(hours=hours)
        step = step_between(known, now, ("a", 1.0))
        kinds.append(step.kind)
        known = Seen(now, step.boot, step.ticks, step.drift)
    assert kinds == ["forward", "forward", "back", "forward", "jump"]
    assert (step.seconds, known.drift) == (25 * 3600, 0)


@pytest.mark.parametrize("boot", [None, ("b", 5.0)])
def test_after_another_start_only_a_day_or_less_is_believed(boot):
    assert step_between(seen(), NOON + DAY, boot).kind == "steady"
    assert step_between(seen(), NOON + DAY + timedelta(seconds=1), boot).kind == "jump"
    assert step_between(seen(), NOON - timedelta(seconds=3), boot).kind == "back"
    assert step_between(seen(boot=""), NOON + timedelta(hours=2), boot).kind == "steady"


# --- what the installation makes of it


def test_the_first_look_is_on_record_and_the_next_ones_are_not(db, town):
    assert trusted(town.example)
    with at(NOON):
        assert clock.look().kind == "begun"
    with at(NOON + timedelta(seconds=31)):
        assert clock.look().kind == "steady"
    with at(NOON + timedelta(seconds=40)):
        clock.look()
    with tenant_scope(town.example):
        assert ClockSeen.objects.get().at == NOON + timedelta(seconds=31)
    assert noted() == ["begun"]
    assert verify.verify_log(DEPLOYMENT, deep=True).faults == []


def test_a_step_back_is_on_record_and_stops_nothing_and_moves_no_entry(db, town):
    with at(NOON):
        clock.look()
        publish.settle()
        before = logs.of(DEPLOYMENT).size
    with at(NOON - timedelta(hours=3)):
        assert clock.look().kind == "back"
        assert trusted(town.example)
    assert noted() == ["begun", "back"]
    with tenant_scope(DEPLOYMENT):
        last = Entry.objects.filter(kind="ledger.note_clock").order_by("-idx").first()
        assert not Entry.objects.filter(idx__lt=before, at__lt=NOON - timedelta(hours=2)).exists()
        facts = opened_event(last).facts
        assert (facts["step"], facts["seconds"]) == ("back", 3 * 3600)
        assert last.at < NOON
    assert last.idx >= before
    assert verify.verify_log(DEPLOYMENT, deep=True).faults == []


def test_after_a_jump_nothing_is_destroyed_until_two_people_have_spoken(db, town, otto, olga, adam):
    with at(NOON):
        clock.look()
    with at(NOON + 3 * DAY):
        # The worker need not have noticed: it may have been stopped.
        with tenant_scope(town.example):
            assert clock.state().unnoted == 3 * 24 * 3600
            with pytest.raises(Refused, match="nothing is destroyed"):
                clock.require_trusted_clock()
        assert clock.look().kind == "jump"
        assert clock.look().kind == "steady"
        assert not trusted(town.example)
        assert not trusted(DEPLOYMENT)
        with tenant_scope(town.example):
            assert clock.state().jump.seconds == 3 * 24 * 3600

        with pytest.raises(Absent):
            clock.confirm_clock(olga, jump=1)
        clock.propose_clock(otto, jump=1)
        with tenant_scope(town.example):
            assert clock.state().word.proposed_by == otto.id
        assert not trusted(town.example)
        with pytest.raises(Refused, match="alone"):
            clock.confirm_clock(otto, jump=1)
        with pytest.raises(Clash):
            clock.propose_clock(adam, jump=1)
        clock.confirm_clock(adam, jump=1)

        assert trusted(town.example)
        assert trusted(DEPLOYMENT)
        assert not trusted(town.harbour)
        with pytest.raises(Clash, match="confirmed"):
            clock.confirm_clock(olga, jump=1)
        with tenant_scope(town.example):
            clock.require_trusted_clock()
    assert noted() == ["begun", "jump"]
    assert verify.verify_log(town.example, deep=True).faults == []
    assert verify.verify_log(DEPLOYMENT, deep=True).faults == []


def test_a_word_about_one_jump_is_none_about_the_next(db, town, otto, olga):
    for days in (0, 2, 4):
        with at(NOON + days * DAY):
            clock.look()
        if days == 2:
            clock.propose_clock(otto, jump=1)
            clock.confirm_clock(olga, jump=1)
            assert trusted(town.example)
    with at(NOON + 4 * DAY):
        assert not trusted(town.example)
    with pytest.raises(Clash, match="once more"):
        clock.propose_clock(otto, jump=1)
    with pytest.raises(Absent):
        clock.propose_clock(otto, jump=3)


def test_an_analyst_and_an_auditor_have_no_word_on_the_clock(db, ada, vera):
    for somebody in (ada, vera):
        with pytest.raises(Refused, match="does not allow"):
            clock.propose_clock(somebody, jump=1)


def test_of_two_who_look_at_once_one_writes(db, town):
    with at(NOON):
        clock.look()
        known = Seen(NOON - DAY, "", -1, 0)
        with pytest.raises(Clash, match="Somebody else"):
            clock.note_clock(
                clock.system("clock", may=clock.CLERK), known=known, step=step_between(known, NOON, None)
            )
    assert noted() == ["begun"]


def test_the_record_of_the_clock_that_is_taken_away_or_changed_counts_as_a_jump(db, town, otto, olga):
    with at(NOON):
        clock.look()
        publish.settle()
    with owner(DEPLOYMENT, "ledger_clockseen") as cursor:
        update(cursor, "ledger_clockseen", f"at = '{NOON + 9 * DAY:%Y-%m-%d %H:%M:%S}'", "id", key(clock.ROW))
    with at(NOON + 9 * DAY):
        assert not trusted(town.example)
        assert clock.look().kind == "lost"
        assert clock.look().kind == "steady"
        clock.propose_clock(otto, jump=1)
        clock.confirm_clock(olga, jump=1)
        assert trusted(town.example)
    with owner(DEPLOYMENT, "ledger_clockseen") as cursor:
        cursor.execute("DELETE FROM ledger_clockseen")
    with at(NOON + 9 * DAY):
        assert not trusted(town.example)
        assert clock.look().seconds == 9 * 24 * 3600
        assert ClockJump.everything.count() == 2
        assert not trusted(town.example)
    assert noted() == ["begun", "lost", "lost"]


def test_the_real_clock_is_steady_against_the_kernels_count(db):
    clock.look()
    assert clock.look().kind == "steady"
    assert ports.since_boot()[1] > 0
    with at(NOON):
        assert ports.since_boot() is None


def test_the_record_of_the_clock_that_was_changed_is_named_by_verify(db, town):
    with at(NOON):
        clock.look()
        publish.settle()
    with owner(DEPLOYMENT, "ledger_clockseen") as cursor:
        update(cursor, "ledger_clockseen", "drift = 5", "id", key(clock.ROW))
    (fault,) = verify.verify_log(DEPLOYMENT).faults
    assert "when the clock was last seen" in fault
