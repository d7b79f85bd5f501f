"""Requirements that are met by the shipped place and the real commands together. No browser here."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.models import Team, User
from accounts.queries import actor_for
from audit.commands import now
from audit.models import AccessLog
from audit.refusals import RuleBroken
from careplans.commands import ask_onward
from casework.commands import redirect_referral
from casework.commands.death import record_death
from casework.presenters.words import since_words
from pathways.commands import accept_referral, allocate_episode
from pathways.models import CoordinatorTerm, Episode
from referrals.commands import add_row, change_section, triage_referral
from referrals.domain import Direction, LocationKind, LocationNow, Service, Urgency
from referrals.domain.triage import PlannedReason, WhyNow
from referrals.models import Recommendation, Referral
from referrals.queries import for_actor
from tests.factories.referrals import details, person, register
from timelimits.domain.local_time import local_date
from timelimits.models import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def sefton(django_db_setup, django_db_blocker):
    """Load the shipped place with its demo people once; each test's own changes are rolled back before the next."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_place", str(settings.BASE_DIR / "places" / "sefton"), stdout=StringIO())
        with django_db_blocker.block():
            yield
        transaction.set_rollback(True)


def by(name: str):
    return actor_for(user(name))


def user(name: str) -> User:
    return User.objects.get(email=f"{name}@icras.example")


def page(name: str, address: str) -> str:
    client = Client()
    client.force_login(user(name))
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def accepted(**changes):
    referral = register(by("spa"), **changes)
    coordinator = by("coordinator")
    team = (
        user("coordinator").memberships.earliest("pk").team_id
    )  # not those of somebody they stand in for at this hour
    return accept_referral(by=by("triage"), referral_id=referral.pk, team_id=team, coordinator_id=coordinator.user_id)


@pytest.mark.parametrize("source", ["gp", "pharmacy", "podiatry"])
def test_r037__gp_pharmacy_and_podiatry_refer_and_are_signposted_to(source: str):
    assert_refers(source)
    assert redirected(source).status == "redirected"


@pytest.mark.parametrize(
    "service",
    [
        "gp", "pharmacy", "podiatry", "mental_health", "dementia", "housing", "voluntary", "stroke", "falls",
        "continence", "respiratory", "continuing_healthcare",
    ],
)  # fmt: skip
def test_ask_onward__each_service_that_is_linked_can_be_asked_from_a_live_episode(service: str):
    """R037 to R040, R042, R043."""
    episode = accepted().episode
    chase_at = now() + timedelta(days=2)
    asked = ask_onward(
        by=by("coordinator"),
        case_id=episode.case_id,
        service=service,
        asked_of="Duty desk",
        why="Foot",
        chase_at=chase_at,
    )
    assert (asked.service, asked.outcome) == (service, "")


@pytest.mark.parametrize("source", ["mental_health"])
def test_r038__mental_health_refers_and_dementia_is_signposted_to(source: str):
    assert_refers(source)
    assert redirected("dementia").status == redirected("mental_health").status == "redirected"


def test_r039__housing_refers_and_is_signposted_to():
    assert_refers("housing")
    assert redirected("housing").status == "redirected"


def test_r040__voluntary_sector_refers_and_is_signposted_to():
    assert_refers("voluntary")
    assert redirected("voluntary").status == "redirected"


def test_take_call__of_an_unknown_callers_crisis_takes_at_most_12_fields_on_one_screen():
    """Over the shipped place, with every red flag it asks; the rest is filled in or can be left."""
    client = Client()
    client.force_login(user("spa"))
    form = client.get("/referrals/new/").context["form"]
    filled = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", [], False)}
    typed = {
        "ring_back": "01632 960318", "family_name": "Testalder", "where": "home", "address": "L23 9ZZ",
        "summary": "Fell at 11", "urgency": "crisis", "direction": "step_up", **{flag.name: "no" for flag in form.flags},
    }  # fmt: skip
    assert len(typed) <= 12
    assert not set(typed) & set(filled)
    assert client.post("/referrals/new/", filled | typed).status_code == 302
    assert Referral.objects.get(summary="Fell at 11").urgency == "crisis"


