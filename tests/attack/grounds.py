"""A place with one row of everything that an address can name, so that every route can be asked about a real row.

The rows belong to the crisis team of the trust. Whoever works elsewhere must not be able to tell them from rows that are
not there.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.commands import add_cover, add_partner, add_shift
from accounts.domain import ROLES, SCOPES, Duty, Role, TeamKind
from accounts.models import Organisation, Place, ShiftPattern, Team, User
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import PUBLIC, SYSTEM
from careplans.commands import ask_onward, write_risk
from careplans.domain import RiskTaken
from casework.commands.disclose import ask_access
from casework.commands.ending import decline_referral
from casework.commands.merge import merge_people
from casework.commands.saved_views import save_view
from casework.commands.shifts import hand_over_shift
from casework.domain import BoardView
from notifications.commands import post
from notifications.domain import Template
from notifications.models import Message
from pathways.commands import ask_liaison, promise_task
from pathways.models import LiaisonRequest, Task
from referrals.commands import add_row, ask_for_help, ask_information, record_enquiry
from referrals.commands.files import attach_file, scan_files
from referrals.commands.imports import send_people
from referrals.commands.shifts import add_worry
from referrals.domain import Answer, Channel, Crew, Direction, Urgency
from referrals.domain.sections import BY_ROW_KIND, BY_SECTION, REVIEWS
from referrals.models import Erasure, InformationRequest, Referral, Signposting, ToldDifference
from tests.factories.casework import NOW, accept_at, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor, details, person, person_at, put_on_duty, register
from tests.factories.timelimits import publish
from timelimits.commands import climb_ladders, extend_clock, override_block, pause_clock, start_clock, sweep
from timelimits.models import Alert, Clock

SAMPLES = {"uuid": str(UUID(int=4)), "int": "99999", "slug": "nothing", "str": "1-1", "path": "nothing"}
RESET_KEY = re.compile(r"\(\?P<uidb36>[^)]*\)-\(\?P<key>[^)]*\)")
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One route: its name, its pattern, and the noun and the kind of each row that its address names."""

    name: str
    pattern: str

    @property
    def nouns(self) -> list[tuple[str, str]]:
        """Return (what stands before the parameter, its kind) for each parameter."""
        parts = self.pattern.split("/")
        found = [(parts[i - 1], PARAMETER.search(part)) for i, part in enumerate(parts)]
        return [("row" if "<" in noun else noun, match[1] or "str") for noun, match in found if match]

    def address(self, row_of: "dict[str, str] | None" = None) -> str:
        """Return an address: about the rows told by noun ("referrals", or "referrals answer"), else about none."""
        verb = self.pattern.rstrip("/").rpartition("/")[2]
        ids = iter(_row(row_of, noun, verb) if row_of is not None else SAMPLES[kind] for noun, kind in self.nouns)
        return "/" + PARAMETER.sub(lambda _: next(ids), self.pattern)


def _row(row_of: dict[str, str], noun: str, verb: str) -> str:
    return row_of.get(f"{noun} {verb}") or row_of[noun]


def _walk(patterns: Any, prefix: str = "", namespace: str = "") -> Any:
    for entry in patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, pattern, inner)
        elif isinstance(entry, URLPattern):
            yield Route(f"{namespace}{entry.name}", re.sub(r"[\^$\\]|\\Z", "", RESET_KEY.sub("<str:key>", pattern)))


ROUTES = {route.name: route for route in _walk(get_resolver("icras.urls").url_patterns)}
REST = sorted(name for name, route in ROUTES.items() if route.pattern.startswith("api/v1/"))
PAGES = sorted(name for name in ROUTES if name not in REST)


