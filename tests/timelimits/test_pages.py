"""Pages of clocks: the answer first, every act by page, nobody else's case."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.domain.rota import LONDON
from audit.commands import now
from audit.domain import SYSTEM
from audit.models import AccessLog
from audit.refusals import RuleBroken
from tests.factories.timelimits import (
    calendar_definition,
    extend,
    member,
    on_list,
    publish,
    publish_all,
    publish_second_person,
    shift,
    start,
    team,
    uk,
    user,
)
from timelimits.commands import (
    approve,
    beat,
    correct_start,
    give_breach_reason,
    pause_clock,
    publish_calendar,
    resume_clock,
    stop_clock,
    sweep,
)
from timelimits.models import Alert, Approval, BreachReason, Clock, ClockEvent, Override
from timelimits.presenters import explain_page
from timelimits.queries import explain
from timelimits.queries.health import late_words, sweep_age

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BOOK = "episode.allocate"


@pytest.fixture
def alice():
    return member("alice", "service_manager", team())


@pytest.fixture
def page(client, alice):
    client.force_login(user("alice"))

    def get(name, *args, **data):
        return client.get(reverse(f"timelimits:{name}", args=args), data)

    return get


@pytest.fixture
def post(client, page):
    def send(name, *args, **data):
        return client.post(reverse(f"timelimits:{name}", args=args), data)

    return send


def lee():
    return member("lee", "service_manager", team()).user_id


def as_in_the_mock_up(alice):
    publish_calendar(by=SYSTEM, definition=calendar_definition())
    publish(
        code="spa_triage",
        kind="opening_hours",
        calendar="spa",
        limit="4 h",
        label="Triage",
        title="Triage, planned referral",
        pause_reasons=["question_out"],
        stages=[{"code": "half", "at": "50%"}],
        starts="when it was received",
        stops="it is decided",
    )
    clock = start("spa_triage", at=uk("2026-10-24 18:10"))
    given = {"by": alice, "clock_id": clock.pk}
    pause_clock(**given, reason="question_out", approver=lee(), at=uk("2026-10-25 09:15"))
    resume_clock(**given, at=uk("2026-10-25 10:05"))
    stop_clock(by=alice, subject=clock.subject, policy="spa_triage", stopped_at=uk("2026-10-25 10:52"))
    return clock


def test_explain__is_the_page_of_the_mock_up(page, alice):
    clock = as_in_the_mock_up(alice)
    text = page("explain", clock.pk).content.decode()
    for words in (
        "Met with 8 min to spare",
        "4 hours of opening time were allowed. 3 h 52 min were used.",
        "Started Sat 24 Oct 2026 at 18:10 BST. Due Sun 25 Oct 2026 at 11:00 GMT.",
        "Stopped Sun 25 Oct 2026 at 10:52 GMT by Alice.",
        "SPA closed; clocks go back at 02:00 BST",
        "Paused: question out. By Alice, agreed by Lee",
        "13 h 0 min",
        "becomes 01:00 GMT",
        "<b>The clocks went back.</b> 20:00 to 08:00 looks like 12 h but was 13 h. None of it counts",
        "To spare",
        "08:00 to 20:00 GMT",
        "version 1, from Wed 1 Jan 2020",
        "Warned at 50%.",
    ):
        assert words in text, words
    assert AccessLog.objects.get(what="clock.explain").ids == [str(clock.case_id)]


def test_explain__the_sum_adds_up(alice):
    clock = as_in_the_mock_up(alice)
    shown = explain_page(explain(alice, clock.pk, now()), now())
    assert [(row.words, row.amount) for row in shown.sum] == [
        ("Piece 1", "1 h 50 min"),
        ("Piece 3", "1 h 15 min"),
        ("Piece 5", "47 min"),
        ("Used", "3 h 52 min"),
        ("Allowed", "4 h 0 min"),
        ("To spare", "8 min"),
    ]
    assert [p.kind for p in shown.bar.pieces] == ["counts", "closed", "counts", "paused", "counts"]
    assert shown.bar.pieces[0].x == 40
    assert [m.words for m in shown.bar.marks] == ["Stopped 10:52 GMT", "Due 11:00 GMT"]


def test_explain__the_sum_adds_up_to_the_second(alice):
    publish(code="triage", kind="elapsed", limit="2 h", stages=[], pause_reasons=["question_out"])
    begun, part = uk("2026-10-24 18:10"), timedelta(milliseconds=700)
    clock = start("triage", at=begun)
    given = {"by": alice, "clock_id": clock.pk}
    pause_clock(**given, reason="question_out", approver=lee(), at=begun + timedelta(minutes=5) + part)
    resume_clock(**given, at=begun + timedelta(minutes=9))
    shown = explain_page(explain(alice, clock.pk, begun + timedelta(minutes=10) + part), begun + timedelta(minutes=11))
    assert [(row.words, row.amount) for row in shown.sum] == [
        ("Piece 1", "5 min"),
        ("Piece 3", "1 min 1 s"),
        ("Used", "6 min 1 s"),
        ("Allowed", "2 h 0 min"),
        ("Left", "1 h 53 min 59 s"),
    ]


def test_explain__says_which_case_it_is_of(page, alice):
    clock = as_in_the_mock_up(alice)
    on_list(clock.case_id, reference="R-26-00042")
    assert "R-26-00042" in page("explain", clock.pk).content.decode()


def test_explain__of_days_shows_the_dates_that_count(page, alice):
    publish(
        code="plan", kind="working_days", limit="5 days", label="Support plan", stages=[{"code": "d", "at": "day 3"}]
    )
    clock = start("plan", at=uk("2026-10-22 15:00"))
    text = page("explain", clock.pk).content.decode()
    for words in (
        "5 working days were allowed",
        "Weekend or bank holiday",
        "does not count",
        "day 1",
        "Fri 23 Oct",
        "on day 3",
    ):
        assert words in text, words
    shown = explain_page(explain(alice, clock.pk, uk("2026-10-27 12:00")), uk("2026-10-27 12:00"))
    assert [(d.day, d.counted) for d in shown.days] == [
        ("Fri 23 Oct", "day 1"),
        ("Mon 26 Oct", "day 2"),
        ("Tue 27 Oct", "day 3"),
    ]
    assert shown.sum[-1].words == "Left"
    assert "Whole dates are counted" in shown.changes[0][1]


def test_explain__of_elapsed_time_over_both_changes(alice):
    publish(limit="48 h", stages=[])
    clock = start(at=uk("2026-03-28 12:00"))
    shown = explain_page(explain(alice, clock.pk, uk("2026-03-29 12:00")), uk("2026-03-29 12:00"))
    assert shown.changes[0][0] == "The clocks went forward."
    assert "Real time counts." in shown.changes[0][1]
    assert shown.pieces[0].what == "The clock ran; clocks go forward at 01:00 GMT"
    assert shown.rule[2] == "No warning before it is due."


def test_explain__says_what_was_recorded_and_what_no_longer_stands(page, alice):
    publish(stages=[{"code": "half", "at": "50%"}])
    clock = start(at=uk("2026-05-11 10:00"))
    sweep(by=SYSTEM, now=uk("2026-05-11 15:00"))
    give_breach_reason(by=alice, clock_ids=[clock.pk], reason="travel")
    stop_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", stopped_at=uk("2026-05-11 11:00"))
    text = page("explain", clock.pk).content.decode()
    for words in (
        "Warned Mon 11 May",
        "Missed Mon 11 May 2026 at 12:00 BST, noticed",
        "recorded late",
        "Travel: said Alice",
        "Recorded",
    ):
        assert words in text, words
    ClockEvent.objects.filter(stage="breach").update(annotation="due_moved")
    assert "put right afterwards" in page("explain", clock.pk).content.decode()


def test_explain__extended_paused_and_stopped_before_it_started(page, alice):
    publish(pause_reasons=["question_out"], limit="8 h")
    clock = start(at=now() - HOUR)
    extend(alice, clock, now() + 24 * HOUR)
    assert "(extended) were allowed" in page("explain", clock.pk).content.decode()
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=now() - MINUTE)
    assert "Let it run on" in page("explain", clock.pk).content.decode()
    early = start(at=uk("2026-05-11 10:00"))
    stop_clock(by=SYSTEM, subject=early.subject, policy="two_hours", stopped_at=uk("2026-05-11 09:00"))
    assert "stopped before it started" in page("explain", early.pk).content.decode()


def test_explain__the_bar_names_its_units(alice):
    publish(limit="48 h")
    clock = start(at=now() - 53 * HOUR)
    assert [piece.words for piece in explain_page(explain(alice, clock.pk, now()), now()).bar.pieces] == ["48 h", "5 h"]


def test_explain__of_another_teams_case_is_not_there(client):
    publish()
    member("charlie", "team_lead", team("elsewhere"))
    client.force_login(user("charlie"))
    assert client.get(reverse("timelimits:explain", args=[start(at=now()).pk])).status_code == 404


def test_missed__takes_one_reason_for_those_ticked(page, post):
    publish()
    late = [start(at=uk("2026-05-11 10:00")) for _ in range(2)]
    assert "Overdue by" in page("missed", clock=str(late[0].pk)).content.decode()
    again = post("missed", clocks=[c.pk for c in late], reason="other")
    assert "Say what happened" in again.content.decode()
    assert post("missed", clocks=[c.pk for c in late], reason="travel").status_code == 302
    assert BreachReason.objects.count() == 2
    assert "Every missed limit has its reason" in page("missed").content.decode()


def test_missed__shows_one_of_a_year_without_a_calendar_which_takes_its_reason(page, post):
    """One receipt typed with a wrong year hides nobody's missed limits."""
    publish()
    late = start(at=uk("1926-05-11 10:00"))
    assert "Overdue by" in page("missed").content.decode()
    assert post("missed", clocks=[late.pk], reason="travel").status_code == 302


