"""Every table: guarded or excused, owned by a tenant, isolated on PostgreSQL, sealed where it describes people."""

from __future__ import annotations

from django.apps import apps
from django.db import connection

from muniment.spine.guard import UNGUARDED, guarded_tables
from muniment.spine.models import Row


def test_every_table_is_guarded_or_excused_with_a_reason(db):
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        assert hasattr(model, "kept") != (table in UNGUARDED), table
    # PostgreSQL lists this connection's own temporary table of touched rows too.
    present = set(connection.introspection.table_names()) - {"muniment_touched"}
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert present - known <= set(UNGUARDED), "a table that no model speaks of"


def test_every_guarded_table_has_its_triggers_in_the_database(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'guard' AND tgenabled = 'O'"
            )
            assert {item.table for item in guarded_tables()} == {row[0] for row in cursor.fetchall()}
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            wanted = {
                f"guard_{item.table}_{verb}"
                for item in guarded_tables()
                for verb in ("insert", "update", "delete")
            }
            assert wanted == {row[0] for row in cursor.fetchall()}


def test_row_level_security_is_forced_on_every_guarded_table(db):
    if connection.vendor != "postgresql":
        assert all(issubclass(item.model, Row) for item in guarded_tables())
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert {item.table for item in guarded_tables()} <= {row[0] for row in cursor.fetchall()}


def test_the_application_owns_nothing_and_is_no_superuser(db):
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone()[0] == 2
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone()[0] == "wal"
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE tableowner = current_user AND schemaname = 'public'"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT has_table_privilege('ledger_entry', 'UPDATE'), has_table_privilege('ledger_entry', 'TRUNCATE')"
        )
        assert cursor.fetchone() == (False, False)
