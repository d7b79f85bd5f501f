"""A lifted restriction keeps which record and cases it closed: it is a part of what is held about somebody."""

import django.contrib.postgres.fields
from django.db import migrations, models

LIFTED_BEFORE = """
UPDATE accounts_restriction held SET lifted_from = ARRAY(
    SELECT DISTINCT given.case_id FROM accounts_caseaccess given
    WHERE given.why = 'restricted' AND given.starts_at = held.starts_at)
WHERE held.ends_at IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_sent_twice'),
    ]

    operations = [
        migrations.AddField(
            model_name='restriction',
            name='lifted_from',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.RunSQL(LIFTED_BEFORE, migrations.RunSQL.noop),
    ]