def test_missed__is_not_for_everybody(client):
    member("olive", "spa_officer", team())
    client.force_login(user("olive"))
    assert client.get(reverse("timelimits:missed")).status_code == 403


def test_alert__shows_who_was_told_and_is_answered(page, post, alice):
    publish(stages=[])
    shift("alice", "desk", team(), uk("2026-05-11 00:00"), hours=24)
    clock = start(at=uk("2026-05-11 10:00"))
    on_list(clock.case_id)
    sweep(by=SYSTEM, now=uk("2026-05-11 13:00"))
    alert = Alert.objects.get()
    text = page("alert", alert.pk).content.decode()
    assert "2-hour visit is overdue" in text
    assert "Alice, duty desk, Mon 11 May 13:00 BST" in text
    assert "the next person is told Mon 11 May 13:05 BST" in text
    assert post("acknowledge", alert.pk).status_code == 302
    assert "Answered" in page("alert", alert.pk).content.decode()
    assert alert.event.clock == clock


def test_pause_resume_and_extend__by_page(page, post):
    publish(pause_reasons=["question_out"], limit="8 h")
    clock = start(at=now() - HOUR)
    on_list(clock.case_id, reference="R-26-00042")
    shown = page("pause", clock.pk).content.decode()
    assert "Question out" in shown
    assert "R-26-00042" in shown
    assert post("pause", clock.pk, reason="").status_code == 422
    assert post("pause", clock.pk, reason="question_out", approver=lee()).status_code == 302
    assert Clock.objects.get().paused_at
    assert post("resume", clock.pk).status_code == 302
    assert not Clock.objects.get().paused_at
    assert "New end date" in page("extend", clock.pk).content.decode()
    assert post("pause", clock.pk, reason="question_out").status_code == 302
    day = {"new_due_on_0": "1", "new_due_on_1": "5", "new_due_on_2": "2040"}
    assert post("resume", clock.pk).status_code == 302
    refused = post("extend", clock.pk, **(day | {"new_due_on_2": "2020"}), reason="clinically_needed", approver=lee())
    assert "must be later" in refused.content.decode()
    publish_second_person()
    assert post("extend", clock.pk, **day, reason="clinically_needed", approver=lee()).status_code == 302
    assert Clock.objects.get(pk=clock.pk).due_at.year < 2040
    approve(by=member("lee", "service_manager", team()), approval_id=Approval.objects.get().pk)
    assert Clock.objects.get(pk=clock.pk).due_at.year == 2040


