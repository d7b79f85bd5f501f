"""What is typed at the front door, and the table of moves. No database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals import domain
from referrals.domain import (
    ENDED_UNACCEPTED,
    MOVES,
    OPEN,
    Agrees,
    Answer,
    Decidable,
    Status,
    Urgency,
    age_on,
    clean_nhs_number,
    clean_postcode,
    missing_to_decide,
    open_medical_question,
    settle_received_at,
)

NOW = datetime(2026, 5, 11, 13, 32, tzinfo=UTC)


def check_digit(nine: str) -> int:
    """Modulus 11 written out again, apart from the library."""
    return (11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11


@given(st.integers(min_value=999_000_000, max_value=999_999_999).map(str))
def test_nhs_number__is_taken_only_with_its_check_digit(nine: str) -> None:
    right = check_digit(nine)
    for digit in range(10):
        number = f"{nine}{digit}"
        if digit == right and len(set(number)) > 1:
            assert clean_nhs_number(number) == number
        else:
            with pytest.raises(ValueError, match="NHS number"):
                clean_nhs_number(number)


@pytest.mark.parametrize(
    "typed",
    ["9991234004", "999 123 4004", "999-123-4004", "999\u00a0123\u00a04004", " 999 1234004 ", "999\u2013123\u20134004"],
)
def test_nhs_number__any_spacing_is_accepted(typed: str) -> None:
    assert clean_nhs_number(typed) == "9991234004"


@pytest.mark.parametrize(
    "typed", ["0000000000", "1111111111", "999123400", "99912340044", "99912340O4", "٩٩٩١٢٣٤٠٠٤", "9991234005"]
)
def test_nhs_number__what_cannot_be_one_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="NHS number"):
        clean_nhs_number(typed)


@pytest.mark.parametrize("typed", ["", "   ", "\u00a0"])
def test_nhs_number__nothing_typed_is_not_known_yet(typed: str) -> None:
    assert clean_nhs_number(typed) == ""


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("pr82ab", "PR8 2AB"),
        ("L23 9zz", "L23 9ZZ"),
        ("l20", "L20"),
        ("  near the pier ", "NEAR THE PIER"),
        ("ß" * 12, "ß" * 12),
    ],
)
def test_postcode__is_spaced_when_whole_and_kept_when_not(typed: str, clean: str) -> None:
    assert clean_postcode(typed) == clean


def test_received_at__not_told_is_now() -> None:
    assert settle_received_at(None, NOW) == NOW


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_received_at__any_past_instant_is_kept(ago: timedelta) -> None:
    assert settle_received_at(NOW - ago, NOW) == NOW - ago


def test_received_at__sixty_seconds_ahead_is_now_and_more_is_refused() -> None:
    assert settle_received_at(NOW + timedelta(seconds=60), NOW) == NOW
    with pytest.raises(ValueError, match="later than now"):
        settle_received_at(NOW + timedelta(seconds=60, microseconds=1), NOW)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(1947, 3, 4), date(2026, 3, 3), 78),
        (date(1947, 3, 4), date(2026, 3, 4), 79),
        (date(1948, 2, 29), date(2026, 2, 28), 77),
        (date(1948, 2, 29), date(2026, 3, 1), 78),
        (date(1948, 2, 29), date(2028, 2, 29), 80),
    ],
)
def test_age__counts_whole_years_also_from_a_leap_day(born: date, day: date, age: int) -> None:
    assert age_on(day, born, None) == age


def test_age__as_told_when_no_birth_date() -> None:
    assert age_on(date(2026, 5, 11), None, 84) == 84
    assert age_on(date(2026, 5, 11), None, None) is None


def decidable(**changed: object) -> Decidable:
    known: dict[str, object] = {
        "urgency": Urgency.CRISIS,
        "medically_stable": True,
        "medicines_addressed": True,
        "agrees": Agrees.YES,
        "nhs_number": "9991234004",
        "gp_practice": "Test Street Surgery",
        "red_flag_answers": frozenset({Answer.NO}),
    }
    return Decidable(**{**known, **changed})  # type: ignore[arg-type]


def test_medical_question__not_known_never_stops_a_crisis() -> None:
    assert open_medical_question(decidable(medically_stable=None, medicines_addressed=None)) == ""
    assert open_medical_question(decidable(medicines_addressed=False)) == ""


def test_medical_question__not_stable_stops_a_crisis() -> None:
    assert open_medical_question(decidable(medically_stable=False)) == "medically_stable"


@pytest.mark.parametrize("field", ["medically_stable", "medicines_addressed"])
@pytest.mark.parametrize("value", [None, False])
def test_medical_question__planned_needs_both_answers(field: str, value: bool | None) -> None:
    assert open_medical_question(decidable(urgency=Urgency.PLANNED, **{field: value})) == field
    assert open_medical_question(decidable(urgency=Urgency.PLANNED)) == ""


def test_missing_to_decide__lists_what_is_not_known() -> None:
    assert missing_to_decide(decidable()) == ()
    unknown = decidable(
        medically_stable=None,
        medicines_addressed=None,
        agrees=Agrees.NOT_ASKED,
        nhs_number="",
        gp_practice="",
        red_flag_answers=frozenset({Answer.NOT_KNOWN}),
    )
    assert set(missing_to_decide(unknown)) == {
        "medically_stable", "medicines_addressed", "agrees", "nhs_number", "gp_practice", "red_flags",
    }  # fmt: skip


def test_missing_to_decide__is_what_the_place_asks_for() -> None:
    unknown = decidable(nhs_number="", blank=frozenset({"birth", "ready_on"}))
    assert missing_to_decide(unknown, ["ready_on", "nhs_number", "agrees"]) == ("nhs_number", "ready_on")
    assert missing_to_decide(unknown) == ("nhs_number",)


def test_moves__every_verb_once_and_every_status_reachable() -> None:
    verbs = [move.verb for move in MOVES]
    assert len(verbs) == len(set(verbs))
    assert {move.to for move in MOVES if move.to} == set(Status)


def test_moves__ended_referrals_do_not_move_again() -> None:
    for move in MOVES:
        assert not move.sources & ENDED_UNACCEPTED or move.verb in {"tell_crew", "take_back"}, move.verb
    assert domain.BY_VERB["tell_crew"].to is None  # what a crew was told is a fact, never refused; nothing moves by it


def test_moves__whatever_ends_a_referral_answers_triage_and_cancels_the_two_hours() -> None:
    for move in MOVES:
        if move.to in ENDED_UNACCEPTED:
            assert domain.SPA_TRIAGE in move.stops, move.verb
            assert domain.CRISIS_RESPONSE in move.cancels, move.verb


def test_moves__asking_for_information_touches_no_clock() -> None:
    for verb in ("ask", "answer", "take"):
        move = domain.BY_VERB[verb]
        assert move.sources <= OPEN
        assert not move.starts + move.stops + move.cancels
