"""A record merged into one that was merged later leads to the one that stands now, in the keys it is found by."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION referrals_leads_to(person uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    -- the record at the end of the way, merged into no other
    WITH RECURSIVE way AS (
        SELECT id, merged_into_id FROM referrals_person WHERE id = person
        UNION ALL
        SELECT following.id, following.merged_into_id FROM way
        JOIN referrals_person AS following ON following.id = way.merged_into_id
    )
    SELECT id FROM way WHERE merged_into_id IS NULL
$$;
CREATE OR REPLACE FUNCTION referrals_keep_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_personkeys AS held (person_id, keys, leads_to)
    VALUES (NEW.id, referrals_person_keys(NEW), referrals_leads_to(NEW.merged_into_id))
    ON CONFLICT (person_id) DO UPDATE SET keys = excluded.keys, leads_to = excluded.leads_to, compared_at = NULL
    WHERE held.keys <> excluded.keys OR held.leads_to IS DISTINCT FROM excluded.leads_to;
    IF TG_OP = 'UPDATE' AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id THEN
        -- what was merged into this one leads where it leads now
        WITH RECURSIVE behind AS (
            SELECT id FROM referrals_person WHERE merged_into_id = NEW.id
            UNION ALL
            SELECT further.id FROM behind JOIN referrals_person AS further ON further.merged_into_id = behind.id
        )
        UPDATE referrals_personkeys SET leads_to = referrals_leads_to(person_id) WHERE person_id IN (SELECT id FROM behind);
    END IF;
    RETURN NULL;
END $$;
UPDATE referrals_personkeys SET leads_to = referrals_leads_to(person_id) WHERE leads_to IS NOT NULL;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION referrals_keep_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_personkeys AS held (person_id, keys, leads_to)
    VALUES (NEW.id, referrals_person_keys(NEW), NEW.merged_into_id)
    ON CONFLICT (person_id) DO UPDATE SET keys = excluded.keys, leads_to = excluded.leads_to, compared_at = NULL
    WHERE held.keys <> excluded.keys OR held.leads_to IS DISTINCT FROM excluded.leads_to;
    RETURN NULL;
END $$;
DROP FUNCTION referrals_leads_to(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0027_news_seen")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
