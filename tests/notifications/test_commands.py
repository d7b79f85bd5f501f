"""Telling people: once for each key, sent at least once, seen only by the reader it is for."""

import threading
from datetime import timedelta
from smtplib import SMTPException
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection

from accounts.models import User
from audit.commands import now
from audit.domain import SYSTEM
from audit.refusals import NotFound
from notifications.commands import (
    claim,
    give_back,
    mark_all_read,
    mark_failed,
    mark_read,
    mark_sent,
    post,
    post_many,
)
from notifications.delivery import deliver, email, message_id
from notifications.domain import LEASE, MOST_ATTEMPTS, Note, Template, retry_after, words
from notifications.models import Message, Outbox
from notifications.queries import page, unread_count, waiting_longer_than
from notifications.tasks import deliver as deliver_task
from tests.factories.timelimits import member, team, user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alice():
    return member("alice", "team_lead", team())


def tell(key="k1", name="alice", **more):
    given = {"template": "limit_breached", "link": "/alerts/1/", "reference": "R-26-00001"}
    post(by=SYSTEM, key=key, user_id=user(name).pk, **(given | more))


def test_post__writes_a_message_and_an_outbox_row(alice):
    tell(params={"label": "2-hour visit"})
    message, row = Message.objects.get(), Outbox.objects.get()
    assert (message.key, row.key) == ("k1:bell", "k1:email")
    assert (row.recipient.name, row.reference, row.sent_at) == ("Alice", "R-26-00001", None)
    assert words(message.template, message.params) == "2-hour visit is overdue: answer this"


def test_post__the_same_key_is_told_once(alice):
    tell()
    tell()
    assert Message.objects.count() == Outbox.objects.count() == 1


def test_post__on_one_channel_only(alice):
    tell(channels=("bell",))
    assert (Message.objects.count(), Outbox.objects.count()) == (1, 0)
    post_many(by=SYSTEM, notes=[])


def test_deliver__sends_a_link_and_a_reference_only(alice, settings):
    settings.ICRAS_SITE_URL = "https://icras.example/"
    tell()
    assert deliver(now=now()) == 1
    sent = mail.outbox[0]
    assert sent.to == ["alice@icras.example"]
    assert sent.subject == "ICRAS: A time limit is overdue: answer this R-26-00001"
    assert "https://icras.example/alerts/1/" in sent.body
    assert sent.extra_headers["X-ICRAS-Key"] == "k1:email"
    assert sent.extra_headers["Message-ID"] == message_id("k1:email")
    assert deliver(now=now()) == deliver_task() == 0


def test_deliver__writes_plain_words_and_a_link_that_opens(alice, settings):
    """An e-mail is no page: nothing in it is escaped, least of all what stands in the link."""
    settings.ICRAS_SITE_URL = "https://icras.example"
    tell(link="/board/?tab=new&zone=crosby", params={"label": 'Nurse\'s "first" visit'})
    assert deliver(now=now()) == 1
    assert "https://icras.example/board/?tab=new&zone=crosby\n" in mail.outbox[0].body
    assert mail.outbox[0].body.startswith('Nurse\'s "first" visit is overdue')


def test_deliver__killed_before_settling_sends_again_with_the_same_key(alice):
    tell()
    at = now()
    row = claim(by=SYSTEM, now=at, batch=10)[0]
    email(row).send()
    assert deliver(now=at + MINUTE) == 0
    assert deliver(now=at + LEASE) == 1
    assert {m.extra_headers["X-ICRAS-Key"] for m in mail.outbox} == {"k1:email"}


def test_deliver__names_the_message_by_its_key_on_one_line(alice):
    keys = [f"{Template.CASE_HANDED_OVER}:{uuid4()}:{uuid4()}:{now().isoformat()}" for _ in range(2)]
    for key in keys:
        tell(key)
    assert deliver(now=now()) == 2
    lines = [line for sent in mail.outbox for line in sent.message().as_bytes().decode().split("\n")]
    for key in keys:
        assert f"Message-ID: {message_id(f'{key}:email')}" in lines
    assert message_id(keys[0]) != message_id(keys[1])


