"""Entries from before leaves were made again from their rows (ADR 29): each keeps its leaf, and is held as strictly."""

from __future__ import annotations

import pytest
from tests.ledger.tamper import key, owner, update
from tests.support.house import build

from muniment.cases import actions as cases
from muniment.ledger import logs, publish, queries, streams, verify
from muniment.ledger.models import Entry
from muniment.proof.tiles import Tiles
from muniment.spine.scope import tenant_scope


def as_before(tenant) -> None:
    """Let every row of a log be as an older version wrote it."""
    with tenant_scope(tenant):
        rows = [(one.id, one.leaf) for one in Entry.objects.all()]
    with owner(tenant, "ledger_entry") as cursor:
        for entry, leaf in rows:
            update(cursor, "ledger_entry", "leaf = %s, root = NULL", "id", leaf, key(entry))


@pytest.fixture
def older(db, ada):
    """A log whose first half is of before and whose second half is of now, all under a checkpoint."""
    for number in range(3):
        cases.open_case(ada, title=f"Case {number}")
    publish.settle()
    as_before(ada.tenant)
    half = logs.of(ada.tenant).size
    for number in range(3):
        cases.open_case(ada, title=f"Later case {number}")
    publish.settle(heads=True)
    return half


def said(tenant, *, deep=False) -> str:
    return "\n".join(verify.verify_log(tenant, deep=deep).faults)


def test_entries_of_before_and_of_now_stand_in_one_log_that_holds(older, ada):
    assert said(ada.tenant, deep=True) == ""
    log = logs.of(ada.tenant)
    with tenant_scope(ada.tenant):
        rows = list(Entry.objects.order_by("idx"))
        assert [one.kept_leaf is None for one in rows] == [one.idx >= older for one in rows]
        assert [one.root is None for one in rows] == [one.idx < older for one in rows]
        assert [one.leaf for one in rows] == Tiles(logs.folder(log), log.size).entries(0, log.size)
        for one in (rows[0], rows[-1]):
            assert queries.proof(one).fault == ""


def test_a_map_of_streams_that_is_made_from_nothing_reads_both(older, ada):
    streams.forget()
    cases.open_case(ada, title="One more")
    publish.settle(heads=True)
    assert said(ada.tenant) == ""


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("cls = 'export'", "cls"),
        ("at = '2020-01-01 00:00:00'", "at"),
        ("leaf = body", "leaf"),
        ("leaf = NULL", "root"),
        ("root = body", "root"),
        ("leaf = NULL, root = body", "root"),
        ("cls = 'export', leaf = body", "cls, leaf"),
    ],
)
def test_an_entry_of_before_that_was_changed_is_named_with_what_was_changed(older, ada, change, names):
    with owner(ada.tenant, "ledger_entry") as cursor:
        update(cursor, "ledger_entry", f"{change}", "idx", 1)
    assert said(ada.tenant) == f"entry 1: its columns do not agree with its leaf ({names})"


RECORD = """
import sys, django
django.setup()
from uuid import UUID
from muniment.cases import actions as cases
from muniment.ledger import publish
from muniment.spine.actor import Actor
tenant = UUID(sys.argv[1])
may = frozenset({"cases.open"})
ada = Actor(id="person/ada", kind="person", tenant=tenant, may=may, via="web")
for number in range(int(sys.argv[2])):
    cases.open_case(ada, title=f"Case {number}")
publish.settle(heads=True)
cases.open_case(ada, title="It waits while the program is updated")
"""

#: The tables of an older version with what it wrote: the new columns are taken away again, whole leaves put back.
BACK = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from muniment.ledger import logs
from muniment.ledger.models import Entry
from muniment.spine import config
from muniment.spine import migrating
from muniment.spine.scope import tenant_scope
held = []
for log in logs.every():
    with tenant_scope(log.tenant_id):
        held += [(one.leaf, Entry._meta.pk.get_db_prep_value(one.id, connection)) for one in Entry.objects.all()]
if config.current().on_postgres:
    migrating._as_owner()
with connection.cursor() as cursor:
    if connection.vendor == "postgresql":
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE ledger_entry NO FORCE ROW LEVEL SECURITY")
    else:
        cursor.execute("DROP TRIGGER guard_ledger_entry_update")
    for row in held:
        cursor.execute("UPDATE ledger_entry SET leaf = %s, root = NULL WHERE id = %s", row)
call_command("migrate", "ledger", "0009", verbosity=0)
with connection.cursor() as cursor:
    names = {one.name for one in connection.introspection.get_table_description(cursor, "ledger_entry")}
    assert "leaf" in names and "root" not in names, names
"""

FORTH = """
import django
django.setup()
from muniment.spine.migrating import migrate
migrate()
"""

CHECK = """
import sys, django
django.setup()
from uuid import UUID
from muniment.ledger import verify
from muniment.ledger.models import Entry, Outbox
from muniment.spine.scope import tenant_scope
faults = [fault for one in verify.verify(deep=True).values() for fault in one.faults]
assert faults == [], faults
with tenant_scope(UUID(sys.argv[1])):
    print(Entry.objects.filter(kept_leaf__isnull=False, root__isnull=True).count(),
          Entry.objects.filter(kept_leaf__isnull=True, root__isnull=False).count(), Outbox.objects.count())
"""


def test_an_installation_of_an_older_version_is_updated_and_still_holds(tmp_path):
    """With its entries as they were, and with what waited for its place while the tables were changed."""
    house = build(tmp_path / "home", "olderentries")
    house.run(RECORD, house.tenant, "4")
    house.run(BACK)
    house.run(FORTH)
    before, now, waits = map(int, house.run(CHECK, house.tenant).split())
    assert before >= 4
    assert (now, waits) == (0, 1)
    house.run(RECORD, house.tenant, "2")
    kept, fresh, waits = map(int, house.run(CHECK, house.tenant).split())
    assert kept == before
    assert fresh >= 3
    assert waits == 1
