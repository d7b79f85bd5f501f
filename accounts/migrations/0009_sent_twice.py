"""What a form sent twice made twice is one row: a role between two days, a shift, a repeating shift, a partner's name.

Of what is there twice already the first stays; a second partner system of one name gets its number behind the name.
"""

import django.db.models.functions.text
from django.db import migrations, models


TWICE = """
DELETE FROM {table} later USING {table} first WHERE later.id > first.id AND {rule}
AND ({columns}) IS NOT DISTINCT FROM ({first_columns})
"""
RENAME = """
UPDATE accounts_partnerclient later SET name = left(later.name, 80) || ' ' || later.id
FROM accounts_partnerclient first
WHERE first.organisation_id = later.organisation_id AND upper(first.name) = upper(later.name)
AND (first.created_at, first.id) < (later.created_at, later.id)
"""


def once(table: str, columns: str, rule: str = "true") -> migrations.RunSQL:
    """Return the deletion of every row that says the same in these columns as an earlier one."""
    names = columns.split()
    later, first = (", ".join(f"{which}.{name}" for name in names) for which in ("later", "first"))
    sql = TWICE.format(table=table, rule=rule, columns=later, first_columns=first)
    return migrations.RunSQL(sql, migrations.RunSQL.noop)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_access_by_case'),
    ]

    operations = [
        once(
            "accounts_membership",
            "user_id team_id role provider starts_on ends_on",
            "later.ends_on IS NOT NULL",
        ),
        once("accounts_shift", "team_id duty user_id starts_at ends_at"),
        once(
            "accounts_shiftpattern",
            "team_id duty user_id day_kind begins ends valid_from",
            "later.valid_until IS NULL AND first.valid_until IS NULL",
        ),
        migrations.RunSQL(RENAME, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('ends_on__isnull', False)), fields=('user', 'team', 'role', 'provider', 'starts_on', 'ends_on'), name='accounts_membership_once_between'),
        ),
        migrations.AddConstraint(
            model_name='partnerclient',
            constraint=models.UniqueConstraint(models.F('organisation'), django.db.models.functions.text.Upper('name'), name='accounts_partner_name_in_organisation'),
        ),
        migrations.AddConstraint(
            model_name='shift',
            constraint=models.UniqueConstraint(fields=('team', 'duty', 'user', 'starts_at', 'ends_at'), name='accounts_shift_once'),
        ),
        migrations.AddConstraint(
            model_name='shiftpattern',
            constraint=models.UniqueConstraint(condition=models.Q(('valid_until', None)), fields=('team', 'duty', 'user', 'day_kind', 'begins', 'ends', 'valid_from'), name='accounts_pattern_once'),
        ),
    ]
