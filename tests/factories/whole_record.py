"""Somebody with a row of every kind, each telling of them by name, made through the real commands."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.domain import BreakReason, RestrictReason
from accounts.models import Organisation, Place, User
from accounts.queries import actor_for
from audit.domain import SYSTEM
from careplans.commands import (
    answer_onward,
    ask_onward,
    link_record,
    mark_read,
    rate_confidence,
    record_agreement,
    record_experience,
    review_risk,
    send_message,
    write_risk,
)
from careplans.domain import (
    AgreedTo,
    Agreement,
    Decided,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    RiskTaken,
    Teller,
    Theme,
)
from casework.commands.death import record_death, strike_death
from casework.commands.disclose import ask_access, decide_items, gather_next, release_access
from casework.commands.ending import decline_referral
from casework.commands.hold import lift_hold, set_hold
from casework.commands.merge import merge_people
from casework.commands.restrict import break_glass, restrict_person, unrestrict_person
from casework.commands.shifts import accept_shift, hand_over_shift
from pathways.commands import allocate_episode, answer_liaison, ask_liaison, plan_discharge, promise_task
from pathways.domain import ContactKind, Destination, DischargePlan, LiaisonOutcome, Pathway, RehabOffer
from referrals.commands import (
    add_row,
    answer_information,
    ask_information,
    change_section,
    keep_draft,
    set_key_safe_code,
    strike_row,
    tell_crew,
)
from referrals.commands.enquiries import record_enquiry
from referrals.commands.files import attach_file, scan_files
from referrals.commands.hospital import ask_hospital_support
from referrals.commands.imports import send_people
from referrals.commands.keys import once
from referrals.commands.shifts import add_worry
from referrals.commands.signposts import finish_signposting, try_signposting
from referrals.domain import Answer, Caller, Direction, Emergency, Hospital, LocationKind, LocationNow
from referrals.domain.referrals import Crew
from referrals.domain.sections import ROW_KINDS, SECTIONS, Field, Kind
from referrals.domain.triage import HospitalReason, SignpostResult
from referrals.models import Person, Referral, Signposting
from tests.factories.casework import NOW, accept_at, register_at, visit_at
from tests.factories.partners import partner_of
from tests.factories.referrals import FrontDoor
from timelimits.commands import give_breach_reason, override_block, refuse
from timelimits.domain import MissReason
from timelimits.models import Clock

GIVEN, FAMILY, CALLED = "Quillon", "Zephyrine", "Quilly"
NUMBER, PHONE, POSTCODE = "9991234004", "0151 496 0133", "L23 9ZQ"
ABOUT = f"{GIVEN} {FAMILY} said vexation"
PDF = b"%PDF-1.7 made up"
NEEDLES = ("quillon", "zephyrine", "quilly", "vexation", NUMBER, "999 123 4004", "01514960133", PHONE.lower(),
           POSTCODE.lower(), "1935-02-01", "4711c")  # fmt: skip
DETAILS = {"phone": PHONE, "called": CALLED, "email": "q@zephyrine.example", "postcode": POSTCODE,
           "address_lines": ["Vexation House"], "gp_practice": ABOUT}  # fmt: skip
SERVICES = [{"code": "falls", "words": "Falls service"}]


def found_words() -> Iterator[str]:
    """Yield "table.column: needle" for every word of theirs in any text of any table of the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND"
            " (data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'tsvector', 'date', 'bytea'))"
        )
        for table, column in cursor.fetchall():
            kind = f"convert_from(\"{column}\", 'UTF8')" if column == "content" else f'"{column}"::text'
            for needle in NEEDLES:
                cursor.execute(f'SELECT 1 FROM "{table}" WHERE lower({kind}) LIKE %s LIMIT 1', [f"%{needle}%"])
                if cursor.fetchone():
                    yield f"{table}.{column}: {needle}"


def _value(each: Field) -> Any:
    if each.kind is Kind.DAY:
        return date(2026, 9, 1)
    if each.kind is Kind.ONE:
        return each.entries[0].code if each.entries else {"visit_warnings": "dog"}.get(each.listed, "")
    if each.kind is Kind.MANY:
        return [each.entries[0].code] if each.entries else []
    return [ABOUT] if each.kind is Kind.LINES else ABOUT[: each.longest]


