from datetime import UTC, date, datetime, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from accounts.domain import (
    ROLES,
    SCOPES,
    Change,
    Code,
    DayKind,
    Permission,
    Role,
    Scope,
    code_of,
    is_place_wide,
    needs_second_factor,
    permissions_of,
    sees_people,
)
from accounts.domain.rota import bank_holidays, day_kind, instants, is_on, is_open

LONDON = ZoneInfo("Europe/London")
CLINICAL = {Permission.REFERRAL_ACCEPT, Permission.REFERRAL_DECLINE, Permission.REFERRAL_TRIAGE}


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def shift(begins="00:00", ends="00:00", day_kind=DayKind.EVERY_DAY, valid_from=date(2020, 1, 1), valid_until=None):
    return SimpleNamespace(
        begins=time.fromisoformat(begins),
        ends=time.fromisoformat(ends),
        day_kind=day_kind,
        valid_from=valid_from,
        valid_until=valid_until,
    )


# Roles


def test_roles__all_have_a_row_with_words():
    assert set(ROLES) == set(Role)
    assert all(row.label for row in ROLES.values())


def test_scopes__all_have_words_and_permissions():
    assert set(SCOPES) == set(Scope)
    assert all(words and permissions for words, permissions in SCOPES.values())


def test_spa_officer__registers_and_chases_but_never_decides():
    held = ROLES[Role.SPA_OFFICER].permissions
    assert {Permission.REFERRAL_REGISTER, Permission.REFERRAL_CHASE, Permission.REFERRAL_REDIRECT} <= held
    assert not held & CLINICAL


def test_triage_practitioner__decides():
    assert ROLES[Role.TRIAGE_PRACTITIONER].permissions >= CLINICAL


@pytest.mark.parametrize("role", [Role.COMMISSIONER, Role.HEALTHWATCH_READER, Role.ADMINISTRATOR, Role.CARE_HOME_USER])
def test_role_without_people__opens_no_case(role):
    row = ROLES[role]
    case = {p for p in Permission if p.value.split(".")[0] in {"referral", "person", "episode", "contact", "board"}}
    assert not row.sees_people
    assert not row.place_wide
    assert not row.permissions & case


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PRIVACY_OFFICER, Role.BED_MANAGER])
def test_place_wide__who_sees_every_case_only_to_read_changes_nothing_on_it(role):
    row = ROLES[role]
    changes = {Permission.CONTACT_RECORD, Permission.TASK_RECORD, Permission.EPISODE_END, Permission.EPISODE_ALLOCATE}
    assert row.place_wide
    assert not row.permissions & changes


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.PRIVACY_OFFICER])
def test_oversight__reads_only_but_for_whose_record_it_is(role):
    identity = {Permission.PERSON_MERGE, Permission.PERSON_RESTRICT, Permission.PERSON_BREAK_GLASS}
    identity |= {Permission.PERSON_IMPORT, Permission.PERSON_DISCLOSE, Permission.RECORD_RETAIN}
    identity |= {Permission.RECORD_ERASE, Permission.RECORD_ERASE_EARLY}
    verbs = {permission.value.split(".")[1] for permission in ROLES[role].permissions - identity}
    assert verbs <= {"read", "find"}
    assert not ROLES[Role.AUDITOR].permissions & identity


def test_roles_together__hold_what_either_holds():
    roles = frozenset({Role.SPA_OFFICER, Role.COMMISSIONER})
    assert Permission.REFERRAL_REGISTER in permissions_of(roles)
    assert Permission.REPORT_READ in permissions_of(roles)
    assert sees_people(roles)
    assert is_place_wide(roles)


@pytest.mark.parametrize("role", Role)
def test_second_factor__is_asked_of_whoever_sees_people_or_lets_others_in(role):
    without = {Role.COMMISSIONER, Role.HEALTHWATCH_READER, Role.CARE_HOME_USER}
    assert needs_second_factor(frozenset({role})) == (role not in without)


def test_no_role__holds_nothing():
    assert permissions_of(frozenset()) == frozenset()
    assert not sees_people(frozenset())
    assert not is_place_wide(frozenset())


# Which day it is


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 9, 17), DayKind.WEEKDAY),
        (date(2026, 9, 19), DayKind.WEEKEND),
        (date(2026, 12, 25), DayKind.BANK_HOLIDAY),
        (date(2026, 12, 26), DayKind.BANK_HOLIDAY),  # a Saturday; staff keep it, and Monday too
        (date(2026, 12, 28), DayKind.BANK_HOLIDAY),
        (date(2026, 4, 6), DayKind.BANK_HOLIDAY),  # Easter Monday
        (date(2023, 5, 8), DayKind.BANK_HOLIDAY),  # the coronation, a one-off
        (date(2022, 6, 3), DayKind.BANK_HOLIDAY),  # the jubilee, moved and doubled
    ],
)
def test_day_kind__is_what_the_calendar_says(day, kind):
    assert day_kind(day) == kind


