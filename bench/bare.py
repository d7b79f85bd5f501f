"""The floors: plain Django views of the same server and middleware that show or write the same, with the least work."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

# The rows and columns of the board, in one query
FIFTY = """
SELECT r.id, r.reference, p.given_name, p.family_name, p.born_on, p.age_about,
    p.warnings::text[] || ARRAY(SELECT w.kind FROM referrals_visitwarning w
        WHERE w.person_id = p.id AND w.ended_at IS NULL ORDER BY w.created_at) AS warnings,
    i.interpreter, i.language, i.contact_method, r.location_kind,
    r.location_lines, r.hospital_ward, r.zone, r.summary, r.caller_name, r.caller_relationship, r.source_kind,
    r.ring_back, r.red_flags::text, r.agrees, d.next_due_at, d.phase, d.step_down, r.held_at, r.received_at,
    u.name AS held_by, c.label, c.soon_at, t.recorded_at AS moved_at,
    d.phase = 'new' AND NOT EXISTS (
        SELECT FROM audit_accesslog a WHERE a.what IN ('case', 'referral') AND a.ids[1] = p.id::text
        AND a.at >= r.received_at AND NOT a.denied) AS unopened,
    (SELECT w.since FROM referrals_crewwait w WHERE w.referral_id = r.id AND w.told_at IS NULL) AS crew_since,
    EXISTS (SELECT FROM accounts_restrictedcase x WHERE x.case_id IN (d.case_id, p.id)) AS restricted,
    EXISTS (
        SELECT FROM referrals_referraltransition n WHERE n.referral_id = r.id AND n.verb IN ('add_news', 'tell')
        AND NOT EXISTS (SELECT FROM referrals_newsseen s WHERE s.transition_id = n.id)) AS news
FROM (
    SELECT * FROM timelimits_casedeadline WHERE phase IN ('new', 'waiting', 'accepted')
    ORDER BY next_due_at, case_id LIMIT 50) d
JOIN referrals_referral r ON r.case_id = d.case_id
JOIN referrals_person p ON p.id = r.person_id
LEFT JOIN referrals_communication i ON i.person_id = p.id
LEFT JOIN accounts_user u ON u.id = d.responsible_user_id
LEFT JOIN LATERAL (
    SELECT y.label, k.soon_at FROM timelimits_clock k JOIN timelimits_policy y ON y.id = k.policy_id
    WHERE k.case_id = d.case_id AND k.stopped_at IS NULL AND k.due_at = d.next_due_at LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT recorded_at FROM referrals_referraltransition WHERE referral_id = r.id ORDER BY id DESC LIMIT 1) t ON true
