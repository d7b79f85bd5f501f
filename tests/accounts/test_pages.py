"""Pages of accounts without a browser: who may open what, the end of a session, the second factor, limits on tries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.domain import Duty, Role
from accounts.models import Team, User
from audit.acting import now
from audit.models import AccessLog, CaseEvent
from notifications.delivery import deliver
from notifications.models import Message, Outbox
from tests.factories.accounts import PASSWORD, make_member, make_partner, make_place, make_team, make_user, put_on_duty

pytestmark = pytest.mark.django_db
POLL = {"X-ICRAS-Poll": "1"}
SignedIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def place() -> None:
    make_place()
    cache.clear()


@pytest.fixture
def team() -> Team:
    return make_team(name="UCR South")


@pytest.fixture
def signed_in(team: Team) -> SignedIn:
    """Return a client signed in as a new person: signed_in(Role.AUDITOR)."""

    def make(role: Role, where: Team | None = None, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(make_member(role, where or team))
        return client

    return make


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


ADMIN_PAGES = ("people", "invite", "partners", "add_partner")


@pytest.mark.parametrize(
    ("role", "name"),
    [(Role.ADMINISTRATOR, "accounts:people"), (Role.PRIVACY_OFFICER, "casework:accesses")],
)
def test_home__an_office_begins_with_its_own_work(signed_in: SignedIn, role: Role, name: str) -> None:
    assert signed_in(role).get(reverse("home"))["Location"] == reverse(name)


@pytest.mark.parametrize("name", ADMIN_PAGES)
@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.ADMINISTRATOR, Role.PARTNER_SYSTEM}])
def test_open_administration__is_for_administrators_only(signed_in: SignedIn, role: Role, name: str) -> None:
    answer = signed_in(role).get(reverse(f"accounts:{name}"))
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.text
    assert AccessLog.objects.get().denied


@pytest.mark.parametrize("name", ADMIN_PAGES)
def test_open_administration__opens_for_an_administrator(signed_in: SignedIn, name: str) -> None:
    assert signed_in(Role.ADMINISTRATOR).get(reverse(f"accounts:{name}")).status_code == 200


@pytest.mark.parametrize("name", ["person", "change", "disable", "give_role", "reset_factor"])
def test_open_person__opens_for_an_administrator_and_nobody_is_not_found(signed_in: SignedIn, name: str) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert client.get(reverse(f"accounts:{name}", args=[make_user().pk])).status_code == 200
    assert client.get(reverse(f"accounts:{name}", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["partner", "rotate"])
def test_open_partner__opens_for_an_administrator(signed_in: SignedIn, name: str) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert client.get(reverse(f"accounts:{name}", args=[make_partner().pk])).status_code == 200
    assert client.get(reverse(f"accounts:{name}", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("name", ["team_rota", "hours", "add_pattern", "add_shift", "add_cover"])
def test_open_rota__of_my_team_and_no_other(signed_in: SignedIn, team: Team, name: str) -> None:
    client = signed_in(Role.TEAM_LEAD)
    assert client.get(reverse(f"accounts:{name}", args=[team.pk])).status_code == 200
    assert client.get(reverse(f"accounts:{name}", args=[make_team().pk])).status_code == 404


def test_list_rota__shows_my_teams_and_who_is_on_duty(signed_in: SignedIn, team: Team) -> None:
    make_team(name="Elsewhere")
    put_on_duty(make_member(Role.PRACTITIONER, team, "Olive"), team, Duty.DESK)
    page = signed_in(Role.TEAM_LEAD).get(reverse("accounts:rota")).text
    assert "Olive Test" in page
    assert "Elsewhere" not in page


def test_list_people__after_what_is_no_id_is_the_first_page(signed_in: SignedIn) -> None:
    assert signed_in(Role.ADMINISTRATOR).get(reverse("accounts:people"), {"after": "abc"}).status_code == 200


def test_list_people__goes_on_after_fifty(signed_in: SignedIn) -> None:
    for number in range(52):
        make_user(f"P{number:02}")
    client = signed_in(Role.ADMINISTRATOR)
    first = client.get(reverse("accounts:people"))
    second = client.get(reverse("accounts:people"), {"after": first.context["more"]})
    names = [person.name for page in (first, second) for person in page.context["people"]]
    assert len(names) == len(set(names)) == 53
    assert names == sorted(names, key=str.lower)
    assert second.context["more"] is None


def test_list_people__by_team(signed_in: SignedIn) -> None:
    other = make_team(name="Other")
    make_member(Role.AUDITOR, other, "Olive")
    page = signed_in(Role.ADMINISTRATOR).get(reverse("accounts:people"), {"team": other.code})
    assert [person.name for person in page.context["people"]] == ["Olive Test"]


def test_invite_again__sends_a_link(signed_in: SignedIn) -> None:
    signed_in(Role.ADMINISTRATOR).post(reverse("accounts:invite_again", args=[make_user("Olive").pk]))
    assert deliver(now=now()) == 1
    assert "You have an ICRAS account for Testshire." in mail.outbox[0].body
    assert "/account/password/reset/key/" in mail.outbox[0].body
    assert (mail.outbox[0].to, "Olive" in mail.outbox[0].body) == (["olive@icras.example"], False)


def test_invite_person__with_a_refused_role_makes_no_account(signed_in: SignedIn, team: Team) -> None:
    typed = {"name": "Olive", "email": "olive@icras.example", "team": team.pk, "role": Role.AUDITOR}
    days = {"starts_on_0": 2, "starts_on_1": 1, "starts_on_2": 2026, "ends_on_0": 1, "ends_on_1": 1, "ends_on_2": 2026}
    page = signed_in(Role.ADMINISTRATOR).post(reverse("accounts:invite"), typed | days)
    assert "The last day is before the first." in page.text
    assert not User.objects.filter(email="olive@icras.example").exists()
    assert not Outbox.objects.exists()


def test_invite_and_reset__while_the_mail_server_is_down_are_done_and_told_later(
    signed_in: SignedIn, team: Team, settings: Settings
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
    typed = {"name": "Olive", "email": "olive@icras.example", "team": team.pk, "role": Role.AUDITOR}
    begins = {"starts_on_0": 2, "starts_on_1": 1, "starts_on_2": 2026}
    administrator, alice = signed_in(Role.ADMINISTRATOR), make_member(Role.PRACTITIONER, name="Alice")
    page = administrator.post(reverse("accounts:invite"), typed | begins, follow=True)
    assert "Olive is invited." in page.text
    TOTP.activate(alice, generate_totp_secret())
    told = {"checked": "on", "reason": "lost"}
    for _ in range(2):  # once more is quiet
        assert administrator.post(reverse("accounts:reset_factor", args=[alice.pk]), told).status_code == 302
    waiting = Outbox.objects.filter(sent_at=None).order_by("pk").values_list("recipient__email", "template")
    assert list(waiting) == [("olive@icras.example", "invited"), ("alice@icras.example", "factor_reset")]
    assert Message.objects.get().user == alice


def test_reset_factor__needs_a_reason_and_names_the_administrator(signed_in: SignedIn) -> None:
    user = make_member(Role.PRACTITIONER)
    TOTP.activate(user, generate_totp_secret())
    client, url = signed_in(Role.ADMINISTRATOR), reverse("accounts:reset_factor", args=[user.pk])
    assert "Why: choose one" in client.post(url, {"checked": "on"}).text
    client.post(url, {"checked": "on", "reason": "lost"})
    event = CaseEvent.objects.get(case_id=user.pk)
    assert (event.event, event.data["reason"], bool(event.actor_label)) == (
        "account.second_factor_reset",
        "lost",
        True,
    )


# Signing in


def test_sign_in__disabled_person_gets_the_same_answer_as_a_wrong_password(client: Client) -> None:
    make_user("Gone", is_active=False)
    disabled, unknown = sign_in(client, "gone@icras.example"), sign_in(client, "nobody@icras.example")
    words = "The e-mail address or the password is not right"
    assert (words in disabled.text, words in unknown.text) == (True, True)


def test_sign_in__five_wrong_tries_lock_the_account_for_a_while(client: Client) -> None:
    user = make_user("Olive")
    for _ in range(5):
        sign_in(client, user.email, "wrong")
    assert "Too many wrong tries" in sign_in(client, user.email).text
    assert "_auth_user_id" not in client.session


def test_disable_person__ends_their_session_at_once(signed_in: SignedIn, client: Client) -> None:
    user = make_user("Olive")
    client.force_login(user)
    assert client.get(reverse("accounts:me")).status_code == 200
    signed_in(Role.ADMINISTRATOR).post(reverse("accounts:disable", args=[user.pk]))
    assert client.get(reverse("accounts:me")).status_code == 302


def test_sign_in__nobody_registers_themselves(client: Client) -> None:
    assert client.get("/account/signup/").status_code in {302, 404}
    assert client.get("/account/email/").status_code in {302, 404}


# The end of a session


def test_session__idle_for_half_an_hour_is_over(signed_in: SignedIn) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        client = signed_in(Role.AUDITOR)
        assert client.get(reverse("accounts:me")).status_code == 200
        clock.shift(timedelta(minutes=29))
        assert client.get(reverse("accounts:me")).status_code == 200
        clock.shift(timedelta(minutes=30))
        answer = client.get(reverse("accounts:me"))
        assert answer.url == f"{reverse('account_login')}?next={reverse('accounts:me')}"


def test_session__polls_do_not_keep_it(signed_in: SignedIn) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        client = signed_in(Role.AUDITOR)
        client.get(reverse("accounts:me"))
        clock.shift(timedelta(minutes=20))
        assert client.get(reverse("accounts:me"), headers=POLL).status_code == 200
        clock.shift(timedelta(minutes=10))
        assert client.get(reverse("accounts:me"), headers=POLL).status_code == 401


def test_session__extended_by_post_and_told_by_poll(signed_in: SignedIn) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        client = signed_in(Role.AUDITOR)
        first = client.get(reverse("accounts:extend"), headers=POLL).json()["ends"]
        clock.shift(timedelta(minutes=20))
        assert client.get(reverse("accounts:extend"), headers=POLL).json()["ends"] == first
        answer = client.post(reverse("accounts:extend"), headers={"Accept": "application/json"})
        assert answer.json()["ends"] > first
        assert answer["X-ICRAS-Session-Ends"] == answer.json()["ends"]
        assert client.post(reverse("accounts:extend")).url == reverse("accounts:me")


def test_session__ends_after_twelve_hours_however_busy(signed_in: SignedIn) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        client = signed_in(Role.AUDITOR)
        for _ in range(48):
            assert client.get(reverse("accounts:me")).status_code == 200
            clock.shift(timedelta(minutes=15))
        assert client.get(reverse("accounts:me")).status_code == 302


@pytest.mark.parametrize("header", ["X-ICRAS-Poll", "HX-Request"])
def test_session__gone_is_told_to_live_parts_not_drawn_into_them(client: Client, header: str) -> None:
    assert client.get(reverse("accounts:me"), headers={header: "true"}).status_code == 401
    assert client.get(reverse("accounts:me")).status_code == 302


def test_change_person__from_a_stale_page_keeps_what_was_typed(signed_in: SignedIn) -> None:
    client, user = signed_in(Role.ADMINISTRATOR), make_user(name="Bob")
    url = reverse("accounts:change", args=[user.pk])
    seen = client.get(url).context["seen"]
    assert client.post(url, {"name": "Robert", "phone": "", "seen": seen}).status_code == 302
    stale = client.post(url, {"name": "Bob", "phone": "01632 960018", "seen": seen})
    assert (stale.status_code, "01632 960018" in stale.text) == (409, True)
    assert "Somebody changed this name or telephone number after you opened it" in stale.text
    again = {"name": "Bob", "phone": "01632 960018", "seen": stale.context["seen"]}
    assert client.post(url, again).status_code == 302


def sent_too_late(client: Client, **headers: str) -> Any:
    """Send a form an hour after the last page."""
    user = make_user()
    with time_machine.travel(now(), tick=False) as clock:
        client.get(reverse("accounts:me"))
        clock.shift(timedelta(hours=1))
        typed = {"name": "Typed <words>", "phone": "", "oldpassword": "secret words"}
        return client.post(reverse("accounts:change", args=[user.pk]), typed, headers=headers)


def test_session__what_was_sent_too_late_comes_back_without_passwords(signed_in: SignedIn) -> None:
    answer = sent_too_late(signed_in(Role.ADMINISTRATOR), Origin="http://testserver")
    assert answer.status_code == 401
    assert 'value="Typed &lt;words&gt;"' in answer.text
    assert "secret words" not in answer.text


def test_session__what_another_site_sent_does_not_come_back(signed_in: SignedIn) -> None:
    answer = sent_too_late(signed_in(Role.ADMINISTRATOR))
    assert answer.status_code == 401
    assert "Typed" not in answer.text


def test_send_form__with_an_old_token_is_offered_again_to_our_own_pages_only(signed_in: SignedIn) -> None:
    client, url = signed_in(Role.ADMINISTRATOR, enforce_csrf_checks=True), reverse("accounts:invite")
    ours = client.post(url, {"name": "Olive"}, headers={"Origin": "http://testserver"})
    theirs = client.post(url, {"name": "Olive"}, headers={"Origin": "https://elsewhere.example"})
    assert (ours.status_code, "Olive" in ours.text) == (403, True)
    assert (theirs.status_code, "Olive" in theirs.text) == (403, False)


# The second factor


def test_second_factor__is_asked_of_those_who_see_people_or_let_others_in(
    signed_in: SignedIn, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    for role in (Role.SPA_OFFICER, Role.ADMINISTRATOR):
        assert signed_in(role).get(reverse("accounts:me")).url == reverse("mfa_activate_totp")
    assert signed_in(Role.COMMISSIONER).get(reverse("accounts:me")).status_code == 200


def test_second_factor__once_set_up_opens_and_once_reset_closes(
    signed_in: SignedIn, client: Client, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    user = make_member(Role.SPA_OFFICER)
    TOTP.activate(user, generate_totp_secret())
    client.force_login(user)
    assert client.get(reverse("accounts:me")).status_code == 200
    administrator, theirs = make_member(Role.ADMINISTRATOR), Client()
    TOTP.activate(administrator, generate_totp_secret())
    theirs.force_login(administrator)
    theirs.post(reverse("accounts:reset_factor", args=[user.pk]), {"checked": "on", "reason": "broken"})
    assert client.get(reverse("accounts:me")).url.startswith(reverse("account_login"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.get(reverse("accounts:me")).url == reverse("mfa_activate_totp")


def test_second_factor__is_asked_after_the_password(client: Client) -> None:
    user = make_member(Role.SPA_OFFICER)
    TOTP.activate(user, generate_totp_secret())
    assert sign_in(client, user.email).url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "That code is not right" in wrong.text


def test_second_factor__counts_for_twelve_hours_on_a_trusted_device(client: Client) -> None:
    user, secret = make_member(Role.SPA_OFFICER), generate_totp_secret()
    TOTP.activate(user, secret)
    start = now().replace(microsecond=0)
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, user.email)
        code = format_hotp_value(hotp_value(secret, int(start.timestamp()) // 30))
        assert client.post(reverse("mfa_authenticate"), {"code": code}).url == reverse("mfa_trust")
        client.post(reverse("mfa_trust"), {"action": "trust"})
        clock.move_to(start + timedelta(hours=11, minutes=50))
        client.post(reverse("account_logout"))
        sign_in(client, user.email)
        assert client.get(reverse("accounts:me")).status_code == 200
        clock.move_to(start + timedelta(hours=12))
        assert client.get(reverse("accounts:me")).status_code == 302
        assert sign_in(client, user.email).url == reverse("mfa_authenticate")


# Every page


def test_open_page__carries_the_strict_policy(signed_in: SignedIn) -> None:
    answer = signed_in(Role.SPA_OFFICER).get(reverse("accounts:me"))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "no-store" in answer["Cache-Control"]
    assert ("<script>" in answer.text, " style=" in answer.text) == (False, False)


def test_open_page__sections_follow_the_role(signed_in: SignedIn) -> None:
    page = signed_in(Role.ADMINISTRATOR).get(reverse("accounts:me")).text
    assert f'href="{reverse("accounts:people")}"' in page
    page = signed_in(Role.CARE_HOME_USER).get(reverse("accounts:me")).text
    assert f'href="{reverse("accounts:people")}"' not in page


@pytest.mark.parametrize(
    ("duty", "words"),
    [(Duty.DESK, "SPA officer, on duty"), (Duty.LEAD, "SPA officer, lead on shift UCR South")],
)
def test_open_page__says_my_duty(client: Client, team: Team, duty: Duty, words: str) -> None:
    user = make_member(Role.SPA_OFFICER, team)
    put_on_duty(user, team, duty)
    client.force_login(user)
    assert words in client.get(reverse("accounts:me")).text


def test_change_password__somebody_without_one_is_led_to_set_it() -> None:
    user = make_member(Role.ADMINISTRATOR)
    user.set_unusable_password()
    user.save()
    client = Client()
    client.force_login(user)
    assert "Set your password" in client.get(reverse("account_change_password"), follow=True).content.decode()
