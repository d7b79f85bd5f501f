"""An episode is never begun for a record that is only a pointer to another."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pathways", "0002_initial"), ("referrals", "0006_merges")]
    operations = [
        migrations.RunSQL(
            "SELECT referrals_follow_merges('pathways_episode')",
            "DROP TRIGGER follow_merge_new ON pathways_episode; DROP TRIGGER follow_merge_moved ON pathways_episode;",
        )
    ]
