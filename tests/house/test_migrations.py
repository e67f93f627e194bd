"""What a migration may do to a guarded table: nothing by which rows of an older version stop being what was committed.

A row's digest (``ledger/rows.py``) holds its filled columns by name. A new column that is empty in old rows changes no
digest; a column that is filled, renamed or dropped changes all of them, and ``ledger verify --deep`` names every row.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from muniment.spine.guard import guarded_tables

CHANGES_NAMES = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)


def breaches(app: str, operations: list[object]) -> Iterator[str]:
    """Yield what a migration does that old rows would not outlive."""
    guarded = {item.model._meta.label_lower for item in guarded_tables() if item.kept == "guarded"}
    new = {one.name_lower for one in operations if isinstance(one, migrations.CreateModel)}
    for one in operations:
        name = getattr(one, "model_name_lower", None) or getattr(one, "name_lower", None)
        if name is None:
            name = getattr(one, "old_name_lower", "")
        if f"{app}.{name}" not in guarded or name in new:
            continue
        if isinstance(one, CHANGES_NAMES):
            yield f"{app}.{name}: {one.describe()}"
        if isinstance(one, migrations.AddField) and not one.field.null:
            yield f"{app}.{name}.{one.name}: a new column of a guarded table is empty in old rows"


def test_no_migration_changes_what_old_rows_were_committed_as():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("muniment.")}
    found = MigrationLoader(None).disk_migrations
    assert len({app for app, _ in found} & ours) > 8
    told = [
        line for (app, _), one in found.items() if app in ours for line in breaches(app, list(one.operations))
    ]
    assert told == []


def test_a_column_that_is_filled_renamed_or_dropped_is_seen():
    filled = migrations.AddField("case", "colour", models.TextField(default="red"))
    renamed = migrations.RenameField("case", "title", "called")
    dropped = migrations.RemoveField("case", "title")
    table = migrations.AlterModelTable("case", "other")
    assert len(list(breaches("cases", [filled, renamed, dropped, table]))) == 4
    empty = migrations.AddField("case", "colour", models.TextField(null=True))
    fresh = migrations.CreateModel("case", [("id", models.UUIDField(primary_key=True))])
    assert list(breaches("cases", [empty])) == []
    assert list(breaches("cases", [fresh, filled])) == []
