"""Fill a database with people by SQL: names as common as they are in England, one of them one in a hundred.

Every third has no NHS number. The numbers are those of the test range; names and dates are thrown together. The keys
that people are found by are made by the product's own functions, once for each name: a million triggers take long.
"""

from typing import Any

from django.db import connection

COMMON = (
    "Smith:126 Jones:75 Taylor:59 Brown:56 Williams:39 Wilson:39 Johnson:37 Davies:34 Robinson:32 Wright:32 "
    "Thompson:31 Evans:30 Walker:30 White:30 Roberts:29 Green:28 Hall:28 Wood:28 Jackson:27 Clarke:27 Hughes:26 "
    "Edwards:26 Thomas:26 Harris:25 Lewis:24 Martin:24 Cooper:23 King:23 Ward:22 Clark:22 Turner:22 Hill:21 Moore:21 "
    "Cook:20 Baker:20 Harrison:20 Morris:19 Allen:19 Scott:19 Parker:19 Watson:19 Lee:18 Young:18 James:18 Murphy:16 "
    "Kelly:16 Phillips:16 Shaw:15 Khan:15 Patel:15 Mitchell:15 Bennett:15 Davis:15 Campbell:14 Ali:14 Smythe:3 "
    "O'Brien:9 McDonald:9 MacDonald:3 Thomson:4 Jonson:1 Stephenson:5 Stevenson:5 Philips:3 Rimmer:8 Ball:6"
)
GIVEN = (
    "Margaret:33 Mary:29 Jean:25 Joan:22 Patricia:21 Sheila:19 Barbara:18 Doreen:15 Elizabeth:15 Dorothy:14 Maureen:13 "
    "Joyce:13 Irene:12 Brenda:12 Kathleen:11 Eileen:10 Audrey:9 Shirley:9 Christine:9 Ann:9 Pamela:8 Catherine:7 "
    "Susan:7 Linda:7 Betty:6 Edna:5 Hilda:4 Siobhan:2 John:38 William:24 James:19 Robert:17 George:16 David:16 "
    "Thomas:14 Peter:14 Ronald:13 Kenneth:13 Michael:12 Joseph:11 Alan:10 Frank:9 Brian:9 Albert:8 Eric:8 Arthur:8 "
    "Dennis:7 Stanley:7 Edward:7 Harold:7 Richard:6 Stephen:6 Steven:4 Mohammed:4 Seán:2"
)
TAILS = "ley ton ham by worth field wood ford man son er ing well ward wick stone croft bridge shaw land"
HEADS = (
    "Al As Bar Ben Black Bol Brad Burn Cal Car Ches Clay Cran Dal Den Dun East Ed Ef Fair Fen Gar Gol Hal Har Hes Hol "
    "Hux Kel Ken Kir Lang Led Lin Long Mar Mel Mid Mor Nor Oak Old Pen Pres Rad Ram Red Ros Row Rush Sel Sher Stan "
    "Sut Tat Thorn Up Wal War Wes Whit Win Wool Wy Yar"
)
MIDDLES = "a e i o den der ing kin len ling mer na ner per ren ring ster ter ven ver win"
PEOPLE = """
INSERT INTO referrals_person (id, family_name, given_name, nhs_number, nhs_number_status, born_on, address_lines,
    postcode, phone, gp_practice, warnings, created_at, version)
SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    CASE WHEN random() < 0.55 THEN tail[1 + floor(random() * cardinality(tail))]
        WHEN random() < 0.02 THEN common[1 + floor(random() * cardinality(common))] || '-'
            || tail[1 + floor(random() * cardinality(tail))]
        ELSE common[1 + floor(random() * cardinality(common))] END,
    given[1 + floor(random() * cardinality(given))],
    numbered.number, CASE WHEN numbered.number IS NULL THEN '03' ELSE '02' END,
    DATE '1925-01-01' + floor(random() * random() * 25000)::int, ARRAY[n || ' Prooflane'],
    (ARRAY['L20','L21','L22','L23','L30','L31','L37','L38','PR8','PR9'])[1 + floor(random() * 10)] || ' '
        || floor(random() * 10)::text || chr(65 + floor(random() * 26)::int) || chr(65 + floor(random() * 26)::int),
    '07700' || lpad(floor(random() * 1000000)::text, 6, '0'), '', '{}', now(), 1
FROM generate_series(0, %(size)s - 1) AS n LEFT JOIN bench_numbers AS numbered ON numbered.of = n
CROSS JOIN (SELECT %(common)s::text[] AS common, %(given)s::text[] AS given, %(tail)s::text[] AS tail) AS names
"""
NUMBERS = """
CREATE TEMP TABLE bench_numbers AS SELECT number, (row_number() OVER () - 1) * 3 / 2 AS of FROM (
    SELECT '999' || lpad(n::text, 6, '0') || last.digit AS number FROM generate_series(0, 999999) AS n,
        LATERAL (SELECT (11 - (9*10 + 9*9 + 9*8 + n/100000%%10*7 + n/10000%%10*6 + n/1000%%10*5 + n/100%%10*4
            + n/10%%10*3 + n%%10*2) %% 11) %% 11 AS digit) AS last WHERE last.digit < 10
) AS valid WHERE number <> '9999999999' LIMIT %(size)s * 2 / 3;
ANALYZE bench_numbers
"""
KEYS = """
CREATE TEMP TABLE bench_words AS SELECT name, ARRAY(
    SELECT DISTINCT key
    FROM unnest(referrals_name_tokens(name)) AS token, unnest(referrals_token_keys(token)) AS key WHERE key <> 's:'
) AS keys
FROM (SELECT family_name AS name FROM referrals_person UNION SELECT given_name FROM referrals_person) AS names;
CREATE INDEX ON bench_words (name); ANALYZE bench_words;
INSERT INTO referrals_personkeys (person_id, keys, compared_at)
SELECT who.id, array_to_tsvector(family.keys || given.keys
    || referrals_fact_keys(who.born_on, who.postcode, who.phone)), now()
FROM referrals_person AS who JOIN bench_words AS family ON family.name = who.family_name
    JOIN bench_words AS given ON given.name = who.given_name
"""
CASES = """
CREATE TEMP TABLE bench_cases AS SELECT id AS person_id, gen_random_uuid() AS case_id, row_number() OVER () AS n
FROM referrals_person WHERE substr(id::text, 1, 8) = '00000000' ORDER BY random() LIMIT %(cases)s;
INSERT INTO referrals_referral SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(),
    'reference', 'R-25-' || lpad(n::text, 6, '0'), 'case_id', made.case_id, 'person_id', made.person_id,
    'form_id', NULL))).* FROM referrals_referral AS one, bench_cases AS made WHERE one.id = %(referral)s;
INSERT INTO accounts_caseaccess (case_id, team_id, level, starts_at, why)
SELECT case_id, %(team)s, 'full', now() - interval '1 day', 'bench' FROM bench_cases
"""


def spread(words: str) -> list[str]:
    """Return names, each as often as its weight says."""
    pairs = (each.split(":") for each in words.split())
    return [name for name, weight in pairs for _ in range(int(weight))]


def fill_people(size: int) -> None:
    """Write so many people into the database in use, and their keys, with the indexes made afterwards."""
    tail = [head + middle + end for head in HEADS.split() for middle in ["", *MIDDLES.split()] for end in TAILS.split()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DROP INDEX referrals_keys_found_by")
        cursor.execute(NUMBERS, {"size": size})
        names: dict[str, Any] = {"common": spread(COMMON), "given": spread(GIVEN), "tail": tail, "size": size}
        cursor.execute(PEOPLE, names)
        cursor.execute(KEYS)
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "CREATE INDEX referrals_keys_found_by ON referrals_personkeys USING gin (keys) WITH (fastupdate=off)"
        )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE referrals_person, referrals_personkeys")


def give_cases(cases: int, referral_id: str, team_id: str) -> None:
    """Give so many people a referral like this one, seen by the team."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.25)")
        cursor.execute(CASES, {"cases": cases, "referral": referral_id, "team": team_id})
        cursor.execute("VACUUM ANALYZE referrals_referral, accounts_caseaccess")
