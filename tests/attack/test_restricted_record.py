"""A restricted record is closed on every page: to whoever is not named on it nothing of the person is shown anywhere."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.domain import ROLES, RestrictReason, Role
from accounts.queries import actor_for
from audit.commands import now
from audit.refusals import RuleBroken
from careplans.commands import ask_onward
from careplans.views import OF_CASE
from casework.commands.restrict import restrict_person
from casework.views.ending import END
from pathways.commands import confirm_discharge, plan_discharge
from pathways.domain import Destination, DischargePlan, EndReason, EpisodeStatus, Pathway
from pathways.models import Episode
from pathways.views.acts import OF_EPISODE
from referrals.commands import add_row, change_section
from referrals.domain import Direction, Status, Urgency
from referrals.models import Person, Referral
from tests.attack.conftest import Site, signed_in
from tests.attack.grounds import PAGES
from tests.factories.casework import accept_at
from tests.factories.referrals import person, person_at, register
from tests.factories.words import says

pytestmark = pytest.mark.django_db
OUTSIDE = ("spa", "triage", "second_manager", "administrator", "referrer")
PLACE_WIDE = [
    role for role in ROLES if ROLES[role].place_wide and role not in (Role.PRIVACY_OFFICER, Role.PARTNER_SYSTEM)
]


def restricted(site: Site) -> set[str]:
    """Restrict the person whose case and record stand behind the addresses; return the words to look for."""
    held = Person.objects.get(pk=site.grounds.rows["people"])
    Person.objects.filter(pk=held.pk).update(family_name="Quillfeather", phone="01632 960777", nhs_number="9991234128")
    officer = actor_for(person_at(site.grounds.door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    restrict_person(by=officer, person_id=held.pk, reason=RestrictReason.AT_RISK, words="Looked for", team_ids=[])
    phones = {"01632960777", "01632 960777", "01632\u00a0960777"}
    return phones | {"Quillfeather", "999 123 4128", "9991234128", "Looked for"}


def shown(site: Site, client, words: set[str]) -> list[str]:
    """Return every page that shows one of the words."""
    found = []
    for name in filter(site.grounds.has, PAGES):
        for address in site.grounds.addresses(name):
            answer = client.get(address)
            assert answer.status_code < 500, name
            told = words & {word for word in words if says(answer.text, word)}
            if told:
                found.append(f"{name} ({answer.status_code}): {sorted(told)}")
    return found


@pytest.mark.parametrize("who", OUTSIDE)
def test_restricted_record__shows_nothing_on_any_page_to_who_is_not_named(site, who):
    words = restricted(site)
    assert shown(site, signed_in(site.grounds.door.users[who]), words) == []


@pytest.mark.parametrize("role", PLACE_WIDE)
def test_restricted_record__shows_nothing_on_any_page_to_who_sees_the_whole_place(site, role):
    words = restricted(site)
    somebody = person_at(site.grounds.door.elsewhere, f"Wide {ROLES[role].label}", role)
    assert shown(site, signed_in(somebody), words) == []


def told_again(site: Site, held: Person) -> Referral:
    """Take in a referral of somebody whose record is restricted: their number, another name, no birth date."""
    told = person(nhs_number=held.nhs_number, family_name="Guess", given_name="", born_on=None, postcode="")
    return register(site.grounds.door.actor("spa"), told)


def test_restricted_record__a_discharge_says_nothing_of_what_they_live_with(site):
    """What the record holds binds whoever confirms, and is not told to somebody who is not named on it."""
    door, held = site.grounds.door, Person.objects.get(pk=site.grounds.rows["people"])
    alice, spa = door.actor("alice"), door.actor("spa")
    change_section(by=alice, person_id=held.pk, section="background", values={"cohorts": ["dementia"]})
    add_row(by=alice, person_id=held.pk, kind="known_to", values={"kind": "mental_health"})
    restricted(site)
    held.refresh_from_db()
    told = person(nhs_number=held.nhs_number, family_name="Guess", given_name="", born_on=None, postcode="")
    again = register(spa, told, direction=Direction.STEP_DOWN, urgency=Urgency.PLANNED)
    away = {"pathway": Pathway.P2, "grounds": "x", "bed_ground": "home_unsuitable", "destination": Destination.BED}
    plan_discharge(by=spa, referral_id=again.pk, plan=DischargePlan(**away))
    with pytest.raises(RuleBroken) as refused:
        confirm_discharge(by=spa, referral_id=again.pk)
    assert (refused.value.code, refused.value.field) == ("on_closed_record", "")
    page = signed_in(door.users["spa"]).get(reverse("pathways:discharge_confirm", args=[again.pk])).text
    assert page.count("Something on their restricted record must be settled first") == 1
    for words in (page, refused.value.message):
        assert not [held for held in ("ementia", "mental health") if held in words]


def pages_of(referral: Referral) -> list[str]:
    """Return the addresses of the referral and of what can be done on its case, its plan and its episode."""
    case = f"/cases/{referral.case_id}"
    found = [f"/referrals/{referral.pk}/", f"{case}/tasks/new/", f"{case}/worries/new/"]
    found += [] if referral.joined_case_id else [f"{case}/", f"{case}/plan/"]
    found += ["/onward/"] if referral.status == Status.NEW else []
    found += [f"{case}/plan/{verb}/" for verb in OF_CASE]
    for episode in Episode.objects.filter(case_id=referral.case_id):
        found += [f"/episodes/{episode.pk}/{verb}/" for verb in (*OF_EPISODE, "end")]
    return found


@pytest.mark.parametrize("stands", ["waits", "joined", "opened"])
def test_restricted_record__then_a_referral_comes_in_by_number(site, stands):
    """Whoever works at the front door that took it in sees its case, and of the person what was told with it alone."""
    door, held = site.grounds.door, Person.objects.get(pk=site.grounds.rows["people"])
    spoken = {"note": "Speaks softly"}
    change_section(by=door.actor("alice"), person_id=held.pk, section="communication", values=spoken)
    words = restricted(site) | {held.given_name, str(held.born_on.year), "Speaks softly"}
    held.refresh_from_db()
    if stands == "opened":
        ended = {"status": EpisodeStatus.ENDED, "ended_at": now(), "end_reason": EndReason.COMPLETED}
        Episode.objects.filter(person=held).update(**ended)
    again = told_again(site, held)
    if stands != "waits":
        accept_at(door, again)
        again.refresh_from_db()
    else:
        ask = {"service": "falls", "asked_of": "The desk", "why": "Fell", "chase_at": now() + timedelta(hours=1)}
        ask_onward(by=door.actor("spa"), case_id=again.case_id, **ask)
    assert (again.person_id, again.joined_case_id is not None) == (held.pk, stands == "joined")
    client = signed_in(person_at(door.spa, "Lena Frontdoor", Role.TEAM_LEAD))
    opened = {url: client.get(url) for url in pages_of(again)}
    assert {url: page.status_code for url, page in opened.items() if "Guess" not in page.text} == {}
    told = {url: [word for word in words if says(page.text, word)] for url, page in opened.items()}
    assert {url: words for url, words in told.items() if words} == {}
    for episode in Episode.objects.filter(case_id=again.case_id):
        assert END.done(episode) == f"{episode.reference} ended."


def test_restricted_record__is_open_to_the_team_that_answers_for_it(site):
    """Else the pages above would be empty for another reason."""
    words = restricted(site)
    found = shown(site, signed_in(site.grounds.door.users["alice"]), words)
    assert {"casework:case", "referrals:person"} <= {line.split(" ")[0] for line in found}
