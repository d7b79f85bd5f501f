"""Keep the roll-up of open cases in the transaction of every change: one row of difference for each sort (append-only)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION timelimits_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timelimits_casecount (team_id, zone, phase, crisis, step_down, cases)
    SELECT responsible_team_id, zone, phase, crisis, step_down, count(*) FROM now_rows
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION timelimits_count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timelimits_casecount (team_id, zone, phase, crisis, step_down, cases)
    SELECT responsible_team_id, zone, phase, crisis, step_down, -count(*) FROM was_rows
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$;
CREATE FUNCTION timelimits_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timelimits_casecount (team_id, zone, phase, crisis, step_down, cases)
    SELECT responsible_team_id, zone, phase, crisis, step_down, sum(n) FROM (
        SELECT responsible_team_id, zone, phase, crisis, step_down, 1 AS n FROM now_rows
        UNION ALL
        SELECT responsible_team_id, zone, phase, crisis, step_down, -1 FROM was_rows) change
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER timelimits_casedeadline_new AFTER INSERT ON timelimits_casedeadline
    REFERENCING NEW TABLE AS now_rows FOR EACH STATEMENT EXECUTE FUNCTION timelimits_count_new();
CREATE TRIGGER timelimits_casedeadline_gone AFTER DELETE ON timelimits_casedeadline
    REFERENCING OLD TABLE AS was_rows FOR EACH STATEMENT EXECUTE FUNCTION timelimits_count_gone();
CREATE TRIGGER timelimits_casedeadline_moved AFTER UPDATE ON timelimits_casedeadline
    REFERENCING OLD TABLE AS was_rows NEW TABLE AS now_rows
    FOR EACH STATEMENT EXECUTE FUNCTION timelimits_count_moved();
"""
BACKWARD = """
DROP TRIGGER timelimits_casedeadline_moved ON timelimits_casedeadline;
DROP TRIGGER timelimits_casedeadline_gone ON timelimits_casedeadline;
DROP TRIGGER timelimits_casedeadline_new ON timelimits_casedeadline;
DROP FUNCTION timelimits_count_moved();
DROP FUNCTION timelimits_count_gone();
DROP FUNCTION timelimits_count_new();
"""


class Migration(migrations.Migration):
    dependencies = [("timelimits", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
