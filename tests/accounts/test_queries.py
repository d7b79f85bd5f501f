from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine

from accounts.commands import end_access, grant_access
from accounts.domain import AccessLevel, DayKind, Duty, Permission, Role, Scope
from accounts.models import CaseAccess, Cover, Shift, TeamHours
from accounts.queries import (
    actor_for,
    answering,
    code_lists,
    codes,
    current_memberships,
    in_order,
    is_open,
    may_see,
    on_duty,
    open_grants,
    people_with_role,
    place,
    scope,
    teams_for_zone,
)
from accounts.queries.standing import standing
from audit.commands import acting, record
from audit.domain import ANONYMOUS, SYSTEM, Actor
from audit.models import CaseEvent
from tests.factories.accounts import (
    join,
    make_actor,
    make_cast,
    make_member,
    make_organisation,
    make_partner,
    make_place,
    make_team,
    make_user,
    put_on_duty,
)

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
THURSDAY = datetime(2026, 9, 17, 12, 0, tzinfo=UTC)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


# Who acts


def test_actor_for__has_the_roles_and_teams_of_today():
    user, team = make_user("Alice"), make_team()
    join(user, team, Role.CASE_COORDINATOR)
    actor = actor_for(user)
    assert (actor.id, actor.label, actor.role) == (f"user:{user.pk}", "Alice Test", "Case co-ordinator")
    assert actor.teams == {team.pk}
    assert actor.organisation == team.organisation_id
    assert actor.may(Permission.EPISODE_ALLOCATE)
    assert not actor.place_wide


def test_actor_for__with_two_roles_holds_both():
    user, team = make_user(), make_team()
    join(user, team, Role.CASE_COORDINATOR)
    join(user, make_team(), Role.SPA_OFFICER)
    actor = actor_for(user)
    assert actor.role == "Case co-ordinator, SPA officer"
    assert actor.may(Permission.REFERRAL_CHASE)
    assert actor.may(Permission.EPISODE_ALLOCATE)
    assert actor.place_wide


@pytest.mark.parametrize(
    ("at", "held"),
    [
        ("2026-05-31T23:59", False),  # British Summer Time: 22:59 UTC, still May
        ("2026-06-01T00:00", True),  # 23:00 UTC on 31 May, already June here
        ("2026-06-30T23:59", True),
        ("2026-07-01T00:00", False),
    ],
)
def test_membership__begins_and_ends_with_the_day_in_london(at, held):
    user = make_user()
    join(user, make_team(), Role.SPA_OFFICER, starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30))
    assert current_memberships(local(at)).exists() is held
    with time_machine.travel(local(at), tick=False):
        assert actor_for(user).may(Permission.REFERRAL_REGISTER) is held


def test_actor_for__someone_without_a_team_may_and_sees_nothing():
    grant_access(by=SYSTEM, case_id=uuid4(), team_id=make_team().pk, why="registered")
    nobody = actor_for(make_user())
    assert nobody.permissions == frozenset()
    assert not open_grants(nobody).exists()
    assert not open_grants(ANONYMOUS).exists()


def test_actor_for__a_disabled_user_may_and_sees_nothing():
    user = make_member(Role.SERVICE_MANAGER)
    user.is_active = False
    user.save()
    actor = actor_for(user)
    assert (actor.permissions, actor.teams, actor.place_wide) == (frozenset(), frozenset(), False)


def test_actor_for__a_partner_has_its_scopes_and_its_organisations_teams():
    organisation = make_organisation()
    team = make_team(organisation=organisation)
    partner = make_partner(organisation, (Scope.REFERRALS_WRITE,))
    actor = actor_for(partner)
    assert actor.client_id == partner.pk
    assert actor.teams == {team.pk}
    assert actor.may(Permission.REFERRAL_REGISTER)
    assert not actor.may(Permission.REFERRAL_ACCEPT)
    assert not actor.place_wide


def test_actor_for__a_stopped_partner_may_and_sees_nothing():
    partner = make_partner(is_active=False)
    make_team(organisation=partner.organisation)
    actor = actor_for(partner)
    assert (actor.permissions, actor.teams, actor.organisation) == (frozenset(), frozenset(), None)


# What an actor sees


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def case_id(cast):
    case_id = uuid4()
    with acting(SYSTEM):
        record(case_id=case_id, event="referral.registered", subject="referral:1")
    return case_id


def visible(by, case_id):
    """Return whether the list shows it; asking for the one object must agree."""
    in_list = scope(CaseEvent.objects.all(), by).filter(case_id=case_id).exists()
    assert may_see(by, case_id) == in_list
    return in_list


