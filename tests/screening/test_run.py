"""A screening from the asking to the digest: what it says, what it keeps, what it carries over."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from tests.screening.listed import BOOK, take_in_book, take_in_list

from muniment.counterparties import actions as counterparties
from muniment.counterparties import rules as party_rules
from muniment.counterparties.models import Counterparty
from muniment.ledger import publish, verify
from muniment.screening import actions, jobs, queries, rules
from muniment.screening.models import Match, Screened, ScreeningRun
from muniment.spine import queue
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import tenant_scope


@pytest.fixture
def ready(db, operator, ada):
    take_in_list(operator)
    take_in_book(ada)


def screen(actor):
    asked = actions.run(actor)
    with tenant_scope(actor.tenant):
        return jobs.perform(asked.id)


def test_everybody_is_screened_and_the_clear_ones_are_kept_too(ready, ada):
    run = screen(ada)

    assert (run.state, run.parties, run.done) == ("finished", 5, 5)
    assert run.alerts + run.considers + run.clears == 5
    with tenant_scope(ada.tenant):
        said = {row.reference: row.verdict for row in Screened.objects.all()}
        assert (said["P-1"], said["P-3"], said["C-1"]) == ("alert", "alert", "alert")
        assert (said["P-2"], said["C-2"]) == ("clear", "clear")
        clear = json.loads(Screened.objects.get(reference="P-2").result)
        assert (clear["verdict"], clear["lists"][0]["list_id"]) == ("clear", "invented")
        best = Match.objects.filter(screened__reference="P-1").order_by("tier", "-score").first()
        assert (best.entity_id, best.state) == ("inv-1", "open")
        assert Counterparty.objects.get(reference="C-1").standing == "alert"
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_what_was_said_of_a_person_stands_nowhere_in_the_clear(ready, ada):
    screen(ada)

    with connection.cursor() as cursor, tenant_scope(ada.tenant):
        tables = [name for name in connection.introspection.table_names() if name.startswith("screening_")]
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names come from the database itself
            for value in [value for row in cursor.fetchall() for value in row]:
                held = bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
                assert not any(word in held for word in (b"Morosenko", b"Morozenko", b"U1234567", b"Demirta"))
        assert len(tables) == 3


def test_the_queue_does_it_and_doing_it_twice_changes_nothing(ready, ada):
    asked = actions.run(ada)

    assert queue.work_off() == 1
    with tenant_scope(ada.tenant):
        done = queries.run(asked.id)
        assert done.state == "finished"
        assert jobs.perform(asked.id).digest == done.digest
        assert Screened.objects.count() == 5


def test_two_tenants_with_the_same_book_get_the_same_digest(ready, ada, mallory):
    take_in_book(mallory, BOOK)

    ours, theirs = screen(ada), screen(mallory)

    assert ours.digest == theirs.digest
    assert ours.id != theirs.id


def test_a_run_that_broke_off_is_gone_on_with(ready, ada, monkeypatch):
    asked = actions.run(ada)
    monkeypatch.setattr(actions, "BATCH", 2)
    written = []

    def stop(words, done, whole):
        if words == "counterparties":
            written.append(done)
            if done == 4:
                raise KeyboardInterrupt

    with tenant_scope(ada.tenant):
        with pytest.raises(KeyboardInterrupt):
            jobs.perform(asked.id, stop)
        assert Screened.objects.count() == 2
        run = jobs.perform(asked.id)
        assert (run.done, Screened.objects.count()) == (5, 5)


@pytest.mark.parametrize("moment", [2, 5])
def test_the_worker_and_the_command_line_may_do_the_same_run(ready, ada, monkeypatch, moment):
    alone = screen(ada)
    queue.work_off()
    asked = actions.run(ada)
    monkeypatch.setattr(actions, "BATCH", 2)
    worked = []

    def worker(words, done, whole):
        if words == "counterparties" and done == moment and not worked:
            worked.append(queue.work_off())

    with tenant_scope(ada.tenant):
        here = jobs.perform(asked.id, worker)

        assert worked == [1]
        assert (here.id, here.state, here.done, here.why) == (asked.id, "finished", 5, "")
        assert Screened.objects.filter(run=here).count() == 5
        assert here.digest == alone.digest
    assert queue.work_off() == 0


def test_two_who_write_the_same_parties_share_the_rest(ready, ada, monkeypatch):
    asked = actions.run(ada)
    monkeypatch.setattr(actions, "BATCH", 2)

    def stop(words, done, whole):
        if done == 3 and words == "counterparties":
            raise KeyboardInterrupt

    def other(words, done, whole):
        if done == 2 and words == "counterparties":
            with pytest.raises(KeyboardInterrupt):
                jobs.perform(asked.id, stop)

    with tenant_scope(ada.tenant):
        run = jobs.perform(asked.id, other)
        assert (run.state, run.done, Screened.objects.count()) == ("finished", 5, 5)


def test_what_was_cleared_stays_quiet_until_the_entry_or_the_party_changes(ready, ada, otto, operator):
    screen(ada)
    with tenant_scope(ada.tenant):
        found = Match.objects.get(screened__reference="P-1", entity_id="inv-1")
    _settle(otto, found)

    screen(ada)
    with tenant_scope(ada.tenant):
        quiet = Match.objects.get(screened__run__number=2, screened__reference="P-1", entity_id="inv-1")
        assert (quiet.state, quiet.carried_from, quiet.settled_by) == ("cleared", found.id, otto.id)

    take_in_list(operator, "2026-02", inv_1={"birthDate": ["1968-04-13"]})
    screen(ada)
    with tenant_scope(ada.tenant):
        again = Match.objects.get(screened__run__number=3, screened__reference="P-1", entity_id="inv-1")
        assert (again.state, again.carried_from) == ("reopened", quiet.id)


def _settle(actor, found):
    from muniment.ledger import action as door

    kind = "screening.settled_in_a_test"
    if kind not in door.REGISTRY:

        @door.action(kind, cls="case.decision", says="{actor} decided")
        def decide(act, *, ids):
            act.record("test", count=actions.settle(act, match_ids=ids, state="cleared", case_id=ids[0]))

    may = type(actor)(**{name: getattr(actor, name) for name in actor.__slots__} | {"may": frozenset({kind})})
    door.REGISTRY[kind].door(may, ids=[found.id])


def test_a_party_that_changed_is_no_longer_as_it_was_screened(ready, ada):
    screen(ada)
    with tenant_scope(ada.tenant):
        row = Counterparty.objects.get(reference="P-2")

    party = {"reference": "P-2", "kind": "person", "name": "Marta Olivar"}
    counterparties.change(ada, counterparty_id=row.id, party=party_rules.require_party(party))

    with tenant_scope(ada.tenant):
        assert Counterparty.objects.get(reference="P-2").standing == "changed"


def test_a_result_is_recomputed_bit_for_bit_and_a_changed_one_is_not(ready, ada, vera):
    screen(ada)
    with tenant_scope(ada.tenant):
        row = Screened.objects.get(reference="P-1")

    again = actions.replayed(vera, screened_id=row.id)
    assert (again.identical, again.differences) == (True, ())
    assert again.rescored > 0

    with tenant_scope(ada.tenant):
        forged = json.loads(str(row.result))
        forged["matches"][0]["total"] = "0.1"
        row.result = json.dumps(forged)
        bad = queries.recomputed(row)
    assert not bad.identical
    assert "matches[0].total" in "".join(bad.differences)


def test_one_screening_at_a_time(ready, ada):
    actions.run(ada)

    with pytest.raises(Clash, match="under way"):
        actions.run(ada)


def test_without_lists_or_parties_nothing_starts(db, ada, mallory, operator):
    with pytest.raises(Invalid, match="no list"):
        actions.run(ada)
    take_in_list(operator)
    with pytest.raises(Invalid, match="nobody"):
        actions.run(mallory)


def test_readings_are_refused_to_who_may_not_and_absent_to_strangers(ready, ada, adam, mallory, vera):
    run = screen(ada)
    with tenant_scope(ada.tenant):
        match = Match.objects.filter(tier=1).first()

    assert actions.read_match(vera, match_id=match.id).digest == match.digest
    assert len(actions.read(vera, run_id=run.id).screened) == 5
    with pytest.raises(Refused):
        actions.run(vera)
    with pytest.raises(Refused):
        actions.read(adam, run_id=run.id)
    for stranger in (
        lambda: actions.read(mallory, run_id=run.id),
        lambda: actions.read_match(mallory, match_id=match.id),
        lambda: actions.replayed(mallory, screened_id=match.screened_id),
    ):
        with pytest.raises(Absent):
            stranger()


def test_a_worker_alone_finishes_a_run(ready, ada, otto):
    asked = actions.run(ada)

    with pytest.raises(Refused):
        actions.finish(otto, run_id=asked.id, closing=actions.Closing(digest="0" * 64))
    with tenant_scope(ada.tenant):
        assert ScreeningRun.objects.get().state == "queued"


def test_the_pages_bounds_are_those_of_the_matching_core():
    from muniment.screening.matching import index

    assert (rules.THRESHOLD, rules.CUTOFF) == (index.THRESHOLD * 1000, index.CUTOFF * 1000)


@pytest.mark.parametrize(
    ("score", "parts"), [("0.6999999999999", 699), ("0.7", 700), ("1.0", 1000), ("1e-05", 0)]
)
def test_a_score_is_cut_off_and_never_rounded_up(score, parts):
    assert rules.thousandths(score) == parts
