"""What stands around every page: place, sections by role, bell, who I am and my duty, banners, end of the session.

Worked out only when a template asks for it, so fragments and REST pay nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.domain import Permission
from accounts.models import User
from accounts.presenters import duty_line
from accounts.queries.directory import work_providers
from accounts.sign_in.device import idle_minutes, is_shared
from audit.commands import now
from audit.domain import ANONYMOUS, Actor
from casework.queries.around import Around
from casework.views.around import around_of
from timelimits.queries.health import late_words

# key (a page names it as `section`), words, route, permission that shows it
SECTIONS = (
    ("board", "SPA board", "casework:board", Permission.BOARD_READ),
    ("discharge", "Discharge list", "pathways:discharge_list", Permission.DISCHARGE_READ),
    ("enquiries", "Enquiries", "referrals:enquiries", Permission.ENQUIRY_RECORD),
    ("sent", "Referrals you sent", "referrals:sent", Permission.REFERRAL_FOLLOW),
    ("caseload", "My caseload", "casework:caseload", Permission.CASELOAD_READ),
    ("signposted", "Sent elsewhere", "referrals:signposted", Permission.REFERRAL_CHASE),
    ("onward", "Asked of others", "careplans:onward", Permission.PLAN_EDIT),
    ("handover", "Hand over shift", "casework:hand_over", Permission.SHIFT_HAND_OVER),
    ("missed", "Missed limits", "timelimits:missed", Permission.CLOCK_REASON),
    ("reports", "Reports", "reporting:two_hour", Permission.REPORT_READ),
    ("duplicates", "Possible duplicates", "casework:duplicates", Permission.PERSON_MERGE),
    ("restricted", "Restricted records", "casework:restricted", Permission.BREAK_GLASS_READ),
    ("access", "Record requests", "casework:accesses", Permission.PERSON_DISCLOSE),
    ("retention", "Records to review", "casework:retention", Permission.RECORD_RETAIN),
    ("import", "Import people", "referrals:import_people", Permission.PERSON_IMPORT),
    ("readers", "Who opened records", "casework:readers", Permission.AUDIT_READ),
    ("people", "People", "accounts:people", Permission.ACCOUNT_MANAGE),
    ("rota", "Rota", "accounts:rota", Permission.ROTA_MANAGE),
    ("partners", "Partner systems", "accounts:partners", Permission.ACCOUNT_MANAGE),
    ("health", "Time limits", "timelimits:health", Permission.PLACE_MANAGE),
)


IN_THE_BAR = 4  # more than these fold into one entry, so that the bar keeps to one line


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the top bar."""

    key: str
    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Session:
    """When this session ends if nothing is done (`ends`) and at the latest (`limit`)."""

    ends: datetime
    limit: datetime
    warn_seconds: int


@dataclass(frozen=True, slots=True)
class Banner:
    """A fault of the system that everybody must know of."""

    kind: str
    title: str
    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """All that base.html reads."""

    place: str
    home: str
    sign_in_url: str
    sections: tuple[Section, ...] = ()
    in_bar: tuple[Section, ...] = ()
    folded: tuple[Section, ...] = ()
    user: str = ""
    duty: str = ""
    account_url: str = ""
    sign_out_url: str = ""
    find_url: str = ""
    bell_url: str = ""
    bell_count: int = 0
    banners: tuple[Banner, ...] = ()
    session: Session | None = None
    extend_url: str = ""
    switch_url: str = ""
    shared: bool = False
    lock_seconds: int = 0
    work: tuple[tuple[str, str], ...] = ()
    call_url: str = ""
    keys_url: str = ""
    keys: bool = False


def shell(request: HttpRequest) -> dict[str, Any]:
    """Put `shell` in the context of every template."""
    return {"shell": SimpleLazyObject(lambda: build(request))}


@cache
def route(name: str) -> str:
    """Return the address of a route, or nothing when this deployment has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def sections_for(by: Actor) -> tuple[Section, ...]:
    """Return the sections this actor may open, in the order of the day."""
    found = (Section(key, words, route(name)) for key, words, name, needs in SECTIONS if by.may(needs))
    return tuple(section for section in found if section.url)


def build(request: HttpRequest) -> Shell:
    """Return the shell of this request; of a stranger only the place and the way in."""
    around = around_of(request)
    user = getattr(request, "user", None)  # a wrong host name is refused before anybody is known
    if not isinstance(user, User):
        return Shell(
            place=around.place,
            home=route("account_login"),
            sign_in_url=route("account_login"),
            shared=is_shared(request),
            work=tuple(work_providers()),
        )
    by: Actor = getattr(request, "actor", ANONYMOUS)
    sections = sections_for(by)
    shown = IN_THE_BAR if len(sections) > IN_THE_BAR else len(sections)
    return Shell(
        place=around.place,
        home=route("home"),
        sign_in_url=route("account_login"),
        sections=sections,
        in_bar=sections[:shown],
        folded=sections[shown:],
        user=user.name,
        duty=duty_line(by.role, by.duties),
        account_url=route("accounts:me"),
        sign_out_url=route("account_logout"),
        find_url=route("pathways:find") if by.may(Permission.PERSON_FIND) else "",
        bell_url=route("notifications:messages"),
        bell_count=around.unread,
        banners=banners(by, around),
        call_url=route("referrals:register") if by.may(Permission.REFERRAL_REGISTER) else "",
        session=_session(request),
        extend_url=route("accounts:extend"),
        switch_url=route("accounts:switch"),
        shared=is_shared(request),
        lock_seconds=int(idle_minutes(request) * 60) + 1,
        keys_url=route("accounts:keys"),
        keys=user.keyboard_shortcuts,
    )


def banners(by: Actor, around: Around) -> tuple[Banner, ...]:
    """Return the faults that this actor must know of: limits that are not being checked."""
    at = now()
    late = late_words(around.age(at), at) if by.may(Permission.CLOCK_READ) else None
    if late is None:
        return ()
    url = route("timelimits:health") if by.may(Permission.HEALTH_READ) else ""
    return (Banner("late", late.title, late.text, url, "What is affected"),)


def _session(request: HttpRequest) -> Session | None:
    ends: datetime | None = getattr(request, "session_ends", None)
    limit: datetime | None = getattr(request, "session_limit", None)
    if ends is None or limit is None:
        return None
    return Session(ends=ends, limit=limit, warn_seconds=settings.ICRAS_WARN_SECONDS)