@dataclass
class Grounds:
    """The place: its people, and one row for each noun of an address."""

    door: FrontDoor
    rows: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)  # what to choose in fields where the first choice is refused

    @property
    def insiders(self) -> list[User]:
        """Return people of whom at least one may open each page, those who may most first."""
        names = ("administrator", "manager", "triage", "alice", "lead", "spa", "second_manager", "referrer")
        return [self.door.users[name] for name in names]

    def stranger(self, role: Role) -> User:
        """Return somebody of another organisation who holds the role there."""
        return person_at(self.door.elsewhere, f"Stranger {ROLES[role].label}", role)

    @property
    def slugs(self) -> dict[str, str]:
        """Return the rows that are named by a word, which is no secret: every id is of nothing."""
        nouns = {noun: kind for route in ROUTES.values() for noun, kind in route.nouns}
        return {noun: self.rows[noun] if kind == "slug" else SAMPLES[kind] for noun, kind in nouns.items()}

    def has(self, name: str) -> bool:
        """Say whether there is a row of everything that the address names."""
        return all(noun in self.rows for noun, _ in ROUTES[name].nouns)

    def address(self, name: str, **more: str) -> str:
        """Return the address of a route about a real row."""
        return ROUTES[name].address(self.rows | more)

    def addresses(self, name: str) -> list[str]:
        """Return the address about a real row, and one for each part of a person's record where it names one."""
        nouns = [noun for noun, _ in ROUTES[name].nouns]
        if "sections" in nouns:
            return [self.address(name, sections=code) for code in BY_SECTION]
        if "rows" in nouns and "row" not in nouns:
            return [self.address(name, rows=kind) for kind in BY_ROW_KIND]
        return [self.address(name)]


def make_grounds() -> Grounds:
    """Make everything. Time must stand at NOW or later."""
    door = open_board()
    users = door.users
    management = users["manager"].memberships.get().team
    users["administrator"] = person_at(management, "Una Admin", Role.ADMINISTRATOR)
    users["second_manager"] = person_at(management, "Sid Second", Role.SERVICE_MANAGER)
    put_on_duty(door.crisis, users["alice"], Duty.CO_ORDINATOR)
    put_on_duty(door.crisis, users["lead"], Duty.LEAD)
    put_on_duty(management, users["manager"], Duty.ON_CALL)
    place = Place.objects.get()
    place.words |= {
        "questions": [{"code": "walks", "words": "Does the person walk?"}],
        "triage_reasons": [
            {"code": "as_told", "words": "As told"},
            {"code": "got_worse", "words": "The person got worse"},
        ],
        "redirect_reasons": [{"code": "other", "words": "Another service fits"}],
        "not_wanted_reasons": [{"code": "family", "words": "Family helps"}],
        "withdraw_reasons": [{"code": "gone", "words": "Went to hospital"}],
        "reallocate_reasons": [{"code": "leave", "words": "On leave"}],
        "contact_subjects": [{"code": "visit", "words": "The first visit"}],
        "no_access_reasons": [{"code": "out", "words": "Nobody in"}],
        "professions": [{"code": "nurse", "words": "Nurse"}],
        "onward_services": [{"code": "falls", "words": "Falls service"}],
    }
    place.save()
    heartbeat()
    grounds = Grounds(door)
    users["referrer"] = _referrer()
    grounds.rows |= _referrals(door) | _doors(door) | _accounts(door)
    late = Clock.objects.filter(case_id=grounds.rows["cases"], policy_code="blocking").get()
    grounds.chosen |= {
        "approver": str(users["second_manager"].pk),
        "clocks": str(late.pk),
        "covered_by": str(users["lead"].pk),
    }
    return grounds


def _referrer() -> User:
    """Make somebody of a practice who sends referrals."""
    practice = Organisation.objects.create(code="practice", name="Test Street Surgery", kind="primary_care")
    team = Team.objects.create(code="practice", organisation=practice, name="Test Street", kind=TeamKind.OTHER)
    return person_at(team, "Dr A Fictive", Role.REFERRER)


def _doors(door: FrontDoor) -> dict[str, str]:
    """Make what comes in by other doors: sent by a referrer, asked for by the public, with a crew; an enquiry."""
    spa = door.actor("spa")
    sent = register(door.actor("referrer"), person(family_name="Sampleworth"), channel=Channel.PORTAL, told_name="Una")
    ask_information(by=spa, referral_id=sent.pk, asked_of="Dr", question="Tablets?", to_referrer=True)
    public = ask_for_help(by=PUBLIC, details=details(channel=Channel.PUBLIC), person=person(family_name="Fakenham"))
    crew = register_at(door, 3, "Percy Trialman", born_on=date(1934, 2, 1), crew=Crew())
    return {
        "sent-referrals": str(sent.pk),
        "enquiries": str(record_enquiry(by=spa, asked="When are you open?").pk),
        "referrals check_who": str(public.pk),
        "referrals tell_crew": str(crew.pk),
    }


