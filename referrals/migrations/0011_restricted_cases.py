"""A restriction is of the whole person: every case of theirs is under it, whenever and however it comes to them."""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION referrals_follow_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
    -- a new referral of a restricted person, or one that a merge brought them; who is named sees it as the others
BEGIN
    IF EXISTS (SELECT FROM accounts_restrictedcase) THEN
        WITH fresh AS (INSERT INTO accounts_restrictedcase (case_id, restriction_id)
        SELECT theirs.case_id, held.restriction_id
        FROM referrals_referral theirs,
            (SELECT closed.restriction_id
             FROM referrals_referral one JOIN accounts_restrictedcase closed ON closed.case_id = one.case_id
             WHERE one.person_id = NEW.person_id
             ORDER BY closed.case_id LIMIT 1) held
        WHERE theirs.person_id = NEW.person_id
        ON CONFLICT DO NOTHING RETURNING case_id, restriction_id)
        INSERT INTO accounts_caseaccess (case_id, team_id, user_id, level, starts_at, ends_at, why)
        SELECT DISTINCT fresh.case_id, named.team_id, named.user_id, named.level, now(), named.ends_at, named.why
        FROM fresh JOIN accounts_restrictedcase closed ON closed.restriction_id = fresh.restriction_id
            JOIN accounts_caseaccess named ON named.case_id = closed.case_id
        WHERE named.why IN ('named', 'restricted', 'break_glass') AND (named.ends_at IS NULL OR named.ends_at > now())
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referrals_restricted_new AFTER INSERT ON referrals_referral FOR EACH ROW
    EXECUTE FUNCTION referrals_follow_restriction();
CREATE TRIGGER referrals_restricted_moved AFTER UPDATE OF person_id ON referrals_referral FOR EACH ROW
    EXECUTE FUNCTION referrals_follow_restriction();
"""
BACK = """
DROP TRIGGER referrals_restricted_new ON referrals_referral;
DROP TRIGGER referrals_restricted_moved ON referrals_referral;
DROP FUNCTION referrals_follow_restriction();
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0010_nobody_without_keys"), ("accounts", "0007_restricted_records")]
    operations = [migrations.RunSQL(FOLLOW, BACK)]
