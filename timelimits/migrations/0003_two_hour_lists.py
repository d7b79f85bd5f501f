"""The two-hour list and the two-hour report are read by index, without locking the tables while they are made."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("timelimits", "0002_counts")]

    operations = [
        AddIndexConcurrently(
            model_name="casedeadline",
            index=models.Index(
                condition=models.Q(("crisis", True)), fields=["next_due_at", "case_id"], name="timelimits_case_crisis"
            ),
        ),
        AddIndexConcurrently(
            model_name="clock",
            index=models.Index(
                condition=models.Q(("policy_code", "crisis_response")),
                fields=["started_at"],
                name="timelimits_clock_two_hour",
            ),
        ),
    ]
