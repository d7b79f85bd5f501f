"""Roles and what each may do, duties, and ways to see a case: data, read by guards, pages and the permission matrix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Any


class Permission(StrEnum):
    """One per verb; the name is the verb's stem everywhere."""

    REFERRAL_REGISTER = "referral.register"
    REFERRAL_READ = "referral.read"
    REFERRAL_CHASE = "referral.chase"
    REFERRAL_TRIAGE = "referral.triage"
    REFERRAL_ACCEPT = "referral.accept"
    REFERRAL_DECLINE = "referral.decline"
    REFERRAL_REDIRECT = "referral.redirect"
    REFERRAL_WITHDRAW = "referral.withdraw"
    REFERRAL_CONFIRM_999 = "referral.confirm_999"
    REFERRAL_FOLLOW = "referral.follow"
    ENQUIRY_RECORD = "enquiry.record"
    PERSON_FIND = "person.find"
    PERSON_MERGE = "person.merge"
    PERSON_READ = "person.read"
    PERSON_EDIT = "person.edit"
    PERSON_KEY_SAFE = "person.key_safe"
    PERSON_RESTRICT = "person.restrict"
    PERSON_IMPORT = "person.import"
    PERSON_DISCLOSE = "person.disclose"
    RECORD_RETAIN = "record.retain"
    RECORD_ERASE = "record.erase"
    RECORD_ERASE_EARLY = "record.erase_early"
    PERSON_BREAK_GLASS = "person.break_glass"
    BREAK_GLASS_READ = "break_glass.read"
    DEATH_RECORD = "death.record"
    PERSON_CAPACITY = "person.capacity"
    EPISODE_READ = "episode.read"
    EPISODE_ALLOCATE = "episode.allocate"
    EPISODE_END = "episode.end"
    DISCHARGE_READ = "discharge.read"
    DISCHARGE_EDIT = "discharge.edit"
    CONTACT_RECORD = "contact.record"
    TASK_RECORD = "task.record"
    PLAN_EDIT = "plan.edit"
    CLOCK_READ = "clock.read"
    CLOCK_PAUSE = "clock.pause"
    CLOCK_EXTEND = "clock.extend"
    CLOCK_REASON = "clock.reason"
    CLOCK_REBASE = "clock.rebase"
    CLOCK_OVERRIDE = "clock.override"
    CLOCK_CONFIRM_OVERRIDE = "clock.confirm_override"
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    BOARD_READ = "board.read"
    BOARD_EXPORT = "board.export"
    SHIFT_HAND_OVER = "shift.hand_over"
    CASELOAD_READ = "caseload.read"
    REPORT_READ = "report.read"
    AUDIT_READ = "audit.read"
    HEALTH_READ = "health.read"
    ACCOUNT_MANAGE = "account.manage"
    ROTA_MANAGE = "rota.manage"
    PLACE_MANAGE = "place.manage"


class Role(StrEnum):
    """Roles follow the team, not the employer (R021)."""

    SPA_OFFICER = "spa_officer"
    TRIAGE_PRACTITIONER = "triage_practitioner"
    CASE_COORDINATOR = "case_coordinator"
    TEAM_LEAD = "team_lead"
    SERVICE_MANAGER = "service_manager"
    ON_CALL_MANAGER = "on_call_manager"
    BED_MANAGER = "bed_manager"
    PRACTITIONER = "practitioner"
    CARE_WORKER = "care_worker"
    PROVIDER_COORDINATOR = "provider_coordinator"
    CARE_HOME_USER = "care_home_user"
    REFERRER = "referrer"
    COMMISSIONER = "commissioner"
    AUDITOR = "auditor"
    PRIVACY_OFFICER = "privacy_officer"
    HEALTHWATCH_READER = "healthwatch_reader"
    ADMINISTRATOR = "administrator"
    PARTNER_SYSTEM = "partner_system"


@dataclass(frozen=True, slots=True)
class RoleRow:
    """What a role is called on screen and what it may do.

    `sees_people`: opens personal data.
    `place_wide`: sees every unrestricted case of the place, not only its teams' cases.
    """

    label: str
    permissions: frozenset[Permission]
    sees_people: bool = True
    place_wide: bool = False