def _referrals(door: FrontDoor) -> dict[str, str]:
    new = register_at(door, 30)
    asked = register_at(door, 20, "Albert Mockford", urgency=Urgency.PLANNED, born_on=date(1949, 2, 1))
    ask_information(by=door.actor("triage"), referral_id=asked.pk, asked_of="The ward", question="Walks?")
    flagged = register_at(door, 15, "Edna Demoworth", born_on=date(1942, 2, 1), red_flags=(("chest_pain", Answer.YES),))
    hospital = register_at(
        door, 5, "Ivy Stubbins", born_on=date(1938, 2, 1), direction=Direction.STEP_DOWN, urgency=Urgency.CRISIS
    )
    done = accept_at(door, register_at(door, 200, "Ruby Sampleton", born_on=date(1947, 3, 4)), 150)
    case_id = done.episode.case_id
    alice = door.actor("alice")
    promise_task(
        by=alice, case_id=case_id, what="Ring the daughter", due_at=NOW + timedelta(hours=2), owner_id=alice.user_id
    )
    alert = _alert(case_id)
    block = override_block(
        by=door.actor("lead"), case_id=case_id, permission="episode.allocate", reason="Safe care", hours=2
    )
    post(by=SYSTEM, key="a", user_id=door.users["alice"].pk, template=Template.CASE_CHANGED, link=f"/cases/{case_id}/")
    worry = add_worry(by=alice, case_id=case_id, why="The step is loose")
    return (
        _record(door, new, done.referral, flagged)
        | _files(door, done.referral.person_id)
        | {
            **_plan(door, case_id),
            "worries": str(worry.pk),
            "handover": str(hand_over_shift(by=door.actor("lead"), team_id=door.crisis.pk).pk),
            "discharge": str(hospital.pk),
            "liaison": str(_asked_liaison(door, hospital).pk),
            "questions": str(InformationRequest.objects.filter(referral=asked).get().pk),
            "referrals": str(new.pk),
            "board": str(new.pk),
            "referrals answer": str(asked.pk),
            "referrals confirm_999": str(flagged.pk),
            "referrals hospital_support": str(hospital.pk),
            "referrals episode": str(done.referral.pk),
            "episodes": str(done.episode.pk),
            "cases": str(case_id),
            "tasks": str(Task.objects.get(kind="task").pk),
            "alerts": str(alert.pk),
            "overrides": str(block.pk),
            "messages": str(Message.objects.get(key__startswith="a:").pk),
            **_clocks(door, case_id, asked),
        }
    )


def _asked_liaison(door: FrontDoor, hospital: Referral) -> LiaisonRequest:
    """Ask psychiatric liaison about somebody in hospital."""
    return ask_liaison(by=door.actor("spa"), case_id=hospital.case_id, concern="Low since Monday", asked_of="The desk")


def _record(door: FrontDoor, new: Referral, accepted: Referral, other: Referral) -> dict[str, str]:
    """Make parts of a person's record: a row, a warning, something told differently, two records made one."""
    by, person = door.actor("lead"), accepted.person_id
    given = {"what": "The leaflet", "given_on": NOW.date()}
    row = add_row(by=by, person_id=person, kind="given", values=given)
    warned = add_row(by=by, person_id=person, kind="visit_warnings", values={"kind": "oxygen", "review": REVIEWS[0][0]})
    told = ToldDifference.objects.create(
        person_id=person, referral=accepted, field="phone", told="01632 960199", told_at=now()
    )
    twin = register_at(door, 3, "Rubi Sampleton", born_on=date(1947, 3, 4))
    merged = merge_people(
        by=door.actor("manager"), winner_id=new.person_id, loser_id=twin.person_id, reason="The same voice"
    )
    sent = decline_referral(
        by=door.actor("triage"), referral_id=register_at(door, 4, "Olga Placehold").pk, reason="no_workers",
        signpost="gp", note="Her own doctor looks in on Friday",
    )  # fmt: skip
    erased = Erasure.objects.create(
        person_id=person, reason="court_order", words="The order", asked_at=now(), asked_by="X", asked_by_id="user:0"
    )
    return {
        "people": str(person),
        "erase": str(erased.pk),
        "merge": str(other.person_id),
        "apart": str(other.person_id),
        "merges": str(merged.pk),
        "referrals take_back": str(sent.pk),
        "signposted": str(Signposting.objects.get(referral=sent).pk),
        "sections": "health",
        "drafts": "health",
        "rows": "given",
        "row": str(row.pk),
        "warnings": str(warned.pk),
        "told": str(told.pk),
    }


