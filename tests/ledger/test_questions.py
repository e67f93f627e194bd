"""The list of the ledger is asked by its address; a question is kept under a name; a million entries stay quick."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from muniment.access import actions as access
from muniment.cases import actions as cases
from muniment.ledger import publish, queries, verify
from muniment.ledger.forms import Asking
from muniment.ledger.models import Entry
from muniment.ledger.queries import Wanted
from muniment.ledger.questions import acts, known, wanted
from muniment.ledger.tables.questions import Question
from muniment.spine import ports
from muniment.spine.errors import Absent, Invalid, Refused
from muniment.spine.scope import tenant_scope

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


@pytest.fixture
def people(db, ada, otto, vera, account_of):
    for person in (ada, otto):
        account_of(person)
    return ada, vera


@pytest.fixture
def days(people, monkeypatch):
    """Three cases, each opened on a day of its own, one of them withdrawn; and a refusal."""
    ada, vera = people
    made = []
    for number in range(3):
        monkeypatch.setattr(ports, "now", lambda number=number: NOON + timedelta(days=10 * number))
        made.append(cases.open_case(ada, title=f"Case of day {10 * number}"))
    cases.withdraw(ada, case_id=made[0].id, reason="It was opened twice.")
    with pytest.raises(Refused):
        cases.open_case(vera, title="Not mine to open")
    publish.settle()
    return made


def page(client, status=200, **asked):
    answer = client.get(reverse("ledger:index"), asked)
    assert answer.status_code == status, answer.content[:500]
    main = answer.content.decode().split("<main", 1)[1]
    return re.sub(r"\s+", " ", main)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "2026-03-20"}, (("opened case 2", "opened case 3"), ("opened case 1",))),
        ({"until": "2026-03-22"}, (("opened case 1", "opened case 2"), ("opened case 3",))),
        (
            {"since": "2026-03-13", "until": "2026-03-22"},
            (("opened case 2",), ("opened case 1", "opened case 3")),
        ),
        ({"days": "5"}, (("opened case 3",), ("opened case 2",))),
        ({"days": "5", "since": "2001-01-01"}, (("opened case 3",), ("opened case 2",))),
        ({"outcome": "refused"}, (("was refused",), ("opened case 1",))),
        ({"outcome": "done"}, (("opened case 1",), ("was refused",))),
        ({"until": "9999-12-31"}, (("opened case 1",), ())),
    ],
)
def test_the_list_is_narrowed_by_time_and_by_outcome(client_as, days, otto, asked, words):
    there, gone = words
    text = page(client_as(otto), **asked).split("What was done, the newest first")[1]
    assert [one for one in there if one not in text] == []
    assert [one for one in gone if one in text] == []


def test_everything_about_a_thing_is_its_series_and_leads_on_by_link(client_as, days, otto):
    client = client_as(otto)
    text = page(client, about=f"cases.Case/{days[0].id}")
    assert "opened case 1" in text
    assert "withdrew case 1" in text.split("the newest first")[1]
    assert "opened case 2" not in text
    with tenant_scope(otto.tenant):
        stream = Entry.objects.filter(subject=f"cases.Case/{days[0].id}").first().stream
    assert "opened case 1" in page(client, stream=str(stream))
    assert "Nothing on record answers this question." in page(client, about="cases.Case/none")


def test_each_filter_can_be_taken_away_alone(client_as, days, otto, ada):
    text = page(client_as(otto), actor=ada.id, outcome="done", days="40")
    for words in ("Only what Ada Example did", "Only what was done", "Of the last 40 days"):
        assert words in text
    links = [
        unquote(one).replace("&amp;", "&") for one in re.findall(r'href="(\?[^"]*)"> *Without this', text)
    ]
    assert f"?days=40&actor={ada.id}" in links
    assert f"?outcome=done&actor={ada.id}" in links


def test_an_address_that_asks_for_nonsense_is_refused_in_words(client_as, days, otto):
    for asked in ({"days": "0"}, {"stream": "x"}, {"outcome": "perhaps"}, {"kind": "Robert'); DROP"}):
        assert "does not know" in page(client_as(otto), status=422, **asked)


def test_a_question_is_kept_shared_used_and_given_up(client_as, days, ada, otto, vera):
    client = client_as(otto)
    asked = {"asked": "group=cases&days=5&before=3&nonsense=1", "name": "Cases of late", "shared": "on"}
    answer = client.post(reverse("ledger:keep_question"), asked, follow=True)
    assert "The question is kept." in answer.content.decode()
    with tenant_scope(otto.tenant):
        held = Question.objects.get()
        assert held.asked == {"group": "cases", "days": "5"}
        mine = acts.keep_question(ada, name="Only mine", asked={"kind": "cases.open"}, shared=False)
    assert "Cases of late" in page(client_as(vera))
    assert "shared by a colleague" in page(client_as(ada))
    assert "Only mine" not in page(client_as(vera))
    with pytest.raises(Absent):
        acts.drop_question(otto, question_id=mine.id)
    with pytest.raises(Refused, match="Somebody else"):
        acts.drop_question(ada, question_id=held.id)
    assert client.post(reverse("ledger:drop_question", args=[held.id])).status_code == 302
    assert "Cases of late" not in page(client).split("the newest first")[0]
    publish.settle()
    assert "kept a question to the ledger under a name" in page(client)
    assert verify.verify_log(otto.tenant, deep=True).faults == []


def test_what_cannot_be_kept_is_refused(days, ada, vera, mallory, client_as):
    with pytest.raises(Invalid, match="asks for everything"):
        acts.keep_question(ada, name="Everything", asked={}, shared=False)
    with pytest.raises(Invalid, match="no question"):
        acts.keep_question(ada, name="Strange", asked={"nonsense": "1"}, shared=False)
    with pytest.raises(Invalid, match="name"):
        acts.keep_question(ada, name="", asked={"days": "1"}, shared=False)
    with pytest.raises(Refused):
        acts.keep_question(vera, name="An auditor changes nothing", asked={"days": "1"}, shared=False)
    held = acts.keep_question(ada, name="Ours alone", asked={"days": "1"}, shared=True)
    with pytest.raises(Absent):
        acts.drop_question(mallory, question_id=held.id)
    answer = client_as(ada).post(reverse("ledger:keep_question"), {"asked": "days=1", "name": ""})
    assert answer.status_code == 422


def test_nobody_keeps_more_than_a_hundred(days, ada, monkeypatch):
    monkeypatch.setattr(acts, "MOST_KEPT", 1)
    acts.keep_question(ada, name="The first", asked={"days": "1"}, shared=False)
    with pytest.raises(Refused, match="a hundred"):
        acts.keep_question(ada, name="The second", asked={"days": "1"}, shared=False)


def test_every_question_that_ships_can_be_asked(days, otto):
    for name, asked in known.SHIPPED:
        with tenant_scope(otto.tenant):
            assert queries.entries(Asking(asked).wanted(ports.now())) is not None, name


def test_a_change_of_a_role_answers_its_question(client_as, days, adam, ada, account_of):
    account_of(adam)
    access.change_role(adam, person_id=ada.id, role="officer")
    publish.settle()
    assert "Ada Example" in page(client_as(adam), kind="access.change_role").split("the newest first")[1]


@pytest.mark.parametrize(
    "asked",
    [
        Wanted(),
        Wanted(actor="somebody"),
        Wanted(classes=frozenset({"refusal"})),
        Wanted(classes=frozenset({"case.change"})),
        Wanted(outcome="refused"),
        Wanted(kind="cases.open"),
        Wanted(since=date(2026, 3, 13)),
        Wanted(until=date(2026, 3, 13)),
        Wanted(about="case"),
        Wanted(about="case", before=3),
    ],
)
def test_each_question_is_answered_along_an_index_without_sorting(days, otto, asked):
    """A plan that reads the whole table or sorts it would be slow with a million entries."""
    if asked.about:
        asked = replace(asked, about=f"cases.Case/{days[0].id}")
    with (
        tenant_scope(otto.tenant),
        CaptureQueriesContext(
            connection,
        ) as ran,
    ):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # By the statistics of an empty table sorting is free; where no index has the order it is still done.
                for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                    cursor.execute(f"SET LOCAL enable_{way} = off")
        queries.entries(asked)
        statement = ran.captured_queries[-1]["sql"]
        with connection.cursor() as cursor:
            how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{how} {statement.replace('%', '%%')}")
            plan = " ".join(str(row) for row in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "SCAN ledger_entry'" not in plan
    assert "TEMP B-TREE" not in plan, plan
    assert " Sort" not in plan, plan


def test_two_questions_at_once_answer_both_and_only_the_narrower_one_is_asked_by_its_index(
    days, otto, ada, vera
):
    """Else the wide index is read whole for what only somebody did now and then."""
    with tenant_scope(otto.tenant):
        both = queries.entries(Wanted(actor=vera.id, outcome="refused"))
        assert [(one.actor, one.cls) for one in both] == [(vera.id, "refusal")]
        assert queries.entries(Wanted(actor=ada.id, outcome="refused")) == []
        cases_only = frozenset({"case.change"})
        assert queries.entries(Wanted(classes=cases_only, outcome="refused")) == []
        found = queries.entries(Wanted(classes=cases_only, actor=ada.id, kind="cases.open", outcome="done"))
        assert len(found) == 3
        statement = str(wanted.matching(Entry.objects.all(), Wanted(actor=ada.id, kind="cases.open")).query)
        assert "COALESCE" in statement.split("WHERE")[1]


def test_a_series_is_turned_over_page_by_page_without_a_gap_or_a_double(days, ada, otto):
    with tenant_scope(otto.tenant):
        name = f"cases.Case/{days[0].id}"
        whole = [one.idx for one in queries.entries(Wanted(about=name))]
        assert whole == sorted(whole, reverse=True)
        assert len(whole) == 2
        first = queries.entries(Wanted(about=name, most=1))
        second = queries.entries(Wanted(about=name, most=1, before=first[0].idx))
        assert [first[0].idx, second[0].idx] == whole
        assert queries.entries(Wanted(about=name, before=second[0].idx)) == []
        elsewhere = Entry.objects.exclude(stream=first[0].stream).order_by("-idx").first()
        assert [one.idx for one in queries.entries(Wanted(stream=first[0].stream, before=elsewhere.idx))] == [
            place for place in whole if place < elsewhere.idx
        ]


def test_what_can_be_typed_into_a_question_is_sealed_and_comes_back(db, ada):
    asked = {"group": "cases", "about": "Jane Doe", "actor": "J. Doe", "subject": "counterparties/Jane"}
    acts.keep_question(ada, name="Of somebody", asked=asked, shared=False)
    with tenant_scope(ada.tenant):
        assert Question.objects.get().asked == {"group": "cases"}
        kept = known.questions(ada)[-1]
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM ledger_question")
            assert "Doe" not in str(
                [bytes(one) if isinstance(one, memoryview) else one for one in cursor.fetchone()]
            )
    assert dict(parse_qsl(kept.address.removeprefix("?"))) == asked
