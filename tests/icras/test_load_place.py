"""A place bundle is checked whole, loaded in one transaction, and loading it again changes nothing."""

import itertools
import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.api.tokens import PartnerScopes
from accounts.domain import CodeListName, Duty, Role, Scope, TeamKind
from accounts.models import Membership, Organisation, PartnerClient, Place, ShiftPattern, Team, User
from accounts.queries import actor_for, codes, is_open, on_duty
from audit.models import CaseEvent
from capacity.queries import zone_for
from icras.place.bundle import read_bundle
from icras.place.checks import faults_of
from timelimits.domain import MissReason
from timelimits.models import ExtraBankHoliday, OpeningCalendar, Policy

SEFTON = settings.BASE_DIR / "places" / "sefton"
LOG_INS = (
    "spa",
    "triage",
    "coordinator",
    "lead",
    "manager",
    "practitioner",
    "carehome",
    "commissioner",
    "auditor",
    "admin",
)
OPERATIONAL = {TeamKind.SPA, TeamKind.CRISIS, TeamKind.REABLEMENT, TeamKind.HOME, TeamKind.BED}


def load(folder=SEFTON, **options):
    """Load the bundle and return what was said, line by line."""
    out = StringIO()
    call_command("load_place", str(folder), stdout=out, **options)
    return out.getvalue().splitlines()


@pytest.fixture
def bundle(tmp_path):
    return Path(shutil.copytree(SEFTON, tmp_path / "place"))


def edit(folder, file, before, after):
    path = folder / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


# The bundle of Sefton


@pytest.mark.django_db
def test_sefton__loads_and_loading_again_changes_nothing():
    assert load()[-1].endswith("changes made.")
    assert load() == ["0 changes made."]
    assert CaseEvent.objects.filter(event="place.loaded", actor_id="system:icras").count() == 1


@pytest.mark.django_db
def test_sefton__has_its_six_zones_and_every_coded_list():
    load()
    postcodes = {"PR8 1AA": "southport", "L37 1AA": "formby", "L31 1AA": "maghull"}
    postcodes |= {"L23 1AA": "crosby", "L20 1AA": "bootle", "L30 1AA": "netherton", "M1 1AA": None}
    assert {postcode: zone_for(postcode) for postcode in postcodes} == postcodes
    assert all(codes(name) for name in CodeListName)
    assert len(codes("red_flags")) == 5
    assert sum(bool(entry.extra.get("ucr")) for entry in codes("referral_reasons")) == 9
    assert {MissReason.LATER_CLINICALLY_RIGHT, MissReason.PERSONS_CHOICE} <= set(MissReason)


@pytest.mark.django_db
def test_sefton__keeps_organisations_that_have_ended():
    load()
    ended = Organisation.objects.exclude(ends_on=None)
    assert {str(day) for day in ended.values_list("ends_on", flat=True)} == {"2022-06-30"}
    assert ended.count() == 2


@pytest.mark.django_db
def test_decline_reasons__keep_room_apart_from_clinical_and_name_no_diagnosis():
    load()
    kinds = {entry.extra["kind"] for entry in codes("decline_reasons")}
    assert kinds == {"clinical", "eligibility", "capacity"}
    words = " ".join(entry.words.lower() for entry in codes("decline_reasons"))
    assert not any(diagnosis in words for diagnosis in ("dementia", "delirium", "depression", "learning"))


@pytest.mark.django_db
def test_demo__reaches_every_role():
    load()
    held = set(Membership.objects.values_list("role", flat=True))
    assert held | {Role.PARTNER_SYSTEM} == set(Role)
    for name in LOG_INS:
        user = User.objects.get(email=f"{name}@icras.example")
        assert user.check_password("icras-demo")
        assert actor_for(user).roles


@pytest.mark.django_db
def test_demo__has_a_second_of_those_who_decide_together():
    load()
    for role in (Role.TRIAGE_PRACTITIONER, Role.CASE_COORDINATOR, Role.TEAM_LEAD):
        assert Membership.objects.filter(role=role).values("user").distinct().count() >= 2


