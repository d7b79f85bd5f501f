from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]
    operations = [
        migrations.AlterField("caseevent", "actor_role", models.CharField(blank=True, max_length=300)),
    ]
