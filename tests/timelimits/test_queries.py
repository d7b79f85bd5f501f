"""Reads: scope, order, the roll-up that always agrees with the rows, and the explanation's numbers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from accounts.commands import grant_access
from audit.domain import SYSTEM
from audit.refusals import NotFound
from tests.factories.timelimits import member, on_list, publish, start, team, uk, user
from timelimits.commands import close_case, compact_counts, stop_clock, sweep
from timelimits.models import Alert, CaseCount, CaseDeadline
from timelimits.queries import (
    alert_for,
    clocks_for,
    counts,
    explain,
    get,
    lock,
    running,
    told_of,
    unexplained_breaches,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
T0 = uk("2026-05-11 10:00")


@pytest.fixture
def wide():
    return member("wanda", "service_manager", team())


def test_clocks_for__running_first_then_ended(wide):
    for code in ("two_hours", "long", "other"):
        publish(code=code, limit="8 h" if code == "long" else "2 h")
    case_id = uuid4()
    ended = start("other", at=T0, case_id=case_id)
    stop_clock(by=SYSTEM, subject=ended.subject, policy="other", stopped_at=T0)
    long, short = start("long", at=T0, case_id=case_id), start(at=T0, case_id=case_id)
    assert list(clocks_for(wide, [case_id])) == [short, long, ended]
    assert list(running(wide)) == list(running(wide, [case_id])) == [short, long]


def test_clocks__of_another_teams_case_are_not_there_until_granted():
    publish()
    clock = start(at=T0)
    charlie = member("charlie", "team_lead", team("elsewhere"))
    assert list(clocks_for(charlie, [clock.case_id])) == []
    for read in (
        lambda: get(charlie, clock.pk),
        lambda: lock(charlie, clock.pk),
        lambda: explain(charlie, clock.pk, T0),
    ):
        with pytest.raises(NotFound):
            read()
    grant_access(by=SYSTEM, case_id=clock.case_id, team_id=team("elsewhere").pk, why="test")
    assert get(charlie, clock.pk) == clock


def test_get__without_permission_to_read_clocks_is_not_found():
    publish()
    clock = start(at=T0)
    with pytest.raises(NotFound):
        get(member("carl", "bed_manager", team()).__class__(id="user:" + str(user("x").pk), label="X"), clock.pk)


def test_counts__always_agree_with_the_rows(wide):
    publish()
    other = team("other")
    cases = [start(at=T0).case_id for _ in range(5)]
    for case_id in cases:
        on_list(case_id)
    on_list(cases[0], other)
    on_list(cases[1], phase="active", zone="formby")
    close_case(by=SYSTEM, case_id=cases[2])
    _agree()
    compact_counts(by=SYSTEM)
    _agree()
    assert CaseCount.objects.count() == 3
    assert sum(c.cases for c in counts(wide)) == 4
    assert sum(c.cases for c in counts(wide, [other.pk])) == 1
    assert sum(c.cases for c in counts(member("olga", "team_lead", other))) == 1


def _agree():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT responsible_team_id, zone, phase, crisis, step_down, count(*) FROM timelimits_casedeadline "
            "GROUP BY 1, 2, 3, 4, 5"
        )
        rows = set(cursor.fetchall())
    assert {(c.team_id, c.zone, c.phase, c.crisis, c.step_down, c.cases) for c in counts(SYSTEM)} == rows


def test_counts__many_rows_moved_in_one_statement_agree():
    publish()
    for _ in range(4):
        on_list(start(at=T0).case_id)
    CaseDeadline.objects.update(zone="crosby")
    _agree()
    CaseDeadline.objects.update(updated_at=T0)
    _agree()


def test_explain__gives_the_pieces_and_the_sum(wide):
    publish()
    clock = start(at=T0)
    found = explain(wide, clock.pk, T0 + HOUR)
    assert (found.state, found.used, found.reckoning.allowed) == ("running", HOUR, 2 * HOUR)
    assert explain(wide, clock.pk, T0 + 3 * HOUR).state == "overdue"


def test_explain__agrees_with_the_kept_copies(wide):
    publish(pause_reasons=["question_out"])
    clock = start(at=T0)
    found = explain(wide, clock.pk, T0)
    assert (found.reckoning.due_at, found.reckoning.soon_at) == (clock.due_at, clock.soon_at)


def test_unexplained_breaches__are_due_by_the_end_of_the_next_working_day(wide):
    publish()
    late, stopped, met = (start(at=T0) for _ in range(3))
    stop_clock(by=SYSTEM, subject=stopped.subject, policy="two_hours", stopped_at=T0 + 3 * HOUR)
    stop_clock(by=SYSTEM, subject=met.subject, policy="two_hours", stopped_at=T0 + HOUR)
    found = unexplained_breaches(wide, T0 + 5 * HOUR)
    assert {clock for clock, _ in found} == {late, stopped}
    assert {due for _, due in found} == {uk("2026-05-13 00:00") - timedelta(microseconds=1)}


def test_alert_for__within_sight_only(wide):
    publish(stages=[])
    clock = start(at=T0)
    on_list(clock.case_id, user_id=user("cora").pk)
    sweep(by=SYSTEM, now=T0 + 3 * HOUR)
    alert = Alert.objects.get()
    assert alert_for(wide, alert.pk) == alert
    assert told_of(alert.event) == [alert]
    with pytest.raises(NotFound):
        alert_for(member("charlie", "team_lead", team("elsewhere")), alert.pk)
