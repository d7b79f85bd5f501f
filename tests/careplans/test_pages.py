"""The pages of a plan: what they show to whom, and that nothing typed is lost."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from accounts.commands import grant_access
from accounts.domain import RestrictReason, Role
from accounts.queries import actor_for
from audit.domain import SYSTEM
from audit.models import AccessLog
from careplans.commands import send_message
from careplans.models import CaseMessage, OnwardRequest, Risk
from casework.commands.restrict import restrict_person
from pathways.commands import accept_referral
from referrals.commands import register_referral
from tests.careplans.conftest import OnCase
from tests.factories.casework import signed_in as client_of
from tests.factories.referrals import details, person_at

pytestmark = pytest.mark.django_db
SENT = {
    "ask_onward": {"service": "falls", "asked_of": "Falls clinic", "why": "Two falls", "chase_at": "16:00 tomorrow"},
    "write_risk": {"benefit": "Own tea", "harm": "A scald", "control": "Tipper", "agreed_with": "Maud", "review": "7"},
    "rate_confidence": {"rated_at": "start", "score": "4", "words": "Stairs frighten me"},
    "record_experience": {"theme": "waiting", "felt": "poor", "told_by": "carer", "words": "Nobody rang back"},
    "record_agreement": {"about": "plan", "answer": "no", "words": "Not the frame"},
    "link_record": {"system": "Shared care record", "web_address": "https://records.example/p/77"},
    "send_message": {"text": "Daughter is away"},
}


def signed_in(held: OnCase, name: str):
    return client_of(held.door.users[name])


@pytest.mark.parametrize("verb", SENT)
def test_act__is_written_and_shown_on_the_plan(held: OnCase, verb):
    client = signed_in(held, "alice")
    url = reverse(f"careplans:{verb}", args=[held.case_id])
    assert client.get(url).status_code == 200
    answer = client.post(url, SENT[verb], follow=True)
    assert answer.redirect_chain == [(reverse("careplans:plan", args=[held.case_id]), 302)]
    said = next(reversed([words for words in SENT[verb].values() if " " in words]))
    assert said in answer.text or verb == "ask_onward"


@pytest.mark.parametrize("verb", SENT)
def test_act__unfit_keeps_what_was_typed_and_says_what_is_missing(held: OnCase, verb):
    client = signed_in(held, "alice")
    first = next(iter(SENT[verb]))
    answer = client.post(reverse(f"careplans:{verb}", args=[held.case_id]), SENT[verb] | {first: ""})
    assert answer.status_code == 422
    assert len(answer.context["form"].errors) == 1
    kept = [words for name, words in SENT[verb].items() if name != first and " " in words]
    assert all(words in answer.text for words in kept)


def test_plan__is_closed_to_others_and_its_reading_is_logged(held: OnCase):
    url = reverse("careplans:plan", args=[held.case_id])
    assert signed_in(held, "charlie").get(url).status_code == 404
    assert signed_in(held, "commissioner").get(url).status_code == 403
    assert signed_in(held, "alice").get(url).status_code == 200
    assert AccessLog.objects.filter(what="plan", denied=False).count() == 1


def test_plan__messages_on_it_count_as_read(held: OnCase):
    triage, alice = signed_in(held, "triage"), signed_in(held, "alice")
    triage.post(reverse("careplans:send_message", args=[held.case_id]), {"text": "<b>Keys</b> moved"})
    alice.get(reverse("careplans:plan", args=[held.case_id]))
    page = triage.get(reverse("careplans:plan", args=[held.case_id]))
    assert "Read by Alice Test" in page.text
    assert "&lt;b&gt;Keys" in page.text
    assert CaseMessage.objects.count() == 1


def test_onward_list__shows_mine_by_service_and_answers_there(held: OnCase):
    held.ask()
    held.ask("continuing_healthcare", why="Checklist")
    url = reverse("careplans:onward")
    page = signed_in(held, "alice").get(url, {"service": "falls"})
    assert "Two falls this month" in page.text
    assert "Checklist" not in page.text
    assert "Two falls" not in signed_in(held, "charlie").get(url).text
    row = OnwardRequest.objects.get(service="falls")
    client = signed_in(held, "alice")
    client.post(reverse("careplans:answer_onward", args=[row.pk]), {"outcome": "taken_on"})
    assert "Two falls this month" not in client.get(url).text


def test_onward_list__leaves_out_who_is_restricted_to_the_reader(held: OnCase):
    """R021: also of whoever sees the whole place; the team that answers for them keeps it."""
    held.ask()
    url = reverse("careplans:onward")
    wide, officer = (
        person_at(held.door.elsewhere, name, role)
        for name, role in (("Wide Manager", Role.SERVICE_MANAGER), ("Olive Privacy", Role.PRIVACY_OFFICER))
    )
    client = client_of(wide)
    assert "Two falls this month" in client.get(url).text
    told = {"reason": RestrictReason.AT_RISK, "words": "Looked for", "team_ids": []}
    restrict_person(by=actor_for(officer), person_id=held.referral.person_id, **told)
    assert "Two falls this month" not in client.get(url).text
    assert "Testalder" not in client.get(url).text
    assert "Two falls this month" in signed_in(held, "alice").get(url).text


def test_onward_list__goes_on_after_fifty_and_reads_no_more_for_many(held: OnCase, django_assert_max_num_queries):
    for number in range(52):
        held.ask(why=f"Reason {number:02}")
    client = signed_in(held, "alice")
    with django_assert_max_num_queries(12):
        page = client.get(reverse("careplans:onward"))
    assert page.text.count("What became of it<") == 50
    after = page.context["following"].pk
    assert client.get(reverse("careplans:onward"), {"after": after}).text.count("What became of it<") == 2


def test_risk__is_reviewed_on_its_page(held: OnCase):
    client = signed_in(held, "alice")
    client.post(reverse("careplans:write_risk", args=[held.case_id]), SENT["write_risk"])
    url = reverse("careplans:review_risk", args=[Risk.objects.get().pk])
    assert "A scald" in client.get(url).text
    page = client.post(url, {"finding": "changed", "note": "Now with help"}, follow=True)
    assert "Carry on, differently" in page.text
    assert "Now with help" in page.text


def test_risk__from_a_stale_page_keeps_what_was_typed(held: OnCase):
    client = signed_in(held, "alice")
    client.post(reverse("careplans:write_risk", args=[held.case_id]), SENT["write_risk"])
    url = reverse("careplans:review_risk", args=[Risk.objects.get().pk])
    seen = client.get(url).context["version"]
    assert client.post(url, {"finding": "changed", "note": "Now with help", "version": seen}).status_code == 302
    stale = client.post(url, {"finding": "goes_well", "note": "No scald", "version": seen})
    assert (stale.status_code, "No scald" in stale.text) == (409, True)
    assert "looked at this at" in stale.text
    again = {"finding": "goes_well", "note": "No scald", "version": stale.context["version"]}
    assert client.post(url, again).status_code == 302


def test_case__leads_to_its_plan(held: OnCase):
    page = signed_in(held, "alice").get(reverse("casework:case", args=[held.case_id]))
    assert reverse("careplans:plan", args=[held.case_id]) in page.text


def test_risk__is_looked_at_again_on_a_local_day(held: OnCase):
    year = datetime.now(UTC).year + 1
    with time_machine.travel(datetime(year, 7, 1, 23, 30, tzinfo=UTC), tick=False):  # 2 July, 00:30 in London
        client = signed_in(held, "alice")
        client.post(reverse("careplans:write_risk", args=[held.case_id]), SENT["write_risk"])
    assert Risk.objects.get().review_on == date(year, 7, 9)


def test_plan__shows_what_was_written_before_the_referral_joined(held: OnCase):
    late = register_referral(by=held.actor("spa"), details=details(), person_id=held.referral.person_id)
    grant_access(by=SYSTEM, case_id=late.case_id, team_id=held.door.crisis.pk, why="test")
    send_message(by=held.actor("alice"), case_id=late.case_id, text="Said before it joined")
    accept_referral(
        by=held.actor("triage"),
        referral_id=late.pk,
        team_id=held.door.crisis.pk,
        coordinator_id=held.door.users["alice"].pk,
        safe_care_reason="Nurse has spoken to her",
    )
    page = signed_in(held, "alice").get(reverse("careplans:plan", args=[held.case_id]))
    assert "Said before it joined" in page.text