def _plan(door: FrontDoor, case_id: UUID) -> dict[str, str]:
    by, tomorrow = door.actor("alice"), NOW + timedelta(days=1)
    asked = ask_onward(
        by=by, case_id=case_id, service="falls", asked_of="Falls desk", why="Two falls", chase_at=tomorrow
    )
    taken = write_risk(
        by=by, case_id=case_id, risk=RiskTaken("Own tea", "A scald", "A tipper", "Ruby", tomorrow.date())
    )
    return {"onward": str(asked.pk), "risks": str(taken.pk)}


def _files(door: FrontDoor, person_id: UUID) -> dict[str, str]:
    """Make what was sent as a file, and a view of the board kept by name."""
    told = {"name": "letter.txt", "about": "The letter", "content": b"Test words"}
    kept = attach_file(by=door.actor("lead"), person_id=person_id, **told)
    scan_files(by=SYSTEM)
    listed = send_people(by=door.actor("manager"), content=b"Surname,Forename\nTestworth,Maud\n")
    view = save_view(by=door.actor("lead"), name="Mine", view=BoardView())
    asked = ask_access(by=door.actor("manager"), person_id=person_id, asked_by="Himself, passport seen")
    rows = {"files": str(kept.pk), "import": str(listed.pk), "views": str(view.pk)}
    return rows | {"access": str(asked.pk)}


def _alert(case_id: UUID) -> Alert:
    sweep(by=SYSTEM, now=now())
    climb_ladders(by=SYSTEM, now=now())
    found = Alert.objects.filter(event__case_id=case_id).first()
    assert found is not None
    return found


def _clocks(door: FrontDoor, case_id: UUID, planned: Referral) -> dict[str, str]:
    publish(code="blocking", blocks=["episode.allocate"], stages=[])
    subject = f"case:{case_id}"
    start_clock(by=SYSTEM, case_id=case_id, subject=subject, policy="blocking", started_at=NOW - timedelta(hours=3))
    long = start_clock(by=SYSTEM, case_id=case_id, subject=subject, policy="intermediate_care", started_at=NOW)
    waiting = Clock.objects.get(case_id=planned.case_id, policy_code="spa_triage")
    other = register_at(door, 10, "Ernest Testworth", urgency=Urgency.PLANNED, born_on=date(1941, 2, 1))
    standing = Clock.objects.get(case_id=other.case_id, policy_code="spa_triage")
    third = start_clock(by=SYSTEM, case_id=case_id, subject="case:third", policy="intermediate_care", started_at=NOW)
    asked = extend_clock(
        by=door.actor("lead"),
        clock_id=third.pk,
        reason="remaining_potential",
        approver_id=door.users["manager"].pk,
        new_due_on=(NOW + timedelta(days=60)).date(),
    )
    pause_clock(by=door.actor("manager"), clock_id=standing.pk, reason="question_out")
    publish(code="intermediate_care", version=2, limit="30 days", kind="calendar_days", stages=[])
    return {
        "approvals": str(asked.pk),
        "clocks": str(long.pk),
        "clocks pause": str(waiting.pk),
        "clocks resume": str(standing.pk),
        "clocks extend": str(long.pk),
    }


def _accounts(door: FrontDoor) -> dict[str, str]:
    alice, carol, lead = (door.users[name] for name in ("alice", "carol", "lead"))
    by = actor_for(lead)
    shift = add_shift(
        by=by, team_id=door.crisis.pk, user_id=carol.pk, duty=Duty.DESK,
        starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=1, hours=8),
    )  # fmt: skip
    cover = add_cover(
        by=by, user_id=carol.pk, covered_by_id=alice.pk,
        starts_at=NOW + timedelta(days=3), ends_at=NOW + timedelta(days=4),
    )  # fmt: skip
    partner, _ = add_partner(
        by=SYSTEM, name="Ward system", organisation_id=door.spa.organisation_id, scopes=tuple(SCOPES)
    )
    passkey = Authenticator.objects.create(user=carol, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
    return {
        "staff": str(carol.pk),
        "roles": str(carol.memberships.get().pk),
        "rota": str(door.crisis.pk),
        "patterns": str(ShiftPattern.objects.filter(user=alice).first().pk),
        "shifts": str(shift.pk),
        "cover": str(cover.pk),
        "partners": str(partner.pk),
        "work": "no-provider",
        "passkeys": str(passkey.pk),
        "key": f"{user_pk_to_url_str(carol)}-{default_token_generator.make_token(carol)}",
    }