P = Permission
_READ_CASE = frozenset({P.REFERRAL_READ, P.EPISODE_READ, P.CLOCK_READ, P.PERSON_READ})
_ON_CASE = _READ_CASE | {
    P.CONTACT_RECORD,
    P.TASK_RECORD,
    P.PLAN_EDIT,
    P.ALERT_ACKNOWLEDGE,
    P.CASELOAD_READ,
    P.PERSON_KEY_SAFE,
    P.DEATH_RECORD,
}
_WRITE_PERSON = frozenset({P.PERSON_EDIT, P.PERSON_CAPACITY})
_FRONT_DOOR = _READ_CASE | {
    P.DISCHARGE_READ,
    P.DISCHARGE_EDIT,
    P.REFERRAL_REGISTER,
    P.REFERRAL_CHASE,
    P.REFERRAL_REDIRECT,
    P.REFERRAL_WITHDRAW,
    P.REFERRAL_CONFIRM_999,
    P.ENQUIRY_RECORD,
    P.PERSON_FIND,
    P.PERSON_EDIT,
    P.PERSON_KEY_SAFE,
    P.PERSON_BREAK_GLASS,
    P.DEATH_RECORD,
    P.BOARD_READ,
    P.SHIFT_HAND_OVER,
    P.CONTACT_RECORD,
    P.TASK_RECORD,
    P.PLAN_EDIT,
    P.ALERT_ACKNOWLEDGE,
    P.HEALTH_READ,
}
_CO_ORDINATE = (
    _ON_CASE
    | _WRITE_PERSON
    | {P.PERSON_FIND, P.PERSON_BREAK_GLASS, P.BOARD_READ, P.EPISODE_ALLOCATE, P.EPISODE_END, P.CLOCK_PAUSE}
    | {P.DISCHARGE_READ, P.DISCHARGE_EDIT}
)
_TRIAGE = _FRONT_DOOR | {
    P.PERSON_CAPACITY,
    P.REFERRAL_TRIAGE,
    P.REFERRAL_ACCEPT,
    P.REFERRAL_DECLINE,
    P.CLOCK_OVERRIDE,
}
_LEAD = (
    _CO_ORDINATE
    | _FRONT_DOOR
    | {P.BOARD_EXPORT}
    | {P.CLOCK_EXTEND, P.CLOCK_REASON, P.CLOCK_OVERRIDE, P.CLOCK_CONFIRM_OVERRIDE, P.ROTA_MANAGE, P.REPORT_READ}
    | {P.BREAK_GLASS_READ}
)
_RECORDS = {P.PERSON_IMPORT, P.PERSON_DISCLOSE, P.RECORD_RETAIN, P.RECORD_ERASE}

ROLES: dict[Role, RoleRow] = {
    Role.SPA_OFFICER: RoleRow("SPA officer", frozenset(_FRONT_DOOR), place_wide=True),
    Role.TRIAGE_PRACTITIONER: RoleRow("Triage practitioner", frozenset(_TRIAGE), place_wide=True),
    Role.CASE_COORDINATOR: RoleRow("Case co-ordinator", frozenset(_CO_ORDINATE)),
    Role.TEAM_LEAD: RoleRow("Team lead", frozenset(_LEAD)),
    Role.SERVICE_MANAGER: RoleRow(
        "Service manager",
        frozenset(_LEAD | {P.CLOCK_REBASE, P.PERSON_MERGE, P.PERSON_RESTRICT} | _RECORDS),
        place_wide=True,
    ),
    Role.ON_CALL_MANAGER: RoleRow("On-call manager", frozenset(_LEAD), place_wide=True),
    Role.BED_MANAGER: RoleRow(
        "Bed manager",
        _READ_CASE
        | {P.BOARD_READ, P.CASELOAD_READ, P.PERSON_FIND, P.ALERT_ACKNOWLEDGE, P.DISCHARGE_READ, P.PERSON_BREAK_GLASS},
        place_wide=True,
    ),
    Role.PRACTITIONER: RoleRow("Practitioner", frozenset(_ON_CASE | _WRITE_PERSON | {P.CLOCK_OVERRIDE})),
    Role.CARE_WORKER: RoleRow("Care worker", frozenset(_ON_CASE)),
    Role.PROVIDER_COORDINATOR: RoleRow("Provider co-ordinator", frozenset(_ON_CASE)),
    Role.CARE_HOME_USER: RoleRow("Care home", frozenset(), sees_people=False),
    Role.REFERRER: RoleRow("Referrer", frozenset({P.REFERRAL_REGISTER, P.REFERRAL_FOLLOW, P.REFERRAL_WITHDRAW})),
    Role.COMMISSIONER: RoleRow("Commissioner", frozenset({P.REPORT_READ, P.HEALTH_READ}), sees_people=False),
    Role.AUDITOR: RoleRow(
        "Auditor", _READ_CASE | {P.BOARD_READ, P.REPORT_READ, P.AUDIT_READ, P.HEALTH_READ}, place_wide=True
    ),
    Role.PRIVACY_OFFICER: RoleRow(
        "Privacy officer",
        _READ_CASE
        | {P.AUDIT_READ, P.PERSON_FIND, P.PERSON_MERGE, P.PERSON_RESTRICT, P.PERSON_BREAK_GLASS, P.BREAK_GLASS_READ}
        | {P.RECORD_ERASE_EARLY}
        | _RECORDS,
        place_wide=True,
    ),
    Role.HEALTHWATCH_READER: RoleRow("Healthwatch", frozenset({P.REPORT_READ}), sees_people=False),
    Role.ADMINISTRATOR: RoleRow(
        "Administrator",
        frozenset({P.ACCOUNT_MANAGE, P.ROTA_MANAGE, P.PLACE_MANAGE, P.HEALTH_READ, P.REPORT_READ}),
        sees_people=False,
    ),
    Role.PARTNER_SYSTEM: RoleRow("Partner system", frozenset(), sees_people=True),
}