ORDER BY d.next_due_at, d.case_id
"""
PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Board</title></head><body><table>
<tr><th>Time left</th><th>Who, where now</th><th>What happened</th><th>Ring back</th><th>Stage, held since</th></tr>
{% for row in rows %}<tr id="row-{{ row.id }}"><td><input type="checkbox" name="row" value="{{ row.id }}" aria-label="Choose {{ row.family_name }}">{{ row.next_due_at|date:"D j M H:i" }}<br>{{ row.label }}</td>
<th><a href="/referrals/{{ row.id }}/">{{ row.given_name }} {{ row.family_name }}</a>, {{ row.born_on|default:row.age_about }}{% if row.restricted %} <b>Restricted</b>{% endif %}<br>
{{ row.location_kind }}{% if row.hospital_ward %} {{ row.hospital_ward }}{% endif %}, <b>{{ row.zone }}</b></th>
<td>{{ row.summary|truncatechars:88 }}{% if row.crew_since %}<p>{{ row.crew_since|date:"H:i" }}</p>{% endif %}{% if row.interpreter == "yes" %}<p>Interpreter: {{ row.language }}</p>{% endif %}{% if row.contact_method %}<p>{{ row.contact_method }}</p>{% endif %}{% if row.warnings %}<ul>{% for one in row.warnings %}<li>{{ one }}</li>{% endfor %}</ul>{% endif %}</td>
<td>{{ row.caller_name }}, {{ row.caller_relationship|default:row.source_kind }}<br><a href="tel:{{ row.ring_back }}">{{ row.ring_back }}</a></td>
<td><b>{{ row.phase }}</b>{% if row.step_down %}, step-down{% endif %}{% if row.news %} new information{% endif %}{% if row.unopened %} not opened{% endif %}<br>{{ row.held_by|default:"Nobody" }}, {{ row.received_at|date:"H:i" }}</td></tr>
{% endfor %}</table></body></html>"""  # noqa: E501  (one row of the table)
# What the list of the API tells of fifty referrals, in one query
LIST = """
SELECT r.id, r.reference, r.case_id, r.status, r.version, r.direction, r.urgency, r.service, r.received_at,
    r.recorded_at, r.joined_case_id, array(
        SELECT json_build_object('id', k.id, 'policy', k.policy_code, 'started_at', k.started_at, 'due_at', k.due_at,
            'stopped_at', k.stopped_at, 'status', k.outcome, 'reason', k.cancel_reason)
        FROM timelimits_clock k WHERE k.case_id = r.case_id) AS clocks
FROM referrals_referral r ORDER BY r.received_at DESC, r.id DESC LIMIT 50
"""
KEYS = ("id", "case_id", "person_id", "reference", "key")


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer a signed-in person with nothing: what is left is the server, the middleware, session and permission."""
    return HttpResponse("")


@login_not_required
def open_to_all(request: HttpRequest) -> HttpResponse:
    """Answer anybody with nothing: no session is read."""
    return HttpResponse("")


def board(request: HttpRequest) -> HttpResponse:
    """Show the fifty cases whose limit comes next."""
    return HttpResponse(_page().render({"rows": _rows(FIFTY)}, request))


def listed(request: HttpRequest) -> JsonResponse:
    """Return the fifty referrals that came last."""
    return JsonResponse({"results": _rows(LIST)})


@csrf_exempt
@login_not_required
def inserted(request: HttpRequest) -> JsonResponse:
    """Write the rows that a referral writes, each by one plain INSERT into its own table, in one transaction."""
    told = json.loads(request.body)
    laid = _inserts()
    fresh = {key: str(uuid4()) if len(key) == 36 else uuid4().hex[:16] for key in laid.keys}
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, values, keyed in laid.rows:
            row = [_fresh(value, fresh) if at in keyed else value for at, value in enumerate(values)]
            cursor.execute(statement, row)
    return JsonResponse({"summary": told["summary"]}, status=201)


@cache
def _page() -> Any:
    return engines["django"].from_string(PAGE)


def _rows(statement: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Laid:
    """The rows of one referral as INSERTs, with the columns that hold a key, and the keys, which are new each time."""

    keys: list[str]
    rows: list[tuple[str, list[Any], set[int]]]


@cache
def _inserts() -> Laid:
    """Return the rows that `bench.post` laid ready."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT into_table, row FROM bench_floor ORDER BY id")
        laid = [(table, json.loads(row)) for table, row in cursor.fetchall()]
    found = {row[name] for _, row in laid for name in KEYS if isinstance(row.get(name), str)}
    rows = []
    for table, row in laid:
        marks = ", ".join(["%s"] * len(row))
        values = [json.dumps(value) if isinstance(value, dict) else value for value in row.values()]
        keyed = {at for at, value in enumerate(values) if isinstance(value, str) and any(key in value for key in found)}
        rows.append((f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values, keyed))
    return Laid(sorted(found), rows)


def _fresh(value: str, fresh: Mapping[str, str]) -> str:
    for key, new in fresh.items():
        value = value.replace(key, new)
    return value


urlpatterns = [
    path("nothing/", nothing),
    path("open/", open_to_all),
    path("board/", board),
    path("list/", listed),
    path("insert/", inserted),
]
