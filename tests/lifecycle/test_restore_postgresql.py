"""Restores on PostgreSQL as docs/postgresql.md tells them: what was erased does not come back, whatever was older.

Tables and keys are two databases, dumped by the server's superuser and taken in again; the journal stays as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.lifecycle.lived import CARRY_OUT, ORDER
from tests.lifecycle.test_drill import DUMP_PERSON, NAMED
from tests.support import plugin, postgres
from tests.support.seeded import Seeded, _environment, served

from muniment.lifecycle import cleaning

pytestmark = [
    pytest.mark.database,
    pytest.mark.timeout(1800),  # each of its dozen programs takes seconds
    pytest.mark.skipif(plugin.ON != "postgresql", reason="this is about PostgreSQL"),
    pytest.mark.xdist_group("restore_postgresql"),
]

#: Prints what the entries say of orders that were carried out again.
SAID = """
import sys, django
django.setup()
from uuid import UUID
from muniment.ledger.models import Entry, Outbox
from muniment.ledger.openings import opened_event
from muniment.lifecycle import leftover
from muniment.lifecycle.models import Erasure
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    for table in (Entry, Outbox):
        for event in table.objects.filter(kind="lifecycle.replay"):
            print(opened_event(event).facts["older"])
"""
#: Prints whether the pages were rewritten when the erasure was carried out.
CLEANED = """
import sys, django
django.setup()
from uuid import UUID
from muniment.lifecycle.models import Erasure
from muniment.spine.scope import tenant_scope
with tenant_scope(UUID(sys.argv[1])):
    print(Erasure.objects.get(id=sys.argv[2]).cleaned_at is not None)
