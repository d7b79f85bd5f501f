"""How to reach somebody, and what to know before the door opens, stand on every page where they are dealt with (R063)."""

import pytest

from accounts.models import Place
from referrals.commands import add_row, change_section
from referrals.models import Person
from tests.attack.conftest import Site
from tests.attack.grounds import PAGES
from tests.factories.words import says

pytestmark = pytest.mark.django_db
FLAG, DANGER = "Interpreter: Kalaallisut", "Throws plates"
LISTS_OF_NAMES = {
    "careplans:onward", "casework:accesses", "casework:caseload", "casework:duplicates", "casework:retention",
    "casework:unmerge", "referrals:signposted",
}  # fmt: skip
"""A name that leads to its page, and nothing is done with them here. Caseloads: see tests/casework."""
SIDE_BY_SIDE = {"casework:merge"}  # the needs of both stand in the table
NOBODY_GOES = {
    "casework:access", "casework:access_ask", "casework:death", "casework:erase", "casework:hold", "casework:letter",
    "casework:restrict", "referrals:add_row", "referrals:files", "referrals:follow", "referrals:person_to_ask",
    "referrals:section", "referrals:set_key_safe", "referrals:strike_row",
}  # fmt: skip
"""Pages of the record and of the office: nobody goes to see anybody by them."""


@pytest.fixture
def names(site: Site) -> set[str]:
    """Give everybody a need and a warning, and return their last names."""
    place, by = Place.objects.get(), site.grounds.door.actor("manager")
    place.words["warnings"] = [*place.words["warnings"], {"code": "violence", "words": "Risk of violence"}]
    place.save()
    people = list(Person.objects.filter(merged_into=None))
    needs = {"interpreter": "yes", "language": "Kalaallisut"}
    warning = {"kind": "violence", "detail": DANGER, "review": "month"}
    for each in people:
        change_section(by=by, person_id=each.pk, section="communication", values=needs)
        add_row(by=by, person_id=each.pk, kind="visit_warnings", values=warning)
    return {each.family_name for each in people}


def pages(site: Site, names: set[str]):
    """Yield every page about somebody, as the first of the insiders who may open it has it."""
    for name in sorted(set(filter(site.grounds.has, PAGES)) - {"components", "docs", "schema"}):  # of made-up people
        for address in site.grounds.addresses(name):
            answers = (site.clients[user].get(address) for user in site.grounds.insiders)
            page = next((answer.text for answer in answers if answer.status_code == 200 and not answer.streaming), "")
            if any(says(page, each) for each in names):
                yield name, page


def test_pages_about_somebody__say_how_to_reach_them_and_what_to_know_first(site: Site, names: set[str]):
    seen = dict(pages(site, names))
    assert {"casework:board", "casework:board_print", "casework:hand_over", "pathways:accept", "pathways:discharge",
            "pathways:discharge_list", "referrals:triage", "careplans:plan"} <= set(seen)  # fmt: skip
    unsaid = {name for name, page in seen.items() if FLAG not in page}
    assert unsaid - LISTS_OF_NAMES - SIDE_BY_SIDE == set()
    unwarned = {name for name, page in seen.items() if DANGER not in page and "Risk of violence" not in page}
    assert unwarned - LISTS_OF_NAMES - NOBODY_GOES == set()