def _write_record(door: FrontDoor, who: UUID) -> None:
    by = door.actor("triage")
    change_section(by=by, person_id=who, section="details", values=DETAILS)
    for shape in SECTIONS[1:]:
        told = {each.name: _value(each) for each in shape.fields}
        told |= {"allergies": "has"} if shape.code == "health" else {}
        change_section(by=by, person_id=who, section=shape.code, values=told)
    for kind in ROW_KINDS:
        told = {each.name: _value(each) for each in kind.fields}
        told |= {"kind": "dog", "review": "quarter"} if kind.code == "visit_warnings" else {}
        told |= {"outcome": "lacks_capacity"} if kind.code == "capacity" else {}
        row = add_row(by=by, person_id=who, kind=kind.code, values=told)
        if kind.code in ("related", "capacity"):
            strike_row(by=by, person_id=who, kind=kind.code, row_id=row.pk, reason=ABOUT)
    set_key_safe_code(by=by, person_id=who, code="4711C")
    attach_file(by=by, person_id=who, name="zephyrine.pdf", about=ABOUT, content=PDF)
    scan_files(by=SYSTEM)
    keep_draft(by=by, form=f"person:{who}:health", typed={"allergy_words": [ABOUT]})
    keep_draft(by=by, form="refer", typed={"nhs_number": ["999 123 4004"]})
    keep_draft(by=by, form="call", typed={"given_name": [GIVEN], "family_name": [FAMILY]})


def _referred(door: FrontDoor) -> Referral:
    caller = Caller(kind="gp", organisation=ABOUT, name=ABOUT, phone=PHONE, relationship="vexation")
    place = LocationNow(LocationKind.ELSEWHERE, (ABOUT,), POSTCODE, PHONE, ABOUT)
    told: dict[str, Any] = {
        "born_on": date(1935, 2, 1), "nhs_number": NUMBER, "phone": PHONE, "postcode": POSTCODE, "summary": ABOUT,
        "location": place, "caller": caller, "contact": caller, "who_is_with_them": ABOUT, "told_name": ABOUT,
        "emergency": Emergency(ABOUT, NOW - timedelta(minutes=59), "vexation"),
        "red_flags": (("chest_pain", Answer.NO),),
        "crew": Crew(NOW - timedelta(minutes=60), PHONE, "vexation"), "warnings": ("dog",),
    }  # fmt: skip
    return register_at(door, 58, f"{GIVEN} {FAMILY}", **told)


def _worked_on(door: FrontDoor, referral: Referral) -> None:
    triage, alice, case_id = door.actor("triage"), door.actor("alice"), referral.case_id
    tell_crew(by=triage, referral_id=referral.pk, may_leave=False, plan=ABOUT)
    ask_information(by=triage, referral_id=referral.pk, asked_of=ABOUT, question=ABOUT, phone=PHONE)
    answer_information(by=triage, referral_id=referral.pk, answer=ABOUT)
    add_worry(by=triage, case_id=case_id, why=ABOUT)
    handed = hand_over_shift(by=door.actor("spa"), team_id=door.spa.pk, note=ABOUT)
    accept_shift(by=door.actor("triage2"), hand_over_id=handed.pk)
    accepted = accept_at(door, referral)
    visit_at(door, referral, with_whom=ABOUT, about=ABOUT, kind=ContactKind.FACE_TO_FACE)
    promise_task(by=alice, case_id=case_id, what=ABOUT, due_at=NOW + timedelta(days=1))
    asked = ask_onward(
        by=alice, case_id=case_id, service="falls", asked_of=ABOUT, why=ABOUT, chase_at=NOW + timedelta(days=1)
    )
    answer_onward(by=alice, request_id=asked.pk, outcome=OnwardOutcome.TAKEN_ON, note=ABOUT)
    risk = write_risk(by=alice, case_id=case_id, risk=RiskTaken(ABOUT, ABOUT, ABOUT, ABOUT, date(2026, 9, 20)))
    review_risk(by=alice, risk_id=risk.pk, finding=RiskFinding.GOES_WELL, note=ABOUT)
    rate_confidence(by=alice, case_id=case_id, rated_at=RatedAt.START, score=5, words=ABOUT)
    record_experience(
        by=alice, case_id=case_id, told_by=Teller.PERSON, theme=Theme.WAITING, felt=Felt.POOR, words=ABOUT
    )
    record_agreement(by=alice, case_id=case_id, decided=Decided(AgreedTo.PLAN, Agreement.NO, ABOUT))
    link_record(by=alice, case_id=case_id, system=ABOUT, address="https://elsewhere.example/zephyrine")
    send_message(by=alice, case_id=case_id, text=ABOUT)
    mark_read(by=door.actor("lead"), case_id=case_id)
    allocate_episode(
        by=door.actor("lead"), episode_id=accepted.episode.pk, coordinator_id=door.users["carol"].pk, reason=ABOUT
    )
    override_block(by=door.actor("lead"), case_id=case_id, permission="contact.record", reason=ABOUT, hours=1)