@pytest.mark.django_db
def test_demo_partner__is_bound_to_who_runs_the_front_door_with_every_scope():
    load()
    partner = PartnerClient.objects.get()
    assert partner.application.client_id == "demo-partner"
    assert partner.organisation.teams.filter(kind=TeamKind.SPA).exists()
    assert set(PartnerScopes().get_available_scopes(partner.application)) == set(Scope)
    assert partner.application.client_secret != "demo-partner-secret"


@pytest.mark.django_db
def test_demo_rota__leaves_no_rung_empty_at_any_hour():
    load()
    start = datetime(2026, 12, 23, 0, 30, tzinfo=UTC)  # over Christmas and the new year
    hours = [start + timedelta(hours=hour) for hour in range(0, 10 * 24, 11)]
    teams = Team.objects.filter(kind__in=OPERATIONAL)
    empty = [
        (team.code, duty, f"{at:%a %d %H:%M}")
        for team, duty, at in itertools.product(teams, Duty, hours)
        if not on_duty(team.pk, duty, at)
    ]
    assert empty == []


@pytest.mark.django_db
def test_crisis_teams__are_open_round_the_clock_and_the_front_door_by_day():
    load()
    night = datetime(2026, 9, 20, 2, 0, tzinfo=UTC)
    assert all(is_open(team.pk, night) for team in Team.objects.filter(kind=TeamKind.CRISIS))
    spa = Team.objects.get(kind=TeamKind.SPA)
    assert not is_open(spa.pk, night)
    assert is_open(spa.pk, night.replace(hour=12))


@pytest.mark.django_db
def test_telephones__come_from_the_drama_ranges():
    load()
    numbers = [*Team.objects.values_list("duty_phone", flat=True), *User.objects.values_list("phone", flat=True)]
    assert [number for number in numbers if not number.startswith(("0151 496 0", "01632 960", "07700 900"))] == []


# Loading


@pytest.mark.django_db
def test_dry_run__says_the_same_and_does_nothing():
    said = load(dry_run=True)
    assert said[-1].endswith("changes to make.")
    assert not Place.objects.exists()
    assert not User.objects.exists()
    assert load()[:-1] == said[:-1]


@pytest.mark.django_db
def test_change__is_shown_field_by_field_and_made(bundle):
    load(bundle)
    edit(bundle, "teams.toml", 'name = "UCR North"', 'name = "Urgent North"')
    edit(bundle, "codes.toml", 'words = "Heavy bleeding"', 'words = "Heavy bleeding now"')
    edit(bundle, "zones.toml", '"L22", ', "")
    assert load(bundle) == [
        "changed zone crosby",
        "    postcode_prefixes: L22, L23 → L23",
        "changed team ucr-north",
        "    name: UCR North → Urgent North",
        "changed list red_flags",
        "    changed bleeding: Heavy bleeding now",
        "3 changes made.",
    ]
    assert Team.objects.get(code="ucr-north").name == "Urgent North"


@pytest.mark.django_db
def test_hours__that_change_are_replaced(bundle):
    load(bundle)
    edit(bundle, "teams.toml", 'every_day = ["07:00-22:00"]', 'every_day = ["07:00-12:00", "13:00-22:00"]')
    assert load(bundle)[:2] == ["changed team reablement", "    opening hours"]
    assert Team.objects.get(code="reablement").hours.count() == 14


@pytest.mark.django_db
def test_code_left_out__is_retired_and_zone_left_out_is_ended(bundle):
    load(bundle)
    edit(bundle, "codes.toml", '[[red_flags]]\ncode = "bleeding"\nwords = "Heavy bleeding"\n', "")
    edit(bundle, "zones.toml", '[[zone]]\ncode = "formby"\nname = "Formby"\npostcode_prefixes = ["L37", "L38"]\n', "")
    for file in ("teams.toml", "codes.toml"):
        text = (bundle / file).read_text()
        (bundle / file).write_text(text.replace('"formby", ', "").replace('zone = "formby"\n', ""))
    assert load(bundle)[0] == "ended zone formby"
    assert "bleeding" not in {entry.code for entry in codes("red_flags")}
    assert zone_for("L37 1AA") is None
    assert load(bundle) == ["0 changes made."]


