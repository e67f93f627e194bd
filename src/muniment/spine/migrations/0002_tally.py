from django.db import migrations, models

import muniment.spine.models


class Migration(migrations.Migration):
    dependencies = [
        ("spine", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=muniment.spine.models.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tenant_id", models.UUIDField()),
                ("actor", models.CharField(max_length=80)),
                ("actor_kind", models.CharField(max_length=12)),
                ("role", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=60)),
                ("since", models.DateTimeField(db_index=True)),
                ("times", models.BigIntegerField(default=1)),
            ],
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "actor", "kind"), name="one_tally_per_actor_and_kind"
            ),
        ),
    ]
