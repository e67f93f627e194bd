from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("lifecycle", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="cleaned_at",
            field=models.DateTimeField(null=True),
        ),
    ]