def day_of(at):
    local = at.astimezone(LONDON)
    return {"day_0": local.day, "day_1": local.month, "day_2": local.year, "at": f"{local:%H:%M}"}


def test_correct_start__shows_what_changes_and_does_it_when_sent_as_shown(page, post):
    """H-mis-started-clock."""
    publish()
    clock = start(at=uk("2026-09-17 14:32"))
    assert "Correct the start" in page("explain", clock.pk).content.decode()
    told = day_of(uk("2026-09-17 13:00")) | {"reason": "told_earlier"}
    shown = post("correct_start", clock.pk, **told).content.decode()
    assert "It was due Thu 17 Sep 16:32 BST. It will be due Thu 17 Sep 15:00 BST." in shown
    words = "It was due Thu 17 Sep 16:32 BST. It will be due Thu 17 Sep 15:00 BST."
    other = post("correct_start", clock.pk, **(told | {"at": "12:00", "as_shown": words}))
    assert "will be due Thu 17 Sep 14:00 BST" in other.content.decode()  # not what was shown: shown anew
    assert Clock.objects.get().started_at == clock.started_at
    assert post("correct_start", clock.pk, **told, as_shown=words).status_code == 302
    assert Clock.objects.get().due_at == uk("2026-09-17 15:00")
    assert AccessLog.objects.filter(what="clock.explain").exists()


