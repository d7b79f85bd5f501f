"""Blocks are worked out when asked; safe care is never stopped by one."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.urls import reverse

from audit.commands import now
from audit.domain import SYSTEM
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from notifications.models import Message
from tests.factories.timelimits import extend, member, on_list, publish, shift, start, team, user
from timelimits.commands import (
    chase_overrides,
    confirm_override,
    override_block,
    refuse_if_blocked,
    stop_clock,
)
from timelimits.models import Alarm, Override
from timelimits.queries import override_for
from timelimits.queries.health import count_overrides

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BOOK = "episode.allocate"


@pytest.fixture
def alice():
    return member("alice", "team_lead", team())


@pytest.fixture
def late(alice):
    publish(blocks=[BOOK])
    clock = start(at=now() - 3 * HOUR)
    on_list(clock.case_id)
    return clock


@pytest.fixture
def wide():
    return member("wanda", "service_manager", team())


def ask(clock, at=None, permission=BOOK):
    refuse_if_blocked(case_id=clock.case_id, permission=permission, now=at or now())


def override(by, clock, **more):
    given = {"by": by, "case_id": clock.case_id, "permission": BOOK, "reason": "Needs a visit tonight", "hours": 24}
    return override_block(**(given | more))


def test_refuse_if_blocked__without_waiting_for_the_sweep(late):
    with pytest.raises(RuleBroken, match="2-hour visit was due") as refused:
        ask(late)
    assert refused.value.code == "blocked_by_time_limit"


def test_refuse_if_blocked__only_when_late_only_that_act_only_that_case(late):
    ask(late, late.due_at)
    ask(late, permission="contact.record")
    refuse_if_blocked(case_id=uuid4(), permission=BOOK, now=now())
    stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=now())
    ask(late)


def test_refuse_if_blocked__an_extension_lifts_it(late, wide):
    extend(wide, late, now() + 5 * HOUR)
    ask(late)


def test_override_block__lifts_it_and_tells_the_manager_on_call(late, wide):
    shift("olga", "on_call", team(), now() - HOUR)
    row = override(wide, late)
    ask(late)
    message = Message.objects.get()
    assert (message.user.name, message.template, message.link) == ("Olga", "override_made", f"/overrides/{row.pk}/")
    with pytest.raises(RuleBroken):
        ask(late, row.ends_at)


def test_override_block__of_one_form_sent_twice_is_one(late, wide):
    shift("olga", "on_call", team(), now() - HOUR)
    form_id = uuid4()
    assert override(wide, late, form_id=form_id) == override(wide, late, form_id=form_id)
    assert (Override.objects.count(), Message.objects.count()) == (1, 1)
    override(wide, late, form_id=form_id, hours=48)
    override(wide, late, form_id=uuid4())
    assert Override.objects.count() == 3


def test_override_block__with_nobody_on_call_is_made_and_alarmed(late, wide):
    override(wide, late)
    assert Alarm.objects.get().kind == "rung_empty"


@pytest.mark.parametrize(
    ("code", "changes"), [("override_too_long", {"hours": 73}), ("reason_missing", {"reason": " "})]
)
def test_override_block__refuses(late, wide, code, changes):
    with pytest.raises(RuleBroken) as refused:
        override(wide, late, **changes)
    assert refused.value.code == code


def test_override_block__needs_a_clinician_or_lead_and_sight_of_the_case(late):
    with pytest.raises(NotPermitted):
        override(member("olive", "spa_officer", team()), late)
    with pytest.raises(NotFound):
        override(member("charlie", "practitioner", team("elsewhere")), late)


def test_confirm_override__by_somebody_else_once(late, wide):
    row = override(wide, late)
    with pytest.raises(IllegalMove, match="Somebody else"):
        confirm_override(by=wide, override_id=row.pk)
    bob = member("bob", "service_manager", team())
    assert confirm_override(by=bob, override_id=row.pk).confirmed_by == bob.id
    assert confirm_override(by=bob, override_id=row.pk).confirmed_by == bob.id
    assert override_for(wide, row.pk) == row


def test_confirm_override__out_of_sight_is_not_found(late, wide):
    row = override(wide, late)
    elsewhere = member("charlie", "team_lead", team("elsewhere"))
    with pytest.raises(NotFound):
        confirm_override(by=elsewhere, override_id=row.pk)
    with pytest.raises(NotFound):
        override_for(elsewhere, row.pk)


def test_chase_overrides__alarms_and_tells_once_when_nobody_confirmed(late, wide):
    shift("olga", "on_call", team(), now() - HOUR)
    row = override(wide, late)
    assert chase_overrides(by=SYSTEM) == 0
    Override.objects.update(confirm_by=now() - HOUR)
    assert chase_overrides(by=SYSTEM) == chase_overrides(by=SYSTEM) == 1
    assert Message.objects.filter(template="override_unconfirmed").count() == 1
    assert Alarm.objects.get(kind="override_unconfirmed").times == 2
    confirm_override(by=member("bob", "service_manager", team()), override_id=row.pk)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_overrides__are_counted_by_who_made_them_and_shown_to_leads(late, wide, alice, client):
    wendy = member("wendy", "service_manager", team())
    confirm_override(by=wendy, override_id=override(wide, late).pk)
    override(wide, late)
    override(wendy, late)
    old = override(wendy, late)
    Override.objects.filter(pk=old.pk).update(starts_at=now() - timedelta(days=29), ends_at=now() - timedelta(days=28))
    counted = [(row.label, row.made, row.unconfirmed) for row in count_overrides(now())]
    assert counted == [("Wanda", 2, 1), ("Wendy", 1, 1)]
    client.force_login(user("alice"))
    shown = client.get(reverse("timelimits:health")).text
    assert "Wanda: 2, <b>1 without a second person</b>" in shown


def test_override__the_database_refuses_more_than_72_hours_and_ones_own_confirmation(late, wide):
    row = override(wide, late)
    row.ends_at = row.starts_at + 73 * HOUR
    with pytest.raises(IntegrityError):
        row.save()
