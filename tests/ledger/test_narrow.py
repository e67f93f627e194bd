"""The indexes of entries by words: narrow where they can be, used by every question, and never the last word."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import connection
from tests.ledger.tamper import owner, update

from muniment.cases import actions as cases
from muniment.ledger import publish
from muniment.ledger.models import Entry, Outbox
from muniment.spine.backends.sqlcipher.short import LARGEST, short
from muniment.spine.scope import tenant_scope


@pytest.fixture
def opened(db, ada):
    for number in range(3):
        cases.open_case(ada, title=f"Case {number}")
    publish.settle()


def plan(rows) -> str:
    statement, given = rows.query.sql_with_params()
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgres:
            for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(("EXPLAIN " if postgres else "EXPLAIN QUERY PLAN ") + statement, given)
        return " ".join(str(row) for row in cursor.fetchall())


def alone(tenant, index: str) -> None:
    """Take every other index away, till the test is taken back.

    Where statistics are those of an empty table all indexes cost PostgreSQL the same, and which it takes is chance.
    """
    with owner(tenant, "ledger_entry") as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'ledger_entry' AND indexname <> %s", [index]
        )
        others = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'ledger_entry'::regclass AND contype IN ('p', 'u')"
        )
        held = [name for (name,) in cursor.fetchall()]
        for name in held:
            cursor.execute(f'ALTER TABLE ledger_entry DROP CONSTRAINT "{name}" CASCADE')
        for name in set(others) - set(held):
            cursor.execute(f'DROP INDEX "{name}"')


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"kind": "cases.open"}, "entry_by_kind"),
        ({"actor": "person/somebody"}, "entry_by_actor"),
        ({"cls": "refusal"}, "entry_by_class"),
        ({"subject": "cases.Case/1"}, "entry_by_subject"),
    ],
)
def test_a_question_for_a_word_is_answered_along_the_index_of_that_word(opened, ada, asked, index):
    ((name, word),) = asked.items()
    if connection.vendor == "postgresql":
        alone(ada.tenant, index)
    with tenant_scope(ada.tenant):
        rows = Entry.objects.filter(**asked)
        found = plan(rows if "subject" in asked else rows.order_by("-idx"))
        assert index in found
        if connection.vendor == "postgresql":
            along = found.split("Index Cond: ")[1].split("Filter: ")[0]
            # The index of classes holds refusals alone there, and so has no word of its own to ask for.
            assert f"{name})::text = '{word}'" in along or name == "cls", found
            assert "Sort" not in found
        else:
            assert index in plan(Entry.objects.filter(**{f"{name}__in": [word, "another"]}))


def test_what_an_index_of_words_holds_is_narrow_where_no_row_is_hidden_by_the_database(opened):
    if connection.vendor == "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name LIKE 'entry_by_%%'", [])
        made = [one for (one,) in cursor.fetchall()]
    assert len(made) == 4
    assert all(one.count("muniment_short") == 2 for one in made), made


def test_two_words_with_one_short_number_are_told_apart(opened, ada):
    """Words are found by chance that an index cannot tell apart; the answer must."""
    seen: dict[int, str] = {}
    for number in count():
        word = f"person/{number}"
        twin = seen.setdefault(short(word), word)
        if twin != word:
            break
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", "actor = %s", "idx", word, 0)
        update(cursor, "ledger_entry", "actor = %s", "idx", twin, 1)
    with tenant_scope(ada.tenant):
        assert [one.idx for one in Entry.objects.filter(actor=word)] == [0]
        assert [one.idx for one in Entry.objects.filter(actor__in=[twin, "nobody"])] == [1]
        assert [one.idx for one in Entry.objects.filter(actor__in=[twin, word]).order_by("idx")] == [0, 1]


def test_questions_with_and_without_a_word_share_the_entries_between_them(opened, ada):
    with tenant_scope(ada.tenant):
        every = Entry.objects.count()
        mine = Entry.objects.filter(kind="cases.open").count()
        assert mine == 3
        assert Entry.objects.exclude(kind="cases.open").count() == every - mine
        assert Entry.objects.exclude(kind__in=["cases.open", "cases.close"]).count() == every - mine
        assert Entry.objects.filter(kind__in=[]).count() == 0
        assert Entry.objects.filter(kind__in=Entry.objects.filter(idx=0).values("kind")).count() > 0
        assert Outbox.objects.filter(kind="cases.open").count() == 0
    assert Entry.everything.filter(kind="cases.open", tenant_id=ada.tenant).count() in {0, 3}


def test_the_short_number_of_a_word_never_changes():
    """Indexes that were made by an older version hold it."""
    assert (short("refusal"), short("cases.open"), short("")) == (6615882, 6292833, 0)
    assert short("\ud800") <= LARGEST