def test_deliver__a_failing_server_is_tried_again_later(alice, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    tell()
    at = now()
    assert deliver(now=at) == 0
    row = Outbox.objects.get()
    assert (row.attempts, row.fault, row.next_try_at) == (1, "ConnectionRefusedError", at + timedelta(seconds=15))


@pytest.mark.parametrize("address", ["al\nice@icras.example", f"alice@{'ü' * 70}.example"], ids=["line", "host"])
def test_deliver__an_address_that_is_none_is_tried_again_later_and_nobody_waits_behind_it(alice, address):
    tell()
    tell("k2", "bob")
    User.objects.filter(name="Alice").update(email=address)
    at = now()
    assert deliver(now=at) == 1
    assert [sent.to for sent in mail.outbox] == [["bob@icras.example"]]
    row = Outbox.objects.get(sent_at=None)
    assert (row.recipient.email, row.attempts, row.next_try_at) == (address, 1, at + timedelta(seconds=15))
    assert row.fault


class SlowServer(EmailBackend):
    """A mail server that takes `takes` for each message, and meanwhile does `meanwhile`."""

    takes, meanwhile = LEASE / 3, staticmethod(lambda: None)

    def send_messages(self, messages):
        self.clock.shift(self.takes)
        self.meanwhile()
        return super().send_messages(messages)


@pytest.fixture
def slow(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.SlowServer"
    with time_machine.travel(now(), tick=False) as clock:
        monkeypatch.setattr(SlowServer, "clock", clock, raising=False)
        yield SlowServer


def test_deliver__from_a_slow_server_gives_back_in_time_what_it_did_not_try(alice, slow):
    for n in range(5):
        tell(f"k{n}")
    assert deliver(now=now()) == 2
    waiting = Outbox.objects.filter(sent_at=None)
    assert list(waiting.values_list("attempts", flat=True)) == [0, 0, 0]
    assert (deliver(now=now()), deliver(now=now())) == (2, 1)
    assert len({sent.extra_headers["X-ICRAS-Key"] for sent in mail.outbox}) == len(mail.outbox) == 5


def test_deliver__a_fault_after_somebody_else_sent_it_changes_nothing(alice, slow, monkeypatch):
    tell()
    row = Outbox.objects.get()

    def sent_by_another():
        mark_sent(by=SYSTEM, outbox_id=row.pk, sent_at=now())
        raise SMTPException

    monkeypatch.setattr(slow, "meanwhile", staticmethod(sent_by_another))
    assert deliver(now=now()) == 0
    row.refresh_from_db()
    assert (row.sent_at, row.next_try_at, row.fault) == (now(), None, "")


def test_give_back__leaves_what_somebody_else_has_claimed_meanwhile(alice):
    tell()
    at = now()
    ours = claim(by=SYSTEM, now=at, batch=10)
    claim(by=SYSTEM, now=at + LEASE, batch=10)
    give_back(by=SYSTEM, rows=ours, now=at)
    assert Outbox.objects.get().next_try_at == at + 2 * LEASE


def test_claim__is_no_attempt(alice):
    tell()
    claim(by=SYSTEM, now=now(), batch=10)
    assert Outbox.objects.get().attempts == 0
    mark_sent(by=SYSTEM, outbox_id=Outbox.objects.get().pk, sent_at=now())
    assert Outbox.objects.get().attempts == 1


def test_mark_failed__gives_up_in_the_end_and_keeps_the_row(alice):
    tell()
    Outbox.objects.update(attempts=MOST_ATTEMPTS)
    mark_failed(by=SYSTEM, outbox_id=Outbox.objects.get().pk, failed_at=now(), fault="SMTPException")
    assert Outbox.objects.get().next_try_at is None
    assert waiting_longer_than(MINUTE, now() + 2 * MINUTE) == 1


def test_retry_after__doubles_up_to_an_hour():
    assert [retry_after(n).total_seconds() for n in (1, 2, 3, 20)] == [15, 30, 60, 3600]
    assert retry_after(MOST_ATTEMPTS) is None


def test_mark_read__ones_own_only(alice):
    tell()
    message = Message.objects.get()
    with pytest.raises(NotFound):
        mark_read(by=member("bob", "team_lead", team()), message_id=message.pk)
    first = mark_read(by=alice, message_id=message.pk).read_at
    assert mark_read(by=alice, message_id=message.pk).read_at == first
    with pytest.raises(NotFound):
        mark_read(by=alice, message_id=uuid4())


def test_unread_count__and_page(alice):
    for n in range(3):
        tell(f"k{n}")
    assert unread_count(alice) == len(page(alice)) == 3
    assert page(alice, (now() - MINUTE, uuid4())) == []
    assert mark_all_read(by=alice) == 3
    assert unread_count(alice) == unread_count(SYSTEM) == 0


@pytest.mark.django_db(transaction=True)
def test_claim__two_senders_never_take_the_same_row():
    for n in range(40):
        post_many(by=SYSTEM, notes=[Note(f"n{n}", user("alice").pk, Template.CASE_CHANGED, "/")])
    taken: list[list[int]] = [[], []]
    ready = threading.Barrier(2)

    def take(mine):
        ready.wait()
        mine.extend(row.pk for row in claim(by=SYSTEM, now=now(), batch=20))
        connection.close()

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not set(taken[0]) & set(taken[1])
    assert len(taken[0]) + len(taken[1]) <= 40