@pytest.mark.django_db
def test_password__that_somebody_changed_is_left_alone():
    load()
    user = User.objects.get(email="spa@icras.example")
    user.set_password("something else entirely")
    user.save()
    load()
    user.refresh_from_db()
    assert user.check_password("something else entirely")


# Time limits


@pytest.mark.django_db
def test_limit__with_the_same_version_and_other_content_is_refused_whole(bundle):
    load(bundle)
    edit(bundle, "limits.toml", 'limit = "2 h"', 'limit = "3 h"')
    edit(bundle, "teams.toml", 'name = "UCR North"', 'name = "Urgent North"')
    with pytest.raises(CommandError, match=r"limits\.toml: policy\[crisis_response\].*add a new version"):
        load(bundle)
    assert Team.objects.get(code="ucr-north").name == "UCR North"


@pytest.mark.django_db
def test_limit__gains_a_version(bundle):
    load(bundle)
    text = (bundle / "limits.toml").read_text()
    block = text.partition("[[policy]]")[2].partition("[[policy]]")[0]
    newer = block.replace("version = 1", "version = 2").replace("2026-01-01", "2027-01-01").replace('"2 h"', '"90 min"')
    (bundle / "limits.toml").write_text(f"{text}\n[[policy]]{newer}")
    assert load(bundle) == ["added limit crisis_response version 2", "1 changes made."]
    assert Policy.objects.filter(code="crisis_response").count() == 2


@pytest.mark.django_db
def test_bank_holiday__proclaimed_later_is_data_of_the_place(bundle):
    load(bundle)
    limits = bundle / "limits.toml"
    limits.write_text(limits.read_text() + '\n[[bank_holiday]]\nday = 2034-05-19\nname = "Proclaimed"\n')
    assert any("bank holiday 2034-05-19" in line for line in load(bundle))
    assert ExtraBankHoliday.objects.get().name == "Proclaimed"
    assert not any("bank holiday" in line for line in load(bundle))
    limits.write_text(limits.read_text().replace("day = 2034-05-19", 'day = "May"').replace("Proclaimed", " "))
    with pytest.raises(CommandError, match=r"(?s)bank_holiday.*a date is needed.*is missing"):
        load(bundle)


@pytest.mark.django_db
def test_limit_left_out__ends_and_is_kept(bundle):
    load(bundle)
    text = (bundle / "limits.toml").read_text()
    head, *policies = text.split("[[policy]]")
    kept = [each for each in policies if 'code = "follow_up_91"' not in each]
    (bundle / "limits.toml").write_text("[[policy]]".join([head, *kept]))
    assert load(bundle)[0] == "ended limit follow_up_91 version 1"
    assert Policy.objects.get(code="follow_up_91").effective_until is not None
    assert load(bundle) == ["0 changes made."]


@pytest.mark.django_db
def test_calendar__gains_a_version_from_today_on(bundle):
    with time_machine.travel(datetime(2026, 5, 1, 12, 0, tzinfo=UTC), tick=False):
        load(bundle)
        text = (bundle / "limits.toml").read_text()
        block = text.partition("[[calendar]]")[2].partition("[[policy]]")[0]
        newer = block.replace("version = 1", "version = 2").replace("= 2026-01-01", "= 2026-05-02")
        (bundle / "limits.toml").write_text(f"{text}\n[[calendar]]{newer}")
        assert load(bundle)[0] == "added calendar spa version 2"
    assert OpeningCalendar.objects.count() == 2


# What is refused

LADDER = 'ladder = [{ duty = "desk", minutes = 30 }, { duty = "lead", minutes = 60 }]'

