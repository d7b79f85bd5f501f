"""Whether a case may be seen is found by its id, also on PostgreSQL 15, which does not skip along another index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_restricted_records")]
    operations = [
        migrations.AddIndex(
            model_name="caseaccess",
            index=models.Index(fields=["case_id"], name="accounts_access_case"),
        ),
    ]
