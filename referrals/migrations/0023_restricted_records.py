"""A restricted record stands among the restricted cases under its own id, and its own grants say who is named.

So a record that came without a referral can be restricted, and who is named has one place. Records that are restricted
already get theirs: their named teams, whoever restricted them, and the teams that still have sight of a case.
"""

from django.db import migrations

FOLLOW = """
CREATE FUNCTION referrals_restrict_whole(whose uuid) RETURNS void LANGUAGE plpgsql AS $$
    -- What is not yet under the restriction of a person: a new referral, one that a merge brought them, the record
    -- itself. Everybody who has sight of what is under it sees that too, save the front door that took a referral in
    -- and the door that it joined by: they see that one alone.
BEGIN
    IF EXISTS (SELECT FROM accounts_restrictedcase) THEN
        WITH theirs AS (
            SELECT whose AS case_id UNION ALL SELECT case_id FROM referrals_referral WHERE person_id = whose
        ), held AS (
            SELECT closed.restriction_id FROM theirs JOIN accounts_restrictedcase closed USING (case_id)
            ORDER BY theirs.case_id <> whose, closed.case_id LIMIT 1
        ), fresh AS (
            INSERT INTO accounts_restrictedcase (case_id, restriction_id)
            SELECT theirs.case_id, held.restriction_id FROM theirs, held
            ON CONFLICT DO NOTHING RETURNING case_id, restriction_id)
        INSERT INTO accounts_caseaccess (case_id, team_id, user_id, organisation_id, level, starts_at, ends_at, why)
        SELECT fresh.case_id, sees.team_id, sees.user_id, sees.organisation_id, sees.level, now(), sees.ends_at,
            sees.why
        FROM fresh JOIN LATERAL (
            SELECT DISTINCT ON (g.team_id, g.user_id, g.organisation_id)
                g.team_id, g.user_id, g.organisation_id, g.level, g.ends_at, g.why
            FROM accounts_restrictedcase closed JOIN accounts_caseaccess g ON g.case_id = closed.case_id
            WHERE closed.restriction_id = fresh.restriction_id AND g.level = 'full'
              AND g.why NOT IN ('registered', 'joined') AND (g.ends_at IS NULL OR g.ends_at > now())
            ORDER BY g.team_id, g.user_id, g.organisation_id, g.ends_at DESC NULLS FIRST, g.why = 'named' DESC
        ) sees ON true
        ON CONFLICT DO NOTHING;
    END IF;
END $$;
CREATE OR REPLACE FUNCTION referrals_follow_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM referrals_restrict_whole(NEW.person_id);
    RETURN NULL;
END $$;
CREATE FUNCTION referrals_follow_restricted_merge() RETURNS trigger LANGUAGE plpgsql AS $$
    -- a restricted record that is merged into another brings its restriction, even without a referral
BEGIN
    INSERT INTO accounts_restrictedcase (case_id, restriction_id)
    SELECT NEW.merged_into_id, closed.restriction_id FROM accounts_restrictedcase closed WHERE closed.case_id = NEW.id
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO accounts_caseaccess (case_id, team_id, user_id, organisation_id, level, starts_at, ends_at, why)
        SELECT NEW.merged_into_id, g.team_id, g.user_id, g.organisation_id, g.level, now(), g.ends_at, g.why
        FROM accounts_caseaccess g WHERE g.case_id = NEW.id AND (g.ends_at IS NULL OR g.ends_at > now())
        ON CONFLICT DO NOTHING;
        PERFORM referrals_restrict_whole(NEW.merged_into_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER referrals_restricted_merged AFTER UPDATE OF merged_into_id ON referrals_person FOR EACH ROW
    WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION referrals_follow_restricted_merge();
"""
FILL = """
SELECT referrals_restrict_whole(person_id) FROM (
    SELECT DISTINCT r.person_id FROM accounts_restrictedcase c JOIN referrals_referral r ON r.case_id = c.case_id) held;
"""
BACK = """
DROP TRIGGER referrals_restricted_merged ON referrals_person;
DROP FUNCTION referrals_follow_restricted_merge();
CREATE OR REPLACE FUNCTION referrals_follow_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION referrals_restrict_whole(uuid);
DELETE FROM accounts_restrictedcase WHERE case_id IN (SELECT id FROM referrals_person);
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0022_erasures"), ("accounts", "0008_access_by_case")]
    operations = [migrations.RunSQL(FOLLOW, BACK), migrations.RunSQL(FILL, migrations.RunSQL.noop)]
