"""An NHS number, where there is one, is one: ten digits, not all alike, modulus 11 (domain-facts 9). Moves never change."""

from django.db import migrations

FORWARD = r"""
CREATE FUNCTION referrals_is_nhs_number(number text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN number !~ '^[0-9]{10}$' OR number ~ '^(.)\1{9}$' THEN false ELSE (
        SELECT (11 - sum(substr(number, place, 1)::int * (11 - place)) % 11) % 11 = substr(number, 10, 1)::int
        FROM generate_series(1, 9) AS place) END
$$;
ALTER TABLE referrals_person ADD CONSTRAINT referrals_person_nhs_number CHECK (referrals_is_nhs_number(nhs_number));
CREATE FUNCTION referrals_refuse_transition_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - 'note') = (to_jsonb(OLD) - 'note') THEN
        RETURN NEW;  -- erasure may rewrite the words, nothing else
    END IF;
    RAISE EXCEPTION 'a move of a referral is never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER referrals_transition_kept BEFORE UPDATE OR DELETE ON referrals_referraltransition
    FOR EACH ROW EXECUTE FUNCTION referrals_refuse_transition_change();
"""
BACKWARD = """
DROP TRIGGER referrals_transition_kept ON referrals_referraltransition;
DROP FUNCTION referrals_refuse_transition_change();
ALTER TABLE referrals_person DROP CONSTRAINT referrals_person_nhs_number;
DROP FUNCTION referrals_is_nhs_number(text);
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
