"""What beat asks of accounts."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts.tasks import clear_ended
from audit.commands import now


@pytest.mark.django_db
def test_clear_ended__deletes_sessions_that_ended_and_no_other():
    for _ in range(2):
        SessionStore().create()
    ended, live = Session.objects.order_by("pk")
    Session.objects.filter(pk=ended.pk).update(expire_date=now() - timedelta(seconds=1))
    clear_ended()
    assert list(Session.objects.all()) == [live]
