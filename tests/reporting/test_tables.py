"""Reports that are tables of counts: what each counts, what is hidden, the page and the file."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Place
from audit.refusals import NotPermitted
from careplans.models import Experience, Risk
from casework.commands import (
    decline_referral,
    end_episode,
    record_not_wanted,
    redirect_referral,
    take_back_decision,
    withdraw_referral,
)
from pathways.commands import accept_referral
from pathways.domain import EndReason
from referrals.commands import ask_hospital_support, change_section, finish_signposting
from referrals.domain import Direction, SignpostResult, Urgency
from referrals.domain.triage import HospitalReason, OverrideReason
from referrals.models import Referral, Signposting
from reporting.domain import Row, Table, months, table
from reporting.presenters.tables import file_lines, table_words
from reporting.queries.equality import equality
from reporting.queries.experience import experience
from reporting.queries.risks import risks
from reporting.queries.triage import declines, hospital_support, overrides, signposts, sources
from reporting.views.tables import REPORTS
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.referrals import FrontDoor
from timelimits.commands import approve

REASONS = [
    {"code": "no_workers", "words": "No workers", "kind": "capacity"},
    {"code": "needs_hospital", "words": "Needs hospital", "kind": "clinical"},
]
PLAIN = Table("By reason", "Reason", ("One", "Two"), (Row("A", (12, 9, 3)), Row("B", (30, 20, 10))), share_of="One")


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | {"decline_reasons": REASONS}
    place.save()
    return made


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def decline(door: FrontDoor, reason: str, minutes_ago: float = 60, **changes: Any) -> Referral:
    referral = register_at(door, minutes_ago, born_on=date(1940, 1, 1) + timedelta(days=minutes_ago % 999), **changes)
    return decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason=reason, signpost="gp")


def of(tables: list[Table], title: str) -> dict[str, tuple[int, ...]]:
    found = next(each for each in tables if each.title == title)
    return {row.name: row.figures for row in found.rows}


# Pure


def test_table__rows_in_order_those_unknown_as_one_and_empty_ones_only_where_a_gap_matters() -> None:
    counted = {("a", "x"): 2, ("z", "y"): 1, ("q", "x"): 4}
    names, columns = {"b": "B", "a": "A"}, {"x": "X", "y": "Y"}
    assert table(counted, names, columns) == (Row("A", (2, 2, 0)), Row("Not told", (5, 4, 1)))
    assert table(counted, names, columns, all_rows=True)[0] == Row("B", (0, 0, 0))


def test_months__from_one_to_the_other_over_new_year() -> None:
    assert list(months(date(2025, 11, 30), date(2026, 2, 1))) == ["2025-11", "2025-12", "2026-01", "2026-02"]


def test_show_table__hides_small_figures_and_the_share_that_tells_them() -> None:
    shown = table_words(PLAIN, suppress=True)
    assert shown["lines"][0]["cells"][2]["cell"].words == "1 to 7"
    assert shown["lines"][0]["share"] == "hidden"
    assert shown["suppressed"]
    assert "9" not in file_lines([PLAIN], suppress=True)[2]
    bare = table_words(PLAIN, suppress=False)
    assert (bare["lines"][0]["share"], bare["lines"][0]["of"]) == ("75%", "of 12")
    assert file_lines([PLAIN], suppress=False)[2] == ["A", "12", "9", "3"]


def test_show_table__no_cell_is_a_formula() -> None:
    odd = Table("T", "H", ("One",), (Row("=1+1", (9, 9)),))
    assert file_lines([odd], suppress=False)[2][0] == "'=1+1"


# What is counted


@pytest.mark.django_db
def test_count_declines__criteria_and_room_apart_by_reason_service_and_month(door: FrontDoor) -> None:
    decline(door, "no_workers")
    decline(door, "no_workers", 90)
    decline(door, "needs_hospital", 120)
    with time_machine.travel(NOW - timedelta(days=400), tick=False):
        decline(door, "needs_hospital", 400 * 24 * 60 + 30)
    found = declines(door.actor("manager"), NOW)
    assert of(found, "By reason") == {"No workers": (2, 0, 2), "Needs hospital": (1, 1, 0)}
    assert of(found, "By month") == {"Sep 2026": (3, 1, 2)}
    assert sum(figures[0] for figures in of(found, "By service asked for").values()) == 3


@pytest.mark.django_db
def test_count_sources__what_became_of_them_and_who_never_refers(door: FrontDoor) -> None:
    accept_at(door, register_at(door, 60))
    record_not_wanted(by=door.actor("spa"), referral_id=register_at(door, 50, born_on=date(1941, 1, 1)).pk, note="No")
    register_at(door, 40, born_on=date(1942, 1, 1))
    (found,) = sources(door.actor("manager"), NOW)
    kind = Referral.objects.values_list("source_kind", flat=True)[0]
    whole = found.whole()
    assert dict(zip(("All", *found.columns), whole.figures, strict=True)) == {
        "All": 3, "Accepted": 1, "Declined": 0, "Redirected": 0, "Did not want it": 1, "Withdrawn": 0,
        "Not decided yet": 1,
    }  # fmt: skip
    assert kind
    empty = [row.name for row in found.rows if not row.figures[0]]
    assert empty
    assert all(name in found.about for name in empty)


@pytest.mark.django_db
def test_count_hospital_support__by_reason_month_and_who_agreed(door: FrontDoor) -> None:
    for minutes in (30, 60):
        referral = register_at(
            door, minutes, born_on=date(1940, 1, minutes - 29), urgency=Urgency.CRISIS, direction=Direction.STEP_DOWN
        )
        asked = ask_hospital_support(
            by=door.actor("triage"), referral_id=referral.pk, reason=HospitalReason.WOULD_BE_ADMITTED, note="ED",
            approver_id=door.users["manager"].pk,
        )  # fmt: skip
    approve(by=door.actor("manager"), approval_id=asked.pk)
    found = hospital_support(door.actor("manager"), NOW)
    assert of(found, "By reason") == {"In the emergency department, and would be admitted": (2, 1, 0, 1)}
    assert of(found, "By who was asked to agree")[door.users["manager"].name][0] == 2
    assert of(found, "By month") == {"Sep 2026": (2, 1, 0, 1)}


@pytest.mark.django_db
def test_count_overrides__by_what_was_decided_and_why(door: FrontDoor) -> None:
    decline(door, "no_workers", 60)
    accept_at(door, register_at(door, 30, born_on=date(1941, 1, 1)))
    planned = register_at(door, 20, born_on=date(1942, 1, 1), urgency=Urgency.PLANNED, reason="carer_breakdown")
    accept_referral(
        by=door.actor("triage"), referral_id=planned.pk, team_id=door.crisis.pk, safe_care_reason="GP says so",
        override_reason=OverrideReason.SAFE_TO_WAIT, override_note="Sister stays",
        coordinator_id=door.users["alice"].pk,
    )  # fmt: skip
    found = overrides(door.actor("manager"), NOW)
    assert of(found, "By what was decided") == {"Accepted": (2, 1, 1), "Declined": (1, 0, 1)}
    why = of(found, "By reason")
    assert {name: figures[0] for name, figures in why.items()} == {
        "No workers": 1,
        "A clinician has spoken to them: safe to wait": 1,
    }


@pytest.mark.django_db
def test_count_signposts__by_where_and_what_became_of_them(door: FrontDoor) -> None:
    for minutes in (60, 90):
        decline(door, "no_workers", minutes)
    row = Signposting.objects.first()
    assert row is not None
    finish_signposting(by=door.actor("spa"), signposting_id=row.pk, result=SignpostResult.REACHED)
    (found,) = signposts(door.actor("manager"), NOW)
    line = dict(zip(("All", *found.columns), found.whole().figures, strict=True))
    assert (line["All"], line["They have it in hand"], line["No result yet"]) == (2, 1, 1)


@pytest.mark.django_db
def test_count_equality__decisions_by_what_may_not_feed_them(door: FrontDoor) -> None:
    declined = decline(door, "needs_hospital")
    taken = register_at(door, 30, born_on=date(1941, 2, 2))
    accept_at(door, taken)
    for referral, alone, cohorts in ((declined, "yes", ["dementia"]), (taken, "no", ["dementia", "frailty"])):
        by, person_id = door.actor("triage"), referral.person_id
        change_section(by=by, person_id=person_id, section="circumstances", values={"lives_alone": alone})
        change_section(by=by, person_id=person_id, section="background", values={"cohorts": cohorts})
    found = equality(door.actor("manager"), NOW)
    assert of(found, "Living alone") == {"Yes": (1, 0, 1, 0), "No": (1, 1, 0, 0)}
    assert of(found, "Ethnicity") == {"Not asked yet": (2, 1, 1, 0)}
    assert of(found, "Living with") == {"Frailty": (1, 1, 0, 0), "Dementia": (2, 1, 1, 0)}


@pytest.mark.django_db
def test_count_equality__how_support_ended_by_condition(door: FrontDoor) -> None:
    """R013: outcomes by flag, not access alone."""
    for reason, cohorts in ((EndReason.ADMITTED, ["dementia"]), (EndReason.MOVED_AWAY, ["dementia", "frailty"])):
        episode = accept_at(door, register_at(door, 30, "Ada Fakename", nhs_number="")).episode
        values = {"cohorts": cohorts}
        change_section(by=door.actor("alice"), person_id=episode.person_id, section="background", values=values)
        end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=reason)
    found = of(equality(door.actor("manager"), NOW), "How support ended, living with")
    assert found == {"Frailty": (1, 0, 0, 0, 0, 0, 1), "Dementia": (2, 0, 0, 0, 1, 0, 1)}


def take_back(door: FrontDoor, referral: Referral, minutes: int) -> None:
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        take_back_decision(by=door.actor("triage"), referral_id=referral.pk, reason="The wrong row was chosen")


def again(door: FrontDoor, referral: Referral) -> None:
    """Decline it once more, ten minutes later."""
    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason="no_workers", signpost="gp")


@pytest.mark.django_db
def test_count__a_decision_that_was_taken_back_is_none_and_made_again_is_one(door: FrontDoor) -> None:
    """R054: in every report of decisions."""
    mistaken, twice, _ = (decline(door, "needs_hospital", minutes) for minutes in (60, 90, 120))
    for referral in (mistaken, twice):
        take_back(door, referral, 5)
    again(door, twice)
    assert of(declines(door.actor("manager"), NOW), "By reason") == {
        "Needs hospital": (1, 1, 0),
        "No workers": (1, 0, 1),
    }
    accept_at(door, mistaken, minutes_ago=-15)
    assert sum(row[0] for row in of(declines(door.actor("manager"), NOW), "By reason").values()) == 2
    found = of(overrides(door.actor("manager"), NOW), "By what was decided")
    assert (found["Declined"][0], found["Accepted"][0]) == (2, 1)
    assert sum(row[0] for row in of(signposts(door.actor("manager"), NOW), "By where they were sent").values()) == 2
    assert of(equality(door.actor("manager"), NOW), "Living alone") == {"Not asked yet": (3, 1, 1, 1)}
    (by_source,) = sources(door.actor("manager"), NOW)
    line = dict(zip(("All", *by_source.columns), by_source.whole().figures, strict=True))
    assert (line["Declined"], line["Accepted"]) == (2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "end",
    [
        lambda by, pk: redirect_referral(by=by, referral_id=pk, signpost="gp", note="Their GP can"),
        lambda by, pk: record_not_wanted(by=by, referral_id=pk, note="Manages"),
        lambda by, pk: withdraw_referral(by=by, referral_id=pk, reason="By mistake"),
    ],
    ids=["redirect", "not_wanted", "withdraw"],
)
def test_count__another_ending_that_was_taken_back_is_none(door: FrontDoor, end: Any) -> None:
    referral = register_at(door, 60)
    end(door.actor("triage"), referral.pk)
    take_back(door, referral, 5)
    by = door.actor("manager")
    (by_source,) = sources(by, NOW)
    line = dict(zip(("All", *by_source.columns), by_source.whole().figures, strict=True))
    assert (line["All"], line["Not decided yet"]) == (1, 1)
    assert of(overrides(by, NOW), "By what was decided") == {}
    assert of(signposts(by, NOW), "By where they were sent") == {}


@pytest.mark.django_db
def test_count_risks__reviewed_or_due_by_month(door: FrontDoor) -> None:
    made = accept_at(door, register_at(door, 60))
    told = {
        "case_id": made.episode.case_id,
        "benefit": "Cooks",
        "harm": "Burns",
        "control": "Timer",
        "agreed_with": "Her",
    }
    wrote = {"written_at": NOW - timedelta(days=3), "written_by": "Alice"}
    Risk.objects.create(**told, **wrote, review_on=date(2026, 9, 1))
    for day in (date(2026, 9, 17), date(2026, 12, 1), date(2026, 12, 2)):  # today's review is still to come
        Risk.objects.create(**told, **wrote, review_on=day)
    Risk.objects.create(
        **told, **wrote, review_on=date(2026, 9, 1), finding="goes_well", reviewed_at=NOW, reviewed_by="Alice"
    )
    assert of(risks(door.actor("manager"), NOW), "By month written") == {"Sep 2026": (5, 1, 0, 0, 1, 3)}


@pytest.mark.django_db
def test_count_experience__by_theme_and_teller_without_words(door: FrontDoor) -> None:
    """R072."""
    case_id = accept_at(door, register_at(door, 60)).episode.case_id
    wrote = {"case_id": case_id, "written_at": NOW - timedelta(days=3), "written_by": "Alice"}
    for theme, felt, teller in (
        ("waiting", "poor", "carer"),
        ("waiting", "good", "person"),
        ("staff", "good", "person"),
    ):
        Experience.objects.create(**wrote, theme=theme, felt=felt, told_by=teller, words="Secretly told")
    Experience.objects.create(
        **wrote | {"written_at": NOW - timedelta(days=366)}, theme="staff", felt="good", told_by="person"
    )
    found = experience(door.actor("manager"), NOW)
    assert of(found, "By theme") == {"Waiting": (2, 1, 0, 1), "The people who came": (1, 1, 0, 0)}
    assert of(found, "By who told us") == {"The person": (2, 2, 0, 0), "Whoever cares for them": (1, 0, 0, 1)}
    assert of(found, "By month") == {"Sep 2026": (3, 2, 0, 1)}
    page = signed_in(door.users["manager"]).get("/reports/experience/")
    assert page.status_code == 200
    assert "Secretly told" not in page.text


# The pages


@pytest.mark.django_db
@pytest.mark.parametrize("code", list(REPORTS))
def test_show_report__table_bars_and_file_without_people(door: FrontDoor, code: str) -> None:
    decline(door, "no_workers")
    client = signed_in(door.users["manager"])
    page = client.get(f"/reports/{code}/").content.decode()
    assert "Maud" not in page
    assert REPORTS[code].title in page
    assert "Download (CSV)" in page
    answer = client.get(f"/reports/{code}/?as=csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert next(csv.reader(io.StringIO(answer.content.decode())))[0] == REPORTS[code].title


@pytest.mark.django_db
def test_show_report__small_figures_are_hidden_from_commissioners_on_page_and_in_file(door: FrontDoor) -> None:
    decline(door, "no_workers")
    client = signed_in(door.users["commissioner"])
    assert "1 to 7" in client.get("/reports/declines/").content.decode()
    lines = list(csv.reader(io.StringIO(client.get("/reports/declines/?as=csv").content.decode())))
    assert ["No workers", "1 to 7", "0", "1 to 7"] in lines or ["No workers", "1 to 7", "hidden", "1 to 7"] in lines


@pytest.mark.django_db
@pytest.mark.parametrize("read", [declines, overrides, sources, hospital_support, signposts, equality, risks])
def test_count__needs_the_permission_and_names_nobody(door: FrontDoor, read: Any) -> None:
    with pytest.raises(NotPermitted):
        read(door.actor("spa"), NOW)
    with CaptureQueriesContext(connection) as asked:
        read(door.actor("commissioner"), NOW)
    assert len(asked) <= 14
