"""Which sending made a safe-care override: the same once more is quiet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('timelimits', '0006_what_came_in'),
    ]

    operations = [
        migrations.AddField(
            model_name='override',
            name='sent_id',
            field=models.UUIDField(blank=True, editable=False, null=True, unique=True),
        ),
    ]
