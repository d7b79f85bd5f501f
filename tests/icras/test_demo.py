"""The made-up cases: through the real commands, dated back from now, made once, and only in a demonstration place."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import nhs_number
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import Place, User
from audit.commands import now
from audit.models import CaseEvent
from audit.refusals import RuleBroken
from icras.demo.catching_up import catch_up
from icras.demo.making import VERBS, make_cases
from icras.demo.people import CRISIS_TEAM, HOMES, Staff, birthday, made_up_number
from icras.demo.plan import Step, read_length, read_plans
from pathways.models import Contact, Episode
from referrals.domain import OPEN, Status
from referrals.models import Person, Referral
from tests.factories.casework import signed_in
from timelimits.models import Alert, CaseDeadline, Clock, ClockEvent

SEFTON = settings.BASE_DIR / "places" / "sefton"
PLANS = read_plans(SEFTON)
LATEST = timedelta(seconds=60)  # a sweep later than this is late


@pytest.fixture
def place(db):
    call_command("load_place", str(SEFTON), verbosity=0)


# The plans


def test_plans__are_about_sixty_oldest_first():
    assert 55 <= len(PLANS) <= 70
    assert [plan.ago for plan in PLANS] == sorted((plan.ago for plan in PLANS), reverse=True)
    assert len({plan.who for plan in PLANS}) == len(PLANS)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.who)
def test_plan__is_of_the_past_and_uses_known_verbs(plan):
    assert plan.zone in HOMES.keys() & CRISIS_TEAM.keys()
    for step in plan.steps:
        assert step.do in VERBS
        assert step.at <= plan.ago
    assert [step.at for step in plan.steps] == sorted(step.at for step in plan.steps)


@pytest.mark.parametrize(
    ("text", "minutes"), [("3 min", 3), ("2 h 12 min", 132), ("17 d", 17 * 1440), ("1 d 2 h", 1560)]
)
def test_read_length__reads_days_hours_and_minutes(text, minutes):
    assert read_length(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "soon", "3", "3 weeks", "3 min ago", "2h"])
def test_read_length__refuses_anything_else(text):
    with pytest.raises(ValueError, match="is not a length"):
        read_length(text)


def test_made_up_numbers__are_valid_of_the_999_range_and_differ():
    numbers = [made_up_number(410_000 + number * 7) for number in range(200)]
    assert all(number.startswith("999") and nhs_number.is_valid(number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("number", [0, 1, 30, 61])
def test_birthday__makes_the_age_of_the_plan_today(number):
    today = date(2028, 2, 29)
    born = birthday(84, number, today)
    assert today.year - born.year - ((today.month, today.day) < (born.month, born.day)) == 84


# Made


def test_demo__makes_every_case_once_with_its_past_at_its_own_time(place):
    call_command("demo", verbosity=0)
    assert Referral.objects.count() == len(PLANS)
    assert {Status(status) for status in Referral.objects.values_list("status", flat=True)} == set(Status)
    _people_are_made_up()
    _cases_are_in_every_state()
    _the_past_was_noticed_in_time()
    made = Counter(CaseEvent.objects.values_list("event", flat=True))
    call_command("demo", verbosity=0)
    assert Counter(CaseEvent.objects.values_list("event", flat=True)) == made


def _people_are_made_up():
    joined = sum(bool(plan.same_person_as) for plan in PLANS)
    assert Person.objects.count() == len(PLANS) - joined
    assert all(person.postcode.endswith("9ZZ") for person in Person.objects.all())
    assert all(person.phone.startswith("01632960") for person in Person.objects.all())
    numbers = Person.objects.exclude(nhs_number=None).values_list("nhs_number", flat=True)
    assert all(number.startswith("999") and nhs_number.is_valid(number) for number in numbers)
    assert Person.objects.filter(nhs_number=None).exists()


def _cases_are_in_every_state():
    assert Referral.objects.filter(joined_case_id__isnull=False).count() == 2
    assert Episode.objects.filter(status="ended").count() == 1
    assert Contact.objects.filter(outcome="no_access").exists()
    two_hours = Clock.objects.filter(policy_code="crisis_response")
    assert {"met", "breached", "cancelled", ""} <= set(two_hours.values_list("outcome", flat=True))
    running = two_hours.filter(stopped_at=None)
    assert running.filter(due_at__lt=now()).count() >= 2
    assert running.filter(due_at__gt=now(), due_at__lt=now() + timedelta(minutes=25)).exists()
    open_cases = Referral.objects.filter(status__in=OPEN).values("case_id")
    assert CaseDeadline.objects.filter(case_id__in=open_cases).count() == open_cases.count()


def _the_past_was_noticed_in_time():
    assert not CaseEvent.objects.filter(recorded_at__gt=now()).exists()
    assert ClockEvent.objects.filter(stage="breach").exists()
    late = [
        (e.stage, e.clock.policy_code, e.noticed_at - e.happened_at) for e in ClockEvent.objects.select_related("clock")
    ]
    assert [each for each in late if each[2] >= LATEST] == []
    assert Alert.objects.values("recipient").distinct().count() >= 6
    assert catch_up(now() - timedelta(minutes=1)) == 0


def test_demo__killed_midway_goes_on_where_it_was(place):
    instant, some = now(), [plan for plan in PLANS if plan.ago < timedelta(hours=1)][:6]
    broken = replace(some[3], steps=(Step(timedelta(0), "decline", {"reason": "no such", "signpost": "gp"}),))
    with pytest.raises(RuleBroken):
        make_cases([*some[:3], broken, *some[4:]], instant)
    assert Referral.objects.count() == 3
    assert make_cases(some, instant) == len(some) - 3
    assert make_cases(some, instant) == 0
    assert Referral.objects.count() == len(some)


def test_staff__are_the_demo_log_ins(place):
    staff = Staff()
    assert staff.actor("triage").may("referral.accept")
    assert staff.partner.client_id
    assert staff.user_id("spa") == staff.actor("spa").user_id


def test_care_home__refers_out_of_the_box(place):
    """R032: with the roles it has, as a care home, and sees how it stands."""
    client = signed_in(User.objects.get(email="carehome@icras.example"))
    page = client.get("/sent-referrals/new/")
    assert page.status_code == 200
    assert page.context["form"].initial["source"] == "care_home"
    assert client.get("/sent-referrals/").status_code == 200


# Refused


@pytest.mark.django_db
def test_demo__without_a_place_is_refused():
    with pytest.raises(CommandError, match="demonstration place only"):
        call_command("demo")


@pytest.mark.django_db
def test_demo__in_a_live_place_is_refused():
    Place.objects.create(code="sefton", name="Sefton", demo=False)
    with pytest.raises(CommandError, match="demonstration place only"):
        call_command("demo")
    assert not Referral.objects.exists()


def test_demo__in_production_is_refused(place, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="demonstration place only"):
        call_command("demo")


def test_place_without_plans__has_no_cases(tmp_path):
    assert read_plans(tmp_path) == []