class Scope(StrEnum):
    """OAuth2 scopes of partner systems; each carries permissions."""

    REFERRALS_READ = "referrals:read"
    REFERRALS_WRITE = "referrals:write"
    TRIAGE_WRITE = "triage:write"
    EPISODES_READ = "episodes:read"
    EPISODES_WRITE = "episodes:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"


SCOPES: dict[Scope, tuple[str, frozenset[Permission]]] = {
    Scope.REFERRALS_READ: ("Read referrals of your organisation", frozenset({P.REFERRAL_READ, P.CLOCK_READ})),
    Scope.REFERRALS_WRITE: (
        "Make and withdraw referrals",
        frozenset({P.REFERRAL_REGISTER, P.REFERRAL_WITHDRAW, P.REFERRAL_READ, P.CLOCK_READ}),
    ),
    Scope.TRIAGE_WRITE: (
        "Triage, accept, redirect and decline referrals",
        frozenset({P.REFERRAL_TRIAGE, P.REFERRAL_ACCEPT, P.REFERRAL_DECLINE, P.REFERRAL_REDIRECT, P.REFERRAL_CHASE}),
    ),
    Scope.EPISODES_READ: ("Read episodes", frozenset({P.EPISODE_READ, P.CLOCK_READ})),
    Scope.EPISODES_WRITE: (
        "Allocate co-ordinators and record contacts",
        frozenset({P.EPISODE_READ, P.EPISODE_ALLOCATE, P.EPISODE_END, P.CONTACT_RECORD}),
    ),
    Scope.PEOPLE_READ: ("Read what of a person has a recorded basis", frozenset({P.PERSON_READ})),
    Scope.PEOPLE_WRITE: ("Write a person's record", frozenset({P.PERSON_READ, P.PERSON_EDIT})),
}


class Duty(StrEnum):
    """Who is on shift for a team: the rungs of every ladder, lowest first."""

    CO_ORDINATOR = "co_ordinator"
    DESK = "desk"
    LEAD = "lead"
    ON_CALL = "on_call"


class ResetReason(StrEnum):
    """Why an administrator took away somebody's second factor."""

    LOST = "lost"
    REPLACED = "replaced"
    BROKEN = "broken"
    MISUSE = "misuse"


