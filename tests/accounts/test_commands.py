from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.commands import end_access, grant_access
from accounts.domain import AccessLevel
from accounts.models import CaseAccess, Cover, Membership, Place, User
from audit.commands import now
from audit.domain import SYSTEM
from tests.factories.accounts import join, make_organisation, make_place, make_team, make_user


@pytest.mark.django_db
def test_grant_access__twice_is_quiet():
    case_id, team = uuid4(), make_team()
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="registered")
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="accepted")
    assert CaseAccess.objects.get().why == "registered"


@pytest.mark.django_db
def test_grant_access__keeps_levels_and_organisations_apart():
    case_id, team = uuid4(), make_team()
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="a")
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, level=AccessLevel.STATUS, why="b")
    grant_access(by=SYSTEM, case_id=case_id, organisation_id=team.organisation_id, why="c")
    assert CaseAccess.objects.count() == 3


@pytest.mark.django_db
def test_grant_access__after_it_ended_is_a_new_row():
    case_id, team = uuid4(), make_team()
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="a")
    end_access(by=SYSTEM, case_ids=[case_id], team_id=team.pk)
    end_access(by=SYSTEM, case_ids=[case_id], team_id=team.pk)
    grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="again")
    assert CaseAccess.objects.filter(ends_at=None).get().why == "again"
    assert CaseAccess.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize("both", [True, False])
def test_grant_access__is_to_a_team_or_an_organisation_never_both_or_neither(both):
    team = make_team()
    whom = {"team_id": team.pk, "organisation_id": team.organisation_id} if both else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        grant_access(by=SYSTEM, case_id=uuid4(), why="x", **whom)


@pytest.mark.django_db(transaction=True)
def test_grant_access__two_at_once_make_one_grant():
    case_id, team, start = uuid4(), make_team(), Barrier(4)

    def grant(_):
        try:
            start.wait(timeout=10)
            grant_access(by=SYSTEM, case_id=case_id, team_id=team.pk, why="race")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(grant, range(4)))
    assert CaseAccess.objects.count() == 1


# Rules that the database keeps


@pytest.mark.django_db
def test_user__has_an_address_of_their_own_whatever_its_capitals():
    make_user(email="alice@icras.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ALICE@icras.example", name="Other")


@pytest.mark.django_db
def test_membership__of_the_same_role_in_the_same_team_is_once():
    user, team = make_user(), make_team()
    join(user, team, "team_lead")
    with pytest.raises(IntegrityError), transaction.atomic():
        join(user, team, "team_lead")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Membership.objects.create(user=make_user(), team=make_team(), role="emperor", starts_on=now().date()),
        lambda: make_organisation(starts_on="2022-07-01", ends_on="2022-06-30"),
        lambda: make_team(kind="nonsense"),
        lambda: Place.objects.create(id=2, code="second", name="Second"),
        lambda: Cover.objects.create(
            user=(user := make_user()), covered_by=user, starts_at=now(), ends_at=now().replace(year=2100)
        ),
    ],
    ids=["role", "organisation dates", "team kind", "second place", "cover by oneself"],
)
def test_database__refuses(wrong):
    make_place()
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong()
