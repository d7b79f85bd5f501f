"""What a place bundle may change, and who may not."""

from datetime import date, time

import pytest

from accounts.commands.demo import put_demo_client, put_demo_membership, put_demo_user
from accounts.commands.place import name_place, put_code_list, put_organisation, put_shift_pattern, put_team
from accounts.domain import DayKind, Duty, Role, Scope, TeamKind
from accounts.models import Membership, Place, Team, User
from accounts.queries import code_lists, codes
from audit.domain import SYSTEM
from audit.refusals import NotPermitted, RuleBroken
from tests.factories.accounts import make_actor, make_organisation, make_place, make_team, make_user

pytestmark = pytest.mark.django_db
FLAGS = [{"code": "a", "words": "A"}, {"code": "b", "words": "B"}]


def verbs_of(by):
    """Return every verb of a bundle, ready to be called."""
    team, user = make_team(), make_user()
    day = date(2026, 1, 1)
    return [
        lambda: name_place(by=by, code="testshire", name="Testshire", demo=True),
        lambda: put_code_list(by=by, name="red_flags", entries=FLAGS),
        lambda: put_organisation(by=by, code="x", name="X", kind="council"),
        lambda: put_team(by=by, code="y", name="Y", organisation=team.organisation.code, kind=TeamKind.SPA),
        lambda: put_shift_pattern(
            by=by,
            team=team.code,
            duty=Duty.LEAD,
            email=user.email,
            days=DayKind.WEEKDAY,
            begins=time(8),
            ends=time(20),
            valid_from=day,
        ),
        lambda: put_demo_user(by=by, email="new@icras.example", name="New Test", phone="", password_hash="!"),
        lambda: put_demo_membership(by=by, email=user.email, team=team.code, role=Role.AUDITOR, starts_on=day),
        lambda: put_demo_client(
            by=by,
            client_id="c",
            secret="s",
            name="C",
            organisation=team.organisation.code,
            scopes=[Scope.REFERRALS_READ],
        ),
    ]


def test_bundle_verbs__change_once_and_are_quiet_after():
    make_place(name="Before")
    verbs = verbs_of(SYSTEM)
    assert [verb().verb for verb in verbs] == ["changed"] + ["added"] * 7
    assert [verb() for verb in verbs] == [None] * 8


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.SERVICE_MANAGER, Role.AUDITOR])
def test_bundle_verbs__are_for_administrators(role):
    make_place()
    refused = 0
    for verb in verbs_of(make_actor(role)):
        try:
            verb()
        except NotPermitted:
            refused += 1
    allowed = 1 if role in {Role.TEAM_LEAD, Role.SERVICE_MANAGER} else 0  # the rota
    assert refused == 8 - allowed


def test_administrator__may_change_the_place():
    make_place()
    assert put_organisation(by=make_actor(Role.ADMINISTRATOR), code="x", name="X", kind="council").verb == "added"


def test_demo_people__are_refused_in_a_live_place():
    make_place(demo=False)
    with pytest.raises(RuleBroken, match="demonstration place only"):
        put_demo_user(by=SYSTEM, email="new@icras.example", name="New", phone="", password_hash="!")
    assert not User.objects.exists()


def test_place__stays_what_it_is():
    make_place()
    with pytest.raises(RuleBroken) as other:
        name_place(by=SYSTEM, code="elsewhere", name="Elsewhere", demo=True)
    with pytest.raises(RuleBroken) as live:
        name_place(by=SYSTEM, code="testshire", name="Testshire", demo=False)
    assert (other.value.code, live.value.code) == ("other_place", "demo_never_changes")
    assert Place.objects.get().demo


def test_code_list__retires_what_is_left_out_and_takes_it_back():
    make_place()
    put_code_list(by=SYSTEM, name="red_flags", entries=FLAGS)
    change = put_code_list(by=SYSTEM, name="red_flags", entries=FLAGS[:1])
    assert change.fields == ("retired b: B",)
    assert [entry.code for entry in codes("red_flags")] == ["a"]
    assert [entry.code for entry in code_lists("red_flags")["red_flags"]] == ["a", "b"]
    put_code_list(by=SYSTEM, name="red_flags", entries=FLAGS)
    assert [entry.code for entry in codes("red_flags")] == ["a", "b"]


def test_code_list__in_another_order_says_so():
    make_place()
    put_code_list(by=SYSTEM, name="red_flags", entries=FLAGS)
    assert put_code_list(by=SYSTEM, name="red_flags", entries=FLAGS[::-1]).fields == ("order",)
    assert [entry.code for entry in codes("red_flags")] == ["b", "a"]


def test_team__changes_its_hours_and_name_in_one_line():
    make_place()
    known = {"by": SYSTEM, "code": "y", "organisation": make_organisation("x").code, "kind": TeamKind.SPA}
    put_team(**known, name="Y", hours=[(0, time(8), time(12))])
    change = put_team(**known, name="Z", hours=[(0, time(8), time(12)), (0, time(13), time(17))])
    assert change.fields == ("name: Y → Z", "opening hours")
    assert Team.objects.get(code="y").hours.count() == 2


def test_long_value__is_cut_in_the_diff():
    put_organisation(by=SYSTEM, code="x", name="X" * 100, kind="council")
    change = put_organisation(by=SYSTEM, code="x", name="Y", kind="council")
    assert change.fields == (f"name: {'X' * 60}… → Y",)


def test_shift_of_nobody__is_refused():
    with pytest.raises(RuleBroken, match="has no account"):
        put_shift_pattern(
            by=SYSTEM,
            team=make_team().code,
            duty=Duty.LEAD,
            email="nobody@icras.example",
            days=DayKind.WEEKDAY,
            begins=time(8),
            ends=time(20),
            valid_from=date(2026, 1, 1),
        )


def test_membership__is_given_once():
    make_place()
    user, team = make_user(), make_team()
    for profession in ("nurse", "physiotherapist"):
        put_demo_membership(
            by=SYSTEM,
            email=user.email,
            team=team.code,
            role=Role.PRACTITIONER,
            profession=profession,
            starts_on=date(2026, 1, 1),
        )
    assert Membership.objects.get().profession == "physiotherapist"
