"""What people are found by is kept by the database: every name, birth date, postcode and number as keys of one index.

The keys are made by a trigger, so that whatever writes a person (a page, an import, SQL by hand) can be found at once.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.contrib.postgres.operations import CreateExtension
from django.db import migrations, models

FORWARD = r"""
CREATE FUNCTION referrals_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- lower case, no accents, no apostrophes: Ó’Brien is obrien, Łukasz is lukasz
    SELECT replace(replace(replace(replace(translate(
        regexp_replace(lower(normalize(words, NFKD)), '[\u0300-\u036f''’‘ʼ`´]', '', 'g'),
        'øđłıħ', 'odlih'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
$$;
CREATE FUNCTION referrals_name_tokens(VARIADIC names text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- each word of each name, and the words of one name run together: Smith-Jones is smith, jones, smithjones
    SELECT coalesce(array_agg(DISTINCT token), '{}') FROM (
        SELECT left(word, 40) AS token
        FROM unnest(names) AS name,
            regexp_split_to_table(referrals_plain(name), '[\u0001-\u0060\u007b-\u00bf\u2000-\u206f]+') AS word
        UNION ALL
        SELECT left(regexp_replace(referrals_plain(name), '[\u0001-\u0060\u007b-\u00bf\u2000-\u206f]+', '', 'g'), 40)
        FROM unnest(names) AS name
    ) AS found WHERE token <> ''
$$;
CREATE FUNCTION referrals_token_keys(token text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_remove(ARRAY[
        'n:' || token,
        CASE WHEN token ~ '^[a-z]{3,}$' THEN 's:' || dmetaphone(token) END,
        CASE WHEN token ~ '^[a-z]{3,}$' THEN 's:' || dmetaphone_alt(token) END
    ] || CASE WHEN length(token) BETWEEN 4 AND 12 THEN (
        SELECT array_agg('x:' || left(token, place - 1) || substr(token, place + 1))
        FROM generate_series(1, length(token)) AS place
    ) END, NULL)
$$;
CREATE FUNCTION referrals_fact_keys(born_on date, postcode text, phone text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_remove(ARRAY[
        'd:' || to_char(born_on, 'YYYYMMDD'),
        'y:' || extract(year FROM born_on),
        CASE WHEN code <> '' THEN 'p:' || code END,
        CASE WHEN length(code) >= 5 THEN 'o:' || left(code, -3) END,
        CASE WHEN length(digits) >= 6 THEN 't:' || right(digits, 6) END,
        CASE WHEN length(digits) >= 4 THEN 't:' || right(digits, 4) END
    ], NULL)
    FROM (
        SELECT upper(regexp_replace(postcode, '\s', '', 'g')) AS code, regexp_replace(phone, '[^0-9]', '', 'g') AS digits
    ) AS told
$$;
CREATE FUNCTION referrals_person_keys(person referrals_person) RETURNS tsvector
LANGUAGE sql STABLE STRICT AS $$
    SELECT array_to_tsvector(array_agg(DISTINCT key)) FROM (
        SELECT unnest(referrals_token_keys(token)) AS key
        FROM unnest(referrals_name_tokens(person.given_name, person.family_name)) AS token
        UNION ALL
        SELECT unnest(referrals_fact_keys(person.born_on, person.postcode, person.phone))
    ) AS found WHERE key <> 's:'
$$;
CREATE FUNCTION referrals_keep_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_personkeys AS held (person_id, keys) VALUES (NEW.id, referrals_person_keys(NEW))
    ON CONFLICT (person_id) DO UPDATE SET keys = excluded.keys, compared_at = NULL WHERE held.keys <> excluded.keys;
    RETURN NULL;
END $$;
CREATE TRIGGER referrals_person_keys_kept AFTER INSERT OR UPDATE ON referrals_person
    FOR EACH ROW EXECUTE FUNCTION referrals_keep_keys();
INSERT INTO referrals_personkeys (person_id, keys) SELECT id, referrals_person_keys(person) FROM referrals_person AS person;

CREATE FUNCTION referrals_sounds(words text[]) RETURNS TABLE (word text, sounds text[]) LANGUAGE sql STABLE STRICT AS $$
    SELECT given, array_remove(array_agg(DISTINCT key), 's:')
    FROM unnest(words) AS given, unnest(referrals_token_keys(given)) AS key WHERE key LIKE 's:%' GROUP BY given
$$;
CREATE FUNCTION referrals_find(questions text[], enough integer, most integer)
RETURNS TABLE (person_id uuid, step integer) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET jit = off AS $$
    -- ask one question after another, the closest first, until enough people are found; never more than `most` rows
    -- for one question: a common name is not read whole
DECLARE
    question text;
    found uuid[] := '{}';
    more uuid[];
BEGIN
    step := 0;
    FOREACH question IN ARRAY questions LOOP
        step := step + 1;
        SELECT array_agg(held.person_id) INTO more FROM (
            SELECT each.person_id FROM referrals_personkeys AS each
            WHERE each.keys @@ question::tsquery AND each.person_id <> ALL (found) LIMIT most
        ) AS held;
        IF more IS NOT NULL THEN
            RETURN QUERY SELECT unnest(more), step;
            found := found || more;
        END IF;
        EXIT WHEN cardinality(found) >= enough;
    END LOOP;
END $$;
"""
BACKWARD = """
DROP FUNCTION referrals_find(text[], integer, integer);
DROP FUNCTION referrals_sounds(text[]);
DROP TRIGGER referrals_person_keys_kept ON referrals_person;
DROP FUNCTION referrals_keep_keys();
DROP FUNCTION referrals_person_keys(referrals_person);
DROP FUNCTION referrals_fact_keys(date, text, text);
DROP FUNCTION referrals_token_keys(text);
DROP FUNCTION referrals_name_tokens(text[]);
DROP FUNCTION referrals_plain(text);
"""


class Migration(migrations.Migration):
    dependencies = [("referrals", "0002_rules_in_the_database")]
    operations = [
        CreateExtension("fuzzystrmatch"),
        migrations.CreateModel(
            name="PersonKeys",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="keys",
                        serialize=False,
                        to="referrals.person",
                    ),
                ),
                ("keys", django.contrib.postgres.search.SearchVectorField()),
                ("compared_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["keys"], name="referrals_keys_found_by"
                    ),
                    models.Index(
                        condition=models.Q(("compared_at__isnull", True)),
                        fields=["person"],
                        name="referrals_keys_not_compared",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