def test_correct_start__a_time_that_came_twice_is_asked_for_and_one_that_never_was_is_refused(post):
    publish()
    clock = start(at=uk("2026-10-25 03:00"))
    told = {"day_0": 25, "day_1": 10, "day_2": 2026, "at": "01:30", "reason": "typed_wrong"}
    twice = post("correct_start", clock.pk, **told)
    assert twice.status_code == 422
    assert "came twice that night" in twice.content.decode()
    assert "03:30 GMT" in post("correct_start", clock.pk, **told, which="gmt").content.decode()
    assert "02:30 GMT" in post("correct_start", clock.pk, **told, which="bst").content.decode()
    skipped = post("correct_start", clock.pk, **(told | {"day_0": 29, "day_1": 3}))
    assert "the clocks went forward" in skipped.content.decode()
    ahead = day_of(now() + 2 * HOUR) | {"reason": "typed_wrong"}
    shown = post("correct_start", clock.pk, **ahead).context["preview"]
    assert "later than now" in post("correct_start", clock.pk, **ahead, as_shown=shown).content.decode()


@pytest.mark.parametrize("year", [1950, 2199])
def test_correct_start__to_a_year_without_a_calendar_says_so_and_keeps_what_was_typed(post, year):
    publish(kind="working_days", limit="5 days", stages=[])
    clock = start(at=uk("2026-09-17 14:32"))
    told = {"day_0": 17, "day_1": 9, "day_2": year, "at": "14:30", "reason": "typed_wrong"}
    again = post("correct_start", clock.pk, **told)
    assert again.status_code == 422
    assert f"no calendar is held for {year}. Check the year." in again.content.decode()
    assert f'value="{year}"' in again.content.decode()
    with pytest.raises(RuleBroken, match="no calendar is held for 1950"):
        correct_start(by=SYSTEM, clock_id=clock.pk, started_at=uk("1950-09-17 14:32"), reason="typed_wrong")


def test_rebase__by_another_version_after_it_was_shown(page, post):
    publish()
    clock = start(at=uk("2026-09-17 14:32"))
    assert "Another version" not in page("explain", clock.pk).content.decode()
    longer = publish(version=2, limit="8 h")
    assert "Another version" in page("explain", clock.pk).content.decode()
    told = {"policy_id": longer.pk, "reason": "rule_changed"}
    shown = post("rebase", clock.pk, **told).context["preview"]
    assert shown == "It was due Thu 17 Sep 16:32 BST. It will be due Thu 17 Sep 22:32 BST."
    assert Clock.objects.get().policy_id == clock.policy_id
    assert post("rebase", clock.pk, **told, as_shown=shown).status_code == 302
    assert Clock.objects.get().policy_id == longer.pk


@pytest.mark.parametrize("verb", ["correct_start", "rebase"])
def test_corrections__are_for_service_managers_only(client, verb):
    publish()
    clock = start(at=now())
    member("lee", "team_lead", team())
    client.force_login(user("lee"))
    for send in (client.get, client.post):
        assert send(reverse(f"timelimits:{verb}", args=[clock.pk])).status_code == 403


