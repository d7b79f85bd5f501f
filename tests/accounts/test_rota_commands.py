"""The rota and partner systems: who may, what is refused, what is kept."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from oauth2_provider.models import AccessToken

from accounts import commands
from accounts.domain import ROLES, DayKind, Duty, Permission, Role, Scope
from accounts.models import Cover, PartnerClient, Shift, ShiftPattern, Team, TeamHours, User
from accounts.queries import answering, is_open, on_duty
from audit.acting import now
from audit.domain import SYSTEM, Actor
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted, RuleBroken
from tests.factories.accounts import make_actor, make_member, make_organisation, make_team, make_user, put_on_duty

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 9, 17, 7, 0, tzinfo=UTC)
EVENING = datetime(2026, 9, 17, 19, 0, tzinfo=UTC)
DAY = time(8, 0), time(20, 0)


@pytest.fixture
def team() -> Team:
    return make_team(name="UCR South")


@pytest.fixture
def lead(team: Team) -> Actor:
    return make_actor(Role.TEAM_LEAD, team, "Lee")


@pytest.fixture
def bob(team: Team) -> User:
    return make_member(Role.CASE_COORDINATOR, team, "Bob")


def shift(by: Actor, team: Team, user: User, **changed: Any) -> Shift:
    asked = {"team_id": team.pk, "user_id": user.pk, "duty": Duty.DESK, "starts_at": MORNING, "ends_at": EVENING}
    return commands.add_shift(by=by, **(asked | changed))


def pattern(by: Actor, team: Team, user: User) -> ShiftPattern:
    return commands.add_shift_pattern(
        by=by,
        team_id=team.pk,
        user_id=user.pk,
        duty=Duty.LEAD,
        day_kind=DayKind.WEEKDAY,
        begins=time(8),
        ends=time(20),
        valid_from=date(2026, 9, 1),
    )


def cover(by: Actor, user: User, stand_in: User, **changed: Any) -> Cover:
    asked = {"user_id": user.pk, "covered_by_id": stand_in.pk, "starts_at": MORNING, "ends_at": EVENING}
    return commands.add_cover(by=by, **(asked | changed))


Act = Callable[[Actor, Team, User], object]
ACTS: dict[str, Act] = {
    "hours": lambda by, team, _: commands.set_team_hours(by=by, team_id=team.pk, periods=[(0, *DAY)]),
    "pattern": pattern,
    "shift": shift,
    "cover": lambda by, _, user: cover(by, user, make_user()),
    "end": lambda by, team, user: commands.end_shift_pattern(
        by=by, pattern_id=put_on_duty(user, team, Duty.DESK).pk, valid_until=date(2026, 9, 30)
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("role", [role for role, row in ROLES.items() if Permission.ROTA_MANAGE not in row.permissions])
def test_keep_rota__is_for_leads_and_administrators(role: Role, act: Act, team: Team, bob: User) -> None:
    with pytest.raises(NotPermitted):
        act(make_actor(role, team), team, bob)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_keep_rota__of_another_team_is_not_found(act: Act, team: Team, bob: User) -> None:
    with pytest.raises(NotFound):
        act(make_actor(Role.TEAM_LEAD), team, bob)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.SERVICE_MANAGER])
def test_keep_rota__of_any_team_by_who_keeps_all(act: Act, role: Role, team: Team, bob: User) -> None:
    act(make_actor(role), team, bob)
    assert CaseEvent.objects.filter(event__startswith="rota.").count() == 1


def test_set_team_hours__replaces_the_week(lead: Actor, team: Team) -> None:
    commands.set_team_hours(by=lead, team_id=team.pk, periods=[(0, *DAY)])
    commands.set_team_hours(by=lead, team_id=team.pk, periods=[(3, time(8), time(12)), (3, time(13), time(0))])
    assert TeamHours.objects.count() == 2
    open_at = [is_open(team.pk, datetime(2026, 9, 17, hour, 30, tzinfo=UTC)) for hour in (6, 8, 11, 13, 22)]
    assert open_at == [False, True, False, True, True]


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        ([(0, time(20), time(8))], "hours_backwards"),
        ([(0, time(8), time(8))], "hours_backwards"),
        ([(0, time(8), time(13)), (0, time(12), time(20))], "hours_overlap"),
        ([(0, time(8), time(0)), (0, time(12), time(20))], "hours_overlap"),
    ],
)
def test_set_team_hours__refuses_what_can_not_be(lead: Actor, team: Team, periods: list[Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        commands.set_team_hours(by=lead, team_id=team.pk, periods=periods)
    assert refused.value.code == code


def test_add_shift_pattern__puts_somebody_on_duty_until_it_ends(lead: Actor, team: Team, bob: User) -> None:
    made = pattern(lead, team, bob)
    assert on_duty(team.pk, Duty.LEAD, MORNING) == [bob]
    commands.end_shift_pattern(by=lead, pattern_id=made.pk, valid_until=date(2026, 9, 16))
    assert on_duty(team.pk, Duty.LEAD, MORNING) == []


def test_add_shift_and_pattern__sent_twice_are_one_each(lead: Actor, team: Team, bob: User) -> None:
    assert shift(lead, team, bob) == shift(lead, team, bob)
    assert pattern(lead, team, bob) == pattern(lead, team, bob)
    assert (Shift.objects.count(), ShiftPattern.objects.count(), CaseEvent.objects.count()) == (1, 1, 2)


def test_rota__of_a_far_year_is_refused_at_its_field(lead: Actor, team: Team, bob: User) -> None:
    far, running = datetime(2199, 1, 1, tzinfo=UTC), pattern(lead, team, bob)
    for field, act in {
        "ends_day": lambda: shift(lead, team, bob, ends_at=far),
        "ends_on": lambda: commands.end_shift_pattern(by=lead, pattern_id=running.pk, valid_until=far.date()),
        "valid_from": lambda: commands.add_shift_pattern(
            by=lead, team_id=team.pk, user_id=bob.pk, duty=Duty.DESK, day_kind=DayKind.WEEKDAY, begins=time(8),
            ends=time(20), valid_from=far.date(),
        ),
    }.items():  # fmt: skip
        with pytest.raises(RuleBroken, match="more than two years ahead") as refused:
            act()
        assert refused.value.field == field
    with pytest.raises(RuleBroken, match="more than two years ahead"):
        cover(lead, bob, make_member(Role.CASE_COORDINATOR, team), ends_at=far)


def test_add_shift_pattern__that_was_ended_may_run_again(lead: Actor, team: Team, bob: User) -> None:
    ended = commands.end_shift_pattern(by=lead, pattern_id=pattern(lead, team, bob).pk, valid_until=date(2026, 9, 16))
    assert pattern(lead, team, bob) != ended
    assert on_duty(team.pk, Duty.LEAD, MORNING) == [bob]


def test_shift_and_pattern__are_one_each_in_the_database_too(lead: Actor, team: Team, bob: User) -> None:
    for made in (shift(lead, team, bob), pattern(lead, team, bob)):
        made.pk = None
        with pytest.raises(IntegrityError, match="_once"), transaction.atomic():
            made.save(force_insert=True)


def test_add_shift__puts_somebody_on_duty_once(lead: Actor, team: Team, bob: User) -> None:
    made = shift(lead, team, bob)
    assert on_duty(team.pk, Duty.DESK, MORNING) == [bob]
    commands.remove_shift(by=lead, shift_id=made.pk)
    commands.remove_shift(by=lead, shift_id=made.pk)
    assert on_duty(team.pk, Duty.DESK, MORNING) == []


def test_add_shift__refuses_a_disabled_person_and_a_backward_span(lead: Actor, team: Team, bob: User) -> None:
    with pytest.raises(RuleBroken, match="ends before it starts"):
        shift(lead, team, bob, ends_at=MORNING)
    gone = make_member(Role.PRACTITIONER, team, "Gone", is_active=False)
    with pytest.raises(RuleBroken, match="Gone Test is disabled"):
        shift(lead, team, gone)


def test_remove_shift__of_another_team_is_not_found(lead: Actor, team: Team, bob: User) -> None:
    made = shift(lead, team, bob)
    with pytest.raises(NotFound):
        commands.remove_shift(by=make_actor(Role.TEAM_LEAD), shift_id=made.pk)


def test_end_shift_pattern__of_nothing_is_not_found(lead: Actor) -> None:
    with pytest.raises(NotFound):
        commands.end_shift_pattern(by=lead, pattern_id=0, valid_until=date(2026, 9, 16))


def test_add_cover__answers_for_who_is_away(lead: Actor, bob: User) -> None:
    stand_in = make_user()
    made = cover(lead, bob, stand_in)
    assert answering({bob.pk: bob}, MORNING)[bob.pk] == stand_in
    assert answering({bob.pk: bob}, EVENING)[bob.pk] == bob
    commands.remove_cover(by=lead, cover_id=made.pk)
    commands.remove_cover(by=lead, cover_id=made.pk)
    assert answering({bob.pk: bob}, MORNING)[bob.pk] == bob


def test_add_cover__refuses_oneself_and_two_at_a_time(lead: Actor, bob: User) -> None:
    with pytest.raises(RuleBroken, match="somebody else"):
        cover(lead, bob, bob)
    cover(lead, bob, make_user())
    with pytest.raises(RuleBroken, match="already"):
        cover(lead, bob, make_user())
    cover(lead, bob, make_user(), starts_at=EVENING, ends_at=EVENING.replace(hour=23))


def test_remove_cover__of_another_team_is_not_found(lead: Actor, bob: User) -> None:
    made = cover(lead, bob, make_user())
    with pytest.raises(NotFound):
        commands.remove_cover(by=make_actor(Role.TEAM_LEAD), cover_id=made.pk)


# Partner systems


@pytest.fixture
def admin() -> Actor:
    return make_actor(Role.ADMINISTRATOR, name="Ada")


def partner(by: Actor, **changed: Any) -> tuple[PartnerClient, str]:
    asked = {"name": "Hub", "organisation_id": make_organisation().pk, "scopes": [Scope.REFERRALS_READ]}
    return commands.add_partner(by=by, **(asked | changed))


def test_add_partner__secret_is_returned_and_kept_as_a_hash(admin: Actor) -> None:
    client, secret = partner(admin)
    client.refresh_from_db()
    assert secret not in client.application.client_secret
    assert client.scopes == ["referrals:read"]
    assert CaseEvent.objects.get(case_id=client.pk).event == "partner.added"


def test_add_partner__takes_given_names_for_the_demo() -> None:
    client, secret = partner(SYSTEM, client_id="demo-partner", secret="demo-partner-secret")
    assert (client.application.client_id, secret) == ("demo-partner", "demo-partner-secret")


def test_add_partner__of_a_name_its_organisation_has_already_is_refused(admin: Actor) -> None:
    first, _ = partner(admin)
    told = {"organisation_id": first.organisation_id, "name": "HUB"}
    with pytest.raises(RuleBroken, match="of this name already") as refused:
        partner(admin, **told)
    assert (refused.value.field, PartnerClient.objects.count()) == ("name", 1)
    partner(admin, organisation_id=make_organisation().pk)
    with pytest.raises(IntegrityError, match="accounts_partner_name_in_organisation"), transaction.atomic():
        PartnerClient.objects.exclude(pk=first.pk).update(**told)


def test_add_partner__refuses_no_scope_and_no_organisation(admin: Actor) -> None:
    with pytest.raises(RuleBroken, match="what it may do"):
        partner(admin, scopes=[])
    with pytest.raises(NotFound):
        partner(admin, organisation_id=uuid4())


def token_of(client: PartnerClient) -> AccessToken:
    return AccessToken.objects.create(application=client.application, token="t", expires=now(), scope="referrals:read")


def test_rotate_secret__ends_the_old_one_and_its_tokens(admin: Actor) -> None:
    client, first = partner(admin)
    token_of(client)
    before = PartnerClient.objects.get(pk=client.pk).application.client_secret
    second = commands.rotate_secret(by=admin, client_id=client.pk)
    assert second != first
    assert PartnerClient.objects.get(pk=client.pk).application.client_secret != before
    assert not AccessToken.objects.exists()


def test_disable_partner__ends_its_tokens_and_is_quiet_twice(admin: Actor) -> None:
    client, _ = partner(admin)
    token_of(client)
    commands.disable_partner(by=admin, client_id=client.pk)
    commands.disable_partner(by=admin, client_id=client.pk)
    assert not AccessToken.objects.exists()
    commands.enable_partner(by=admin, client_id=client.pk)
    assert commands.enable_partner(by=admin, client_id=client.pk).is_active
    events = [one.event for one in CaseEvent.objects.filter(case_id=client.pk).order_by("id")]
    assert events == ["partner.added", "partner.disabled", "partner.enabled"]


@pytest.mark.parametrize(
    "act", [commands.rotate_secret, commands.disable_partner, commands.enable_partner], ids=lambda act: act.__name__
)
def test_keep_partners__of_nobody_is_not_found_and_others_may_not(admin: Actor, lead: Actor, act: Any) -> None:
    with pytest.raises(NotFound):
        act(by=admin, client_id=uuid4())
    with pytest.raises(NotPermitted):
        act(by=lead, client_id=uuid4())
    with pytest.raises(NotPermitted):
        partner(lead)
