from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("spine", "0002_tally"),
    ]

    operations = [
        migrations.AddField(
            model_name="tally",
            name="voucher",
            field=models.BinaryField(default=bytes, max_length=32),
        ),
    ]
