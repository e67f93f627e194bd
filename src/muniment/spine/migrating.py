"""Bringing the tables up to date, as their owner.

On PostgreSQL the application's own role owns nothing; only this step connects as the owner, and grants the
application what it needs: never TRUNCATE, and on append-only tables neither UPDATE nor DELETE.
"""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from muniment.spine import config
from muniment.spine.errors import Invalid
from muniment.spine.guard import Kept, guarded_tables


def _as_owner() -> None:
    """Let this process's default connection be the owner's."""
    parts = config.postgres_parts(config.current().database_owner)
    connection = connections["default"]
    connection.close()
    connection.settings_dict.update(
        NAME=parts.pop("dbname"),
        USER=parts.pop("user", ""),
        PASSWORD=parts.pop("password", ""),
        HOST=parts.pop("host", ""),
        PORT=parts.pop("port", "5432"),
        OPTIONS=parts,
    )


def _grant(connection: Any, role: str) -> None:
    kept = {item.table: item.kept for item in guarded_tables()}
    rights = {
        Kept.APPEND_ONLY: "SELECT, INSERT",
        Kept.PRUNED: "SELECT, INSERT, DELETE",
        Kept.QUEUE: "SELECT, INSERT, DELETE",
        Kept.REGISTER: "SELECT, INSERT, UPDATE",
    }
    quoted = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        for table in connection.introspection.table_names():
            right = (
                rights.get(kept[table], "SELECT, INSERT, UPDATE, DELETE")
                if table in kept
                else "SELECT, INSERT, UPDATE, DELETE"
            )
            if table == "django_migrations":
                right = "SELECT"
            cursor.execute(f"REVOKE ALL ON {connection.ops.quote_name(table)} FROM {quoted}")
            cursor.execute(f"GRANT {right} ON {connection.ops.quote_name(table)} TO {quoted}")


def waiting_steps() -> list[str]:
    """Return the names of the changes of the tables that are still to be made, in their order."""
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _backwards in plan]


def migrate(*, verbosity: int = 0) -> None:
    """Create or update all tables with their guards, then go back to the application's role.

    :raises Invalid: on PostgreSQL, when the owner of the tables is not named.
    """
    settings = config.current()
    if settings.on_postgres:
        if not settings.database_owner:
            raise Invalid(
                "The tables belong to a role of their own, and its address is not given.",
                todo="Set MUNIMENT_DATABASE_OWNER, or MUNIMENT_DATABASE_OWNER_FILE, for this command only.",
                where="database_owner",
            )
        mine = dict(connections["default"].settings_dict)
        _as_owner()
        try:
            call_command("migrate", interactive=False, verbosity=verbosity)
            _grant(connections["default"], config.postgres_parts(settings.database).get("user", ""))
        finally:
            connections["default"].close()
            connections["default"].settings_dict.update(mine)
    else:
        call_command("migrate", interactive=False, verbosity=verbosity)