def assert_refers(source: str) -> None:
    """The form offers the source, and a referral from it keeps it."""
    assert f'value="{source}"' in page("spa", "/referrals/new/")
    told = details()
    referral = register(by("spa"), caller=told.caller.__class__(kind=source, name="Sam Sample", phone="07700 900318"))
    assert Referral.objects.get(pk=referral.pk).source_kind == source


def redirected(signpost: str) -> Referral:
    referral = register(by("spa"))
    return redirect_referral(by=by("spa"), referral_id=referral.pk, signpost=signpost, note="Better placed")


def test_signpost__that_the_place_does_not_have_is_refused():
    with pytest.raises(RuleBroken):
        redirected("nowhere")


@pytest.mark.parametrize("kind", list(LocationKind))
def test_r034__keeps_whether_the_person_is_at_home_in_a_care_home_or_in_hospital(kind: LocationKind):
    referral = register(by("spa"), location=LocationNow(kind=kind, postcode="L23 9ZZ"))
    assert for_actor(by("spa")).filter(location_kind=kind).get() == referral
    assert f'value="{kind}"' in page("spa", "/referrals/new/")


def test_r033__one_list_holds_step_up_and_step_down():
    up = register(by("spa"), person(family_name="Uptest"))
    down = register(by("spa"), person(family_name="Downtest"), direction=Direction.STEP_DOWN, urgency=Urgency.PLANNED)
    board = page("triage", "/board/")
    assert up.person.family_name in board
    assert down.person.family_name in board


def test_r044__a_step_up_referral_keeps_its_direction_and_its_reason():
    up = register(by("spa"), person(family_name="Uptest"), direction=Direction.STEP_UP, reason="carer_breakdown")
    kept = Referral.objects.get(pk=up.pk)
    assert (kept.direction, kept.reason) == ("step_up", "carer_breakdown")
    assert "Uptest" not in page("triage", "/board/?tab=step-down")
    assert "The unpaid carer cannot carry on" in page("triage", f"/referrals/{up.pk}/")


@pytest.mark.parametrize("why", list(PlannedReason))
def test_r049__planned_support_from_the_community_is_for_one_of_three_reasons(why: PlannedReason):
    referral = register(by("spa"), urgency=Urgency.PLANNED)
    assert f'value="{why}"' in page("triage", f"/referrals/{referral.pk}/triage/")
    told = {"urgency": Urgency.PLANNED, "service": Service.REABLEMENT, "reason": "As told"}
    triage_referral(by=by("triage"), referral_id=referral.pk, told=WhyNow(planned_reason=why), **told)
    assert Referral.objects.get(pk=referral.pk).planned_reason == why
    kept = Recommendation.objects.get()
    assert (kept.read["planned_reason"], kept.disposition, kept.urgency) == (why, "accept", "planned")


def test_r050__every_open_referral_is_on_the_board_since_when_it_was_received():
    for minutes in (5, 25, 95):
        told = person(family_name=f"Livetest{minutes}")
        register(by("spa"), told, received_at=now() - timedelta(minutes=minutes))
    board = page("spa", "/board/")
    for minutes in (5, 25, 95):
        assert f"Livetest{minutes}" in board
        assert f"Nobody, {since_words(now() - timedelta(minutes=minutes), now())}" in board


def test_r057__what_matters_culture_faith_language_and_preferences_are_on_the_record():
    maud = register(by("spa")).person_id
    for section, values in (
        ("communication", {"language": "Polish"}),
        ("preferences", {"faith": "Quaker", "culture": "No shoes indoors", "likes": "Tea, not coffee"}),
    ):
        change_section(by=by("spa"), person_id=maud, section=section, values=values)
    said = {"words": "To see my garden again", "said_on": local_date(now()), "took_part": ["person"]}
    add_row(by=by("spa"), person_id=maud, kind="statements", values=said)
    record = page("spa", f"/people/{maud}/")
    for words in ("Polish", "Quaker", "No shoes indoors", "Tea, not coffee", "To see my garden again"):
        assert words in record


def test_r062__the_case_page_says_whom_to_ring_and_how():
    episode = accepted().episode
    shown = page("coordinator", f"/cases/{episode.case_id}/")
    assert episode.coordinator.name in shown
    assert episode.team.duty_phone in shown.replace("\u00a0", " ").replace("&nbsp;", " ")


