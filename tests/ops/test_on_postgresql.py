"""An installation on PostgreSQL, made word for word as docs/postgresql.md tells it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.ops.commands import PATIENCE, environment
from tests.support import plugin

pytestmark = [
    pytest.mark.database,
    pytest.mark.skipif(plugin.ON != "postgresql", reason="this is about PostgreSQL"),
]

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "postgresql.md").read_text(encoding="utf-8")
DATABASES = ("muniment", "muniment_keys")
ROLES = ("muniment_owner", "muniment_app", "muniment_keys")


def told(language: str) -> list[str]:
    """Return what the page tells one to type."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def boss():
    """The server's superuser, on a server where the page's roles and databases are not, before and after."""

    def clear(connection):
        for name in DATABASES:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
        for name in ROLES:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))

    with psycopg.connect(os.environ["MUNIMENT_TEST_POSTGRES"], autocommit=True) as connection:
        # Roles belong to the whole server: where two processes share this file's tests, one goes first.
        connection.execute("SELECT pg_advisory_lock(hashtext('tests.ops.test_on_postgresql'))")
        clear(connection)
        yield connection
        clear(connection)


@pytest.fixture(scope="module")
def place(boss, tmp_path_factory):
    """The folder that stands for the machine's root."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "etc" / "muniment").mkdir(parents=True)
    (folder / "srv").mkdir()
    return folder


@pytest.fixture(scope="module")
def typed(boss, place):
    """A shell in which commands are typed, one after the other, as the page gives them."""
    port = str(boss.info.port)

    def run(script: str, *, expect: int = 0) -> str:
        here = script.replace("127.0.0.1:5432", f"127.0.0.1:{port}")
        here = here.replace("/etc/muniment", f"{place}/etc/muniment").replace("/srv/", f"{place}/srv/")
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", here],
            env=environment(PATH=path),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == expect, (script, done.returncode, done.stdout[-3000:] + done.stderr[-3000:])
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def exported():
    """The one line of the page that stays in force."""
    return next(line for line in PAGE.splitlines() if line.startswith("export "))


@pytest.fixture(scope="module")
def installed(boss, typed):
    """What the installation said while it was made."""
    [roles] = told("sql")
    for statement in roles.split(";\n"):
        if statement.strip():
            boss.execute(statement)
    return typed(told("sh")[0])


def test_the_page_leads_to_an_installation_with_which_nothing_is_wrong(installed, place):
    assert "The installation is made" in installed
    assert "Nothing is wrong." in installed
    for secret in ("owner-secret", "app-secret", "keys-secret"):
        assert secret not in installed
    assert not (place / "srv" / "muniment" / "data" / "muniment.db").exists()
    assert not (place / "srv" / "muniment" / "keys" / "store.db").exists(), "the keys are in their database"


def test_an_example_lives_on_it_and_its_ledger_holds(installed, typed, exported):
    at = "--home /srv/muniment"
    typed(f"{exported}\nmuniment seed --json {at}\nmuniment ledger settle {at}")
    said = typed(f"{exported}\n{told('sh')[1]}")
    assert "The tables are up to date." in said
    assert "Nothing is wrong." in said


def test_a_second_installation_is_refused_before_anything_of_the_first_is_touched(installed, typed, exported):
    again = "MUNIMENT_DATABASE_OWNER_FILE=/etc/muniment/owner muniment init --home /srv/another"
    assert "belongs to an installation already" in typed(f"{exported}\n{again}", expect=1)


def test_a_demonstration_leaves_a_database_in_use_alone_and_its_folder_too(installed, typed, exported, place):
    earlier = place / "srv" / "demo"
    earlier.mkdir()
    for name in ("made-by-the-demo", "thesis.txt"):
        (earlier / name).write_text("ten years of work")
    said = typed(f"{exported}\nmuniment demo --no-serve --home /srv/demo", expect=1)
    assert "belongs to an installation already" in said
    assert (earlier / "thesis.txt").exists()


def test_a_demonstration_says_when_the_database_does_not_answer(typed, place):
    nowhere = "export MUNIMENT_DATABASE=postgresql://nobody@127.0.0.1:9/none"
    assert "did not answer" in typed(f"{nowhere}\nmuniment demo --no-serve --home /srv/none", expect=2)
    assert not (place / "srv" / "none").exists()


def test_the_application_cannot_change_its_tables(installed, typed, exported):
    said = typed(f"{exported}\nmuniment migrate --home /srv/muniment", expect=1)
    assert "MUNIMENT_DATABASE_OWNER" in said


def test_check_names_an_application_that_owns_tables_or_passes_by_the_guards(
    installed, typed, exported, boss
):
    check = f"{exported}\nmuniment check --home /srv/muniment"
    boss.execute("ALTER ROLE muniment_app BYPASSRLS")
    assert "may pass by row-level security" in typed(check, expect=1)
    boss.execute("ALTER ROLE muniment_app NOBYPASSRLS")
    boss.execute("GRANT muniment_owner TO muniment_app")
    assert re.search(r"owns \d\d+ tables", typed(check, expect=1))
    boss.execute("REVOKE muniment_owner FROM muniment_app")
    with psycopg.connect(boss.info.dsn, dbname="muniment", autocommit=True) as connection:
        connection.execute("ALTER TABLE cases_case OWNER TO muniment_app")
        assert "owns 1 tables" in typed(check, expect=1)
        connection.execute("ALTER TABLE cases_case OWNER TO muniment_owner")
        connection.execute("ALTER TABLE cases_case NO FORCE ROW LEVEL SECURITY")
        assert "cases_case is not under guard" in typed(check, expect=1)
    [migrate, again, *_] = told("sh")[1].splitlines()
    assert "Nothing is wrong." in typed(f"{exported}\n{migrate}\n{again}")


def test_a_server_that_must_show_its_certificate_is_not_spoken_to_without(installed, typed, exported):
    """The test's server has no TLS: who asks for it must be refused, not served in the clear."""
    database = 'export MUNIMENT_DATABASE="$(cat $MUNIMENT_DATABASE_FILE)?sslmode=require"\nunset MUNIMENT_DATABASE_FILE'
    said = typed(f"{exported}\n{database}\nmuniment check --home /srv/muniment", expect=2)
    assert "The database did not answer" in said
    assert "sslmode=require" in said
