"""The floors: plain Django views of the same server and middleware that show or write the same, with the least work."""

import json
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
SELECT r.id, r.reference, p.given_name, p.family_name, p.born_on, p.age_about, p.warnings, r.location_kind,
    r.location_lines, r.hospital_ward, r.zone, r.summary, r.caller_name, r.caller_relationship, r.source_kind,
    r.ring_back, r.red_flags::text, r.agrees, d.next_due_at, d.phase, d.step_down, r.held_at, r.received_at,
    u.name AS held_by, c.label, c.soon_at, t.recorded_at AS moved_at
FROM timelimits_casedeadline d
JOIN referrals_referral r ON r.case_id = d.case_id
JOIN referrals_person p ON p.id = r.person_id
LEFT JOIN accounts_user u ON u.id = d.responsible_user_id
LEFT JOIN LATERAL (
    SELECT y.label, k.soon_at FROM timelimits_clock k JOIN timelimits_policy y ON y.id = k.policy_id
    WHERE k.case_id = d.case_id AND k.stopped_at IS NULL AND k.due_at = d.next_due_at LIMIT 1) c ON true
LEFT JOIN LATERAL (
    SELECT recorded_at FROM referrals_referraltransition WHERE referral_id = r.id ORDER BY id DESC LIMIT 1) t ON true
WHERE d.phase IN ('new', 'waiting', 'accepted') ORDER BY d.next_due_at, d.case_id LIMIT 50
"""
PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Board</title></head><body><table>
<tr><th>Time left</th><th>Who, where now</th><th>What happened</th><th>Ring back</th><th>Stage, held since</th></tr>
{% for row in rows %}<tr id="row-{{ row.id }}"><td>{{ row.next_due_at|date:"D j M H:i" }}<br>{{ row.label }}</td>
<th><a href="/referrals/{{ row.id }}/">{{ row.given_name }} {{ row.family_name }}</a>, {{ row.born_on|default:row.age_about }}<br>
{{ row.location_kind }}{% if row.hospital_ward %} {{ row.hospital_ward }}{% endif %}, <b>{{ row.zone }}</b></th>
<td>{{ row.summary|truncatechars:88 }}{% if row.warnings %}<ul>{% for one in row.warnings %}<li>{{ one }}</li>{% endfor %}</ul>{% endif %}</td>
<td>{{ row.caller_name }}, {{ row.caller_relationship|default:row.source_kind }}<br><a href="tel:{{ row.ring_back }}">{{ row.ring_back }}</a></td>
<td><b>{{ row.phase }}</b>{% if row.step_down %}, step-down{% endif %}<br>{{ row.held_by|default:"Nobody" }}, {{ row.received_at|date:"H:i" }}</td></tr>
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
KEYS = ("id", "history_id", "case_id", "person_id", "form_id", "reference", "key", "subject")


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
    """Write as many rows as a referral does, each by one plain INSERT, in one transaction."""
    told = json.loads(request.body)
    with transaction.atomic(), connection.cursor() as cursor:
        for statement, columns, values in _inserts():
            cursor.execute(statement, [_fresh(column, values[column]) for column in columns])
    return JsonResponse({"summary": told["summary"]}, status=201)


@cache
def _page() -> Any:
    return engines["django"].from_string(PAGE)


def _rows(statement: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _inserts() -> list[tuple[str, list[str], dict[str, Any]]]:
    """Return the statements that `bench.post` laid ready."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT into_table, row FROM bench_floor ORDER BY id")
        laid = [(table, json.loads(row)) for table, row in cursor.fetchall()]
    return [
        (f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", list(row), row)
        for table, row in laid
    ]


def _fresh(column: str, value: Any) -> Any:
    """Return a value of the row, a new one where it is a key."""
    if column not in KEYS or value is None:
        return json.dumps(value) if isinstance(value, dict) else value
    made = uuid4()
    return made.int % 2**31 if isinstance(value, int) else str(made) if column.endswith("id") else made.hex[:16]


urlpatterns = [
    path("nothing/", nothing),
    path("open/", open_to_all),
    path("board/", board),
    path("list/", listed),
    path("insert/", inserted),
]
