"""Questions about time and about classes are answered right whatever order the clock has put the entries in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, queries
from muniment.ledger.models import Entry, Log
from muniment.ledger.queries import Wanted
from muniment.ledger.questions import spans
from muniment.spine.guard import LEDGER_HAND
from muniment.spine.scope import tenant_scope
from muniment.spine.session import open_action

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
#: Each minute an entry; in the middle somebody sets the clock back by a month.
MANY = 10_000
STEP = timedelta(days=31)
#: Places of the entries of two rare classes.
EXPORTS, REFUSALS = (700, 5200, 5300, 9990), (701, 6000)


def at(place):
    return BEGIN + timedelta(minutes=place) - (STEP if place >= MANY // 2 else timedelta(0))


@pytest.fixture
def stepped(db, ada):
    """A log of ten thousand entries, by rows alone: what they commit to is not asked for here."""
    cases.open_case(ada, title="The first")
    publish.settle()
    rare = dict.fromkeys(EXPORTS, "export") | dict.fromkeys(REFUSALS, "refusal")
    with tenant_scope(ada.tenant), open_action(LEDGER_HAND):
        log = Log.objects.get()
        one = Entry.objects.order_by("-idx").first()
        made = [
            Entry(
                id=uuid4(),
                tenant_id=one.tenant_id,
                cls=rare.get(place, one.cls),
                kind=one.kind,
                actor=one.actor,
                subject=one.subject,
                at=at(place),
                stream=one.stream,
                body=one.body,
                idx=place,
                sn=10 * MANY + place,
                root=one.root,
            )
            for place in range(log.size, MANY)
        ]
        Entry.objects.bulk_create(made, batch_size=1000)
        log.size = MANY
        log.save(update_fields=["size"])
        spans.keep_up(log)
        yield log
    (logs.folder(log) / spans.NAME).unlink(missing_ok=True)


def everything(wanted):
    """Turn every page over."""
    found, before = [], None
    while True:
        part = queries.entries(replace(wanted, before=before, most=1000))
        if not part:
            return found
        found += [one.idx for one in part]
        before = part[-1].idx


QUESTIONS = [
    Wanted(since=date(2026, 3, 3), until=date(2026, 3, 3)),
    Wanted(until=date(2026, 2, 2)),
    Wanted(since=date(2026, 3, 4)),
    Wanted(since=date(2026, 2, 3), until=date(2026, 2, 3)),
    Wanted(since=date(2026, 3, 3), until=date(2026, 3, 3), kind="cases.open"),
    Wanted(since=date(2030, 1, 1)),
]
FREQUENT = "case.change"


def test_a_clock_that_was_set_back_by_a_month_hides_nothing(stepped):
    held = list(Entry.objects.order_by("-idx").values_list("idx", "at"))
    for wanted in QUESTIONS:
        begin = datetime.min.replace(tzinfo=UTC) if wanted.since is None else midnight(wanted.since)
        end = datetime.max.replace(tzinfo=UTC) if wanted.until is None else midnight(wanted.until, 1)
        assert everything(wanted) == [idx for idx, moment in held if begin <= moment < end], wanted
    both_sides_are_found_and_little_else_is_read(stepped)


def midnight(day, after=0):
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=after)


def both_sides_are_found_and_little_else_is_read(stepped):
    runs = spans.runs(stepped, midnight(date(2026, 3, 2)), midnight(date(2026, 3, 3)))
    places = sum((end or MANY) - first for first, end in runs)
    assert places < 5 * spans.WIDTH
    assert runs == sorted(runs, reverse=True)
    wide = spans.runs(stepped, midnight(date(2026, 2, 1)), midnight(date(2026, 3, 2)))
    assert len(wide) == 2


def test_without_the_file_or_with_another_logs_the_answer_is_the_same_and_one_that_hides_is_named(stepped):
    wanted = QUESTIONS[0]
    right = everything(wanted)
    assert right
    path = logs.folder(stepped) / spans.NAME
    told = json.loads(path.read_bytes())
    for raw in (
        b"",
        b"[]",
        json.dumps(told | {"last": str(uuid4())}).encode(),
        json.dumps(told | {"spans": [[0, 0, 0]] * 3}).encode(),
        json.dumps(told | {"spans": [7]}).encode(),
        json.dumps(told | {"k": "muniment.times/1"}).encode(),
        json.dumps(told | {"classes": told["classes"][1:]}).encode(),
        json.dumps(told | {"classes": [["export"]] * len(told["classes"])}).encode(),
        json.dumps(told | {"classes": [{"export": [10**30]}] * len(told["classes"])}).encode(),
        json.dumps({name: held for name, held in told.items() if name != "classes"}).encode(),
    ):
        path.write_bytes(raw)
        assert spans.read(stepped) == spans.Times()
        assert everything(wanted) == right
    assert spans.keep_up(stepped) == MANY // spans.WIDTH
    assert spans.keep_up(stepped) == 0

    (path := logs.folder(stepped) / spans.NAME).unlink()
    assert spans.keep_all_up() >= MANY // spans.WIDTH
    assert list(spans.faults(stepped)) == []
    told = json.loads(path.read_bytes())
    told["spans"][2] = [0, 0]
    path.write_bytes(json.dumps(told).encode())
    assert list(spans.faults(stepped)) == [
        "the file times.json does not say when the entries from 2048 on were recorded"
    ]


def test_a_million_entries_cost_as_many_questions_as_there_are_runs(stepped, monkeypatch):
    """The clock jumps to and fro at every second stretch: then the runs are joined, and still nothing is left out."""
    monkeypatch.setattr(spans, "MOST_RUNS", 2)
    there, gone = (spans.count(midnight(date(2026, 3, 3))), spans.count(midnight(date(2020, 1, 1))))
    noted = tuple((there, there) if number % 2 else (gone, gone) for number in range(1000))
    monkeypatch.setattr(spans, "read", lambda _log: spans.Times(noted, "x", ({},) * 1000))
    runs = spans.runs(stepped, midnight(date(2026, 3, 3)), None)
    assert len(runs) == 2
    for number in range(1, 1000, 2):
        assert any(
            first <= number * spans.WIDTH and (end is None or end > number * spans.WIDTH)
            for first, end in runs
        )
    with CaptureQueriesContext(connection) as ran:
        queries.entries(Wanted(since=date(2026, 3, 3), until=date(2026, 3, 3)))
    assert len(ran) <= 4


#: What is asked for, and the places where it stands.
OF_CLASSES = [
    ({"classes": {"export"}}, EXPORTS),
    ({"classes": {"refusal"}}, REFUSALS),
    ({"classes": {"export", "refusal"}}, sorted(EXPORTS + REFUSALS)),
    ({"classes": {"export"}, "since": date(2026, 3, 1), "until": date(2026, 3, 1)}, (700,)),
    ({"classes": {"export", "refusal"}, "outcome": "done"}, EXPORTS),
    ({"classes": {"export", "refusal"}, "outcome": "refused"}, REFUSALS),
    ({"classes": {"export"}, "outcome": "refused"}, ()),
    ({"classes": {"export"}, "kind": "cases.open"}, EXPORTS),
    ({"classes": {"log.damage"}}, ()),
]


def test_a_class_is_found_by_place_and_nothing_of_it_is_missed(stepped):
    """With what is noted of the stretches, and without it; one log for all, since making it takes longest."""
    for _ in range(2):
        for asked, places in OF_CLASSES:
            wanted = Wanted(**asked | {"classes": frozenset(asked["classes"])})
            assert everything(wanted) == list(reversed(places)), asked
        (logs.folder(stepped) / spans.NAME).unlink(missing_ok=True)


def test_only_places_that_may_hold_a_class_are_read_for_it(stepped):
    """Of a rare one its places themselves, of a frequent one whole stretches."""
    behind = MANY // spans.WIDTH * spans.WIDTH
    held = list(spans.of_classes(stepped, None, None, frozenset({"export"})))
    assert held == [(behind, None), [5300, 5200, 700]]
    assert list(spans.of_classes(stepped, None, None, frozenset({FREQUENT}))) == [(0, None)]
    with CaptureQueriesContext(connection) as ran:
        assert len(queries.entries(Wanted(classes=frozenset({FREQUENT})))) == queries.PAGE
    assert len([one for one in ran.captured_queries if "cls" in one["sql"].split("WHERE")[-1]]) == 1


def test_rare_and_frequent_stretches_of_a_class_come_in_order(stepped, monkeypatch):
    monkeypatch.setattr(spans, "AT_ONCE", 2)
    noted = [(), (10_000,), (), (), (7,), (5, 6), (4, 3), None, (), None]
    held = tuple({} if one is None else {"export": one, "refusal": one} for one in noted)
    monkeypatch.setattr(spans, "read", lambda _log: spans.Times((None,) * len(noted), "x", held))
    width = spans.WIDTH
    assert list(spans.of_classes(stepped, None, None, frozenset({"export"}))) == [
        (10 * width, None),
        (8 * width, 9 * width),
        [4, 3],
        [6, 5],
        [7],
        (2 * width, 4 * width),
        [10_000],
        (0, width),
    ]
    assert list(spans.of_classes(stepped, None, None, frozenset({"log.damage"}))) == [(10 * width, None)]


def test_a_file_that_hides_a_class_or_a_place_of_it_is_named_by_the_check(stepped):
    path = logs.folder(stepped) / spans.NAME
    right = json.loads(path.read_bytes())
    assert right["classes"][5] == {FREQUENT: [], "export": [5200, 5300], "refusal": [6000]}
    for hidden in ({FREQUENT: [], "refusal": [6000]}, right["classes"][5] | {"export": [5300]}):
        told = right | {"classes": [*right["classes"][:5], hidden, *right["classes"][6:]]}
        path.write_bytes(json.dumps(told).encode())
        assert list(spans.faults(stepped)) == [
            "the file times.json does not name every class of the entries from 5120 on"
        ]
    told = right | {"classes": [{name: [] for name in one} for one in right["classes"]]}
    path.write_bytes(json.dumps(told).encode())
    assert list(spans.faults(stepped)) == []
