import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("referrals", "0014_intake"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("tab", models.CharField(blank=True, max_length=20)),
                ("zone", models.CharField(blank=True, max_length=40)),
                ("show", models.CharField(blank=True, max_length=20)),
                ("urgency", models.CharField(blank=True, max_length=10)),
                ("hospital", models.CharField(blank=True, max_length=40)),
                ("first", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        models.F("user"),
                        django.db.models.functions.text.Lower("name"),
                        name="referrals_saved_view_name",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("first", True)), fields=("user",), name="referrals_saved_view_one_first"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="referrals_saved_view_named"
                    ),
                ],
            },
        ),
        AddIndexConcurrently(
            model_name="referral",
            index=models.Index(
                fields=["hospital_site", "case_id"], condition=models.Q(("done_at", None)), name="referrals_at_hospital"
            ),
        ),
    ]
