"""Bringing in a file of counterparties: what is written, what is refused, what nobody can read in the tables."""

from __future__ import annotations

import pytest
from django.db import connection

from muniment.counterparties import actions, queries
from muniment.counterparties.models import BlindToken, Counterparty, Import, Ownership
from muniment.ledger import publish, verify
from muniment.ledger.models import Outbox
from muniment.spine.errors import Absent, Clash, Invalid, Refused
from muniment.spine.scope import tenant_scope

TABLE = b"""reference,kind,name,birth_date,country,passport,lei,owned_by
P-1,person,Marta Olivar Quint,1970-02-03,es,XA1234567,,
C-1,organisation,Quillfeather Trading Ltd,,gb,,529900T8BM49AURSDO55,P-1: 60 %; P-2: 40 %
P-2,person,Ignaz Wohlgemut,1955,at,,,
P-3,person,,1955,at,,,
"""


def test_a_table_is_shown_first_and_then_taken_in_whole(db, ada):
    held = actions.receive(ada, TABLE, name="book.csv")
    with tenant_scope(ada.tenant):
        would = queries.would_do(queries.file_of(held), held.form)
        assert Counterparty.objects.count() == 0
    assert (len(would.new), len(would.owners), [one.line for one in would.rejects]) == (3, 2, [5])

    taken = actions.confirm(ada, import_id=held.id, shown=would.shown)

    with tenant_scope(ada.tenant):
        marta = Counterparty.objects.get(reference="P-1")
        assert (marta.name, marta.name_plain, marta.country) == ("Marta Olivar Quint", "", "")
        firm = Counterparty.objects.get(reference="C-1")
        assert (firm.name_plain, firm.lei) == ("Quillfeather Trading Ltd", "529900T8BM49AURSDO55")
        assert sorted(Ownership.objects.values_list("owner__reference", "share")) == [
            ("P-1", 6000),
            ("P-2", 4000),
        ]
        assert [one.line for one in queries.rejects_of(Import.objects.get())] == [5]
        assert [owner["name"] for owner in queries.tree(firm)["owners"]] == [
            "Marta Olivar Quint",
            "Ignaz Wohlgemut",
        ]
    assert (taken.counts["new"], taken.counts["rejected"]) == (3, 1)
    publish.settle()
    assert verify.verify_log(ada.tenant, deep=True).faults == []


def test_a_persons_data_stand_nowhere_in_the_clear(db, ada):
    actions.take_in(ada, TABLE, name="book.csv")

    with connection.cursor() as cursor, tenant_scope(ada.tenant):
        tables = [
            name for name in connection.introspection.table_names() if name.startswith("counterparties_")
        ]
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names come from the database itself
            for value in [value for row in cursor.fetchall() for value in row]:
                held = bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
                assert not any(
                    word in held for word in (b"Olivar", b"XA1234567", b"1970-02-03", b"Wohlgemut")
                )
        assert len(tables) == 4


def test_persons_are_found_by_words_and_numbers_in_any_order(db, ada):
    actions.take_in(ada, TABLE, name="book.csv")

    def found(text):
        with tenant_scope(ada.tenant):
            return [row.reference for row in queries.by_ids(queries.page(text).ids)]

    assert found("quint MARTA") == ["P-1"]
    assert found("xa 1234567") == ["P-1"]
    assert found("quillfeather") == ["C-1"]
    assert found("p-2") == ["P-2"]
    assert found("Marta Wohlgemut") == []
    assert found("1970-02-03") == []


def test_the_same_file_again_changes_nothing_and_a_changed_one_says_what(db, ada):
    actions.take_in(ada, TABLE, name="book.csv")
    again = actions.take_in(ada, TABLE, name="book.csv")
    assert (again.counts["new"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 3)

    moved = actions.take_in(ada, TABLE.replace(b"Quint,1970-02-03", b"Quint,1971-02-03"), name="book.csv")

    assert (moved.counts["new"], moved.counts["changed"], moved.counts["unchanged"]) == (0, 1, 2)
    with tenant_scope(ada.tenant):
        assert Counterparty.objects.count() == 3
        assert Ownership.objects.count() == 2


def test_a_person_cannot_become_a_firm_by_an_import(db, ada):
    actions.take_in(ada, TABLE, name="book.csv")

    held = actions.take_in(
        ada, b"reference,kind,name\nP-1,organisation,Other\nC-9,organisation,Nine\n", name="x.csv"
    )

    assert (held.counts["refused"], held.counts["new"]) == (1, 1)
    with tenant_scope(ada.tenant):
        assert Counterparty.objects.get(reference="P-1").name == "Marta Olivar Quint"


def test_nothing_is_taken_in_when_the_register_changed_since_it_was_shown(db, ada):
    held = actions.receive(ada, TABLE, name="book.csv")
    with tenant_scope(ada.tenant):
        shown = queries.would_do(TABLE, "csv").shown
    actions.take_in(ada, b"reference,kind,name\nP-2,person,Somebody Else\n", name="x.csv")

    with pytest.raises(Clash, match="changed since"):
        actions.confirm(ada, import_id=held.id, shown=shown)

    with tenant_scope(ada.tenant):
        assert Counterparty.objects.count() == 1
        assert BlindToken.objects.count() == 2


def test_an_import_is_taken_in_once(db, ada):
    held = actions.take_in(ada, TABLE, name="book.csv")

    with pytest.raises(Clash, match="taken in already"):
        actions.confirm(ada, import_id=held.id)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("empty.csv", b""),
        ("book.xlsx", TABLE),
        ("../up.csv", TABLE),
        ("none.csv", b"reference,kind,name\n,person,\n"),
        ("wrong.csv", b"reference,name\nA,\xff\xfe\n"),
        ("half.json", b'{"id": "a", "schema": "Person"'),
        ("nobody.csv", b"colour,size\nred,4\n"),
    ],
)
def test_what_cannot_be_read_leaves_the_register_as_it_was(db, ada, name, contents):
    with pytest.raises(Invalid):
        actions.take_in(ada, contents, name=name)

    with tenant_scope(ada.tenant):
        assert not Counterparty.objects.exists()


def test_an_auditor_brings_in_nothing_and_that_is_on_record(db, vera, ada):
    with pytest.raises(Refused):
        actions.take_in(vera, TABLE, name="book.csv")
    held = actions.receive(ada, TABLE, name="book.csv")
    with pytest.raises(Refused):
        actions.confirm(vera, import_id=held.id)

    with tenant_scope(vera.tenant):
        refused = sorted(Outbox.objects.filter(actor=vera.id).values_list("kind", flat=True))
    assert refused == ["counterparties.bring_in", "counterparties.offer"]


def test_another_tenants_import_is_not_there(db, ada, mallory):
    held = actions.receive(ada, TABLE, name="book.csv")

    with pytest.raises(Absent):
        actions.confirm(mallory, import_id=held.id)


def test_no_more_of_a_file_is_read_than_its_kind_may_have():
    assert actions.most_read("suppliers.CSV") == (50 << 20) + 1
    assert actions.most_read("suppliers.jsonl") == (200 << 20) + 1
    with pytest.raises(Invalid, match="cannot be read here"):
        actions.most_read("suppliers.exe")