def test_pause__of_a_limit_that_never_pauses_says_so(page):
    publish()
    assert "never paused" in page("pause", start(at=now()).pk).content.decode()


def test_override__is_made_shown_and_confirmed_by_somebody_else(page, post, client):
    publish(blocks=[BOOK])
    clock = start(at=uk("2026-05-11 10:00"))
    on_list(clock.case_id)
    assert "Episode allocate" in page("override_block", clock.case_id).content.decode()
    made = post("override_block", clock.case_id, permission=BOOK, reason="Needs a visit", hours=24)
    assert made.status_code == 302
    row = Override.objects.get()
    assert "Waits for a second person" in page("override", row.pk).content.decode()
    assert "Confirm it" not in page("override", row.pk).content.decode()
    member("bob", "service_manager", team())
    client.force_login(user("bob"))
    assert "Confirm it" in page("override", row.pk).content.decode()
    assert post("confirm_override", row.pk).status_code == 302
    assert "Confirmed" in page("override", row.pk).content.decode()


def test_override__where_nothing_is_blocked_says_so(page):
    publish()
    clock = start(at=now())
    assert "Nothing is blocked" in page("override_block", clock.case_id).content.decode()


def test_override__of_a_case_out_of_sight_is_not_there(client):
    publish()
    member("charlie", "team_lead", team("elsewhere"))
    client.force_login(user("charlie"))
    assert client.get(reverse("timelimits:override_block", args=[start(at=now()).case_id])).status_code == 404


def test_health__shows_jobs_alarms_and_what_is_late(page, settings):
    publish()
    start(at=uk("2026-05-11 10:00"))
    assert "Limits are being checked late" in page("health").content.decode()
    sweep(by=SYSTEM, now=now())
    beat(by=SYSTEM, name="sweep", now=now(), done=1)
    text = page("health").content.decode()
    assert "Limits are being checked on time" in text
    assert "on no list, so nobody was told" in text
    assert "Nothing has waited longer than 10 minutes" in text


def test_sweep_banner__says_since_when():
    at = uk("2026-09-17 14:32")
    assert "not been checked yet" in late_words(sweep_age(at), at).title
    beat(by=SYSTEM, name="sweep", now=at - 2 * MINUTE, done=0)
    assert late_words(sweep_age(at), at).title == "System slow: deadlines last checked 2 min ago (14:30 BST)."
    assert late_words(sweep_age(at - MINUTE), at - MINUTE) is None


def test_limits__shows_every_version(page):
    assert "No place is loaded" in page("limits").content.decode()
    publish_all()
    publish(effective_until=uk("2026-01-01 12:00").date())
    text = page("limits").content.decode()
    assert "Two-hour urgent community response" in text
    assert "Not now" in text


def test_explain__long_overdue_shows_what_came_after_as_one_piece(alice):
    publish_calendar(by=SYSTEM, definition=calendar_definition())
    publish(code="triage", kind="opening_hours", calendar="spa", limit="4 h", stages=[])
    clock = start("triage", at=uk("2026-05-11 18:00"))
    found = explain(alice, clock.pk, uk("2026-05-20 10:00"))
    shown = explain_page(found, uk("2026-05-20 10:00"))
    assert [(p.what, p.says, p.used) for p in shown.pieces] == [
        ("SPA open", "Counts", "2 h 0 min"),
        ("SPA closed", "Does not count", "2 h 0 min"),
        ("SPA open", "Counts", "4 h 0 min"),
        ("After it was due", "Late", "100 h 0 min"),
    ]
    assert [row.amount for row in shown.sum] == [
        "2 h 0 min",
        "2 h 0 min",
        "96 h 0 min",
        "100 h 0 min",
        "4 h 0 min",
        "96 h 0 min",
    ]
    assert [(d.day, d.what, d.counted) for d in shown.days] == [
        ("Mon 11 May", "08:00 to 20:00 BST", "2 h 0 min"),
        ("Tue 12 May", "08:00 to 20:00 BST", "2 h 0 min"),
    ]
    assert [m.y for m in shown.bar.marks] == [24, 24]
