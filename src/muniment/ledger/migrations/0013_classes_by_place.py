from django.db import migrations


def refusals_alone(apps, schema_editor):
    """On PostgreSQL, keep in the index by class only what is asked for by it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('DROP INDEX "entry_by_class"')
        schema_editor.execute(
            'CREATE INDEX "entry_by_class" ON "ledger_entry" (tenant_id, idx) WITH (fillfactor = 100)'
            " WHERE cls = 'refusal'"
        )


def as_before(apps, schema_editor):
    """Put every entry into the index again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('DROP INDEX "entry_by_class"')
        schema_editor.execute(
            'CREATE INDEX "entry_by_class" ON "ledger_entry" (tenant_id, cls, idx) WITH (fillfactor = 100)'
        )


class Migration(migrations.Migration):
    """The index of entries by class holds refusals alone on PostgreSQL; other classes are found by place (ADR 32)."""

    dependencies = [
        ('ledger', '0012_short_indexes'),
    ]

    operations = [migrations.RunPython(refusals_alone, as_before)]
