"""The first administrator of a new deployment."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.domain import Role
from accounts.models import Membership
from tests.factories.referrals import open_front_door

pytestmark = pytest.mark.django_db


def test_first_administrator__gets_a_link_that_sets_a_password():
    open_front_door()
    out = StringIO()
    call_command("first_administrator", "ada@icras.example", "Ada Test", team="spa", stdout=out)
    path = out.getvalue().split("127.0.0.1:8000")[1].strip()
    assert Client().get(path, follow=True).status_code == 200
    assert Membership.objects.get(role=Role.ADMINISTRATOR).user.email == "ada@icras.example"


def test_first_administrator__is_refused_when_there_is_one_or_no_team():
    open_front_door()
    with pytest.raises(CommandError, match="No such team"):
        call_command("first_administrator", "ada@icras.example", "Ada Test", team="nowhere")
    call_command("first_administrator", "ada@icras.example", "Ada Test", team="spa", stdout=StringIO())
    with pytest.raises(CommandError, match="already"):
        call_command("first_administrator", "bea@icras.example", "Bea Test", team="spa")


def test_first_administrator__who_lost_the_link_gets_another_until_a_password_is_set():
    open_front_door()
    for _ in range(2):
        out = StringIO()
        call_command("first_administrator", "Ada@icras.example", "Ada Test", team="spa", stdout=out)
    assert "/account/password/reset/key/" in out.getvalue()
    administrator = Membership.objects.get(role=Role.ADMINISTRATOR).user
    administrator.set_password("a long phrase of words")
    administrator.save()
    with pytest.raises(CommandError, match="already"):
        call_command("first_administrator", "ada@icras.example", "Ada Test", team="spa", stdout=StringIO())
