"""A name without a letter in it ("???") is kept like any other: it is found by nothing, and refused nowhere."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION referrals_person_keys(person referrals_person) RETURNS tsvector
LANGUAGE sql STABLE STRICT AS $$
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT key)), '') FROM (
        SELECT unnest(referrals_token_keys(token)) AS key
        FROM unnest(referrals_name_tokens(person.given_name, person.family_name, person.called)) AS token
        UNION ALL
        SELECT unnest(referrals_fact_keys(person.born_on, person.postcode, person.phone))
    ) AS found WHERE key <> 's:'
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0009_names_are_keys")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