def test_bank_holidays__leave_out_those_of_scotland():
    assert date(2026, 11, 30) not in bank_holidays(2026)


# Shifts


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-09-17T07:59:59", False),
        ("2026-09-17T08:00", True),
        ("2026-09-17T19:59:59", True),
        ("2026-09-17T20:00", False),
    ],
)
def test_shift__begins_at_its_time_and_ends_before_its_end(at, on):
    assert is_on(shift("08:00", "20:00"), local(at)) is on


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-09-18T21:59", False),  # Friday
        ("2026-09-18T22:00", True),
        ("2026-09-19T05:59", True),  # Saturday morning belongs to Friday's night
        ("2026-09-19T06:00", False),
        ("2026-09-19T22:30", False),
        ("2026-09-21T05:00", False),  # Monday morning belongs to Sunday's
    ],
)
def test_weekday_night__runs_into_the_next_day(at, on):
    assert is_on(shift("22:00", "06:00", DayKind.WEEKDAY), local(at)) is on


def test_bank_holiday__is_no_weekday():
    christmas = local("2026-12-25T12:00")
    assert is_on(shift(day_kind=DayKind.BANK_HOLIDAY), christmas)
    assert not is_on(shift(day_kind=DayKind.WEEKDAY), christmas)
    assert is_on(shift(day_kind=DayKind.EVERY_DAY), christmas)


def test_shift__is_in_force_from_its_first_to_its_last_day():
    worked = shift("08:00", "20:00", valid_from=date(2026, 9, 1), valid_until=date(2026, 9, 2))
    days = [day for day in range(1, 5) if is_on(worked, local(f"2026-09-0{day}T12:00"))]
    assert days == [1, 2]
    assert not is_on(worked, local("2026-08-31T12:00"))


@pytest.mark.parametrize("changes", ["2026-03-29", "2026-10-25"])
def test_round_the_clock__has_no_hole_when_the_clocks_change(changes):
    always = shift()
    start = datetime.fromisoformat(f"{changes}T00:00").replace(tzinfo=UTC)
    assert all(is_on(always, start.replace(hour=hour, minute=minute)) for hour in range(24) for minute in (0, 30, 59))


@pytest.mark.parametrize("changes", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("meets_at", ["00:30", "01:00", "01:30", "02:00", "08:00"])
def test_day_and_night__meet_without_hole_or_overlap_when_the_clocks_change(changes, meets_at):
    night, day = shift("20:00", meets_at), shift(meets_at, "20:00")
    start = datetime.fromisoformat(f"{changes}T00:00").replace(tzinfo=UTC)
    instants_of_day = [start.replace(hour=hour, minute=minute) for hour in range(12) for minute in (0, 15, 30, 45)]
    assert {is_on(night, at) + is_on(day, at) for at in instants_of_day} == {1}


def test_night_when_clocks_go_back__lasts_an_hour_longer():
    start, end = instants(date(2026, 10, 24), time(20), time(8))
    assert (end - start).total_seconds() == 13 * 3600


# Opening hours


def opening(weekday, opens, closes):
    return SimpleNamespace(weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-17T08:59", False),  # Thursday
        ("2026-09-17T09:00", True),
        ("2026-09-17T12:30", False),
        ("2026-09-17T13:00", True),
        ("2026-09-17T23:59", True),
        ("2026-09-18T00:00", False),
        ("2026-09-18T23:00", True),
        ("2026-09-19T01:30", True),  # Friday's last period runs to 02:00
    ],
)
def test_team__is_open_in_its_periods(at, expected):
    periods = [opening(3, "09:00", "12:00"), opening(3, "13:00", "00:00"), opening(4, "22:00", "02:00")]
    assert is_open(periods, local(at)) is expected


# Coded lists and changes


def test_code__keeps_what_else_the_bundle_says():
    entry = code_of({"code": "falls", "words": "A fall", "ucr": True})
    assert (entry.code, str(entry), entry.extra) == ("falls", "A fall", {"ucr": True})
    assert entry == Code("falls", "A fall", {"ucr": True})


def test_change__says_what_became_of_what():
    words = str(Change("team spa", "changed", ("name: A → B",)))
    assert words.splitlines() == ["changed team spa", "    name: A → B"]


def test_roles__only_a_triage_practitioner_accepts_declines_and_sets_urgency() -> None:
    for permission in (Permission.REFERRAL_ACCEPT, Permission.REFERRAL_DECLINE, Permission.REFERRAL_TRIAGE):
        assert [role for role, row in ROLES.items() if permission in row.permissions] == [Role.TRIAGE_PRACTITIONER]