def test_case__is_seen_by_the_team_it_is_granted_to_only(cast, case_id):
    grant_access(by=cast.sam, case_id=case_id, team_id=cast.team.pk, why="accepted")
    assert visible(cast.alice, case_id)
    assert not visible(cast.bob, case_id)
    assert not visible(cast.charlie, case_id)


def test_case__granted_to_an_organisation_is_seen_by_all_its_teams(cast, case_id):
    grant_access(by=cast.sam, case_id=case_id, organisation_id=cast.team.organisation_id, why="accepted")
    assert visible(cast.alice, case_id)
    assert visible(cast.bob, case_id)
    assert not visible(cast.charlie, case_id)


def test_case__granted_to_the_second_organisation_somebody_works_for_is_seen(cast, case_id):
    user = make_member(Role.PRACTITIONER, cast.team)
    join(user, cast.far_team, Role.PRACTITIONER)
    grant_access(by=cast.sam, case_id=case_id, organisation_id=cast.far_team.organisation_id, why="accepted")
    assert visible(actor_for(user), case_id)


def test_case__granted_to_nobody_is_seen_by_nobody(cast, case_id):
    assert not any(visible(by, case_id) for by in (cast.alice, cast.bob, cast.charlie, ANONYMOUS))


def test_case__is_seen_by_place_wide_roles_and_the_system(cast, case_id):
    assert visible(make_actor(Role.SPA_OFFICER), case_id)
    assert visible(make_actor(Role.AUDITOR), case_id)
    assert visible(cast.sam, case_id)


def test_case__is_hidden_again_when_the_grant_ends(cast, case_id):
    granted = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
    with time_machine.travel(granted, tick=False):
        grant_access(by=cast.sam, case_id=case_id, team_id=cast.team.pk, why="accepted")
    with time_machine.travel(granted - timedelta(seconds=1), tick=False):  # a server whose clock is behind
        assert visible(cast.alice, case_id)
    with time_machine.travel(granted + timedelta(hours=1), tick=False):
        assert visible(cast.alice, case_id)
        end_access(by=cast.sam, case_ids=[case_id], team_id=cast.team.pk)
        assert not visible(cast.alice, case_id)
    assert CaseAccess.objects.get().ends_at == granted + timedelta(hours=1)


def test_status_grant__shows_the_status_and_not_the_case(cast, case_id):
    level = AccessLevel.STATUS
    grant_access(by=cast.sam, case_id=case_id, team_id=cast.team.pk, level=level, why="referrer")
    assert not visible(cast.alice, case_id)
    assert scope(CaseEvent.objects.all(), cast.alice, levels=(AccessLevel.STATUS,)).exists()


def test_scope__leaves_other_cases_out_of_the_same_list(cast, case_id):
    other = uuid4()
    with acting(SYSTEM):
        record(case_id=other, event="referral.registered", subject="referral:2")
    grant_access(by=cast.sam, case_id=case_id, team_id=cast.team.pk, why="accepted")
    grant_access(by=cast.sam, case_id=other, team_id=cast.far_team.pk, why="accepted")
    assert [row.case_id for row in scope(CaseEvent.objects.all(), cast.alice)] == [case_id]


# Who is on duty


def names(users):
    return [user.name for user in users]


def test_on_duty__is_who_the_pattern_says_of_this_team_and_duty():
    team, user = make_team(), make_user("Dora")
    put_on_duty(user, team, Duty.LEAD, begins=time(8), ends=time(20))
    assert names(on_duty(team.pk, Duty.LEAD, local("2026-09-17T08:00"))) == ["Dora Test"]
    assert on_duty(team.pk, Duty.LEAD, local("2026-09-17T20:00")) == []
    assert on_duty(team.pk, Duty.DESK, local("2026-09-17T09:00")) == []
    assert on_duty(make_team().pk, Duty.LEAD, local("2026-09-17T09:00")) == []


def test_on_duty__changes_with_weekday_weekend_bank_holiday_and_night():
    team = make_team()
    for name, days in (("Wendy", DayKind.WEEKDAY), ("Wilf", DayKind.WEEKEND), ("Holly", DayKind.BANK_HOLIDAY)):
        put_on_duty(make_user(name), team, Duty.LEAD, day_kind=days, begins=time(8), ends=time(20))
    put_on_duty(make_user("Nora"), team, Duty.LEAD, begins=time(20), ends=time(8))
    expected = {
        "2026-12-24T09:00": "Wendy Test",
        "2026-12-24T23:00": "Nora Test",
        "2026-12-25T07:59": "Nora Test",
        "2026-12-25T08:00": "Holly Test",
        "2026-12-27T08:00": "Wilf Test",
    }
    assert {at: ", ".join(names(on_duty(team.pk, Duty.LEAD, local(at)))) for at in expected} == expected


