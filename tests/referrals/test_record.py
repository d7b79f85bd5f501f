"""A person's record: sections and rows, who may write them, what is still to ask, warnings on the engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts.domain import ROLES, Permission, Role
from accounts.models import Place
from accounts.queries import actor_for
from audit.domain import SYSTEM, Actor
from audit.models import AccessLog, CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from casework.commands import decline_referral
from referrals import queries
from referrals.commands import (
    add_row,
    answer_told,
    change_row,
    change_section,
    end_row,
    register_referral,
    reveal_key_safe_code,
    review_warning,
    set_key_safe_code,
    strike_row,
)
from referrals.domain import Urgency
from referrals.domain.sections import BY_ROW_KIND, BY_SECTION, Kind
from referrals.models import (
    CapacityAssessment,
    Communication,
    GoingThere,
    InformationGiven,
    KeySafeCode,
    KnownTo,
    Person,
    Referral,
    RelatedPerson,
    Statement,
    ToldDifference,
    VisitWarning,
)
from tests.factories.casework import NOW
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.domain.local_time import end_of_day
from timelimits.models import Clock

SUPPORT = [{"code": "none", "words": "None needed"}, {"code": "hearing_aid", "words": "Hearing aid"}]
WARNINGS = [{"code": "violence", "words": "Risk of violence"}, {"code": "two_to_visit", "words": "Two to visit"}]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def door(door: FrontDoor) -> FrontDoor:
    place = Place.objects.get()
    place.words = place.words | {"communication_support": SUPPORT, "warnings": WARNINGS}
    place.save()
    return door


@pytest.fixture
def spa(door: FrontDoor) -> Actor:
    return door.actor("spa")


@pytest.fixture
def maud(spa: Actor) -> Person:
    return register(spa, person(nhs_number="9991234004", phone="01632960011")).person


def warn(by: Actor, maud: Person, kind: str = "violence", review: str = "month") -> VisitWarning:
    row: VisitWarning = add_row(
        by=by, person_id=maud.pk, kind="visit_warnings", values={"kind": kind, "detail": "Son", "review": review}
    )
    return row


def review_clock(warning: VisitWarning) -> Clock:
    return Clock.objects.get(subject=f"warning:{warning.pk}", stopped_at=None)


# Sections ------------------------------------------------------------------------------------------------------


def test_change_section__keeps_what_was_asked_and_says_who(spa: Actor, maud: Person) -> None:
    row = change_section(
        by=spa,
        person_id=maud.pk,
        section="communication",
        values={"formats": ["easy_read", "large_print"], "interpreter": "yes", "language": "Polish"},
        version=0,
    )
    held = Communication.objects.get(person=maud)
    assert (held.formats, held.interpreter, held.language) == (["easy_read", "large_print"], "yes", "Polish")
    assert (row.version, held.changed_label, held.changed_at) == (1, "Tom Trial", NOW)
    event = CaseEvent.objects.get(event="person.changed")
    assert event.data == {"section": "communication", "fields": ["formats", "interpreter", "language"]}
    assert event.case_id == Referral.objects.get().case_id


def test_change_section__fields_that_are_not_told_stay(spa: Actor, maud: Person) -> None:
    change_section(by=spa, person_id=maud.pk, section="communication", values={"language": "Polish"})
    change_section(by=spa, person_id=maud.pk, section="communication", values={"interpreter": "no"})
    held = Communication.objects.get()
    assert (held.language, held.interpreter, held.version) == ("Polish", "no", 2)


def test_change_section__the_same_again_is_quiet(spa: Actor, maud: Person) -> None:
    for _ in range(2):
        change_section(by=spa, person_id=maud.pk, section="communication", values={"language": "Polish"}, version=0)
    assert Communication.objects.get().version == 1
    assert CaseEvent.objects.filter(event="person.changed").count() == 1


def test_change_section__a_stale_form_says_who_and_when(spa: Actor, maud: Person, door: FrontDoor) -> None:
    change_section(by=door.actor("triage"), person_id=maud.pk, section="communication", values={"language": "Urdu"})
    with pytest.raises(Stale, match=r"Priya Demo changed this at 14:32, after you opened it\."):
        change_section(by=spa, person_id=maud.pk, section="communication", values={"language": "Polish"}, version=0)
    assert Communication.objects.get().language == "Urdu"


def test_change_section__one_section_does_not_make_another_stale(spa: Actor, maud: Person) -> None:
    change_section(by=spa, person_id=maud.pk, section="communication", values={"language": "Polish"}, version=0)
    change_section(by=spa, person_id=maud.pk, section="preferences", values={"faith": "Quaker"}, version=0)


@pytest.mark.parametrize(
    ("section", "values", "code", "field"),
    [
        ("communication", {"formats": ["runes"]}, "value_unfit", "formats"),
        ("communication", {"formats": ["none", "braille"]}, "value_unfit", "formats"),
        ("communication", {"support": ["smoke_signals"]}, "value_unfit", "support"),
        ("communication", {"language": "x" * 61}, "value_unfit", "language"),
        ("background", {"ethnicity": "martian"}, "value_unfit", "ethnicity"),
        ("details", {"family_name": " "}, "value_unfit", "family_name"),
        ("details", {"born_on": date(2030, 1, 1)}, "day_in_future", "born_on"),
        ("details", {"nhs_number": "123"}, "nhs_number_invalid", "nhs_number"),
        ("health", {"allergies": "has"}, "allergies_not_named", "allergy_words"),
        ("health", {"allergies": "none_known", "allergy_words": "Nuts"}, "allergies_contradict", "allergies"),
    ],
)
def test_change_section__what_cannot_be_is_refused_at_its_field(
    spa: Actor, maud: Person, section: str, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        change_section(by=spa, person_id=maud.pk, section=section, values=values)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_change_section__details_are_kept_as_everywhere(spa: Actor, maud: Person) -> None:
    values = {
        "phone": "01632 960 099",
        "postcode": "l239zz",
        "address_lines": ["2 New Street", " "],
        "called": "Maudie",
    }
    change_section(by=spa, person_id=maud.pk, section="details", values=values, version=maud.version)
    maud.refresh_from_db()
    assert (maud.phone, maud.postcode, maud.address_lines) == ("01632960099", "L23 9ZZ", ["2 New Street"])
    assert (maud.called, maud.version) == ("Maudie", 2)


def test_change_section__a_number_of_somebody_else_is_refused(spa: Actor, maud: Person) -> None:
    other = register(spa, person(family_name="Other", nhs_number="9991234012")).person
    with pytest.raises(RuleBroken, match="somebody else's record") as refusal:
        change_section(by=spa, person_id=other.pk, section="details", values={"nhs_number": "999 123 4004"})
    assert refusal.value.code == "nhs_number_taken"


def test_change_section__none_known_is_not_the_same_as_not_asked(spa: Actor, maud: Person) -> None:
    before = {item.words for item in queries.to_ask(queries.open_record(spa, maud.pk))}
    change_section(by=spa, person_id=maud.pk, section="health", values={"allergies": "none_known"})
    after = {item.words for item in queries.to_ask(queries.open_record(spa, maud.pk))}
    assert before - after == {"Allergies"}


def test_change_section__needs_the_permission_and_a_case_of_the_person(door: FrontDoor, maud: Person) -> None:
    values = {"language": "Polish"}
    with pytest.raises(NotPermitted):
        change_section(by=door.actor("commissioner"), person_id=maud.pk, section="communication", values=values)
    for name in ("alice", "bob", "charlie"):
        with pytest.raises(NotFound):
            change_section(by=door.actor(name), person_id=maud.pk, section="communication", values=values)
    with pytest.raises(NotFound):
        change_section(by=door.actor("spa"), person_id=maud.pk, section="nothing", values=values)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("communication", "formats", "{runes}"),
        ("communication", "formats", "{none,braille}"),
        ("communication", "interpreter", "maybe"),
        ("background", "ethnicity", "martian"),
        ("circumstances", "accommodation", "castle"),
        ("health", "allergies", "has"),
    ],
)
def test_sections__the_database_refuses_what_is_on_no_list(
    spa: Actor, maud: Person, table: str, column: str, value: str
) -> None:
    change_section(by=spa, person_id=maud.pk, section=table, values=SOME[table])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE referrals_{table} SET {column} = %s", [value])


SOME: dict[str, dict[str, Any]] = {
    "communication": {"language": "Polish"},
    "background": {"sex": "female"},
    "circumstances": {"lives_alone": "yes"},
    "health": {"dnacpr": "no"},
}


# Never demanded, never a closed door --------------------------------------------------------------------------


def test_record__nothing_of_it_is_asked_to_save_a_crisis(spa: Actor) -> None:
    referral = register(spa)
    assert referral.urgency == Urgency.CRISIS
    assert len(queries.to_ask(queries.open_record(spa, referral.person_id))) > 20
    assert [each.name for each in BY_SECTION["background"].fields if each.needed] == []


def test_cohorts__every_flag_set_opens_the_same_doors(spa: Actor, door: FrontDoor) -> None:
    flags = [entry.code for entry in BY_SECTION["background"].fields[4].entries if entry.code != "none"]
    assert len(flags) == 9
    plain, flagged = register(spa), register(spa, person(family_name="Flagged"))
    values = {"cohorts": flags, "ethnicity": "roma", "autism": "yes", "learning_disability": "yes"}
    change_section(by=spa, person_id=flagged.person_id, section="background", values=values)
    values = {"accommodation": "rough_sleeper", "lives_alone": "yes", "funding": "self", "support_reason": "memory"}
    change_section(by=spa, person_id=flagged.person_id, section="circumstances", values=values)
    assert queries.decidable(Referral.objects.get(pk=plain.pk)) == queries.decidable(
        Referral.objects.get(pk=flagged.pk)
    )


def test_still_to_ask__shrinks_with_every_answer_and_names_the_section(spa: Actor, maud: Person) -> None:
    before = queries.to_ask(queries.open_record(spa, maud.pk))
    change_section(by=spa, person_id=maud.pk, section="background", values={"ethnicity": "refused"})
    after = queries.to_ask(queries.open_record(spa, maud.pk))
    assert {(item.where, item.words) for item in before} - {(item.where, item.words) for item in after} == {
        ("background", "Ethnicity")
    }


def test_still_to_ask__a_warning_told_on_a_call_has_no_day_yet(spa: Actor) -> None:
    found = register(spa, person(warnings=("violence",))).person
    first = queries.to_ask(queries.open_record(spa, found.pk))[0]
    assert (first.where, first.words, first.since) == ("visit_warnings", "Risk of violence", None)
    warn(spa, found)
    found.refresh_from_db()
    assert found.warnings == []
    assert queries.to_ask(queries.open_record(spa, found.pk))[0].where != "visit_warnings"


# Rows ----------------------------------------------------------------------------------------------------------


def test_add_row__known_to_mental_health_with_name_and_number(spa: Actor, maud: Person) -> None:
    values = {"kind": "mental_health", "contact_name": "Chris Sample", "phone": "01632960077"}
    add_row(by=spa, person_id=maud.pk, kind="known_to", values=values)
    held = KnownTo.objects.get(person=maud, kind="mental_health", ended_at=None)
    assert (held.contact_name, held.phone, held.created_label) == ("Chris Sample", "01632960077", "Tom Trial")


def test_add_row__sent_twice_makes_one(spa: Actor, maud: Person) -> None:
    values = {"name": "Jean Sampleton", "relationship": "Daughter", "roles": ["carer", "next_of_kin"]}
    rows = [add_row(by=spa, person_id=maud.pk, kind="related", values=values) for _ in range(2)]
    assert rows[0].pk == rows[1].pk
    assert RelatedPerson.objects.count() == 1
    event = CaseEvent.objects.get(event="person.row_added")
    assert event.data == {"kind": "related", "row": rows[0].pk}


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("known_to", {"contact_name": "Chris"}, "kind"),
        ("known_to", {"kind": "astrologer"}, "kind"),
        ("related", {"name": "Jean", "roles": ["king"]}, "roles"),
        ("related", {"name": ""}, "name"),
        ("statements", {"words": "Home", "said_on": date(2030, 1, 1)}, "said_on"),
        ("visit_warnings", {"kind": "violence", "review": "never"}, "review"),
        ("sharing", {"basis": "consent", "categories": []}, "categories"),
        ("sharing", {"basis": "consent", "categories": ["health"], "organisation": "nobody"}, "organisation"),
    ],
)
def test_add_row__what_makes_no_sense_is_refused_at_its_field(
    spa: Actor, maud: Person, kind: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        add_row(by=spa, person_id=maud.pk, kind=kind, values=values)
    assert refusal.value.field == field


def test_change_row__keeps_history_and_refuses_a_stale_form(spa: Actor, maud: Person, door: FrontDoor) -> None:
    row = add_row(by=spa, person_id=maud.pk, kind="related", values={"name": "Jean"})
    told: dict[str, Any] = {"person_id": maud.pk, "kind": "related", "row_id": row.pk}
    change_row(by=door.actor("triage"), **told, values={"consent": "yes"}, version=1)
    with pytest.raises(Stale, match="Priya Demo changed this"):
        change_row(by=spa, **told, values={"consent": "no"}, version=1)
    assert list(RelatedPerson.history.order_by("history_id").values_list("consent", flat=True)) == ["", "yes"]  # type: ignore[attr-defined]


def test_end_row__stays_and_stands_no_more(spa: Actor, maud: Person) -> None:
    row = add_row(by=spa, person_id=maud.pk, kind="related", values={"name": "Jean"})
    for _ in range(2):
        end_row(by=spa, person_id=maud.pk, kind="related", row_id=row.pk)
    record = queries.open_record(spa, maud.pk)
    assert record.current("related") == []
    assert [(each.ended_label, each.ended_at) for each in record.rows["related"]] == [("Tom Trial", NOW)]


def test_strike_row__needs_a_reason_and_is_kept(spa: Actor, maud: Person) -> None:
    row = add_row(by=spa, person_id=maud.pk, kind="statements", values={"words": "Home", "said_on": NOW.date()})
    told: dict[str, Any] = {"by": spa, "person_id": maud.pk, "kind": "statements", "row_id": row.pk}
    with pytest.raises(RuleBroken, match="what is wrong"):
        strike_row(**told, reason=" ")
    strike_row(**told, reason="Said by her sister")
    held = Statement.objects.get()
    assert (held.in_error, held.error_reason, held.words) == (True, "Said by her sister", "Home")
    assert queries.open_record(spa, maud.pk).current("statements") == []


def test_statement__is_dated_in_their_words_with_who_took_part_and_never_changed(spa: Actor, maud: Person) -> None:
    values = {"words": "To see my garden again", "said_on": date(2026, 9, 16), "took_part": ["person", "carer"]}
    row = add_row(by=spa, person_id=maud.pk, kind="statements", values=values)
    with pytest.raises(RuleBroken, match="kept as it was written"):
        change_row(by=spa, person_id=maud.pk, kind="statements", row_id=row.pk, values={"words": "Else"})
    with pytest.raises(RuleBroken, match="because it happened"):
        end_row(by=spa, person_id=maud.pk, kind="statements", row_id=row.pk)
    held = Statement.objects.get()
    assert (held.words, held.said_on, held.took_part) == (
        "To see my garden again",
        date(2026, 9, 16),
        ["person", "carer"],
    )


def test_row__of_another_person_is_not_found(spa: Actor, maud: Person) -> None:
    other = register(spa, person(family_name="Other")).person
    row = add_row(by=spa, person_id=maud.pk, kind="related", values={"name": "Jean"})
    for verb, more in ((end_row, {}), (change_row, {"values": {"name": "X"}}), (strike_row, {"reason": "x"})):
        with pytest.raises(NotFound):
            verb(by=spa, person_id=other.pk, kind="related", row_id=row.pk, **more)


# Capacity --------------------------------------------------------------------------------------------------------

ASSESSED = {
    "decision": "To go home on Friday",
    "outcome": "lacks_capacity",
    "assessed_on": date(2026, 9, 17),
    "assessed_by": "Sister Stub, ward 7",
    "consulted": "Daughter Jean",
    "best_interests": "Home with four calls a day",
}


def test_capacity__one_decision_by_whom_when_and_who_was_asked(door: FrontDoor, maud: Person) -> None:
    add_row(by=door.actor("triage"), person_id=maud.pk, kind="capacity", values=ASSESSED)
    held = CapacityAssessment.objects.get()
    assert {name: getattr(held, name) for name in ASSESSED} == ASSESSED
    with pytest.raises(NotPermitted):
        add_row(by=door.actor("spa"), person_id=maud.pk, kind="capacity", values=ASSESSED | {"decision": "Money"})


def test_capacity__somebody_who_can_decide_has_nothing_decided_for_them(door: FrontDoor, maud: Person) -> None:
    with pytest.raises(RuleBroken) as refusal:
        add_row(
            by=door.actor("triage"), person_id=maud.pk, kind="capacity", values=ASSESSED | {"outcome": "has_capacity"}
        )
    assert refusal.value.field == "best_interests"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE referrals_capacityassessment SET outcome = 'has_capacity', best_interests = ''",
        "UPDATE referrals_capacityassessment SET decision = 'Another'",
        "UPDATE referrals_capacityassessment SET assessed_on = '2020-01-01'",
        "DELETE FROM referrals_capacityassessment",
    ],
)
def test_capacity__the_database_lets_nobody_change_it(door: FrontDoor, maud: Person, sql: str) -> None:
    add_row(by=door.actor("triage"), person_id=maud.pk, kind="capacity", values=ASSESSED)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_capacity__an_error_is_struck_out_and_stays_one(door: FrontDoor, maud: Person) -> None:
    by = door.actor("triage")
    row = add_row(by=by, person_id=maud.pk, kind="capacity", values=ASSESSED)
    strike_row(by=by, person_id=maud.pk, kind="capacity", row_id=row.pk, reason="Wrong person")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_capacityassessment SET in_error = false, error_reason = ''")
    with connection.cursor() as cursor:  # erasure may blank the words
        cursor.execute("UPDATE referrals_capacityassessment SET decision = '', reasons = ''")


# Key safe ------------------------------------------------------------------------------------------------------


def test_key_safe__is_shown_to_who_may_and_each_showing_is_logged(door: FrontDoor, maud: Person) -> None:
    spa = door.actor("spa")
    set_key_safe_code(by=spa, person_id=maud.pk, code=" C4471X ", version=0)
    assert reveal_key_safe_code(by=spa, person_id=maud.pk) == ("C4471X", "")
    log = AccessLog.objects.get(what="person.key_safe")
    assert (log.actor_label, log.ids) == ("Tom Trial", [str(maud.pk)])


def test_key_safe__others_may_not_and_a_stranger_finds_nothing(door: FrontDoor, maud: Person) -> None:
    set_key_safe_code(by=door.actor("spa"), person_id=maud.pk, code="C4471X")
    auditor = person_at(door.spa, "Ada Audit", Role.AUDITOR)
    for actor in (door.actor("commissioner"), replace(door.actor("spa"), permissions=frozenset()), actor_for(auditor)):
        with pytest.raises(NotPermitted):
            reveal_key_safe_code(by=actor, person_id=maud.pk)
    with pytest.raises(NotFound):
        reveal_key_safe_code(by=door.actor("charlie"), person_id=maud.pk)
    assert not AccessLog.objects.filter(what="person.key_safe").exists()


def test_key_safe__is_in_no_history_event_or_other_table(door: FrontDoor, maud: Person) -> None:
    spa = door.actor("spa")
    set_key_safe_code(by=spa, person_id=maud.pk, code="C4471X")
    set_key_safe_code(by=spa, person_id=maud.pk, code="Q9090Z", version=1)
    register_referral(by=spa, details=details(), person_id=maud.pk, key_safe_code="Z1212Z")
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall()]
        holding = []
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text ~ %s', ["C4471X|Q9090Z|Z1212Z"])
            if cursor.fetchone()[0]:
                holding.append(table)
    assert holding == ["referrals_keysafecode"]
    assert KeySafeCode.history.count() == 3  # type: ignore[attr-defined]


def test_key_safe__is_taken_away_and_a_stale_form_says_so(door: FrontDoor, maud: Person) -> None:
    spa = door.actor("spa")
    set_key_safe_code(by=spa, person_id=maud.pk, code="C4471X")
    with pytest.raises(Stale, match="Tom Trial changed this"):
        set_key_safe_code(by=spa, person_id=maud.pk, code="Q9090Z", version=0)
    assert set_key_safe_code(by=spa, person_id=maud.pk, code="", version=1) is None
    with pytest.raises(NotFound):
        reveal_key_safe_code(by=spa, person_id=maud.pk)


def test_register__a_key_safe_code_goes_to_the_record_alone_and_replaces_none(door: FrontDoor, maud: Person) -> None:
    spa, referrer = door.actor("spa"), actor_for(person_at(door.elsewhere, "Ray Refer", Role.REFERRER))
    who = person(nhs_number=maud.nhs_number)
    register_referral(by=referrer, details=details(), person=who, key_safe_code=" C4471X ")
    assert reveal_key_safe_code(by=spa, person_id=maud.pk) == ("C4471X", "")
    for _ in range(2):
        register_referral(by=referrer, details=details(), person=who, key_safe_code="Q9090Z")
    assert reveal_key_safe_code(by=spa, person_id=maud.pk) == ("C4471X", "Q9090Z")
    assert KeySafeCode.history.count() == 2  # type: ignore[attr-defined]
    set_key_safe_code(by=spa, person_id=maud.pk, code="C4471X")
    assert reveal_key_safe_code(by=spa, person_id=maud.pk) == ("C4471X", "")


def test_register__a_form_sent_again_with_the_code_keeps_the_code(door: FrontDoor) -> None:
    spa, form_id = door.actor("spa"), uuid4()
    sent = register_referral(by=spa, details=details(), person=person(), form_id=form_id)
    again = register_referral(by=spa, details=details(), person=person(), form_id=form_id, key_safe_code="C4471X")
    assert again == sent
    assert reveal_key_safe_code(by=spa, person_id=sent.person_id).code == "C4471X"
    with pytest.raises(RuleBroken) as wrong:
        register_referral(by=spa, details=details(), person=person(), key_safe_code="9" * 21)
    assert wrong.value.field == "key_safe_code"


def test_register__a_warning_that_stands_on_the_record_is_not_asked_again(door: FrontDoor, maud: Person) -> None:
    spa = door.actor("spa")
    add_row(by=spa, person_id=maud.pk, kind="visit_warnings", values={"kind": "violence", "review": "year"})
    told = person(nhs_number=maud.nhs_number, warnings=("violence", "two_to_visit"))
    register_referral(by=spa, details=details(), person=told, person_id=maud.pk)
    assert ToldDifference.objects.get(field="warnings").told == "two_to_visit"


# Warnings on the engine ------------------------------------------------------------------------------------------


def test_warning__is_looked_at_again_by_its_day_on_the_open_case(spa: Actor, maud: Person) -> None:
    warning = warn(spa, maud, review="month")
    clock = review_clock(warning)
    assert warning.review_on == date(2026, 10, 15)
    assert (clock.policy_code, clock.policy.variant) == ("warning_review", "month")
    assert clock.case_id == Referral.objects.get().case_id
    assert clock.due_at == end_of_day(warning.review_on)


def test_review_warning__meets_the_limit_and_starts_it_anew(spa: Actor, maud: Person, at_now: Any) -> None:
    warning = warn(spa, maud)
    at_now.shift(timedelta(days=10))
    review_warning(by=spa, person_id=maud.pk, row_id=warning.pk, review="year")
    ended = Clock.objects.get(subject=f"warning:{warning.pk}", stopped_at__isnull=False)
    warning.refresh_from_db()
    assert (ended.outcome, review_clock(warning).policy.variant) == ("met", "year")
    assert warning.review_on == date(2027, 9, 26)


def test_review_warning__sent_twice_is_one_look_and_from_a_stale_page_is_told(
    door: FrontDoor, spa: Actor, maud: Person
) -> None:
    warning = warn(spa, maud)
    seen = {"person_id": maud.pk, "row_id": warning.pk, "review": "year", "version": warning.version}
    assert review_warning(by=spa, **seen) == review_warning(by=spa, **seen)
    assert Clock.objects.filter(subject=f"warning:{warning.pk}").count() == 2
    with pytest.raises(Stale, match=f"{spa.label} changed this"):
        review_warning(by=spa, **seen | {"review": "month"})
    with pytest.raises(Stale, match=f"{spa.label} changed this"):
        review_warning(by=door.actor("triage"), **seen)


def test_end_row__a_warning_that_no_longer_holds_was_looked_at(spa: Actor, maud: Person) -> None:
    warning = warn(spa, maud)
    end_row(by=spa, person_id=maud.pk, kind="visit_warnings", row_id=warning.pk)
    assert Clock.objects.get(subject=f"warning:{warning.pk}").outcome == "met"


def test_warning__rests_when_the_case_closes_and_runs_on_with_the_next(
    door: FrontDoor, spa: Actor, maud: Person, at_now: Any
) -> None:
    warning, first = warn(spa, maud), Referral.objects.get()
    decline_referral(by=door.actor("triage"), referral_id=first.pk, reason="no_workers", signpost="gp")
    rested = Clock.objects.get(subject=f"warning:{warning.pk}")
    assert (rested.outcome, rested.cancel_reason) == ("cancelled", "not_needed")
    at_now.shift(timedelta(days=3))
    second = register_referral(by=spa, details=details(), person_id=maud.pk)
    clock = review_clock(warning)
    assert (clock.case_id, clock.started_at) == (second.case_id, NOW)


def test_warning__past_its_day_raises_no_alarm_in_a_new_crisis_but_stands_first(
    door: FrontDoor, spa: Actor, maud: Person, at_now: Any
) -> None:
    warning, first = warn(spa, maud), Referral.objects.get()
    decline_referral(by=door.actor("triage"), referral_id=first.pk, reason="no_workers", signpost="gp")
    at_now.shift(timedelta(days=40))
    register_referral(by=spa, details=details(), person_id=maud.pk)
    assert not Clock.objects.filter(subject=f"warning:{warning.pk}", stopped_at=None).exists()
    item = queries.to_ask(queries.open_record(spa, maud.pk))[0]
    assert (item.where, item.since) == ("visit_warnings", date(2026, 10, 15))


def test_warning__the_same_twice_is_one(spa: Actor, maud: Person) -> None:
    assert warn(spa, maud).pk == warn(spa, maud, review="year").pk
    with pytest.raises(IntegrityError), transaction.atomic():
        VisitWarning.objects.create(
            person=maud, kind="violence", review="year", reviewed_at=NOW, review_on=NOW.date(),
            created_at=NOW, created_label="x", changed_at=NOW, changed_label="x",
        )  # fmt: skip


# Told differently -----------------------------------------------------------------------------------------------


def told_of(maud: Person) -> dict[str, str]:
    return dict(ToldDifference.objects.filter(person=maud, answer="").values_list("field", "told"))


def test_register__what_is_told_of_somebody_known_and_differs_is_kept_beside(spa: Actor, maud: Person) -> None:
    told = person(
        given_name="Maude", nhs_number="9991234004", address_lines=("9 New Road",), postcode="L23 9ZY",
        phone="01632 960 099", gp_practice="Other Surgery", warnings=("Dog",),
    )  # fmt: skip
    referral = register(spa, told)
    assert referral.person_id == maud.pk
    maud.refresh_from_db()
    assert (maud.phone, maud.postcode, maud.given_name) == ("01632960011", "L23 9ZZ", "Maud")
    assert told_of(maud) == {
        "given_name": "Maude",
        "address": "9 New Road\nL23 9ZY",
        "phone": "01632 960 099",
        "gp_practice": "Other Surgery",
        "warnings": "Dog",
    }


def test_register__the_same_in_other_spelling_or_nothing_told_is_no_difference(spa: Actor, maud: Person) -> None:
    register(spa, person(family_name="TESTALDER", nhs_number="9991234004", phone="(01632) 960 011", postcode="l23 9zz"))
    register(spa, person(given_name="", nhs_number="9991234004", postcode="", born_on=None))
    assert told_of(maud) == {}


def test_register__the_same_difference_twice_is_asked_once(spa: Actor, maud: Person) -> None:
    for _ in range(2):
        register(spa, person(nhs_number="9991234004", phone="01632960099"))
    assert ToldDifference.objects.count() == 1


def test_register__of_a_chosen_person_half_typed_names_are_no_difference(spa: Actor, maud: Person) -> None:
    typed = person(given_name="Ma", family_name="Test", born_on=None, postcode="", gp_practice="Other Surgery")
    register_referral(by=spa, details=details(), person=typed, person_id=maud.pk)
    assert told_of(maud) == {"gp_practice": "Other Surgery"}


@pytest.mark.parametrize(
    ("changes", "field", "held"),
    [
        ({"phone": "01632960099"}, "phone", "01632960099"),
        ({"gp_practice": "Other Surgery"}, "gp_practice", "Other Surgery"),
        ({"warnings": ("Dog",)}, "warnings", ["Dog"]),
        ({"postcode": "L23 9ZY"}, "postcode", "L23 9ZY"),
    ],
)
def test_answer_told__taken_over_it_is_on_the_record(
    spa: Actor, maud: Person, changes: dict[str, Any], field: str, held: Any
) -> None:
    register(spa, person(nhs_number="9991234004", **changes))
    difference = ToldDifference.objects.get()
    for _ in range(2):
        answer_told(by=spa, person_id=maud.pk, difference_id=difference.pk, answer="taken")
    maud.refresh_from_db()
    assert getattr(maud, field) == held
    assert told_of(maud) == {}


def test_answer_told__left_the_record_stays_and_the_other_answer_comes_too_late(spa: Actor, maud: Person) -> None:
    register(spa, person(nhs_number="9991234004", phone="01632960099"))
    told: dict[str, Any] = {"by": spa, "person_id": maud.pk, "difference_id": ToldDifference.objects.get().pk}
    answer_told(**told, answer="left")
    with pytest.raises(IllegalMove, match="Tom Trial answered it already"):
        answer_told(**told, answer="taken")
    maud.refresh_from_db()
    assert maud.phone == "01632960011"


def test_answer_told__of_another_person_or_an_unknown_answer_is_not_found(spa: Actor, maud: Person) -> None:
    register(spa, person(nhs_number="9991234004", phone="01632960099"))
    other = register(spa, person(family_name="Other")).person
    difference = ToldDifference.objects.get()
    for who, answer in ((other, "taken"), (maud, "perhaps")):
        with pytest.raises(NotFound):
            answer_told(by=spa, person_id=who.pk, difference_id=difference.pk, answer=answer)


# History and reading ----------------------------------------------------------------------------------------------


def test_changes__say_what_changed_by_whom_newest_first(spa: Actor, maud: Person, door: FrontDoor, at_now: Any) -> None:
    change_section(by=spa, person_id=maud.pk, section="communication", values={"formats": ["braille"]})
    at_now.shift(timedelta(minutes=1))
    change_section(by=door.actor("triage"), person_id=maud.pk, section="communication", values={"formats": ["none"]})
    newest = queries.changes_of(maud)[0]
    names = queries.names_of([newest.actor_id])
    assert (newest.before["formats"], newest.after["formats"]) == (["braille"], ["none"])
    assert names[newest.actor_id] == "Priya Demo"


def test_open_record__is_logged_and_closed_to_who_sees_no_case(spa: Actor, maud: Person, door: FrontDoor) -> None:
    queries.open_record(spa, maud.pk)
    assert AccessLog.objects.filter(what="person.record", ids=[str(maud.pk)]).count() == 1
    for name, refusal in (("charlie", NotFound), ("commissioner", NotPermitted)):
        with pytest.raises(refusal):
            queries.open_record(door.actor(name), maud.pk)


def test_needs_of__hold_what_a_letter_must_meet(spa: Actor, maud: Person) -> None:
    values = {"contact_method": "text", "formats": ["easy_read"], "support": ["hearing_aid"], "interpreter": "yes",
              "language": "Polish"}  # fmt: skip
    change_section(by=spa, person_id=maud.pk, section="communication", values=values)
    change_section(by=spa, person_id=maud.pk, section="going_there", values={"smoking": "yes", "home_oxygen": "yes"})
    needs = queries.needs_of(maud)
    assert (needs.contact_method, needs.formats, needs.support_words) == ("text", ("easy_read",), ("Hearing aid",))
    assert (needs.interpreter, needs.language, needs.smokes_with_oxygen) == (True, "Polish", True)


def test_tables__every_field_has_a_column_and_every_model_its_table() -> None:
    for shape in (*BY_SECTION.values(), *BY_ROW_KIND.values()):
        columns = {field.name for field in queries.model_of(shape)._meta.get_fields()}
        assert {each.name for each in shape.fields} <= columns, shape.code
        for each in shape.fields:
            if each.kind in (Kind.LINE, Kind.TEXT) and each.name != "nhs_number":
                column = queries.model_of(shape)._meta.get_field(each.name)
                assert column.max_length == each.longest, f"{shape.code}.{each.name}"


def test_permissions__the_key_safe_is_for_those_who_go_there_or_pass_it_on() -> None:
    holding = {role for role, row in ROLES.items() if Permission.PERSON_KEY_SAFE in row.permissions}
    assert {Role.CARE_WORKER, Role.PRACTITIONER, Role.SPA_OFFICER, Role.CASE_COORDINATOR} <= holding
    assert holding.isdisjoint({Role.AUDITOR, Role.PRIVACY_OFFICER, Role.BED_MANAGER, Role.COMMISSIONER, Role.REFERRER})


def test_going_there__pets_and_parking_are_words_about_the_visit(spa: Actor, maud: Person) -> None:
    change_section(by=spa, person_id=maud.pk, section="going_there", values={"pets": "Goose", "parking": "Behind"})
    assert GoingThere.objects.values_list("pets", "parking").get() == ("Goose", "Behind")


def test_system__writes_too(maud: Person) -> None:
    change_section(by=SYSTEM, person_id=maud.pk, section="preferences", values={"faith": "Quaker"})


def test_information_given__what_when_in_which_format_to_whom(spa: Actor, maud: Person) -> None:
    values = {"what": "Leaflet on falls", "given_on": date(2026, 9, 16), "format": "easy_read", "took_part": ["carer"]}
    add_row(by=spa, person_id=maud.pk, kind="given", values=values)
    assert InformationGiven.objects.values("what", "given_on", "format", "took_part").get() == values


def test_digital__offered_accepted_or_declined_with_the_reason(spa: Actor, maud: Person) -> None:
    values = {"digital": "declined", "digital_note": "No signal at home"}
    change_section(by=spa, person_id=maud.pk, section="communication", values=values)
    assert Communication.objects.values("digital", "digital_note").get() == values
    with pytest.raises(RuleBroken):
        change_section(by=spa, person_id=maud.pk, section="communication", values={"digital": "maybe"})
