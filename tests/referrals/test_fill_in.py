"""What was missing when a referral came in is added while it is open, and nothing of its time changes by it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.domain import Code
from accounts.models import Place
from audit.domain import Actor
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from referrals.commands import confirm_999, fill_in_referral
from referrals.domain import Agrees, Answer, Caller, Direction, LocationNow, Urgency, changes_of
from referrals.models import Person, Referral
from referrals.queries import missing_of
from referrals.queries.advice import advice_on
from tests.factories.casework import NOW, accept_at, signed_in
from tests.factories.referrals import FrontDoor, person, register
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db
ASKS = ["red_flags", "medically_stable", "medicines_addressed", "agrees", "nhs_number", "gp_practice", "address",
        "phone", "who_is_with_them", "access"]  # fmt: skip


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def bare(door: FrontDoor) -> Referral:
    """A two-hour referral of which hardly anything is known."""
    place = Place.objects.get()
    place.words["minimum_data"] = [{"code": "crisis", "words": "2-hour", "asks": ASKS}]
    place.save()
    return register(
        door.actor("spa"),
        person(postcode=""),
        agrees=Agrees.NOT_ASKED,
        location=LocationNow(),
        caller=Caller(name="Pat Proof"),
        red_flags=(("chest_pain", Answer.NOT_KNOWN), ("bleeding", Answer.NO)),
    )


@pytest.fixture
def triage(door: FrontDoor) -> Client:
    return signed_in(door.users["triage"])


def add(by: Actor, referral: Referral, **told: object) -> Referral:
    return fill_in_referral(by=by, referral_id=referral.pk, told=told, version=referral.version)


def page(referral: Referral) -> str:
    return f"/referrals/{referral.pk}/fill_in/"


def as_opened(client: Client, referral: Referral) -> dict[str, object]:
    """Return what the page holds when it is opened, as a browser sends it back."""
    form = client.get(page(referral)).context["form"]
    sent: dict[str, object] = {"version": str(referral.version)}
    for bound in form:
        value = bound.value()
        if bound.name not in ("version", "ready_on", "born_on") and value not in (None, ""):
            sent[bound.name] = value
            sent[bound.html_initial_name] = value
    return sent


def test_fill_in__answers_everything_and_no_clock_or_time_moves(door: FrontDoor, bare: Referral) -> None:
    before = {clock.pk: (clock.started_at, clock.due_at, clock.stopped_at) for clock in Clock.objects.all()}
    with time_machine.travel(NOW + timedelta(minutes=40), tick=False):
        fill_in_referral(
            by=door.actor("spa"),
            referral_id=bare.pk,
            version=1,
            told={
                "agrees": Agrees.YES, "medically_stable": True, "medicines_addressed": False, "access": "Side door",
                "who_is_with_them": "Ken", "ring_back": "07700 900318", "location_lines": ["12 Prooflane"],
                "location_postcode": "L23 9ZZ", "red_flags": {"chest_pain": Answer.NO},
            },
            person={"nhs_number": "9991234004", "gp_practice": "Test Street Surgery"},
        )  # fmt: skip
    after = Referral.objects.get()
    assert missing_of(after, [Code("crisis", "2-hour", {"asks": ASKS})]) == ()
    assert {clock.pk: (clock.started_at, clock.due_at, clock.stopped_at) for clock in Clock.objects.all()} == before
    assert (after.received_at, after.status, after.version) == (bare.received_at, "new", 2)
    assert (after.zone, CaseDeadline.objects.get().zone) == ("crosby", "crosby")
    assert Person.objects.get().nhs_number == "9991234004"


def test_fill_in__keeps_the_first_words_and_the_event_has_none_of_them(door: FrontDoor, bare: Referral) -> None:
    add(door.actor("triage"), bare, access="Key with Ken", ready_on=date(2026, 9, 20))
    add(door.actor("triage"), Referral.objects.get(), access="Side door")
    first, second = bare.transitions.filter(verb="fill_in").order_by("id")
    assert first.changes == {"access": ["", "Key with Ken"], "ready_on": [None, "2026-09-20"]}
    assert second.changes == {"access": ["Key with Ken", "Side door"]}
    event = CaseEvent.objects.filter(event="referral.filled_in").earliest("id")
    assert event.data == {"fields": ["access", "ready_on"]}


def test_fill_in__the_rules_read_what_was_added(door: FrontDoor) -> None:
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, reason="")
    before = advice_on(referral, NOW)
    after = advice_on(add(door.actor("triage"), referral, trigger="carer_breakdown"), NOW)
    assert before is not None
    assert after is not None
    assert (before.advice.urgency, after.advice.urgency) == ("planned", "crisis")


def test_fill_in__a_red_flag_raised_late_asks_for_999_again_and_is_not_taken_back(
    door: FrontDoor, bare: Referral
) -> None:
    by = door.actor("triage")
    raised = add(by, bare, red_flags={"chest_pain": Answer.YES})
    confirm_999(by=by, referral_id=raised.pk, called_by="Pat", crew_there=True)
    again = add(by, Referral.objects.get(), red_flags={"bleeding": Answer.YES})
    assert again.emergency_confirmed_at is None
    assert again.red_flags == {"chest_pain": "yes", "bleeding": "yes"}
    with pytest.raises(RuleBroken, match="999"):
        add(by, again, red_flags={"bleeding": Answer.NO})


def test_fill_in__the_same_again_and_nothing_new_are_quiet(door: FrontDoor, bare: Referral) -> None:
    by = door.actor("spa")
    for _ in range(2):
        fill_in_referral(by=by, referral_id=bare.pk, told={"access": "Side door"}, version=1)
    fill_in_referral(by=by, referral_id=bare.pk, told={"access": "Side door"}, version=2)
    assert Referral.objects.get().version == 2
    with pytest.raises(Stale, match="Tom Trial changed this referral"):
        fill_in_referral(by=door.actor("triage"), referral_id=bare.pk, told={"access": "Front"}, version=1)


def test_fill_in__what_the_record_says_by_now_is_not_written_over(door: FrontDoor, bare: Referral) -> None:
    Person.objects.update(gp_practice="Elm Test Surgery")
    with pytest.raises(IllegalMove, match="record says it by now"):
        fill_in_referral(by=door.actor("spa"), referral_id=bare.pk, told={}, person={"gp_practice": "Another"})


def test_fill_in__a_bed_keeps_its_ground(door: FrontDoor, bare: Referral) -> None:
    Referral.objects.update(service="bed", bed_ground="home_unsuitable")
    with pytest.raises(RuleBroken, match="one of the two grounds"):
        add(door.actor("triage"), bare, bed_ground="")


@pytest.mark.parametrize("name", ["alice", "commissioner"])
def test_fill_in__is_for_those_who_may_chase(door: FrontDoor, bare: Referral, name: str) -> None:
    with pytest.raises((NotPermitted, NotFound)):
        add(door.actor(name), bare, access="Side door")


def test_fill_in__an_accepted_referral_is_not_filled_in(door: FrontDoor, bare: Referral) -> None:
    accept_at(door, bare)
    with pytest.raises(IllegalMove, match="accepted"):
        fill_in_referral(by=door.actor("triage"), referral_id=bare.pk, told={"access": "Side door"})


def test_changes_of__only_what_differs() -> None:
    held = {"access": "Front", "red_flags": {"a": "no"}, "ready_on": None}
    told = {"access": "Front", "red_flags": {"a": "no", "b": "yes"}, "ready_on": date(2026, 9, 1)}
    assert changes_of(held, told) == {"red_flags": ({}, {"b": "yes"}), "ready_on": (None, "2026-09-01")}


# The page -------------------------------------------------------------------------------------------------------


def test_page__asks_what_is_missing_first_and_each_item_leads_to_it(triage: Client, bare: Referral) -> None:
    shown = triage.get(page(bare)).text
    missing, _, rest = shown.partition("Change what was told")
    assert all(f'id="ask-{code}"' in missing for code in ASKS)
    assert "Nearest reason" in rest
    assert "Nearest reason" not in missing
    for address in (f"/referrals/{bare.pk}/", f"/board/?chosen={bare.pk}", f"/cases/{bare.case_id}/"):
        assert f'href="{page(bare)}#ask-access"' in triage.get(address).text


def test_page__writes_only_what_was_changed_on_it(triage: Client, door: FrontDoor, bare: Referral) -> None:
    sent = as_opened(triage, bare) | {"access": "Side door", "medically_stable": "yes", "flag_chest_pain": "no"}
    done = triage.post(page(bare), sent)
    assert (done.status_code, done["Location"]) == (302, f"/referrals/{bare.pk}/")
    changes = bare.transitions.latest("id").changes
    assert set(changes) == {"access", "medically_stable", "red_flags"}
    shown = triage.get(f"/referrals/{bare.pk}/").text
    assert "Getting in: Side door (first: not told)" in shown
    assert "Chest pain now: no (first: Chest pain now: not known)" in shown
    assert "Getting in" in triage.get(f"/cases/{bare.case_id}/").text


def test_page__lists_faults_in_the_order_of_the_page(triage: Client, bare: Referral) -> None:
    sent = as_opened(triage, bare) | {"nhs_number": "123", "ready_on_0": "31", "ready_on_1": "2", "ready_on_2": "2026"}
    refused = triage.post(page(bare), sent)
    assert refused.status_code == 422
    words = refused.text
    assert -1 < words.index("#id_nhs_number") < words.index("#id_ready_on_0")


def test_page__too_late_keeps_what_was_typed_and_writes_over_nobody(
    triage: Client, door: FrontDoor, bare: Referral
) -> None:
    sent = as_opened(triage, bare) | {"access": "Side door"}
    add(door.actor("spa"), bare, who_is_with_them="Ken, next door")
    late = triage.post(page(bare), sent)
    assert late.status_code == 409
    assert "Side door" in late.text
    assert "Tom Trial changed this referral" in late.text
    again = sent | {"version": "2"}
    assert triage.post(page(bare), again).status_code == 302
    after = Referral.objects.get()
    assert (after.access, after.who_is_with_them) == ("Side door", "Ken, next door")


def test_page__an_nhs_number_of_somebody_else_is_refused_at_its_field(
    triage: Client, door: FrontDoor, bare: Referral
) -> None:
    register(door.actor("spa"), person(family_name="Other", nhs_number="9991234012"))
    refused = triage.post(page(bare), as_opened(triage, bare) | {"nhs_number": "999 123 4012", "access": "Side door"})
    assert refused.status_code == 422
    assert "nhs_number" in refused.context["form"].errors
    assert "Side door" in refused.text
    assert Referral.objects.get(pk=bare.pk).access == ""


def test_page__a_flag_raised_here_says_999(triage: Client, bare: Referral) -> None:
    done = triage.post(page(bare), as_opened(triage, bare) | {"flag_chest_pain": "yes"}, follow=True)
    assert "ring 999 now" in done.text
    assert "flag_chest_pain" not in triage.get(page(bare)).context["form"].fields


def test_page__a_ward_is_asked_for_what_a_ward_knows(triage: Client, door: FrontDoor) -> None:
    ward = register(door.actor("spa"), direction=Direction.STEP_DOWN)
    sent = as_opened(triage, ward)
    sent |= {"hospital_ward": "7B", "ready_on_0": "20", "ready_on_1": "9", "ready_on_2": "2026"}
    assert triage.post(page(ward), sent).status_code == 302
    ward.refresh_from_db()
    assert (ward.hospital_ward, ward.ready_on) == ("7B", date(2026, 9, 20))
