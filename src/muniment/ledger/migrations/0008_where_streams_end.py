"""A stream's row notes where its last entry stands, since that entry may be pruned and the map still needs it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_time_stamps"),
    ]

    operations = [
        migrations.AddField(
            model_name="stream",
            name="last_idx",
            field=models.BigIntegerField(null=True),
        ),
    ]