def _from_hospital(door: FrontDoor) -> Referral:
    """A second referral of theirs, told otherwise, which was sent elsewhere."""
    triage = door.actor("triage")
    second = register_at(
        door, 5, f"{GIVEN} {FAMILY}", nhs_number=NUMBER, born_on=None, phone="0151 496 0199", postcode=POSTCODE,
        address_lines=(ABOUT,), direction=Direction.STEP_DOWN, summary=ABOUT,
        hospital=Hospital(site="Southport Hospital", ward=ABOUT[:80]),
    )  # fmt: skip
    plan = DischargePlan(
        pathway=Pathway.P3, grounds=ABOUT, destination=Destination.OWN_HOME, destination_reason=ABOUT, needs=ABOUT,
        rehab=RehabOffer.EXCEPTION, rehab_reason=ABOUT, mh_professional=ABOUT, mh_phone=PHONE,
    )  # fmt: skip
    plan_discharge(by=triage, referral_id=second.pk, plan=plan)
    asked = ask_liaison(by=triage, case_id=second.case_id, concern=ABOUT, asked_of=ABOUT, phone=PHONE)
    answer_liaison(by=triage, request_id=asked.pk, outcome=LiaisonOutcome.ADVICE, note=ABOUT)
    support = ask_hospital_support(by=triage, referral_id=second.pk, reason=HospitalReason.NO_OTHER_HELP, note=ABOUT)
    refuse(by=door.actor("manager"), approval_id=support.pk, note=ABOUT)
    decline_referral(by=triage, referral_id=second.pk, reason="needs_hospital", signpost="gp", note=ABOUT)
    elsewhere = Signposting.objects.get(referral=second)
    try_signposting(by=triage, signposting_id=elsewhere.pk, note=ABOUT)
    finish_signposting(by=triage, signposting_id=elsewhere.pk, result=SignpostResult.REACHED, note=ABOUT)
    return second


def _looked_after(door: FrontDoor, officer: User, who: UUID) -> None:
    """What oversight writes: a restriction opened in need, a hold, a request to see it, a death told wrongly first."""
    by, manager = actor_for(officer), door.actor("manager")
    restrict_person(by=by, person_id=who, reason=RestrictReason.OTHER, words=ABOUT, team_ids=[])
    break_glass(by=manager, person_id=who, reason=BreakReason.URGENT_CARE, words=ABOUT)
    unrestrict_person(by=by, person_id=who)
    set_hold(by=by, person_id=who, why=ABOUT, review_on=date(2027, 1, 1))
    lift_hold(by=by, person_id=who, reason=ABOUT)
    access = ask_access(by=by, person_id=who, asked_by=ABOUT)
    while gather_next(by=SYSTEM):
        pass
    said = {item.pk: ("withhold", ABOUT) for item in access.items.all()}
    decide_items(by=manager, access_id=access.pk, decisions=said)
    release_access(by=manager, access_id=access.pk)
    record_death(by=manager, person_id=who, died_on=NOW.date(), told_by=ABOUT)
    strike_death(by=manager, person_id=who, reason=ABOUT)


def _said_elsewhere(door: FrontDoor, organisation: Organisation, who: UUID) -> None:
    """What hangs on no record: a call, a list that waits, an answer to a partner."""
    record_enquiry(by=door.actor("spa"), asked=ABOUT, said=ABOUT, caller_name="vexation", phone=PHONE)
    send_people(by=SYSTEM, content=f"Surname,NHS number\n{FAMILY},{NUMBER}\n".encode())
    client = partner_of(organisation).client
    answer = {"id": str(who), "name": ABOUT}
    once(by=SYSTEM, client_id=client.pk, key="one", body_hash="x", make=lambda: (201, answer))


def whole_record(door: FrontDoor, officer: User) -> Person:
    """Make somebody with a row of every kind, all of it ended at NOW."""
    place = Place.objects.get()
    place.words = place.words | {"onward_services": SERVICES}
    place.save()
    referral = _referred(door)
    who = referral.person_id
    other = register_at(door, 55, f"{CALLED} {FAMILY}", summary=ABOUT, phone=PHONE, postcode=POSTCODE)
    decline_referral(by=door.actor("triage"), referral_id=other.pk, reason="needs_hospital", signpost="ambulance_999")
    merge_people(by=door.actor("manager"), winner_id=who, loser_id=other.person_id, reason=ABOUT)
    _write_record(door, who)
    _worked_on(door, referral)
    _from_hospital(door)
    _said_elsewhere(door, door.elsewhere.organisation, who)
    missed = Clock.objects.filter(case_id=referral.case_id, outcome="breached").values_list("pk", flat=True)
    give_breach_reason(by=door.actor("manager"), clock_ids=list(missed), reason=MissReason.OTHER, note=ABOUT)
    _looked_after(door, officer, who)
    record_death(by=door.actor("manager"), person_id=who, died_on=NOW.date(), told_by=ABOUT)
    return Person.objects.get(pk=who)
