from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0003_longer_role")]

    operations = [
        AddIndexConcurrently(
            model_name="accesslog",
            index=models.Index(
                models.F("ids__0"),
                models.F("at"),
                condition=models.Q(("what__in", ["case", "referral"])),
                name="audit_who_opened",
            ),
        ),
    ]
