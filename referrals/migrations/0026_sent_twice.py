"""Which sending was written last about somebody sent elsewhere: the same once more is quiet."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0025_what_was_missing'),
    ]

    operations = [
        migrations.AddField(
            model_name='signposting',
            name='sent_id',
            field=models.UUIDField(blank=True, editable=False, help_text='The sending that was written last', null=True),
        ),
    ]
