"""Why it was decided otherwise than recommended, in words; where somebody was sent that is on no list."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0020_legal_holds'),
    ]

    operations = [
        migrations.AddField(
            model_name='recommendation',
            name='override_note',
            field=models.CharField(blank=True, db_default='', default='', max_length=1000),
        ),
        migrations.AddField(
            model_name='signposting',
            name='where',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
    ]
