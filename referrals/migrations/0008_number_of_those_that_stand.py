"""An NHS number is one person's: a merged record keeps its own beside that of the record it stands for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_triage_and_signposts")]
    operations = [
        migrations.AlterField(model_name="merge", name="filled", field=models.JSONField(default=dict)),
        migrations.AlterField(
            model_name="person",
            name="nhs_number",
            field=models.CharField(blank=True, db_index=True, max_length=10, null=True),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                condition=models.Q(("merged_into__isnull", True)),
                fields=("nhs_number",),
                name="referrals_person_number_once",
            ),
        ),
    ]