def test_on_duty__adds_single_shifts():
    team, user = make_team(), make_user("Extra")
    Shift.objects.create(
        team=team, duty=Duty.DESK, user=user, starts_at=THURSDAY, ends_at=THURSDAY + timedelta(hours=2)
    )
    assert names(on_duty(team.pk, Duty.DESK, THURSDAY)) == ["Extra Test"]
    assert on_duty(team.pk, Duty.DESK, THURSDAY + timedelta(hours=2)) == []


def test_on_duty__names_each_once_in_order_and_leaves_out_the_disabled():
    team, zoe, adam = make_team(), make_user("Zoe"), make_user("Adam")
    for user in (zoe, adam):
        put_on_duty(user, team, Duty.DESK)
    put_on_duty(zoe, team, Duty.DESK, day_kind=DayKind.WEEKDAY)
    put_on_duty(make_user("Gone", is_active=False), team, Duty.DESK)
    assert names(on_duty(team.pk, Duty.DESK, THURSDAY)) == ["Adam Test", "Zoe Test"]


def cover(user, by, starts_at=THURSDAY, hours=1):
    return Cover.objects.create(
        user=user, covered_by=by, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )


def test_cover__stands_in_while_somebody_is_away():
    team, away, stand_in = make_team(), make_user("Away"), make_user("Standin")
    put_on_duty(away, team, Duty.LEAD)
    cover(away, stand_in)
    assert names(on_duty(team.pk, Duty.LEAD, THURSDAY)) == ["Standin Test"]
    assert in_order(standing(stand_in.pk, THURSDAY).shifts) == [(Duty.LEAD, team.name)]
    assert in_order(standing(away.pk, THURSDAY).shifts) == []
    later = THURSDAY + timedelta(hours=1)
    assert names(on_duty(team.pk, Duty.LEAD, later)) == ["Away Test"]
    assert in_order(standing(away.pk, later).shifts) == [(Duty.LEAD, team.name)]


def test_cover__that_is_away_too_is_covered_in_turn():
    first, second, third = make_user("First"), make_user("Second"), make_user("Third")
    cover(first, second)
    cover(second, third)
    assert answering({first.pk: first}, THURSDAY)[first.pk] == third


def test_cover__in_a_circle_leaves_the_one_asked_for():
    first, second = make_user("First"), make_user("Second")
    cover(first, second)
    cover(second, first)
    assert answering({first.pk: first}, THURSDAY)[first.pk] == first
    assert answering({second.pk: second}, THURSDAY)[second.pk] == second


def test_duties_of__puts_the_highest_first():
    user, team = make_user(), make_team("spa")
    put_on_duty(user, team, Duty.DESK)
    put_on_duty(user, team, Duty.ON_CALL)
    assert in_order(standing(user.pk, THURSDAY).shifts) == [(Duty.ON_CALL, team.name), (Duty.DESK, team.name)]


# Teams


def test_is_open__follows_the_teams_hours():
    team = make_team()
    TeamHours.objects.create(team=team, weekday=3, opens=time(8), closes=time(20))
    assert is_open(team.pk, local("2026-09-17T08:00"))
    assert not is_open(team.pk, local("2026-09-18T08:00"))


def test_people_with_role__are_active_and_in_the_team_now():
    team = make_team()
    make_member(Role.CASE_COORDINATOR, team, "Zoe")
    make_member(Role.CASE_COORDINATOR, team, "Adam")
    make_member(Role.TEAM_LEAD, team)
    make_member(Role.CASE_COORDINATOR, team, is_active=False)
    join(make_user(), team, Role.CASE_COORDINATOR, ends_on=date(2025, 1, 1))
    assert names(people_with_role(Role.CASE_COORDINATOR, team.pk, THURSDAY)) == ["Adam Test", "Zoe Test"]


def test_teams_for_zone__puts_those_that_serve_it_first():
    make_team("north", zones=["southport"])
    make_team("south", zones=["bootle"])
    make_team("beds", kind="bed", zones=["bootle"])
    assert [team.code for team in teams_for_zone("bootle", "crisis")] == ["south", "north"]


# The place and its coded lists


def test_place__is_nameless_before_it_is_loaded():
    assert place().name == ""
    assert codes("red_flags") == []


