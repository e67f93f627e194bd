from django.db import migrations, models

import muniment.spine.scope

#: Indexes of entries whose keys only ever grow at their end, and no row is ever changed: no room is left for changes.
GROWING = ("one_entry_per_place", "entry_by_kind", "entry_by_actor", "entry_by_class")


def leave_no_room(apps, schema_editor):
    """Let PostgreSQL fill the pages of what is never changed."""
    if schema_editor.connection.vendor == "postgresql":
        for name in GROWING:
            schema_editor.execute(f"ALTER INDEX {name} SET (fillfactor = 100)")


class Migration(migrations.Migration):
    """Entries keep the root over their commitments instead of their whole leaf; old rows keep their leaf (ADR 29)."""

    dependencies = [
        ('ledger', '0009_counts_and_questions'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # The column keeps its name: rows that are there are not touched.
            state_operations=[
                migrations.RemoveField(model_name='entry', name='leaf'),
                migrations.AddField(
                    model_name='entry', name='kept_leaf', field=models.BinaryField(db_column='leaf')
                ),
            ],
        ),
        migrations.AlterField(
            model_name='entry',
            name='kept_leaf',
            field=models.BinaryField(db_column='leaf', null=True),
        ),
        migrations.AddField(
            model_name='entry',
            name='root',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='entry',
            name='tenant_id',
            field=models.UUIDField(default=muniment.spine.scope.active_tenant, editable=False),
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='one_entry_per_number_in_a_stream',
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.UniqueConstraint(fields=('stream', 'sn'), name='one_entry_per_number_of_a_stream'),
        ),
        migrations.AlterField(
            model_name='outbox',
            name='tenant_id',
            field=models.UUIDField(default=muniment.spine.scope.active_tenant, editable=False),
        ),
        migrations.AlterField(
            model_name='outbox',
            name='order',
            field=models.BigIntegerField(),
        ),
        migrations.AddIndex(
            model_name='outbox',
            index=models.Index(fields=['tenant_id', 'order'], name='waiting_in_order'),
        ),
        migrations.RunPython(leave_no_room, migrations.RunPython.noop),
    ]