"""

#: Prints what became of the bytes of rows that are no more, with so many seconds of patience.
REWRITTEN = """
import sys, django
django.setup()
from muniment.lifecycle import cleaning
cleaning.PATIENCE = float(sys.argv[1])
print(cleaning.clean().told())
"""


@dataclass
class Lived:
    """An installation on two databases, its backups of before an erasure, and what it was like afterwards."""

    house: Seeded
    boss: str
    names: dict[str, str]
    folder: Path
    name: str
    order: str

    def dump(self, when: str) -> None:
        kept = self.folder / when
        kept.mkdir()
        for what, name in self.names.items():
            self._tool("pg_dump", "-Fc", "-f", str(kept / what), "-d", self._at(name))
        shutil.copytree(self.house.home / "data", kept / "data")

    def restore(self, *, tables: str, keys: str) -> None:
        with psycopg.connect(self.boss, autocommit=True) as server:
            for what, when in (("tables", tables), ("keys", keys)):
                name = self.names[what]
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
                server.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                        sql.Identifier(name), sql.Identifier(f"{name}_owner")
                    )
                )
                self._tool("pg_restore", "-d", self._at(name), str(self.folder / when / what))
        shutil.rmtree(self.house.home / "data")
        shutil.copytree(self.folder / tables / "data", self.house.home / "data")

    def _at(self, name: str) -> str:
        return f"{self.boss.rsplit('/', 1)[0]}/{name}"

    def outdate(self) -> None:
        """Leave a former version of each counterparty, as changing it does."""
        with psycopg.connect(self._at(self.names["tables"]), autocommit=True) as server:
            server.execute("SET session_replication_role = replica")
            done = server.execute("UPDATE counterparties_counterparty SET created_at = created_at")
            assert done.rowcount > 0

    def rewritten(self, patience: str) -> str:
        return self.house.run(REWRITTEN, patience).strip()

    def _tool(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [str(postgres.programs() / program), *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def faults(self) -> list[str]:
        self.house.command("ledger", "settle")
        done = self.house.command("ledger", "verify", "--deep", "--json", expect=None)
        return [fault for log in json.loads(done.stdout)["logs"] for fault in log["faults"]]

    def erased(self) -> None:
        """Make sure that nothing of the person can be read; nothing is carried out by looking."""
        shown = self.house.run(DUMP_PERSON, self.house.tenant, self.house.told["person"])
        assert self.name not in shown

    def older(self) -> str:
        return self.house.run(SAID, self.house.tenant).strip()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    boss = os.environ["MUNIMENT_TEST_POSTGRES"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    names = {"tables": f"muniment_back_{worker}", "keys": f"muniment_back_keys_{worker}"}
    base = tmp_path_factory.mktemp("back")
    app, owner = postgres.new_database(boss, names["tables"])
    _app, keys = postgres.new_database(boss, names["keys"])
    environment = _environment(base / "home") | {
        "MUNIMENT_DATABASE": app,
        "MUNIMENT_DATABASE_OWNER": owner,
        "MUNIMENT_KEY_STORE": keys,
    }
    made = Seeded(base / "home", environment, "")
    made.command("init", "--json")
    told = json.loads(made.command("seed", "--slug", "lantern", "--json").stdout)
    house = Seeded(made.home, environment, told["tenant"], told)
    name = house.run(NAMED, house.tenant, told["person"]).strip()
    one = Lived(house, boss, names, base, name, "")
    one.dump("before")
    one.order = house.run(ORDER, house.tenant, told["officer"], told["administrator"], told["person"]).strip()
    assert house.run(CARRY_OUT, house.tenant, one.order).strip() == "executed"
    one.dump("after")
    yield one
    with psycopg.connect(boss, autocommit=True) as server:
        for database in names.values():
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def test_the_worker_rewrites_deleted_rows_as_the_owner_while_it_erases(lived):
    lived.restore(tables="after", keys="after")
    assert lived.house.run(CLEANED, lived.house.tenant, lived.order).strip() == "True"
    assert lived.faults() == []


def test_deleted_rows_go_whatever_the_other_databases_of_the_server_do(lived):
    with psycopg.connect(lived.boss) as other:
        other.execute("SELECT pg_current_xact_id()")
        lived.outdate()
        assert lived.rewritten("60").startswith("rewritten ")


def test_deleted_rows_that_an_older_reading_of_the_database_can_see_are_left_for_later(lived):
    with psycopg.connect(lived._at(lived.names["tables"])) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM pg_class")
        lived.outdate()
        assert lived.rewritten("0.2") == f"{cleaning.LEFT} ({cleaning.OLDER})"
    assert lived.rewritten("60").startswith("rewritten ")


def test_everything_from_before_is_put_back_and_nothing_is_served_before_it_is_erased_again(lived):
    lived.restore(tables="before", keys="before")
    assert lived.house.run(NAMED, lived.house.tenant, lived.house.told["person"]).strip() == lived.name
    with served(lived.house):
        lived.erased()
    assert lived.older() == "older than the journal: the key store and the database"


def test_the_key_store_alone_is_put_back(lived):
    lived.restore(tables="after", keys="before")
    lived.house.command("tenant", "list")
    lived.erased()
    assert lived.older() == "older than the journal: the key store"
    assert lived.faults() == []


def test_the_database_alone_is_put_back_and_its_key_store_is_newer(lived):
    lived.restore(tables="before", keys="after")
    lived.house.command("tenant", "list")
    lived.erased()
    assert lived.older() == "older than the journal: the database"


def test_without_its_journal_a_restored_installation_is_not_served(lived):
    """The tables know of the erasure, and the journal is of before it."""
    lived.restore(tables="after", keys="after")
    journal = lived.house.home / "journal" / "erasures"
    kept = journal.read_bytes()
    journal.write_bytes(b"")
    # What an earlier server said stands in the same file.
    lived.house.home.with_suffix(".log").unlink(missing_ok=True)
    try:
        with pytest.raises(RuntimeError, match="not as it was written"), served(lived.house):
            pytest.fail("it was served")
    finally:
        journal.write_bytes(kept)
    lived.house.command("tenant", "list")
