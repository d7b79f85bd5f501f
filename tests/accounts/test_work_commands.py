"""Who an identity is, decided by the command: races, and what no page can send."""

from datetime import timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount

from accounts import commands
from accounts.domain import Role
from accounts.models import ClaimRole, Membership, User
from accounts.sign_in.claims import Identity
from audit.acting import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted
from tests.factories.accounts import join, make_actor, make_place, make_team, make_user
from tests.factories.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def mapped():
    make_place()
    team = make_team("ucr")
    return ClaimRole.objects.create(provider="town", claim="roles", value="ucr", team=team, role=Role.PRACTITIONER)


def identity(subject="1", email="alice@town.example", roles=("ucr",), **fields):
    return Identity("town", subject, email, "Alice Test", {"roles": list(roles)}, **fields)


def sign_in(**fields):
    return commands.sign_in_with_claims(by=SYSTEM, identity=identity(**fields))


def test_sign_in_with_claims__at_the_same_moment_links_once_and_gives_the_role_once():
    alice = make_user("Alice", email="alice@town.example")
    assert race(sign_in, sign_in, sign_in) == [alice, alice, alice]
    assert SocialAccount.objects.count() == 1
    assert Membership.objects.count() == 1
    assert CaseEvent.objects.filter(event="account.role_given").count() == 1


def test_sign_in_with_claims__at_the_same_moment_makes_one_account():
    first, *others = race(*[lambda: sign_in(admits=True)] * 3)
    assert first is not None
    assert others == [first, first]
    assert User.objects.count() == 1


def test_sign_in_with_claims__two_identities_racing_for_one_address_leave_one_linked():
    make_user("Alice", email="alice@town.example")
    found = race(lambda: sign_in(subject="1"), lambda: sign_in(subject="2"))
    assert found.count(None) == 1
    assert SocialAccount.objects.count() == 1


def test_sign_in_with_claims__is_for_the_system_alone():
    for role in (Role.TEAM_LEAD, Role.AUDITOR):
        with pytest.raises(NotPermitted):
            commands.sign_in_with_claims(by=make_actor(role), identity=identity())


def test_sign_in_with_claims__again_the_same_day_changes_nothing():
    make_user("Alice", email="alice@town.example")
    sign_in()
    events = CaseEvent.objects.count()
    sign_in()
    assert CaseEvent.objects.count() == events


def test_sign_in_with_claims__a_role_that_an_administrator_ended_comes_back_the_next_day():
    alice = make_user("Alice", email="alice@town.example")
    sign_in()
    held = Membership.objects.get()
    commands.end_role(by=make_actor(Role.ADMINISTRATOR), membership_id=held.pk, ends_on=now().date())
    sign_in()
    assert Membership.objects.filter(user=alice).count() == 1
    with time_machine.travel(now() + timedelta(days=1)):
        assert sign_in() == alice
    assert Membership.objects.filter(user=alice, ends_on=None, provider="town").count() == 1


def test_sign_in_with_claims__a_role_by_hand_that_ends_is_taken_over_by_the_claim(mapped):
    alice = make_user("Alice", email="alice@town.example")
    join(alice, mapped.team, Role.PRACTITIONER, ends_on=now().date() + timedelta(days=5))
    sign_in()
    assert Membership.objects.filter(user=alice, provider="town", ends_on=None).exists()
    assert Membership.objects.filter(user=alice, provider="", ends_on__isnull=False).exists()


def test_link_identity__is_for_people_and_quiet_when_done_already():
    alice = make_actor(Role.COMMISSIONER)
    for _ in range(2):
        commands.link_identity(by=alice, identity=identity(email=""))
    assert CaseEvent.objects.filter(event="account.linked").count() == 1
    with pytest.raises(NotPermitted):
        commands.link_identity(by=SYSTEM, identity=identity())


def test_unlink_identity__refuses_strangers_and_is_quiet_without_a_link():
    ada, alice = make_actor(Role.ADMINISTRATOR), make_user("Alice")
    commands.unlink_identity(by=ada, user_id=alice.pk, provider="town")
    assert not CaseEvent.objects.filter(event="account.unlinked").exists()
    with pytest.raises(NotFound):
        commands.unlink_identity(by=ada, user_id=ClaimRole.objects.get().team.pk, provider="town")
    with pytest.raises(NotPermitted):
        commands.unlink_identity(by=make_actor(Role.TEAM_LEAD), user_id=alice.pk, provider="town")
