"""A restricted record is closed on every page: to whoever is not named on it nothing of the person is shown anywhere."""

import pytest

from accounts.domain import ROLES, RestrictReason, Role
from accounts.queries import actor_for
from casework.commands.restrict import restrict_person
from referrals.models import Person
from tests.attack.conftest import Site, signed_in
from tests.attack.grounds import PAGES
from tests.factories.referrals import person_at

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
    return {"Quillfeather", "960777", "999 123 4128", "9991234128", "Looked for"}


def shown(site: Site, client, words: set[str]) -> list[str]:
    """Return every page that shows one of the words."""
    found = []
    for name in filter(site.grounds.has, PAGES):
        for address in site.grounds.addresses(name):
            answer = client.get(address)
            assert answer.status_code < 500, name
            told = words & {word for word in words if word in answer.text}
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


def test_restricted_record__is_open_to_the_team_that_answers_for_it(site):
    """Else the pages above would be empty for another reason."""
    words = restricted(site)
    found = shown(site, signed_in(site.grounds.door.users["alice"]), words)
    assert {"casework:case", "referrals:person"} <= {line.split(" ")[0] for line in found}