def letter_to(values: dict[str, object], confirmed: bool = True) -> tuple[Episode, str]:
    """Return an episode and its letter, to somebody with these communication needs."""
    episode = accepted().episode
    Episode.objects.filter(pk=episode.pk).update(coordinator_confirmed=confirmed)
    if values:
        change_section(by=by("spa"), person_id=episode.person_id, section="communication", values=values)
    return episode, page("coordinator", f"/cases/{episode.case_id}/letter/")


def test_letter__says_who_looks_after_them_whom_to_ring_and_how_to_come_back():
    episode, letter = letter_to({})
    assert episode.coordinator.name in letter
    assert episode.team.duty_phone in letter
    assert episode.reference in letter
    assert "short-term support to help you recover and be more independent" in letter
    assert "You can come back to us yourself" in letter
    assert f"{settings.ICRAS_SITE_URL}/ask-for-help/" in letter  # never the host that a request names
    assert Team.objects.get(kind="spa").duty_phone in letter
    assert "your co-ordinator," in letter
    assert AccessLog.objects.filter(what="case.letter", ids=[str(episode.person_id)]).count() == 1
    assert f"/cases/{episode.case_id}/letter/" in page("coordinator", f"/cases/{episode.case_id}/")


def test_letter__without_a_number_to_ring_says_so_before_it_goes_out():
    """R062: whom to ring, and how, is on every letter."""
    episode, letter = letter_to({})
    assert "No telephone number is known" not in letter
    Team.objects.update(duty_phone="")
    assert "No telephone number is known" in page("coordinator", f"/cases/{episode.case_id}/letter/")


def test_letter__is_in_large_print_where_that_is_needed_and_says_what_paper_can_not_do():
    _, letter = letter_to({"formats": ["large_print", "braille"]}, confirmed=False)
    assert "ic-letter--large" in letter
    assert "They need this in another format too:" in letter
    assert "braille" in letter
    assert "your co-ordinator for now" in letter


def test_letter__is_as_usual_where_nothing_else_is_needed():
    _, plain = letter_to({})
    assert "ic-letter--large" not in plain
    assert "another format" not in plain


def test_letter__is_made_for_a_live_episode_only():
    episode, _ = letter_to({})
    record_death(by=by("coordinator"), person_id=episode.person_id, died_on=local_date(now()), told_by="family")
    client = Client()
    client.force_login(user("coordinator"))
    for case_id in (episode.case_id, register(by("spa"), person(family_name="New")).case_id):
        assert client.get(f"/cases/{case_id}/letter/").status_code == 404


def test_r071__every_profession_opens_the_same_record():
    episode = accepted().episode
    pages = [page(name, f"/cases/{episode.case_id}/") for name in ("coordinator", "practitioner", "lead")]
    assert all(episode.reference in shown for shown in pages)


def test_r087__the_allocated_worker_changes_with_date_and_reason():
    episode = accepted().episode
    colleague = user("practitioner")
    allocate_episode(by=by("lead"), episode_id=episode.pk, coordinator_id=colleague.pk, reason="Annual leave")
    now = CoordinatorTerm.objects.get(episode=episode, period__upper_inf=True)
    assert (now.coordinator, now.reason) == (colleague, "Annual leave")


def test_r089__the_service_manager_sees_across_all_services():
    case = accepted().episode.case_id
    assert "Co-ordinator" in page("manager", f"/cases/{case}/")
    assert "Testalder" in page("manager", "/board/")


def test_r129__six_weeks_are_counted_from_the_first_service():
    episode = accepted().episode
    clock = Clock.objects.get(case_id=episode.case_id, policy_code="intermediate_care")
    assert (clock.due_at - clock.started_at).days in (42, 43)
    assert "Six weeks" in page("coordinator", f"/cases/{episode.case_id}/")


def test_r310__healthwatch_reads_figures_and_no_person():
    accepted()
    assert "Testalder" not in page("healthwatch", "/reports/two-hour/")
    client = Client()
    client.force_login(user("healthwatch"))
    assert client.get("/board/").status_code == 403
