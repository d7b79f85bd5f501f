"""Accounts, roles and second factors: who may, what is kept, and that an administrator always remains."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import IntegrityError, connection, transaction

from accounts import commands
from accounts.domain import ROLES, Permission, ResetReason, Role
from accounts.models import Membership, User
from accounts.queries import actor_for
from accounts.queries.directory import mark_of
from audit.acting import now
from audit.domain import SYSTEM, Actor
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted, RuleBroken, Stale
from tests.factories.accounts import join, make_actor, make_member, make_team, make_user
from tests.factories.races import race

pytestmark = pytest.mark.django_db

TODAY = date(2026, 9, 17)
Act = Callable[[Actor, User], object]


@pytest.fixture
def admin() -> Actor:
    return make_actor(Role.ADMINISTRATOR, name="Ada")


ACTS: dict[str, Act] = {
    "invite": lambda by, _: commands.invite_person(by=by, email="new@icras.example", name="New"),
    "change": lambda by, user: commands.change_person(by=by, user_id=user.pk, name="X", phone=""),
    "disable": lambda by, user: commands.disable_person(by=by, user_id=user.pk),
    "enable": lambda by, user: commands.enable_person(by=by, user_id=user.pk),
    "reset": lambda by, user: commands.reset_second_factor(by=by, user_id=user.pk, reason=ResetReason.LOST),
    "give": lambda by, user: commands.give_role(
        by=by, user_id=user.pk, team_id=make_team().pk, role=Role.AUDITOR, starts_on=TODAY
    ),
    "end": lambda by, user: commands.end_role(by=by, membership_id=user.memberships.get().pk, ends_on=TODAY),
}
NO_ACCOUNTS = [role for role, row in ROLES.items() if Permission.ACCOUNT_MANAGE not in row.permissions]


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("role", NO_ACCOUNTS)
def test_keep_accounts__is_for_administrators_only(role: Role, act: Act) -> None:
    user = make_member(Role.PRACTITIONER)
    with pytest.raises(NotPermitted):
        act(make_actor(role), user)


@pytest.mark.parametrize("act", [ACTS[name] for name in ("change", "disable", "enable", "reset", "give")])
def test_keep_accounts__of_nobody_is_not_found(admin: Actor, act: Act) -> None:
    with pytest.raises(NotFound):
        act(admin, User(pk=uuid4()))


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("change", "account.changed"),
        ("disable", "account.disabled"),
        ("reset", "account.second_factor_reset"),
        ("give", "account.role_given"),
        ("end", "account.role_ended"),
    ],
)
def test_keep_accounts__each_act_is_in_the_history_once(admin: Actor, name: str, event: str) -> None:
    user = make_member(Role.PRACTITIONER)
    ACTS[name](admin, user)
    kept = CaseEvent.objects.get(case_id=user.pk)
    assert (kept.event, kept.actor_id, kept.subject) == (event, admin.id, f"user:{user.pk}")


def test_invite_person__has_no_password_and_no_role(admin: Actor) -> None:
    user = commands.invite_person(by=admin, email="New.Person@ICRAS.example", name="New", phone="0151 496 0100")
    assert (user.email, user.has_usable_password(), user.is_active) == ("new.person@icras.example", False, True)
    assert actor_for(user).permissions == frozenset()


@pytest.mark.parametrize("email", ["bob@icras.example", "BOB@icras.example"])
def test_invite_person__refuses_an_address_that_is_taken(admin: Actor, email: str) -> None:
    make_user("Bob")
    with pytest.raises(RuleBroken) as refused:
        commands.invite_person(by=admin, email=email, name="Other")
    assert (refused.value.code, refused.value.field) == ("email_taken", "email")


def test_disable_person__keeps_roles_and_takes_permissions(admin: Actor) -> None:
    user = make_member(Role.TEAM_LEAD)
    commands.disable_person(by=admin, user_id=user.pk)
    user.refresh_from_db()
    assert (user.is_active, user.memberships.count(), actor_for(user).permissions) == (False, 1, frozenset())


def test_disable_person__twice_is_quiet(admin: Actor) -> None:
    user = make_user()
    commands.disable_person(by=admin, user_id=user.pk)
    commands.disable_person(by=admin, user_id=user.pk)
    assert CaseEvent.objects.filter(case_id=user.pk).count() == 1


def test_enable_person__gives_back_what_the_roles_hold(admin: Actor) -> None:
    user = make_member(Role.TEAM_LEAD, is_active=False)
    commands.enable_person(by=admin, user_id=user.pk)
    commands.enable_person(by=admin, user_id=user.pk)
    user.refresh_from_db()
    assert actor_for(user).permissions
    assert CaseEvent.objects.filter(case_id=user.pk).count() == 1


@pytest.mark.parametrize("name", ["disable", "reset"])
def test_keep_accounts__nobody_does_this_to_themselves(admin: Actor, name: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        ACTS[name](admin, User.objects.get(pk=admin.user_id))
    assert refused.value.code == "own_account"


def test_disable_person__who_is_the_last_administrator_is_refused_and_nothing_changes(admin: Actor) -> None:
    other = make_actor(Role.ADMINISTRATOR)
    commands.disable_person(by=admin, user_id=other.user_id)
    with pytest.raises(RuleBroken) as refused:
        commands.disable_person(by=SYSTEM, user_id=admin.user_id)
    assert refused.value.code == "last_administrator"
    assert User.objects.get(pk=admin.user_id).is_active
    assert not CaseEvent.objects.filter(case_id=admin.user_id).exists()


@pytest.mark.parametrize("ends_on", [TODAY, date(2099, 1, 1)])
def test_end_role__of_the_last_administrator_is_refused_even_years_ahead(admin: Actor, ends_on: date) -> None:
    held = Membership.objects.get(user_id=admin.user_id)
    with pytest.raises(RuleBroken) as refused:
        commands.end_role(by=admin, membership_id=held.pk, ends_on=ends_on)
    assert refused.value.code == "last_administrator"
    held.refresh_from_db()
    assert held.ends_on is None


@pytest.mark.django_db(transaction=True)
def test_end_role__two_administrators_who_remove_each_other_leave_one() -> None:
    ada, bea = make_actor(Role.ADMINISTRATOR, name="Ada"), make_actor(Role.ADMINISTRATOR, name="Bea")

    def remove(by: Actor, whom: Actor) -> Callable[[], object]:
        held = Membership.objects.get(user_id=whom.user_id)
        return lambda: commands.end_role(by=by, membership_id=held.pk, ends_on=TODAY)

    outcomes = race(remove(ada, bea), remove(bea, ada))
    refused = [one for one in outcomes if isinstance(one, RuleBroken)]
    assert [one.code for one in refused] == ["last_administrator"]
    assert Membership.objects.filter(role=Role.ADMINISTRATOR, ends_on=None).count() == 1


def test_reset_second_factor__takes_app_and_codes_and_keeps_the_reason(admin: Actor) -> None:
    user = make_member(Role.PRACTITIONER)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    removed = commands.reset_second_factor(by=admin, user_id=user.pk, reason=ResetReason.MISUSE)
    assert removed == 2
    assert CaseEvent.objects.get(case_id=user.pk).data == {"reason": "misuse"}


def test_give_role__counts_from_its_first_day_to_its_last(admin: Actor) -> None:
    user, team = make_user(), make_team()
    start, end = date(2020, 1, 1), date(2020, 1, 31)
    commands.give_role(by=admin, user_id=user.pk, team_id=team.pk, role=Role.AUDITOR, starts_on=start, ends_on=end)
    assert actor_for(user).roles == frozenset()
    commands.give_role(by=admin, user_id=user.pk, team_id=team.pk, role=Role.AUDITOR, starts_on=start)
    assert actor_for(user).roles == {Role.AUDITOR}


def test_give_role__held_already_is_quiet(admin: Actor) -> None:
    user, team = make_user(), make_team()
    asked: dict[str, Any] = {"user_id": user.pk, "team_id": team.pk, "role": Role.AUDITOR, "starts_on": TODAY}
    assert commands.give_role(by=admin, **asked) == commands.give_role(by=admin, **asked)
    assert CaseEvent.objects.filter(case_id=user.pk).count() == 1


def test_give_role__between_the_same_days_twice_is_one(admin: Actor) -> None:
    held = join(make_user(), make_team(), Role.AUDITOR, starts_on=TODAY, ends_on=TODAY)
    told = {"user_id": held.user_id, "team_id": held.team_id, "role": Role.AUDITOR, "starts_on": TODAY}
    assert commands.give_role(by=admin, **told, ends_on=TODAY) == held
    later = commands.give_role(by=admin, **told, ends_on=date(2099, 1, 1))
    assert later != held
    with pytest.raises(IntegrityError, match="accounts_membership_once_between"), transaction.atomic():
        Membership.objects.filter(pk=later.pk).update(ends_on=TODAY)
    commands.end_role(by=admin, membership_id=later.pk, ends_on=TODAY)  # now both say the same: one row does
    assert list(Membership.objects.filter(user=held.user)) == [later]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ends_on": date(2026, 9, 16)}, "ends_before_start"),
        ({"role": Role.PARTNER_SYSTEM}, "partner_is_no_person"),
    ],
)
def test_give_role__refuses_what_makes_no_sense(admin: Actor, changed: dict[str, Any], code: str) -> None:
    asked = {"user_id": make_user().pk, "team_id": make_team().pk, "role": Role.AUDITOR, "starts_on": TODAY}
    with pytest.raises(RuleBroken) as refused:
        commands.give_role(by=admin, **(asked | changed))
    assert refused.value.code == code


def test_give_role__in_no_team_is_not_found(admin: Actor) -> None:
    with pytest.raises(NotFound):
        commands.give_role(by=admin, user_id=make_user().pk, team_id=uuid4(), role=Role.AUDITOR, starts_on=TODAY)


def test_end_role__that_has_not_begun_ends_on_its_first_day(admin: Actor) -> None:
    held = join(make_user(), make_team(), Role.AUDITOR, starts_on=date(2099, 1, 1))
    commands.end_role(by=admin, membership_id=held.pk, ends_on=TODAY)
    held.refresh_from_db()
    assert held.ends_on == date(2099, 1, 1)


def test_end_role__of_nothing_is_not_found(admin: Actor) -> None:
    with pytest.raises(NotFound):
        commands.end_role(by=admin, membership_id=0, ends_on=TODAY)


def test_set_letter_keys__is_for_oneself(admin: Actor) -> None:
    commands.set_letter_keys(by=admin, on=False)
    assert not User.objects.get(pk=admin.user_id).keyboard_shortcuts
    commands.set_letter_keys(by=SYSTEM, on=False)


def test_change_person__from_a_stale_page_is_told_and_the_same_again_is_quiet(admin: Actor) -> None:
    user = make_user(name="Bob")
    told = {"by": admin, "user_id": user.pk, "name": "Robert", "phone": "", "seen": mark_of(user)}
    assert commands.change_person(**told) == commands.change_person(**told)
    assert CaseEvent.objects.filter(case_id=user.pk).count() == 1
    with pytest.raises(Stale, match="Somebody changed this name"):
        commands.change_person(**told | {"name": "Bob", "phone": "01632 960018"})


def test_keep_accounts__nothing_is_done_when_the_history_can_not_be_written(admin: Actor) -> None:
    user = make_user(name="Bob")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_caseevent ADD CONSTRAINT full_disk CHECK (event <> 'account.changed')")
    with pytest.raises(Exception, match="full_disk"):
        commands.change_person(by=admin, user_id=user.pk, name="Robert", phone="")
    user.refresh_from_db()
    assert user.name == "Bob Test"
    assert now()
