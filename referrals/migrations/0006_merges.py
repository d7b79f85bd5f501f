"""Two records of one person become one, and can be taken apart again; an NHS number says how sure it is.

Nothing can be hung on a record that is only a pointer: the database itself passes it on.
"""

import django.db.models.deletion
import referrals.domain.duplicates
import uuid
from django.db import migrations, models

STATUS = """
UPDATE referrals_person SET nhs_number_status = '02' WHERE nhs_number IS NOT NULL;
CREATE FUNCTION referrals_number_not_traced() RETURNS trigger LANGUAGE plpgsql AS $$
    -- another number is not a traced one, whoever typed it
BEGIN
    NEW.nhs_number_status := CASE WHEN NEW.nhs_number IS NULL THEN '03' ELSE '02' END;
    RETURN NEW;
END $$;
CREATE TRIGGER referrals_number_is_new BEFORE INSERT ON referrals_person FOR EACH ROW
    WHEN (NEW.nhs_number IS NOT NULL AND NEW.nhs_number_status = '03') EXECUTE FUNCTION referrals_number_not_traced();
CREATE TRIGGER referrals_number_is_another BEFORE UPDATE OF nhs_number ON referrals_person FOR EACH ROW
    WHEN (NEW.nhs_number IS DISTINCT FROM OLD.nhs_number AND NEW.nhs_number_status = OLD.nhs_number_status)
    EXECUTE FUNCTION referrals_number_not_traced();
"""
KEYS = r"""
CREATE OR REPLACE FUNCTION referrals_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    -- lower case, no accents, no apostrophes: Ó’Brien is obrien, Łukasz is lukasz
    SELECT replace(replace(replace(replace(translate(
        regexp_replace(lower(normalize(regexp_replace(words, '[''’‘ʼ`´]', '', 'g'), NFKD)), '[\u0300-\u036f]', '', 'g'),
        'øđłıħ', 'odlih'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
$$;
CREATE OR REPLACE FUNCTION referrals_person_keys(person referrals_person) RETURNS tsvector
LANGUAGE sql STABLE STRICT AS $$
    SELECT array_to_tsvector(array_agg(DISTINCT key)) FROM (
        SELECT unnest(referrals_token_keys(token)) AS key
        FROM unnest(referrals_name_tokens(person.given_name, person.family_name, person.called)) AS token
        UNION ALL
        SELECT unnest(referrals_fact_keys(person.born_on, person.postcode, person.phone))
    ) AS found WHERE key <> 's:'
$$;
CREATE OR REPLACE FUNCTION referrals_keep_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO referrals_personkeys AS held (person_id, keys, leads_to)
    VALUES (NEW.id, referrals_person_keys(NEW), NEW.merged_into_id)
    ON CONFLICT (person_id) DO UPDATE SET keys = excluded.keys, leads_to = excluded.leads_to, compared_at = NULL
    WHERE held.keys <> excluded.keys OR held.leads_to IS DISTINCT FROM excluded.leads_to;
    RETURN NULL;
END $$;
DROP FUNCTION referrals_find(text[], integer, integer);
CREATE FUNCTION referrals_find(questions text[], enough integer, most integer)
RETURNS TABLE (person_id uuid, step integer) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET jit = off AS $$
    -- ask one question after another, the closest first, until enough people are found; never more than `most` rows
    -- for one question: a common name is not read whole. A merged record answers with the one it stands for
DECLARE
    question text;
    seen uuid[] := '{}';
    more uuid[];
    led uuid[];
BEGIN
    step := 0;
    FOREACH question IN ARRAY questions LOOP
        step := step + 1;
        SELECT array_agg(held.person_id), array_agg(coalesce(held.leads_to, held.person_id)) INTO more, led FROM (
            SELECT each.person_id, each.leads_to FROM referrals_personkeys AS each
            WHERE each.keys @@ question::tsquery AND each.person_id <> ALL (seen) LIMIT most
        ) AS held;
        IF more IS NOT NULL THEN
            RETURN QUERY SELECT unnest(led), step;
            seen := seen || more;
        END IF;
        EXIT WHEN cardinality(seen) >= enough;
    END LOOP;
END $$;
"""
FOLLOW = r"""
CREATE FUNCTION referrals_stands_for(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
    -- the record that stands for this one now. Waits for a merge that is being made, and sees what it did
DECLARE
    following uuid;
BEGIN
    LOOP
        SELECT merged_into_id INTO following FROM referrals_person WHERE id = person FOR KEY SHARE;
        EXIT WHEN following IS NULL;
        person := following;
    END LOOP;
    RETURN person;
END $$;
CREATE FUNCTION referrals_follow_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.person_id := referrals_stands_for(NEW.person_id);
    RETURN NEW;
END $$;
CREATE FUNCTION referrals_follow_merges(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql AS $$
    -- from now on nothing can be hung on a record that is only a pointer: it goes to the one it points to
DECLARE
    one regclass;
BEGIN
    FOREACH one IN ARRAY tables LOOP
        EXECUTE format('CREATE TRIGGER follow_merge_new BEFORE INSERT ON %s
            FOR EACH ROW EXECUTE FUNCTION referrals_follow_merge()', one);
        EXECUTE format('CREATE TRIGGER follow_merge_moved BEFORE UPDATE OF person_id ON %s
            FOR EACH ROW WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id)
            EXECUTE FUNCTION referrals_follow_merge()', one);
    END LOOP;
END $$;
SELECT referrals_follow_merges(VARIADIC ARRAY[
    'referrals_referral', 'referrals_relatedperson', 'referrals_knownto',
    'referrals_sharingbasis', 'referrals_statement', 'referrals_informationgiven',
    'referrals_capacityassessment', 'referrals_communication', 'referrals_preferences',
    'referrals_background', 'referrals_circumstances', 'referrals_health',
    'referrals_goingthere', 'referrals_keysafecode', 'referrals_visitwarning',
    'referrals_tolddifference'
]::regclass[]);
"""
BACKWARD = """
DROP FUNCTION referrals_number_not_traced() CASCADE;
DROP FUNCTION referrals_follow_merges(regclass[]);
DROP FUNCTION referrals_follow_merge() CASCADE;
DROP FUNCTION referrals_stands_for(uuid);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0005_person_record'),
    ]

    operations = [
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('filled', models.JSONField(default=list)),
                ('warnings_added', models.JSONField(default=list)),
                ('done_at', models.DateTimeField()),
                ('done_by_id', models.CharField(max_length=80)),
                ('done_by', models.CharField(max_length=120)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('undone_by', models.CharField(blank=True, max_length=120)),
                ('undone_reason', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='MergeRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=80)),
                ('key', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('moved', 'moved'), ('own', 'own'), ('left', 'left')], max_length=6)),
            ],
        ),
        migrations.CreateModel(
            name='PossibleDuplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('same_number', 'same_number'), ('same_name_and_birth', 'same_name_and_birth'), ('near', 'near')], max_length=20)),
                ('found_at', models.DateTimeField()),
                ('decision', models.CharField(choices=[('open', 'open'), ('merged', 'merged'), ('different', 'different')], default=referrals.domain.duplicates.Decision['OPEN'], max_length=10)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.AddField(
            model_name='historicalperson',
            name='merged_into',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='referrals.person'),
        ),
        migrations.AddField(
            model_name='historicalperson',
            name='nhs_number_status',
            field=models.CharField(choices=[('01', '01'), ('02', '02'), ('03', '03'), ('04', '04'), ('05', '05'), ('06', '06'), ('07', '07'), ('08', '08')], db_default='03', default=referrals.domain.duplicates.NumberStatus['TRACE_REQUIRED'], max_length=2),
        ),
        migrations.AddField(
            model_name='person',
            name='merged_into',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='referrals.person'),
        ),
        migrations.AddField(
            model_name='person',
            name='nhs_number_status',
            field=models.CharField(choices=[('01', '01'), ('02', '02'), ('03', '03'), ('04', '04'), ('05', '05'), ('06', '06'), ('07', '07'), ('08', '08')], db_default='03', default=referrals.domain.duplicates.NumberStatus['TRACE_REQUIRED'], max_length=2),
        ),
        migrations.AddField(
            model_name='personkeys',
            name='leads_to',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.RunSQL(STATUS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('nhs_number_status__in', ['01', '02', '03', '04', '05', '06', '07', '08']), models.Q(('nhs_number__isnull', True), models.Q(('nhs_number_status__in', ['07', '08']), _negated=True), _connector='OR'), models.Q(('nhs_number__isnull', False), models.Q(('nhs_number_status__in', ['01', '02']), _negated=True), _connector='OR')), name='referrals_person_number_status'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='referrals_person_not_into_itself'),
        ),
        migrations.AddField(
            model_name='merge',
            name='loser',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='referrals.person'),
        ),
        migrations.AddField(
            model_name='merge',
            name='winner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='referrals.person'),
        ),
        migrations.AddField(
            model_name='mergerow',
            name='merge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='referrals.merge'),
        ),
        migrations.AddField(
            model_name='possibleduplicate',
            name='one',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='referrals.person'),
        ),
        migrations.AddField(
            model_name='possibleduplicate',
            name='other',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='referrals.person'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(fields=['winner', '-done_at'], name='referrals_merge_winner'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('winner', models.F('loser')), _negated=True), name='referrals_merge_of_two'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('loser',), name='referrals_merged_into_one'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by', '')), models.Q(('undone_at__isnull', False), models.Q(('undone_by', ''), _negated=True)), _connector='OR'), name='referrals_merge_undone_by_with_at'),
        ),
        migrations.AddConstraint(
            model_name='mergerow',
            constraint=models.UniqueConstraint(fields=('merge', 'model', 'key'), name='referrals_merge_row_once'),
        ),
        migrations.AddConstraint(
            model_name='mergerow',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['moved', 'own', 'left'])), name='referrals_merge_row_kind'),
        ),
        migrations.AddIndex(
            model_name='possibleduplicate',
            index=models.Index(condition=models.Q(('decision', referrals.domain.duplicates.Decision['OPEN'])), fields=['-found_at', '-id'], name='referrals_duplicate_open'),
        ),
        migrations.AddConstraint(
            model_name='possibleduplicate',
            constraint=models.UniqueConstraint(fields=('one', 'other'), name='referrals_duplicate_once'),
        ),
        migrations.AddConstraint(
            model_name='possibleduplicate',
            constraint=models.CheckConstraint(condition=models.Q(('one__lt', models.F('other'))), name='referrals_duplicate_in_order'),
        ),
        migrations.AddConstraint(
            model_name='possibleduplicate',
            constraint=models.CheckConstraint(condition=models.Q(('why__in', ['same_number', 'same_name_and_birth', 'near'])), name='referrals_duplicate_why'),
        ),
        migrations.AddConstraint(
            model_name='possibleduplicate',
            constraint=models.CheckConstraint(condition=models.Q(('decision__in', ['open', 'merged', 'different'])), name='referrals_duplicate_decision'),
        ),
        migrations.AddConstraint(
            model_name='possibleduplicate',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('decision', referrals.domain.duplicates.Decision['OPEN'])), models.Q(models.Q(('decision', referrals.domain.duplicates.Decision['OPEN']), _negated=True), ('decided_at__isnull', False), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='referrals_duplicate_decided_by_with_at'),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, BACKWARD),
    ]