WRONG = {
    "empty ladder": ("limits.toml", LADDER, "ladder = []", "policy[spa_triage].ladder"),
    "unknown duty": ("limits.toml", 'duty = "co_ordinator"', 'duty = "nobody"', "policy[crisis_response].ladder"),
    "missing limit": ("limits.toml", 'code = "support_plan"', 'code = "other_plan"', "support_plan is missing"),
    "never open": ("limits.toml", '["08:00-20:00"]', "[]", None),
    "unknown calendar": ("limits.toml", 'calendar = "spa"', 'calendar = "moon"', "policy[spa_triage].calendar"),
    "version twice": ("limits.toml", 'variant = "planned"', 'variant = "crisis"', "policy[spa_triage].version"),
    "unknown role": ("demo.toml", 'role = "spa_officer"', 'role = "emperor"', "member[1].role"),
    "unknown team": ("demo.toml", 'team = "spa"', 'team = "moon"', "member[1].team"),
    "real address": ("demo.toml", "spa@icras.example", "someone@nhs.net", "user[someone@nhs.net].email"),
    "shift of nobody": ("demo.toml", 'duty = "desk"\nuser = "spa@', 'duty = "desk"\nuser = "moon@', "shift[2].user"),
    "shift at no time": ("demo.toml", 'time = "00:00-00:00"', 'time = "25:00-26:00"', "shift[1].time"),
    "shift on no day": ("demo.toml", 'days = ["every_day"]', 'days = ["someday"]', "shift[1].days"),
    "shift since no day": ("demo.toml", "valid_from = 2026-01-01", "", "shift[1].valid_from"),
    "unknown duty of a shift": ("demo.toml", 'duty = "co_ordinator"', 'duty = "tea"', "shift[1].duty"),
    "unknown scope": ("demo.toml", '"referrals:read"', '"everything"', "client[demo-partner].scopes"),
    "secretless client": ("demo.toml", 'secret = "demo-partner-secret"', 'secret = ""', "client[demo-partner].secret"),
    "overlapping zones": ("zones.toml", '"L22"', '"L20"', "zone[bootle].postcode_prefixes"),
    "prefix that never fits": ("zones.toml", '"L22"', '"L22 "', "zone[crosby].postcode_prefixes"),
    "zone without postcodes": ("zones.toml", '["L22", "L23"]', "[]", "zone[crosby].postcode_prefixes"),
    "zone without a name": ("zones.toml", 'name = "Crosby"', 'name = " "', "zone[crosby].name"),
    "zone twice": ("zones.toml", 'code = "crosby"', 'code = "bootle"', "zone[bootle].code"),
    "code with capitals": ("zones.toml", 'code = "crosby"', 'code = "Crosby Zone"', "zone[Crosby Zone].code"),
    "team of nobody": ("teams.toml", 'organisation = "mersey-care"', 'organisation = "moon"', "north].organisation"),
    "team of no kind": ("teams.toml", 'kind = "crisis"', 'kind = "tea"', "team[ucr-north].kind"),
    "no front door": ("teams.toml", 'kind = "spa"', 'kind = "other"', "needs a single point of access"),
    "team in no zone": ("teams.toml", '"southport", "formby", "maghull"]', '"moon"]', "team[ucr-north].zones"),
    "own parent": ("teams.toml", 'parent = "management"', 'parent = "spa"', "team[spa].parent"),
    "team never open": ("teams.toml", '{ every_day = ["00:00-00:00"] }', "{}", "team[ucr-north].hours"),
    "hours that are none": ("teams.toml", '["00:00-00:00"]', '["all day"]', "team[ucr-north].hours"),
    "hours that are numbers": ("teams.toml", '["00:00-00:00"]', "[24]", "team[ucr-north].hours"),
    "unknown setting": ("teams.toml", "duty_phone", "dutyphone", "team[spa].dutyphone"),
    "ended before begun": ("organisations.toml", "ends_on = 2022-06-30", "ends_on = 2012-06-30", "formby].ends_on"),
    "date in words": ("organisations.toml", "ends_on = 2022-06-30", 'ends_on = "soon"', "formby].ends_on"),
    "organisation of no kind": ("organisations.toml", 'kind = "council"', 'kind = ""', "[sefton-council].kind"),
    "unknown table": ("organisations.toml", "[[organisation]]", "[[organization]]", "organization: is not"),
    "not a table": ("codes.toml", "# Coded lists", "notes = 1 #", "notes: must be tables"),
    "list without words": ("codes.toml", 'words = "Chest pain now"', 'words = ""', "red_flags[chest_pain].words"),
    "code twice": ("codes.toml", 'code = "breathing"', 'code = "chest_pain"', "red_flags[chest_pain].code"),
    "unknown list": ("codes.toml", "[[warnings]]", "[[warning]]", "codes.toml: warning"),
    "practice in no zone": ("codes.toml", 'zone = "crosby"', 'zone = "moon"', "gp_practices[test_street].zone"),
    "minimum of no service": ("codes.toml", 'code = "reablement"\nwords = "Reablement"\nasks', 'code = "moon"\nwords = "M"\nasks', "minimum_data[moon].code"),
    "minimum that asks nothing": ("codes.toml", 'asks = ["red_flags", "medically_stable", "medicines_addressed", "agrees", "address"', 'asks = ["shoe_size"', "minimum_data[crisis].asks"),
    "hospital without wards": ("codes.toml", 'wards = ["Ward 2"', 'stars = ["Ward 2"', "hospitals[aintree].wards"),
    "not toml": ("codes.toml", "[[red_flags]]", "[[red flags", "cannot be read"),
    "nameless place": ("place.toml", 'name = "Sefton"', 'name = ""', "place.name"),
    "place with more": ("place.toml", 'name = "Sefton"', 'name = "Sefton"\ndemo = true', "place.demo"),
}  # fmt: skip


