from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_who_opened_what")]

    operations = [
        migrations.CreateModel(
            name="Sending",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
