from django.db import migrations, models

from muniment.ledger.tables.narrow import Short

NARROW = (
    models.Index(Short("tenant_id"), Short("subject"), name="entry_by_subject"),
    models.Index(Short("tenant_id"), Short("kind"), "idx", name="entry_by_kind"),
    models.Index(Short("tenant_id"), Short("actor"), "idx", name="entry_by_actor"),
    models.Index(Short("tenant_id"), Short("cls"), "idx", name="entry_by_class"),
)


def made_anew(apps, schema_editor):
    """Make the indexes anew where they become others; on PostgreSQL they stay what they are."""
    if schema_editor.connection.vendor != "postgresql":
        entry = apps.get_model("ledger", "Entry")
        for one in NARROW:
            schema_editor.execute(f'DROP INDEX "{one.name}"')
            schema_editor.add_index(entry, one)


def as_before(apps, schema_editor):
    """Make the indexes of before again."""
    if schema_editor.connection.vendor != "postgresql":
        for one in NARROW:
            schema_editor.execute(f'DROP INDEX "{one.name}"')
        for name, columns in (
            ("subject", "subject"),
            ("kind", "kind, idx"),
            ("actor", "actor, idx"),
            ("class", "cls, idx"),
        ):
            schema_editor.execute(f'CREATE INDEX "entry_by_{name}" ON "ledger_entry" (tenant_id, {columns})')


class Migration(migrations.Migration):
    """Indexes of entries by words hold short numbers for them on SQLCipher (ADR 29)."""

    dependencies = [
        ('ledger', '0011_damage'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(made_anew, as_before)],
            state_operations=[
                *(migrations.RemoveIndex(model_name='entry', name=one.name) for one in NARROW),
                *(migrations.AddIndex(model_name='entry', index=one) for one in NARROW),
            ],
        ),
    ]
