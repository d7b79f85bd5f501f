"""A sweeper killed in mid-batch: nothing half-written, nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection

from audit.commands import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from notifications.models import Message, Outbox
from tests.factories.timelimits import publish, shift, start_many, team
from timelimits.commands import sweep
from timelimits.models import Clock, ClockEvent

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
SWEEPER = """
import django
django.setup()
from audit.commands import now
from audit.domain import SYSTEM
from timelimits.commands import sweep
while True:
    sweep(by=SYSTEM, now=now(), batch=20)
    print("batch", flush=True)
"""


def url():
    settings = connection.settings_dict
    return f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}"


def sweeper():
    environment = {**os.environ, "DATABASE_URL": url(), "DJANGO_SETTINGS_MODULE": "icras.settings"}
    return subprocess.Popen([sys.executable, "-c", SWEEPER], env=environment, stdout=subprocess.PIPE, text=True)


def test_sweeper_killed_in_mid_batch__the_next_one_finishes_and_nothing_is_twice():
    publish(stages=[])
    shift("dora", "desk", team(), now() - HOUR)
    clocks = start_many(2000, now() - 3 * HOUR)
    for kills in range(3):
        process = sweeper()
        assert process.stdout
        assert process.stdout.readline() == "batch\n"
        time.sleep(0.004 * kills)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stdout.close()
    left = Clock.objects.filter(next_check_at__isnull=False).count()
    assert left > 0
    assert ClockEvent.objects.count() == Message.objects.count() == len(clocks) - left
    while sweep(by=SYSTEM, now=now(), batch=500):
        pass
    assert ClockEvent.objects.count() == CaseEvent.objects.filter(event="clock.breached").count() == len(clocks)
    assert Message.objects.count() == Outbox.objects.count() == len(clocks)
