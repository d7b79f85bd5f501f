"""What takes two people: asked by one, decided by another's own sign-in, never by the one who asked."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.commands import now
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from notifications.models import Message
from tests.factories.timelimits import member, on_list, publish, publish_second_person, shift, start, team, user
from timelimits.commands import approve, ask_approval, extend_clock, refuse, stop_clock
from timelimits.domain import TWO_PEOPLE, ApprovalKind
from timelimits.models import Approval, Clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def wanda():
    return member("wanda", "service_manager", team())


@pytest.fixture
def bob():
    return member("bob", "team_lead", team())


@pytest.fixture
def clock():
    publish()
    publish_second_person()
    running = start(at=now())
    on_list(running.case_id)
    return running


def asked(wanda, bob, clock, hours=9):
    given = {"reason": "clinically_needed", "approver_id": bob.user_id, "new_due_on": now() + hours * HOUR}
    return extend_clock(by=wanda, clock_id=clock.pk, **given)


def test_extend_clock__asks_first_and_moves_nothing(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    before = clock.due_at
    clock.refresh_from_db()
    assert (clock.due_at, clock.extensions.count(), row.verdict) == (before, 0, "")
    message = Message.objects.get()
    assert (message.user_id, message.template, message.link) == (bob.user_id, "approval_asked", f"/approvals/{row.pk}/")
    assert Clock.objects.get(policy_code="second_person").stopped_at is None


def test_approve__takes_effect_under_the_second_persons_name_and_tells_the_first(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    approve(by=bob, approval_id=row.pk)
    approve(by=bob, approval_id=row.pk)
    extension = clock.extensions.get()
    assert (extension.asked_label, extension.approved_label) == ("Wanda", "Bob")
    assert Clock.objects.get(policy_code="second_person").outcome == "met"
    assert Message.objects.get(user_id=wanda.user_id).template == "approval_decided"


def test_refuse__leaves_the_clock_and_needs_words(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    with pytest.raises(RuleBroken, match="Say why"):
        refuse(by=bob, approval_id=row.pk, note=" ")
    refuse(by=bob, approval_id=row.pk, note="Home is ready")
    refuse(by=bob, approval_id=row.pk, note="Again")
    assert (clock.extensions.count(), Approval.objects.get().decided_note) == (0, "Home is ready")
    with pytest.raises(IllegalMove, match="refused already"):
        approve(by=bob, approval_id=row.pk)


def test_approve__never_ones_own_whatever_the_role(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    for decide in (
        lambda: approve(by=wanda, approval_id=row.pk),
        lambda: refuse(by=wanda, approval_id=row.pk, note="x"),
    ):
        with pytest.raises(IllegalMove) as refused:
            decide()
        assert refused.value.code == "own_request"


@pytest.mark.parametrize("verdict", ["approved", "refused"])
def test_database__refuses_a_self_approval(wanda, bob, clock, verdict):
    row = asked(wanda, bob, clock)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Approval.objects.filter(pk=row.pk).update(verdict=verdict, decided_at=now(), decided_by=wanda.id)


def test_database__refuses_to_ask_oneself(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    with pytest.raises(IntegrityError, match="asked_of_another"), transaction.atomic():
        Approval.objects.filter(pk=row.pk).update(approver_id=wanda.user_id)


def test_approve__by_somebody_who_may_not_or_does_not_see_it(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    with pytest.raises(NotPermitted):
        approve(by=member("cara", "auditor", team()), approval_id=row.pk)
    with pytest.raises(NotFound):
        approve(by=member("charlie", "team_lead", team("elsewhere")), approval_id=row.pk)


def test_approve__what_no_longer_fits_is_refused_and_stays_open(wanda, bob, clock):
    row = asked(wanda, bob, clock)
    stop_clock(by=wanda, subject=clock.subject, policy="two_hours", stopped_at=now())
    with pytest.raises(IllegalMove, match="ended"):
        approve(by=bob, approval_id=row.pk)
    assert Approval.objects.get().verdict == ""


def test_extend_clock__is_asked_once_at_a_time(wanda, bob, clock):
    asked(wanda, bob, clock)
    with pytest.raises(IllegalMove, match="asked already"):
        asked(wanda, bob, clock)


@pytest.mark.parametrize("duty", ["lead", "on_call"])
def test_ask_approval__without_a_name_tells_the_lead_on_duty_else_the_manager_on_call(wanda, clock, duty):
    shift("olga", duty, team(), now() - HOUR)
    ask_approval(
        by=wanda,
        kind=ApprovalKind.HOSPITAL_SUPPORT,
        case_id=clock.case_id,
        subject=clock.subject,
        reason="no_other_help",
    )
    assert Message.objects.get().user.name == "Olga"


def test_two_people__every_kind_says_who_decides_and_what_happens_meanwhile():
    assert set(TWO_PEOPLE) == set(ApprovalKind)
    assert all(row.words and row.meanwhile for row in TWO_PEOPLE.values())


def test_page__shows_it_to_the_second_person_who_decides_there(client, wanda, bob, clock):
    row = asked(wanda, bob, clock)
    address = reverse("timelimits:approval", args=[row.pk])
    client.force_login(user("wanda"))
    assert "Agree" not in client.get(address).content.decode().split("<main")[1].split("Asked by")[1]
    client.force_login(user("bob"))
    shown = client.get(address).content.decode()
    assert "Wanda" in shown
    assert reverse("timelimits:approve", args=[row.pk]) in shown
    again = client.post(reverse("timelimits:refuse", args=[row.pk]), {"note": ""})
    assert "Say why" in again.content.decode()
    assert client.post(reverse("timelimits:approve", args=[row.pk])).status_code == 302
    assert clock.extensions.count() == 1
    assert "Agreed by Bob" in client.get(address).content.decode()


def test_page__of_a_question_that_is_not_yours_is_not_there(client, wanda, bob, clock):
    row = asked(wanda, bob, clock)
    member("charlie", "team_lead", team("elsewhere"))
    client.force_login(user("charlie"))
    assert client.get(reverse("timelimits:approval", args=[row.pk])).status_code == 404


def test_explain__says_that_an_extension_was_asked_for(client, wanda, bob, clock):
    asked(wanda, bob, clock)
    client.force_login(user("wanda"))
    shown = client.get(reverse("timelimits:explain", args=[clock.pk])).content.decode()
    assert "Bob was asked to agree" in shown
    assert reverse("timelimits:extend", args=[clock.pk]) not in shown
