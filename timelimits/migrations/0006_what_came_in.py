"""What came in since somebody looked is found by index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("timelimits", "0005_safe_care_discharge")]
    operations = [
        migrations.AddIndex(
            model_name="casedeadline",
            index=models.Index(fields=["opened_at"], name="timelimits_case_opened"),
        ),
    ]