def test_codes__leave_out_the_retired_and_keep_their_words():
    flags = [{"code": "a", "words": "Now"}, {"code": "b", "words": "Once", "retired": True}]
    make_place(words={"red_flags": flags})
    assert [str(entry) for entry in codes("red_flags")] == ["Now"]
    assert [entry.words for entry in code_lists("red_flags")["red_flags"]] == ["Now", "Once"]


def test_code_lists__read_several_at_once(django_assert_num_queries):
    make_place(words={"red_flags": [{"code": "a", "words": "A"}], "sources": [{"code": "gp", "words": "GP"}]})
    with django_assert_num_queries(1):
        lists = code_lists("sources", "red_flags", "unheard_of")
    assert {name: [entry.code for entry in entries] for name, entries in lists.items()} == {
        "sources": ["gp"],
        "red_flags": ["a"],
        "unheard_of": [],
    }


def test_actor__of_the_system_is_no_user():
    assert isinstance(SYSTEM, Actor)
    assert SYSTEM.teams == frozenset()


def granted_to(team, granted):
    return {"team_id": team.pk} if granted == "team" else {"organisation_id": team.organisation_id}


@pytest.mark.parametrize("granted", ["team", "organisation"])
def test_actor_for__sees_the_cases_of_the_team_they_are_on_duty_for_while_the_shift_lasts(granted):
    theirs, case_id = make_team(), uuid4()
    lead = make_member(Role.TEAM_LEAD, make_team())
    with time_machine.travel(THURSDAY - timedelta(days=1), tick=False):
        grant_access(by=SYSTEM, case_id=case_id, why="registered", **granted_to(theirs, granted))
    put_on_duty(lead, theirs, Duty.LEAD, begins=time(8), ends=time(20))
    with time_machine.travel(THURSDAY.replace(hour=12), tick=False):
        assert may_see(actor_for(lead), case_id)
        assert actor_for(lead).duties == ((Duty.LEAD, theirs.name),)
    with time_machine.travel(THURSDAY.replace(hour=23), tick=False):
        assert not may_see(actor_for(lead), case_id)


@pytest.mark.parametrize("granted", ["team", "organisation"])
def test_actor_for__sees_the_cases_of_those_they_cover_while_the_cover_lasts(granted):
    theirs, case_id = make_team(), uuid4()
    away, stand_in = make_member(Role.CASE_COORDINATOR, theirs), make_member(Role.CASE_COORDINATOR, make_team())
    with time_machine.travel(THURSDAY - timedelta(days=1), tick=False):
        grant_access(by=SYSTEM, case_id=case_id, why="accepted", **granted_to(theirs, granted))
    ends_at = THURSDAY + timedelta(days=2)
    Cover.objects.create(user=away, covered_by=stand_in, starts_at=THURSDAY - timedelta(hours=1), ends_at=ends_at)
    with time_machine.travel(THURSDAY, tick=False):
        assert may_see(actor_for(stand_in), case_id)
    with time_machine.travel(ends_at, tick=False):
        assert not may_see(actor_for(stand_in), case_id)


def test_actor_for__costs_one_statement(django_assert_num_queries):
    user, away, team = make_member(Role.TEAM_LEAD), make_member(Role.CASE_COORDINATOR), make_team()
    put_on_duty(user, team, Duty.DESK)
    put_on_duty(away, team, Duty.LEAD)
    Cover.objects.create(user=away, covered_by=user, starts_at=THURSDAY, ends_at=THURSDAY + timedelta(days=1))
    with time_machine.travel(THURSDAY, tick=False), django_assert_num_queries(1):
        assert actor_for(user).duties == ((Duty.LEAD, team.name), (Duty.DESK, team.name))


@pytest.mark.parametrize(
    "links",
    [
        {},
        {0: 1},
        {1: 0},
        {1: 2, 2: 0},
        {0: 1, 1: 0},
        {0: 1, 1: 0, 2: 0},
        {2: 0, 3: 2, 0: 4},
        {1: 0, 2: 1, 3: 1},
    ],
)
def test_standing__answers_for_whom_the_covers_lead_to_them(links):
    people = [make_member(Role.TEAM_LEAD, make_team(), f"P{number}") for number in range(5)]
    for number, person in enumerate(people):
        put_on_duty(person, make_team(f"led-by-{number}"), Duty.LEAD)
    for away, by in links.items():
        cover(people[away], people[by])
    for person in people:
        answered = {other for other in people if answering({other.pk: other}, THURSDAY)[other.pk] == person}
        assert {name for _, name in in_order(standing(person.pk, THURSDAY).shifts)} == {
            f"Led-By-{people.index(p)}" for p in answered
        }
