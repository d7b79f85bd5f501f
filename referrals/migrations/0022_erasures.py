"""Records are erased: a stub is left that nothing finds, and on which nothing can be hung."""

import django.db.models.deletion
import referrals.domain.erasures
import uuid
from django.db import migrations, models

KEYS = """
CREATE OR REPLACE FUNCTION referrals_person_keys(person referrals_person) RETURNS tsvector
LANGUAGE sql STABLE STRICT AS $$
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT key)), '') FROM (
        SELECT unnest(referrals_token_keys(token)) AS key
        FROM unnest(referrals_name_tokens(person.given_name, person.family_name, person.called)) AS token
        UNION ALL
        SELECT unnest(referrals_fact_keys(person.born_on, person.postcode, person.phone))
    ) AS found WHERE key <> 's:'{erased}
$$;
"""
STANDS_FOR = """
CREATE OR REPLACE FUNCTION referrals_stands_for(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
    -- the record that stands for this one now. Waits for a merge that is being made, and sees what it did. Nothing is
    -- hung on one that was erased
DECLARE
    following uuid;
    erased timestamptz;
BEGIN
    LOOP
        SELECT merged_into_id, erased_at INTO following, erased FROM referrals_person WHERE id = person FOR KEY SHARE;
        IF erased IS NOT NULL THEN
            RAISE EXCEPTION 'this record was erased' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        EXIT WHEN following IS NULL;
        person := following;
    END LOOP;
    RETURN person;
END $$;
"""
STANDS_FOR_BEFORE = """
CREATE OR REPLACE FUNCTION referrals_stands_for(person uuid) RETURNS uuid LANGUAGE plpgsql AS $$
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
"""
UNFOLLOW = """
DROP TRIGGER follow_merge_new ON referrals_erasure; DROP TRIGGER follow_merge_moved ON referrals_erasure;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0021_in_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalperson',
            name='erased_at',
            field=models.DateTimeField(blank=True, help_text='Since when only a stub is left', null=True),
        ),
        migrations.AddField(
            model_name='person',
            name='erased_at',
            field=models.DateTimeField(blank=True, help_text='Since when only a stub is left', null=True),
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(choices=[('time_passed', 'time_passed'), ('court_order', 'court_order'), ('entered_in_error', 'entered_in_error')], max_length=20)),
                ('words', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.CharField(max_length=120)),
                ('asked_by_id', models.CharField(max_length=80)),
                ('verdict', models.CharField(blank=True, choices=[('agreed', 'agreed'), ('refused', 'refused')], max_length=8)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=120)),
                ('decided_by_id', models.CharField(blank=True, max_length=80)),
                ('refused_why', models.CharField(blank=True, max_length=300)),
                ('rows', models.PositiveIntegerField(default=0, help_text='How many rows were blanked or deleted')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='referrals.person')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('decided_at', None)), fields=['asked_at'], name='referrals_erasure_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['time_passed', 'court_order', 'entered_in_error']), models.Q(('words', ''), _negated=True)), name='referrals_erasure_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by', ''), ('decided_by_id', ''), ('verdict', '')), models.Q(('verdict__in', ['agreed', 'refused']), ('decided_at__gte', models.F('asked_at')), models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by_id', ''), _negated=True)), _connector='OR'), name='referrals_erasure_decided_whole'), models.CheckConstraint(condition=models.Q(models.Q(('verdict', referrals.domain.erasures.ErasureVerdict['REFUSED']), models.Q(('refused_why', ''), _negated=True)), models.Q(models.Q(('verdict', referrals.domain.erasures.ErasureVerdict['REFUSED']), _negated=True), ('refused_why', '')), _connector='OR'), name='referrals_erasure_refused_says_why'), models.CheckConstraint(condition=models.Q(('decided_by_id', models.F('asked_by_id')), _negated=True), name='referrals_erasure_by_two_people'), models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('person',), name='referrals_erasure_one_open')],
            },
        ),
        migrations.RunSQL("SELECT referrals_follow_merges('referrals_erasure')", UNFOLLOW),
        migrations.RunSQL(KEYS.format(erased=" AND person.erased_at IS NULL"), KEYS.format(erased="")),
        migrations.RunSQL(STANDS_FOR, STANDS_FOR_BEFORE),
    ]
