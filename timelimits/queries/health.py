"""How well the engine is: the age of the sweep, what is late, what it could not do by itself."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q

from accounts.domain import Duty
from accounts.models import Team
from accounts.presenters import DUTY_WORDS
from notifications.queries import waiting_longer_than
from timelimits.domain import AlarmKind
from timelimits.domain.bank_holidays import LAST_YEAR
from timelimits.domain.local_time import DAY, local_date, time_words
from timelimits.models import Alarm, CaseDeadline, Clock, Heartbeat, Override
from timelimits.presenters import span_words
from timelimits.queries import limbo, sweep_age, sweep_lag

SHOWN = 50
MAIL_LATE = timedelta(minutes=10)
CLOCKS_APART = timedelta(seconds=5)
OVERRIDES_COUNTED = timedelta(days=28)
ALARM_WORDS: dict[str, str] = {
    AlarmKind.ROW_RAISED: "A clock could not be worked out. It is tried again every 5 minutes.",
    AlarmKind.RUNG_EMPTY: "Nobody was on this duty, so the next was told. Fill the rota.",
    AlarmKind.NOBODY_RESPONSIBLE: "A limit passed on a case that is on no list, so nobody was told.",
    AlarmKind.CALENDAR_GAP: "The calendar does not hold a year that is needed.",
    AlarmKind.OVERRIDE_UNCONFIRMED: "A safe-care override was not confirmed by a second person in time.",
}


@dataclass(frozen=True, slots=True)
class Late:
    """What everybody must know when the sweep is late. Times on pages are right all the same."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OverridesOf:
    """How many overrides one person made in the last 28 days, and how many of them nobody else has confirmed."""

    label: str
    made: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Health:
    """What the health page shows. `lag` is how late the most overdue check is."""

    age: timedelta | None
    late: bool
    lag: timedelta
    heartbeats: tuple[Heartbeat, ...]
    pushed_on: tuple[Clock, ...]
    alarms: tuple[tuple[Alarm, str, str], ...]
    limbo: tuple[CaseDeadline, ...]
    unconfirmed: tuple[Override, ...]
    overrides: tuple[OverridesOf, ...]
    mail_waiting: int
    clock_differs: bool
    calendar_ends: date
    calendar_short: bool


def clock_differs(now: datetime) -> bool:
    """Say whether the clock of this machine and the database's are more than 5 seconds apart: one of them is wrong."""
    return abs(database_now() - now) > CLOCKS_APART


def database_now() -> datetime:
    """Return what the database's clock says: one clock for every worker, whatever its own machine's says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def is_late(age: timedelta | None) -> bool:
    """Say whether the sweep is older than ICRAS_SWEEP_LATE_SECONDS (60), or never ran."""
    return age is None or age.total_seconds() > settings.ICRAS_SWEEP_LATE_SECONDS


def late_words(age: timedelta | None, now: datetime) -> Late | None:
    """Return the words of the banner for a sweep of this age, None while it is not late."""
    if not is_late(age):
        return None
    if age is None:
        return Late("System slow: deadlines have not been checked yet.", LATE_TEXT)
    when = f"{span_words(age)} ago ({time_words(now - age)})"
    return Late(f"System slow: deadlines last checked {when}.", LATE_TEXT)


LATE_TEXT = "The times on this page are still right. Messages and warnings may be late, so watch this list."


def count_overrides(now: datetime) -> tuple[OverridesOf, ...]:
    """Count the safe-care overrides of the last 28 days by who made them, most first: a habit shows."""
    made = Override.objects.filter(starts_at__gt=now - OVERRIDES_COUNTED).values_list("asked_by", "asked_label")
    counted = made.annotate(made=Count("pk"), open=Count("pk", filter=Q(confirmed_at=None)))
    counted = counted.order_by("-made", "asked_label")
    return tuple(OverridesOf(label, all_, open_) for _, label, all_, open_ in counted[:SHOWN])


def open_alarms() -> tuple[tuple[Alarm, str, str], ...]:
    """Return the newest alarms, each with its words and with what it is about."""
    alarms = tuple(Alarm.objects.filter(cleared_at=None).order_by("-last_at")[:SHOWN])
    teams = {f"team:{team.pk}": team.name for team in Team.objects.all()}
    return tuple((row, ALARM_WORDS.get(row.kind, row.kind), _about(row.subject, teams)) for row in alarms)


def _about(subject: str, teams: dict[str, str]) -> str:
    """Return a team and its duty by their names; whatever else an alarm is about, as it is kept."""
    team, _, duty = subject.rpartition(":")
    return f"{teams[team]}: {DUTY_WORDS[Duty(duty)]}" if team in teams else subject


def health(now: datetime) -> Health:
    """Return the state of the engine at the instant."""
    age = sweep_age(now)
    return Health(
        age=age,
        late=is_late(age),
        lag=sweep_lag(now),
        heartbeats=tuple(Heartbeat.objects.order_by("name")),
        pushed_on=tuple(Clock.objects.filter(faults__gt=0, stopped_at=None).order_by("next_check_at")[:SHOWN]),
        alarms=open_alarms(),
        limbo=tuple(limbo().order_by("opened_at")[:SHOWN]),
        unconfirmed=tuple(Override.objects.filter(confirmed_at=None).order_by("confirm_by")[:SHOWN]),
        overrides=count_overrides(now),
        mail_waiting=waiting_longer_than(MAIL_LATE, now),
        clock_differs=clock_differs(now),
        calendar_ends=date(LAST_YEAR, 12, 31),
        calendar_short=local_date(now) + 365 * DAY > date(LAST_YEAR, 12, 31),
    )
