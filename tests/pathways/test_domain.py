"""Rules of episodes. No database."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from pathways.domain import (
    BY_VERB,
    SERVICE_LABELS,
    Candidate,
    ContactDetails,
    ContactKind,
    EpisodeStatus,
    first_service,
    suggest,
)
from referrals.domain import Service, Urgency

NOON = datetime(2026, 5, 11, 11, tzinfo=UTC)


def candidate(name: str, cases: int = 3, due: datetime | None = NOON, on_duty: bool = True) -> Candidate:
    return Candidate(uuid4(), name, cases, due, on_duty)


def test_suggest__on_duty_comes_before_a_lighter_caseload() -> None:
    off, on = candidate("Off", cases=0, on_duty=False), candidate("On", cases=9)
    assert [c.name for c in suggest([off, on])] == ["On", "Off"]


def test_suggest__fewest_cases_then_latest_next_deadline_then_name() -> None:
    light = candidate("Light", cases=1)
    later = candidate("Later", due=NOON + timedelta(hours=3))
    sooner = candidate("Sooner", due=NOON)
    idle = candidate("Idle", cases=0, due=None)
    assert [c.name for c in suggest([sooner, later, light, idle])] == ["Idle", "Light", "Later", "Sooner"]


def test_suggest__nobody_is_an_empty_list() -> None:
    assert suggest([]) == []


@pytest.mark.parametrize(
    ("urgency", "service", "first"),
    [
        (Urgency.CRISIS, "reablement", Service.CRISIS),
        (Urgency.PLANNED, "bed", Service.BED),
        (Urgency.PLANNED, "", Service.HOME),
    ],
)
def test_first_service__crisis_first_else_what_triage_chose(urgency: str, service: str, first: Service) -> None:
    assert first_service(urgency, service) == first


@pytest.mark.parametrize("kind", list(ContactKind))
@pytest.mark.parametrize("attended", [True, False])
def test_first_response__only_attended_face_to_face(kind: ContactKind, attended: bool) -> None:
    details = ContactDetails(kind=kind, attended=attended)
    assert details.is_first_response is (attended and kind is ContactKind.FACE_TO_FACE)


def test_services__the_four_each_with_two_labels() -> None:
    """R015: one code, two labels (community-based is home-based)."""
    assert set(SERVICE_LABELS) == set(Service)


def test_moves__a_contact_can_be_recorded_after_the_end() -> None:
    assert EpisodeStatus.ENDED in BY_VERB["contact"].sources
