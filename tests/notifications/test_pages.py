"""The list of messages."""

import pytest
from django.urls import reverse

from audit.domain import SYSTEM
from notifications.commands import post
from notifications.models import Message
from tests.factories.timelimits import member, team, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    member("alice", "team_lead", team())
    client.force_login(user("alice"))
    return client


def tell(number, name="alice"):
    post(
        by=SYSTEM,
        key=f"k{name}{number}",
        user_id=user(name).pk,
        template="limit_breached",
        link=f"/alerts/{number}/",
        reference=f"R-26-0000{number}",
    )


def test_messages__show_mine_only_and_are_marked(signed_in):
    tell(1)
    tell(2, "bob")
    text = signed_in.get(reverse("notifications:messages")).content.decode()
    assert "R-26-00001" in text
    assert "R-26-00002" not in text
    mine = Message.objects.get(user__name="Alice")
    assert signed_in.post(reverse("notifications:read", args=[mine.pk])).status_code == 302
    assert "Mark as read" not in signed_in.get(reverse("notifications:messages")).content.decode()
    other = Message.objects.get(user__name="Bob")
    assert signed_in.post(reverse("notifications:read", args=[other.pk])).status_code == 404


def test_messages__all_marked_at_once_and_older_on_the_next_page(signed_in):
    for number in range(51):
        tell(number)
    page = signed_in.get(reverse("notifications:messages"))
    assert "Older messages" in page.content.decode()
    older = signed_in.get(reverse("notifications:messages"), {"before": page.context["older"]})
    assert len(older.context["rows"]) == 1
    assert signed_in.get(reverse("notifications:messages"), {"before": "x"}).status_code == 200
    assert signed_in.post(reverse("notifications:read_all")).status_code == 302
    assert not Message.objects.filter(read_at=None).exists()


def test_messages__none_says_so(signed_in):
    assert "No messages" in signed_in.get(reverse("notifications:messages")).content.decode()


def test_messages__made_at_one_instant_are_all_reached(signed_in):
    for number in range(70):
        tell(number)
    Message.objects.update(created_at=Message.objects.earliest("created_at").created_at)
    page = signed_in.get(reverse("notifications:messages"))
    older = signed_in.get(reverse("notifications:messages"), {"before": page.context["older"]})
    shown = {row.id for answer in (page, older) for row in answer.context["rows"]}
    assert (len(page.context["rows"]), len(older.context["rows"]), len(shown)) == (50, 20, 70)


@pytest.mark.parametrize(
    "before",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-01:00", "soon", "2026-01-01", "2026-01-01T00:00:00+00:00~x"],
)
def test_messages__before_what_is_no_instant_is_the_first_page(signed_in, before):
    tell(1)
    answer = signed_in.get(reverse("notifications:messages"), {"before": before})
    assert answer.status_code == 200
    assert "R-26-00001" in answer.content.decode()