class DayKind(StrEnum):
    """Which days a repeating shift falls on; a bank holiday is only ever a bank holiday."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"
    BANK_HOLIDAY = "bank_holiday"
    EVERY_DAY = "every_day"


class AccessLevel(StrEnum):
    """How much of a case a grant shows."""

    FULL = "full"
    STATUS = "status"


class RestrictReason(StrEnum):
    """Why a record is restricted."""

    STAFF_OR_FAMILY = "staff_or_family"
    AT_RISK = "at_risk"
    LEGAL_ORDER = "legal_order"
    ASKED_FOR = "asked_for"
    OTHER = "other"


class BreakReason(StrEnum):
    """Why somebody who is not named opens a restricted record."""

    URGENT_CARE = "urgent_care"
    CALL_ABOUT_THEM = "call_about_them"
    SAFEGUARDING = "safeguarding"
    COVERING = "covering"
    LEGAL = "legal"


RESTRICT_REASONS = {
    RestrictReason.STAFF_OR_FAMILY: "Works here, or is family of somebody who does",
    RestrictReason.AT_RISK: "At risk from somebody who may look for them",
    RestrictReason.LEGAL_ORDER: "Order of a court",
    RestrictReason.ASKED_FOR: "The person asked for it",
    RestrictReason.OTHER: "Something else",
}
BREAK_REASONS = {
    BreakReason.URGENT_CARE: "They need care now and I am giving or arranging it",
    BreakReason.CALL_ABOUT_THEM: "Somebody is calling about them",
    BreakReason.SAFEGUARDING: "Somebody may be in danger",
    BreakReason.COVERING: "I stand in for somebody who has access",
    BreakReason.LEGAL: "I must by law",
}


class TeamKind(StrEnum):
    """What a team does."""

    SPA = "spa"
    CRISIS = "crisis"
    REABLEMENT = "reablement"
    HOME = "home"
    BED = "bed"
    MANAGEMENT = "management"
    CARE_HOME = "care_home"
    OTHER = "other"


Opening = tuple[int, time, time]
"""One opening period: weekday 0 (Monday) to 6, opens, closes; local time, 00:00 is the end of the day."""


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """Return every permission that these roles hold together."""
    return frozenset(str(p) for role in roles for p in ROLES[Role(role)].permissions)


def sees_people(roles: frozenset[str]) -> bool:
    """Say whether any of these roles opens personal data, and so needs a second factor."""
    return any(ROLES[Role(role)].sees_people for role in roles)


def needs_second_factor(roles: frozenset[str]) -> bool:
    """Say whether a second factor is asked of these roles: they open personal data, or let others in."""
    lets_in = permissions_of(roles) & {Permission.ACCOUNT_MANAGE, Permission.PLACE_MANAGE}
    return sees_people(roles) or bool(lets_in)


def is_place_wide(roles: frozenset[str]) -> bool:
    """Say whether any of these roles sees every unrestricted case of the place."""
    return any(ROLES[Role(role)].place_wide for role in roles)


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a coded list of the place: what is stored, what staff read, and what else the bundle says of it."""

    code: str
    words: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.words


class CodeListName(StrEnum):
    """The coded lists that every place bundle holds."""

    RED_FLAGS = "red_flags"
    SOURCES = "sources"
    REFERRAL_REASONS = "referral_reasons"
    SERVICES = "services"
    PROFESSIONS = "professions"
    DECLINE_REASONS = "decline_reasons"
    SIGNPOSTS = "signposts"
    REDIRECT_REASONS = "redirect_reasons"
    NOT_WANTED_REASONS = "not_wanted_reasons"
    WITHDRAW_REASONS = "withdraw_reasons"
    TRIAGE_REASONS = "triage_reasons"
    QUESTIONS = "questions"
    REALLOCATE_REASONS = "reallocate_reasons"
    LATE_ENTRY_REASONS = "late_entry_reasons"
    NO_ACCESS_REASONS = "no_access_reasons"
    CONTACT_SUBJECTS = "contact_subjects"
    CONTACT_OUTCOMES = "contact_outcomes"
    WARNINGS = "warnings"
    COMMUNICATION_SUPPORT = "communication_support"
    HOSPITALS = "hospitals"
    GP_PRACTICES = "gp_practices"
    MINIMUM_DATA = "minimum_data"
    PERIODS = "periods"
    ONWARD_SERVICES = "onward_services"


def code_of(entry: Mapping[str, Any]) -> Code:
    """Return an entry of a coded list as the bundle wrote it, {code, words, …}."""
    rest = {key: value for key, value in entry.items() if key not in {"code", "words"}}
    return Code(entry["code"], entry["words"], rest)


@dataclass(frozen=True, slots=True)
class Change:
    """One row that a place bundle added, changed or ended. `fields` says what, as "name: before → after"."""

    what: str
    verb: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.what}" + "".join(f"\n    {each}" for each in self.fields)