@pytest.mark.parametrize(("file", "before", "after", "key"), WRONG.values(), ids=WRONG)
def test_bundle__that_is_wrong_is_refused_with_file_and_key(bundle, file, before, after, key):
    if key is None:
        (bundle / file).write_text((bundle / file).read_text().replace(before, after))
        key = "calendar[spa].week"
    else:
        edit(bundle, file, before, after)
    faults = [str(fault) for fault in faults_of(read_bundle(bundle, demo=True))]
    assert [fault for fault in faults if fault.startswith(f"{file}: ") and key in fault]


def test_bundle__tells_every_fault_at_once(bundle):
    edit(bundle, "zones.toml", '"L22"', '"L20"')
    edit(bundle, "demo.toml", 'role = "spa_officer"', 'role = "emperor"')
    edit(bundle, "codes.toml", 'words = "Chest pain now"', 'words = ""')
    with pytest.raises(CommandError, match="3 to put right") as refused:
        load(bundle)
    lines = str(refused.value).splitlines()[1:]
    assert sorted(line.strip().split(":")[0] for line in lines) == ["codes.toml", "demo.toml", "zones.toml"]


def test_bundle__with_a_missing_or_a_stray_file_is_refused(bundle):
    (bundle / "zones.toml").rename(bundle / "zone.toml")
    faults = [str(fault) for fault in faults_of(read_bundle(bundle, demo=True))]
    assert "zones.toml: file: is missing" in faults
    assert [fault for fault in faults if fault.startswith("zone.toml: file: is not read")]


def test_folder__that_is_none_is_refused(tmp_path):
    with pytest.raises(CommandError, match="is not a folder"):
        load(tmp_path / "nowhere")


# Demo and live


@pytest.mark.django_db
def test_production__loads_no_made_up_people(settings):
    settings.PRODUCTION = True
    load()
    assert not Place.objects.get().demo
    assert not User.objects.exists()
    assert not ShiftPattern.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True)])
def test_place__never_turns_from_live_to_demo_or_back(settings, first, second):
    settings.PRODUCTION = first
    load()
    settings.PRODUCTION = second
    with pytest.raises(CommandError, match="was not loaded"):
        load()


@pytest.mark.django_db
def test_place__of_another_name_is_refused(bundle):
    load()
    edit(bundle, "place.toml", 'code = "sefton"', 'code = "elsewhere"')
    with pytest.raises(CommandError, match="is of Sefton"):
        load(bundle)


@pytest.mark.django_db
def test_rota__names_people_who_have_an_account(bundle, settings):
    settings.PRODUCTION = True
    shift = '[[shift]]\nteams = ["spa"]\nduty = "desk"\nuser = "new@trust.example"\ndays = ["every_day"]\n'
    (bundle / "rota.toml").write_text(f'{shift}time = "08:00-20:00"\nvalid_from = 2026-01-01\n')
    with pytest.raises(CommandError, match="who has no account"):
        load(bundle)
    User.objects.create_user("new@trust.example", name="New Test")
    assert load(bundle)
    assert ShiftPattern.objects.get().team.code == "spa"
