"""Reading policies and calendars: what a bundle may say, and what is refused with the field named."""

from datetime import date, timedelta

import pytest

from tests.factories.timelimits import calendar_definition, policy_definition, shipped
from timelimits.domain import MISS_REASONS, Limit, LimitKind, MissReason, Rung, Stage, Window
from timelimits.domain.definitions import DefinitionError, amount_words, plain, read_edition, read_policy

SHIPPED = [read_policy(definition) for definition in shipped()["policy"]]


def test_shipped__defines_every_limit_of_the_design():
    assert {(p.code, p.variant): amount_words(p.limit) for p in SHIPPED} == {
        ("crisis_response", ""): "2 hours",
        ("spa_triage", "crisis"): "30 minutes",
        ("spa_triage", "planned"): "4 hours of opening time",
        ("crew_waiting", ""): "15 minutes",
        ("crisis_spell", ""): "48 hours",
        ("bed_start", "community"): "2 calendar days",
        ("bed_start", "hospital"): "2 calendar days",
        ("support_plan", ""): "5 calendar days",
        ("intermediate_care", ""): "42 calendar days",
        ("transition_plan", ""): "42 calendar days",
        ("package_review", ""): "14 calendar days",
        ("safe_and_well", ""): "24 hours",
        ("d2a_day14", ""): "14 calendar days",
        ("d2a_day21", ""): "21 calendar days",
        ("d2a_stay", ""): "28 calendar days",
        ("follow_up_84", ""): "84 calendar days",
        ("follow_up_91", ""): "91 calendar days",
        ("second_person", ""): "1 working day",
        ("second_person", "hospital_support"): "20 minutes",
        ("information_request", "crisis"): "15 minutes",
        ("information_request", "planned"): "4 hours of opening time",
        ("signpost_follow_up", ""): "2 working days",
        ("psychiatric_liaison", ""): "24 hours",
        ("warning_review", "month"): "28 calendar days",
        ("warning_review", "quarter"): "91 calendar days",
        ("warning_review", "half_year"): "182 calendar days",
        ("warning_review", "year"): "364 calendar days",
    }


def test_shipped__crisis_is_never_paused_and_warns_three_times():
    crisis = next(p for p in SHIPPED if p.code == "crisis_response")
    assert crisis.pause_reasons == ()
    assert [s.code for s in crisis.stages] == ["half", "three_quarters", "last_15"]


def test_read_policy__reads_every_setting():
    policy = read_policy(
        policy_definition(
            kind="working_days",
            limit="5 days",
            blocks=["contact.record"],
            effective_until="2027-01-01",
            stages=[{"code": "start_by", "at": "day 3"}, {"code": "q", "at": "75%"}],
            ladder=[{"duty": "lead", "minutes": 5}],
        )
    )
    assert policy.limit == Limit(LimitKind.WORKING_DAYS, timedelta(days=5))
    assert policy.stages == (Stage("start_by", on_day=3), Stage("q", share=0.75))
    assert policy.ladder == (Rung("lead", 5),)
    assert policy.effective_until == date(2027, 1, 1)
    assert policy.blocks == ("contact.record",)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "moons"}),
        ("limit", {"limit": "2 days"}),
        ("limit", {"limit": "soon"}),
        ("limit", {"limit": "0 h"}),
        ("limit", {"kind": "calendar_days", "limit": "9999 days"}),
        ("calendar", {"calendar": "spa"}),
        ("calendar", {"kind": "opening_hours"}),
        ("version", {"version": 0}),
        ("version", {"version": "1"}),
        ("label", {"label": " "}),
        ("colour", {"colour": "red"}),
        ("effective_from", {"effective_from": "yesterday"}),
        ("effective_from", {"effective_from": 3}),
        ("effective_until", {"effective_until": date(2019, 1, 1)}),
        ("stages", {"stages": [{"code": "x", "at": "100%"}]}),
        ("stages", {"stages": [{"code": "x", "at": "day 1"}]}),
        ("stages", {"stages": [{"code": "x", "at": "now and then"}]}),
        ("stages", {"stages": [{"code": "x", "at": "50%"}, {"code": "x", "at": "60%"}]}),
        ("stages", {"stages": [{"code": "breach", "at": "50%"}]}),
        ("stages", {"stages": [{"code": "x", "at": "50%", "rung": 9}]}),
        ("stages", {"kind": "calendar_days", "limit": "2 days", "stages": [{"code": "x", "at": "day 3"}]}),
        ("ladder", {"ladder": []}),
        ("ladder", {"ladder": [{"duty": "king", "minutes": 5}]}),
        ("ladder", {"ladder": [{"duty": "lead", "minutes": 0}]}),
        ("blocks", {"blocks": ["breathe"]}),
    ],
)
def test_read_policy__refuses_and_names_the_field(field, changes):
    with pytest.raises(DefinitionError) as refused:
        read_policy(policy_definition(**changes))
    assert refused.value.field == field


def test_read_policy__a_missing_setting_is_named():
    with pytest.raises(DefinitionError, match="version: is missing"):
        read_policy({"code": "x", "effective_from": date(2020, 1, 1)})


def test_read_edition__reads_windows_exceptions_and_bank_holidays():
    edition = read_edition(
        calendar_definition(
            week={"mon": ["13:00-17:00", "09:00-12:00"], "fri": ["22:00-06:00"], "sat": ["00:00-24:00"]},
            exceptions={"2026-12-24": ["09:00-12:00"], "2026-12-25": []},
            bank_holiday=["10:00-16:00"],
        )
    )
    assert edition.week[0] == (Window(540, 720), Window(780, 1020))
    assert edition.week[4] == (Window(1320, 1800),)
    assert edition.week[5] == (Window(0, 1440),)
    assert edition.exceptions == ((date(2026, 12, 24), (Window(540, 720),)), (date(2026, 12, 25), ()))
    assert edition.bank_holiday == (Window(600, 960),)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("week", {"week": {"monday": []}}),
        ("week", {"week": {"mon": ["8-20"]}}),
        ("week", {"week": {"mon": ["08:00-24:30"]}}),
        ("week", {"week": {"mon": ["08:75-20:00"]}}),
        ("bank_holiday", {"bank_holiday": ["late"]}),
        ("exceptions", {"exceptions": {"christmas": []}}),
        ("code", {"code": ""}),
    ],
)
def test_read_edition__refuses_and_names_the_field(field, changes):
    with pytest.raises(DefinitionError) as refused:
        read_edition(calendar_definition(**changes))
    assert refused.value.field == field


def test_plain__is_the_same_for_the_same_content():
    one = policy_definition(effective_from=date(2026, 1, 1))
    other = dict(reversed(policy_definition(effective_from="2026-01-01").items()))
    assert plain(one) == plain(other)
    assert list(plain(one)) == sorted(one)


def test_amount_words__one_is_singular():
    assert amount_words(Limit(LimitKind.WORKING_DAYS, timedelta(days=1))) == "1 working day"
    assert amount_words(Limit(LimitKind.ELAPSED, timedelta(minutes=90))) == "1 hour 30 minutes"


def test_miss_reasons__each_has_words():
    assert set(MISS_REASONS) == set(MissReason)
