from django.db import migrations, models


def end_every_session(apps, schema_editor):
    # Rows from before bear the key itself; everybody signs in again and gets a row that does not.
    apps.get_model("sessions", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Remembered",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("value", models.TextField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(end_every_session, migrations.RunPython.noop),
    ]
