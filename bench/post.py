"""A referral sent by a partner, beside a view that writes the same rows by plain INSERTs in one durable transaction."""

import json
from collections.abc import Mapping
from random import randrange
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.frame import Bench, Run
from bench.partner import REFERRALS, token
from bench.stand import Stand

LETTERS = str.maketrans("0123456789", "ghijklmnop")
WHOLE: dict[str, Any] = {
    "direction": "step_up",
    "urgency": "crisis",
    "location_now": {"kind": "home", "access": "Key safe at the side door"},
    "who_is_with_them": "Daughter",
    "contact_person": {"name": "Pat Proof", "relationship": "Daughter", "phone": "07700 900318"},
    "person_agrees": "yes",
    "source": {"kind": "gp", "organisation": "Sample Surgery", "referrer_name": "Dr Stub", "phone": "01632 960018"},
    "reason": "falls",
    "summary": "Fell in the bathroom at 11. Up now, hip sore.",
    "medically_stable": True,
    "medicines_addressed": False,
}
# What one referral writes, and how its rows are found; the last two are written by triggers, for the floor as for us
WRITTEN = (
    ("referrals_idempotencykey", "key = %(key)s"),
    ("referrals_person", "id = %(person)s"),
    ("referrals_historicalperson", "id = %(person)s"),
    ("referrals_referral", "id = %(referral)s"),
    ("referrals_referraltransition", "referral_id = %(referral)s"),
    ("accounts_caseaccess", "case_id = %(case)s"),
    ("audit_caseevent", "case_id = %(case)s"),
    ("timelimits_clock", "case_id = %(case)s"),
    ("timelimits_casedeadline", "case_id = %(case)s"),
    ("timelimits_casecount", "id = (SELECT max(id) FROM timelimits_casecount)"),
    ("referrals_personkeys", "person_id = %(person)s"),
)
BY_TRIGGER = ("timelimits_casecount", "referrals_personkeys")
COLUMNS = """
SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
WHERE table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO'
"""


def run(bench: Bench) -> None:
    """Measure at every size."""
    pairs = {}
    for stand in bench.stands:
        bearer = token(stand)
        taken, rows = _prepared(stand, bearer)
        bench.fact("Referral sent, statements", taken, "statements", at_most=25, on=stand)
        bench.fact("Referral sent, rows written", rows, "rows", on=stand)
        pairs[stand] = (
            sends(stand, bearer),
            stand.post("/bare/insert/", body, expect=201, content_type="application/json"),
        )
    bench.beside("Referral sent", pairs, at_most=2.5, against="the same rows by plain INSERTs")


def whole() -> dict[str, Any]:
    """Return a whole referral of somebody never heard of: nobody alike is found, as for most who are referred."""
    name = uuid4().hex.translate(LETTERS)
    person = {
        "family_name": name[:12].title(), "given_name": name[12:20].title(), "postcode": "L23 9ZZ",
        "born_on": f"{randrange(1925, 1960)}-{randrange(1, 13):02}-11", "address_lines": ["1 Sample Street", "Crosby"],
        "phone": f"07700 9{randrange(10**5):05}", "gp_practice": "Sample Surgery",
    }  # fmt: skip
    return WHOLE | {"person": person}


def body() -> bytes:
    """Return it as it is sent."""
    return json.dumps(whole()).encode()


def sends(stand: Stand, bearer: str) -> Run:
    """Return a side that sends another referral each time."""

    def ask() -> bytes:
        headers = {"authorization": bearer, "content_type": "application/json", "idempotency_key": uuid4().hex}
        return stand.asks("POST", REFERRALS, body=body(), expect=201, headers=headers)()

    return ask


def _prepared(stand: Stand, bearer: str) -> tuple[int, int]:
    """Send two in this process, count the statements of the second, and lay its rows ready for the floor."""
    stand.use()
    client, keys = Client(headers={"Authorization": bearer}), {}
    for keys["key"] in (uuid4().hex, uuid4().hex):
        once = {"Idempotency-Key": keys["key"]}
        with CaptureQueriesContext(connection) as caught:
            made = client.post(REFERRALS, whole(), content_type="application/json", headers=once).json()
    keys |= {"referral": made["id"], "case": made["case_id"]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id FROM referrals_referral WHERE id = %s", [made["id"]])
        return len(caught), _lay(cursor, keys | {"person": cursor.fetchone()[0]})


def _lay(cursor: Any, keys: Mapping[str, Any]) -> int:
    """Keep the rows of one referral for the floor, which writes their like into the same tables; say how many."""
    cursor.execute("DROP TABLE IF EXISTS bench_floor")
    cursor.execute("CREATE TABLE bench_floor (id int GENERATED ALWAYS AS IDENTITY, into_table text, row text)")
    laid = 0
    for table, found in WRITTEN:
        cursor.execute(COLUMNS, [table])
        (columns,) = cursor.fetchone()
        cursor.execute(
            f"SELECT row_to_json(r)::text FROM (SELECT {', '.join(columns)} FROM {table} WHERE {found}) r", keys
        )
        for (row,) in cursor.fetchall():
            laid += 1
            if table not in BY_TRIGGER:
                cursor.execute("INSERT INTO bench_floor (into_table, row) VALUES (%s, %s)", [table, row])
    return laid
