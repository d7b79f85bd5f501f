"""Restricted records: open to those who are named, and through a door that others see."""

from dataclasses import asdict, replace
from datetime import date, timedelta

import pytest
import time_machine

from accounts.domain import BreakReason, Permission, RestrictReason, Role
from accounts.models import BreakGlass, CaseAccess, Place, RestrictedCase, User
from accounts.queries import actor_for, may_see
from audit.commands import now
from audit.domain import SYSTEM, Actor
from audit.models import AccessLog, CaseEvent
from audit.refusals import NotFound, NotPermitted, RuleBroken
from casework.commands import end_episode
from casework.commands.merge import merge_people
from casework.commands.restrict import break_glass, change_named, restrict_person, unrestrict_person
from casework.domain import BoardView, Looked, Tab
from casework.queries import board
from casework.queries.counts import counts
from notifications.models import Message, Outbox
from pathways.commands import accept_referral, record_contact
from pathways.domain import ContactDetails, ContactKind, EndReason
from pathways.models import Episode, Task
from referrals.commands import add_row, change_section
from referrals.commands.imports import import_people, send_people
from referrals.domain import Direction, Hospital, LocationKind, LocationNow, Told
from referrals.domain.circle import Category
from referrals.models import Person, Referral
from referrals.queries import find_people, for_actor, get_person, match_people
from tests.factories.casework import open_board, signed_in
from tests.factories.partners import partner_of
from tests.factories.referrals import FrontDoor, person, person_at, register
from tests.factories.words import says

NUMBER = "9991234004"
# Of a row that is closed to the reader, what stands there all the same
STAYS = {
    "case_id", "next_due_at", "no_clock_reason", "responsible_user_id", "phase", "step_down", "opened_at",
    "responsible", "label", "soon_at", "moved_at", "id", "person_id", "status", "identity", "received_at", "zone",
    "agrees", "emergency_confirmed_at", "closed", "restricted", "unopened",
}  # fmt: skip


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


@pytest.fixture
def held(door: FrontDoor) -> Referral:
    return register(door.actor("spa"), person(nhs_number=NUMBER))


def close(door: FrontDoor, referral: Referral, officer: User, **more: object) -> None:
    told = {"reason": RestrictReason.STAFF_OR_FAMILY, "words": "Mother of a nurse", "team_ids": [door.crisis.pk]} | more
    restrict_person(by=actor_for(officer), person_id=referral.person_id, **told)


def break_in(by: Actor, referral: Referral, words: str = "Daughter on the line") -> BreakGlass | None:
    return break_glass(by=by, person_id=referral.person_id, reason=BreakReason.URGENT_CARE, words=words)


def test_restrict_person__drops_the_place_wide_route(door: FrontDoor, held: Referral, officer: User) -> None:
    manager = door.actor("manager")
    assert for_actor(manager).filter(pk=held.pk).exists()
    close(door, held, officer)
    assert not for_actor(manager).filter(pk=held.pk).exists()
    assert not may_see(manager, held.case_id)
    assert may_see(door.actor("spa"), held.case_id)  # answers for the case
    assert may_see(door.actor("lead"), held.case_id)  # named
    assert may_see(actor_for(officer), held.case_id)
    with pytest.raises(NotFound):
        get_person(manager, held.person_id)
    assert CaseEvent.objects.filter(case_id=held.case_id, event="person.restricted").count() == 1


def test_restrict_person__ends_the_sight_of_others_until_it_is_lifted(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    CaseAccess.objects.create(case_id=held.case_id, team=door.other_crisis, starts_at=now(), why="allocated")
    close(door, held, officer)
    assert not may_see(door.actor("bob"), held.case_id)
    unrestrict_person(by=actor_for(officer), person_id=held.person_id)
    assert may_see(door.actor("bob"), held.case_id)
    assert may_see(door.actor("manager"), held.case_id)
    assert not CaseAccess.objects.filter(user__isnull=False, ends_at=None).exists()
    assert unrestrict_person(by=actor_for(officer), person_id=held.person_id) is None


def test_restrict_person__needs_the_role_and_a_reason_and_is_quiet_again(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    with pytest.raises(NotPermitted):
        restrict_person(
            by=door.actor("spa"), person_id=held.person_id, reason=RestrictReason.OTHER, words="x", team_ids=[]
        )
    with pytest.raises(RuleBroken):
        close(door, held, officer, words=" ")
    close(door, held, officer)
    close(door, held, officer)
    assert CaseEvent.objects.filter(event="person.restricted").count() == 1


def test_restrict_person__covers_what_comes_later(door: FrontDoor, held: Referral, officer: User) -> None:
    close(door, held, officer)
    again = register(door.actor("spa"), person(nhs_number=NUMBER), summary="Fell again today")
    assert RestrictedCase.objects.filter(pk=again.case_id).exists()
    assert not may_see(door.actor("manager"), again.case_id)
    other = register(door.actor("spa"), person(given_name="Maudie"))
    officer_actor = actor_for(officer)
    assert Permission.PERSON_MERGE in officer_actor.permissions
    merge_people(by=officer_actor, winner_id=other.person_id, loser_id=held.person_id, reason="Same house")
    assert may_see(actor_for(officer), again.case_id)
    assert not may_see(door.actor("auditor"), other.case_id)
    assert RestrictedCase.objects.filter(pk=other.case_id).exists()


def test_find_people__restricted_by_the_exact_number_alone(door: FrontDoor, held: Referral, officer: User) -> None:
    manager = door.actor("manager")
    close(door, held, officer)
    assert find_people(manager, "maud testalder").people == ()
    assert find_people(manager, "maud testalder").restricted is None
    found = find_people(manager, "999 123 4004")
    assert (found.people, found.restricted) == ((), held.person_id)
    assert match_people(manager, Told(given_name="Maud", family_name="Testalder", nhs_number=NUMBER)) == []
    assert find_people(door.actor("lead"), NUMBER).restricted is None


def test_break_glass__opens_for_eight_hours_and_tells_at_once(door: FrontDoor, held: Referral, officer: User) -> None:
    close(door, held, officer)
    lead = person_at(door.spa, "Lena Lead", Role.TEAM_LEAD)
    with time_machine.travel(now(), tick=False) as clock:
        opened = break_in(door.actor("manager"), held)
        assert opened is not None
        assert opened.until == now() + timedelta(hours=8)
        assert may_see(door.actor("manager"), held.case_id)
        assert break_in(door.actor("manager"), held) is None
        assert not may_see(door.actor("auditor"), held.case_id)
        clock.shift(timedelta(hours=8))
        assert not may_see(door.actor("manager"), held.case_id)
    told = Message.objects.filter(template="glass_broken")
    assert {row.user_id for row in told} == {lead.pk, officer.pk}
    outside = Outbox.objects.filter(template="glass_broken")
    assert {row.recipient_id for row in outside} == {lead.pk, officer.pk}
    assert not any(held.person.family_name in str(row.params) + row.link + row.reference for row in [*told, *outside])
    assert AccessLog.objects.get(what="person.glass_broken").ids == [str(held.person_id)]
    assert CaseEvent.objects.filter(case_id=held.case_id, event="person.glass_broken").count() == 1


def test_break_glass__refused_without_a_reason_a_role_or_a_restriction(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    with pytest.raises(NotFound):
        break_in(door.actor("manager"), held)
    close(door, held, officer)
    with pytest.raises(RuleBroken):
        break_in(door.actor("manager"), held, " ")
    with pytest.raises(NotPermitted):
        break_in(door.actor("auditor"), held)
    assert not BreakGlass.objects.exists()


def test_restricted_pages__the_door_names_nobody(door: FrontDoor, held: Referral, officer: User) -> None:
    page, own = signed_in(door.users["manager"]), signed_in(officer)
    url = f"/people/{held.person_id}"
    assert page.get(f"{url}/break-glass/").status_code == 404
    assert "Who may see this record" in own.get(f"{url}/").content.decode()
    sent = {"reason": "at_risk", "words": "Looked for by a former partner", "teams": [str(door.crisis.pk)]}
    assert own.post(f"{url}/restrict/", {}).status_code == 422
    assert own.post(f"{url}/restrict/", sent).status_code == 302
    assert "Lift the restriction" in own.get(f"{url}/restrict/").content.decode()
    assert page.get(f"{url}/").status_code == page.get(f"/cases/{held.case_id}/").status_code == 404
    assert "Testalder" not in page.get("/board/").content.decode()
    found = page.post("/people/find/", {"words": NUMBER}).content.decode()
    assert "Restricted record" in found
    assert "Testalder" not in found
    shown = page.get(f"{url}/break-glass/")
    assert shown.status_code == 200
    assert "Testalder" not in shown.content.decode()
    assert page.post(f"{url}/break-glass/", {"reason": "legal", "words": ""}).status_code == 422
    assert page.post(f"{url}/break-glass/", {"reason": "legal", "words": "Court order"}).status_code == 302
    assert page.get(f"{url}/").status_code == 200
    listed = own.get("/people/restricted/").content.decode()
    assert "Amir Lead" in listed
    assert "Court order" in listed
    assert "Testalder" not in listed
    assert own.post(f"{url}/unrestrict/").status_code == 302
    assert page.get(f"{url}/").status_code == 200


def shown_and_counted(by: Actor, view: BoardView) -> tuple[list[bool], int]:
    page = board.page(by, view, Looked(now()), now(), None)
    return [row.closed for row in page.rows], counts(by, view, Looked(now()), now()).tabs[view.tab]


def test_show_board__a_restricted_case_stays_without_saying_whose_it_is(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    register(door.actor("spa"), person(given_name="Albert", family_name="Mockford"))
    close(door, held, officer)
    manager = door.actor("manager")
    for tab in (Tab.ALL, Tab.TWO_HOUR, Tab.NEW, Tab.STEP_DOWN):
        shown, counted = shown_and_counted(manager, BoardView(tab=tab))
        assert (sorted(shown), counted) == (([False, True], 2) if tab is not Tab.STEP_DOWN else ([], 0))
    assert shown_and_counted(manager, BoardView(zone="crosby")) == ([True, False], 2)
    [line] = [row for row in board.page(manager, BoardView(), Looked(now()), now(), None).rows if row.closed]
    told = [value for name, value in asdict(line).items() if name not in STAYS and value]
    assert told == []
    page = signed_in(door.users["manager"]).get("/board/").content.decode()
    assert "Restricted record" in page
    assert f'href="/people/{held.person_id}/break-glass/"' in page
    assert "Testalder" not in page
    assert page.count("Fell in the bathroom") == 1  # the other one's
    logged = AccessLog.objects.filter(what="board", actor_id=manager.id).latest("pk")
    assert str(held.person_id) not in logged.ids
    own = signed_in(door.users["lead"]).get("/board/").content.decode()
    assert "<b>Restricted record</b>" not in own


def test_show_board__who_may_not_open_a_restricted_case_has_no_door(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    close(door, held, officer)
    page = signed_in(door.users["auditor"]).get("/board/").content.decode()
    assert "Open to those who are named" in page
    assert "break-glass" not in page


def test_print_board__a_restricted_case_is_a_line_without_a_name(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    close(door, held, officer)
    page = signed_in(door.users["manager"])
    for answer in (page.get("/board/print/"), page.post("/board/export/", {})):
        words = answer.content.decode()
        assert "Restricted record" in words
        assert "Testalder" not in words
        assert "Fell in the bathroom" not in words
    assert not AccessLog.objects.filter(what__startswith="board", ids__contains=[str(held.person_id)]).exists()


def test_show_board__a_hospital_does_not_tell_where_somebody_restricted_is(door: FrontDoor, officer: User) -> None:
    place = Place.objects.get()
    place.words = place.words | {"hospitals": [{"code": "southport", "words": "Southport Hospital"}]}
    place.save()
    ward = {"location": LocationNow(kind=LocationKind.HOSPITAL), "hospital": Hospital(site="Southport Hospital")}
    held = register(door.actor("spa"), person(nhs_number=NUMBER), direction=Direction.STEP_DOWN, **ward)
    view = BoardView(hospital="southport")
    assert shown_and_counted(door.actor("manager"), view) == ([False], 1)
    close(door, held, officer)
    assert shown_and_counted(door.actor("manager"), view) == ([], 0)


def shut(door: FrontDoor, officer: User) -> Referral:
    """Return the referral of somebody in the crisis team's care whose record is restricted; the front door is not named."""
    held = register(
        door.actor("spa"),
        person(nhs_number=NUMBER, phone="01632960011", address_lines=("7 Hidden Close",), postcode="L20 1AA"),
    )
    accept_referral(
        by=door.actor("triage"),
        referral_id=held.pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
        safe_care_reason="Seen",
    )
    restrict_person(
        by=actor_for(officer), person_id=held.person_id, reason=RestrictReason.AT_RISK, words="Looked for", team_ids=[]
    )
    return held


def test_read_person_of_referral__a_known_number_opens_no_restricted_record(door: FrontDoor, officer: User) -> None:
    held = shut(door, officer)
    everything = {"categories": [str(each) for each in Category], "basis": "direct_care", "organisation": ""}
    add_row(by=door.actor("alice"), person_id=held.person_id, kind="sharing", values=everything)
    partner = partner_of(door.elsewhere.organisation)
    made = partner.refer(person={"family_name": "Guess", "nhs_number": NUMBER})
    answer = partner.get(made.json()["links"]["self"] + "person/")
    assert answer.status_code == 200
    assert (answer.json()["shared"], set(answer.json()["left_out"])) == ([], {str(each) for each in Category})
    for secret in ("Testalder", "Maud", "Hidden", "1935"):
        assert not says(answer.content.decode(), secret)
    assert partner.get(f"/api/v1/people/{held.person_id}/").status_code == 404
    told = Message.objects.filter(template="restricted_referral")
    assert {row.user_id for row in told} == {officer.pk, door.users["lead"].pk}


def test_register_referral__of_a_restricted_record_shows_what_was_told_alone(door: FrontDoor, officer: User) -> None:
    held = shut(door, officer)
    told = person(given_name="", family_name="Guess", nhs_number=NUMBER, born_on=None, address_lines=(), postcode="")
    again = register(door.actor("spa"), told, location=LocationNow(address_lines=("At the bus stop",)))
    page = signed_in(door.users["triage"])
    for url in (
        f"/referrals/{again.pk}/",
        f"/cases/{again.case_id}/",
        f"/board/{again.pk}/panel/",
        f"/referrals/{again.pk}/accept/",
        f"/referrals/{again.pk}/triage/",
        "/board/",
        "/board/print/",
    ):
        shown = page.get(url, headers={"HX-Request": "true"} if "panel" in url else {}).content.decode()
        assert "Guess" in shown, url
        for secret in ("Maud", "Testalder", "Hidden", "1935", "01632960011"):
            assert not says(shown, secret), (url, secret)
    shown = page.get(f"/referrals/{again.pk}/").content.decode()
    assert f'href="/people/{held.person_id}/break-glass/"' in shown
    assert f'href="/people/{held.person_id}/"' not in shown
    assert "At the bus stop" in shown
    assert {row.user_id for row in Message.objects.filter(template="restricted_referral")} == {
        officer.pk,
        door.users["lead"].pk,
    }
    named = signed_in(door.users["lead"]).get(f"/referrals/{again.pk}/").content.decode()
    assert [says(named, words) for words in ("Maud", "1935")] == [True, True]  # of those who are named


def test_register_referral__of_a_restricted_record_tells_no_zone_of_the_home(door: FrontDoor, officer: User) -> None:
    """The zone is that of what was told; where who registers is named on the record it is still that of the home."""
    held = shut(door, officer)
    told = person(nhs_number=NUMBER, family_name="Guess", born_on=None, postcode="")
    nowhere = {"location": LocationNow()}
    assert register(door.actor("spa"), told, **nowhere).zone == ""
    assert register(SYSTEM, told, **nowhere).zone == ""
    assert register(partner_of(door.elsewhere.organisation).actor, told, **nowhere).zone == ""
    assert register(door.actor("spa"), replace(told, postcode="PR8 1AA"), **nowhere).zone == "southport"
    assert register(door.actor("spa"), told, location=LocationNow(postcode="PR8 1AA")).zone == "southport"
    change_named(by=actor_for(officer), person_id=held.person_id, user_ids=[door.users["spa"].pk])
    assert register(door.actor("spa"), told, **nowhere).zone == "bootle"


def test_accept__what_a_restricted_record_needs_is_told_in_no_task(door: FrontDoor, officer: User) -> None:
    """R063: the co-ordinator is told that there is a need; the language itself stays on the record."""
    held = shut(door, officer)
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    record_contact(by=door.actor("alice"), case_id=held.case_id, details=seen)
    end_episode(by=door.actor("alice"), episode_id=Episode.objects.get().pk, reason=EndReason.COMPLETED)
    values = {"interpreter": "yes", "language": "Farsi", "formats": ["braille"]}
    change_section(by=door.actor("alice"), person_id=held.person_id, section="communication", values=values)
    again = register(door.actor("spa"), person(nhs_number=NUMBER, family_name="Guess"))
    opened = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk, "safe_care_reason": "Seen"}
    accept_referral(by=door.actor("triage"), referral_id=again.pk, **opened)
    needs = Task.objects.filter(case_id=again.case_id, kind="information_need")
    assert [task.what for task in needs] == ["See to the communication needs that are on the record"]
    assert "Farsi" not in signed_in(door.users["triage"]).get(f"/cases/{again.case_id}/").content.decode()


def test_accept__by_hand_of_a_closed_record_has_the_field_for_the_reason(door: FrontDoor, officer: User) -> None:
    """R010: how old they are is not shown, so the reason is asked of everybody whose record is closed."""
    Person.objects.filter(pk=shut(door, officer).person_id).update(born_on=date(2012, 1, 1))
    again = register(door.actor("spa"), person(nhs_number=NUMBER, family_name="Guess", born_on=None))
    page, url = signed_in(door.users["triage"]), f"/referrals/{again.pk}/accept/"
    shown = page.get(url).content.decode()
    assert not says(shown, "2012")
    assert "The record is closed to you" in shown
    told = {"version": "1", "team": str(door.crisis.pk), "coordinator": str(door.users["alice"].pk)}
    told |= {"safe_care_reason": "", "override_reason": "", "note": "Key under the pot"}
    refused = page.post(url, told)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["override_reason"])
    assert 'name="override_reason"' in refused.content.decode()
    assert "Key under the pot" in refused.content.decode()
    assert page.post(url, told | {"override_reason": "turning_18", "override_note": "Next week"}).status_code == 302


def test_accept_referral__of_a_restricted_record_joins_its_episode_and_opens_nothing(
    door: FrontDoor, officer: User
) -> None:
    held = shut(door, officer)
    again = register(door.actor("spa"), person(nhs_number=NUMBER, family_name="Guess"))
    page = signed_in(door.users["triage"])
    shown = page.get(f"/referrals/{again.pk}/accept/").content.decode()
    for secret in ("Live episode", "stays the co-ordinator", Episode.objects.get().reference):
        assert secret not in shown, secret
    done = accept_referral(
        by=door.actor("triage"), referral_id=again.pk, team_id=door.crisis.pk, safe_care_reason="Seen by the crew"
    )
    assert done.joined
    assert not may_see(door.actor("triage"), held.case_id)
    assert may_see(door.actor("alice"), again.case_id)
    assert page.get(f"/people/{held.person_id}/").status_code == 404


def test_accept_referral__by_a_partner_hands_out_no_episode_that_is_closed_to_it(
    door: FrontDoor, officer: User
) -> None:
    held = register(door.actor("spa"), person(nhs_number=NUMBER))
    accept_referral(
        by=door.actor("triage"),
        referral_id=held.pk,
        team_id=door.elsewhere.pk,
        coordinator_id=door.users["charlie"].pk,
        safe_care_reason="Seen",
    )
    close(door, held, officer, team_ids=[])
    partner = partner_of(door.spa.organisation)
    made = partner.refer(person={"family_name": "Guess", "nhs_number": NUMBER}).json()
    reasons = {"safe_care_reason": "Seen", "override_reason": "other", "override_note": "Asked for"}
    answer = partner.move(made, "accept", {"team": "ucr-south"} | reasons)
    told = answer.json()
    assert (told["status"], told["episode"], told["joined_case_id"]) == ("accepted", None, None), answer.status_code
    (listed,) = (row for row in partner.get("/api/v1/referrals/").json()["results"] if row["id"] == made["id"])
    assert listed["joined_case_id"] is None
    assert partner.get(made["links"]["self"]).json()["joined_case_id"] is None
    assert partner.get(told["links"]["episode"]).status_code == 404
    assert Referral.objects.get(pk=made["id"]).joined_case_id == held.case_id


def test_restrict_person__a_record_without_a_referral(door: FrontDoor, officer: User) -> None:
    row = send_people(
        by=door.actor("manager"), content=b"Surname,Forename,DOB,Postcode\nImporta,Ann,4/3/1947,L23 9ZZ\n"
    )
    import_people(by=door.actor("manager"), import_id=row.pk)
    ann = Person.objects.get(family_name="Importa")
    page, url = signed_in(officer), f"/people/{ann.pk}"
    assert page.post(f"{url}/restrict/", {"reason": "at_risk", "words": "Looked for"}).status_code == 302
    assert "Restricted: only those named see it" in page.get(f"{url}/").content.decode()
    manager = signed_in(door.users["manager"])
    assert manager.get(f"{url}/").status_code == 404
    assert find_people(door.actor("manager"), "ann importa").people == ()
    assert manager.post(f"{url}/break-glass/", {"reason": "legal", "words": "Court order"}).status_code == 302
    assert manager.get(f"{url}/").status_code == 200
    into = register(door.actor("spa"), person(given_name="Anna"))
    merge_people(by=actor_for(officer), winner_id=into.person_id, loser_id=ann.pk, reason="Same house")
    assert not may_see(door.actor("auditor"), into.case_id)
    with pytest.raises(NotFound):
        get_person(door.actor("auditor"), into.person_id)
    assert get_person(actor_for(officer), into.person_id).pk == into.person_id


def test_change_named__teams_and_colleagues_while_it_stands(door: FrontDoor, held: Referral, officer: User) -> None:
    close(door, held, officer)
    alice, manager, auditor = door.users["alice"], door.users["manager"], door.users["auditor"]
    page, url = signed_in(officer), f"/people/{held.person_id}/restrict/"
    assert "Change who is named" in page.get(url).content.decode()
    wrong = page.post(url, {"people": "nobody@nowhere.example"})
    assert wrong.status_code == 422
    assert "nobody@nowhere.example" in wrong.content.decode()
    assert page.post(url, {"people": f"{manager.email.upper()}\n{auditor.email}"}).status_code == 302
    assert may_see(door.actor("manager"), held.case_id)
    assert not may_see(actor_for(alice), held.case_id)  # of the team that was named before
    assert get_person(door.actor("auditor"), held.person_id).pk == held.person_id
    assert may_see(door.actor("spa"), held.case_id)  # answers for the case, whoever is named
    shown = page.get(url).content.decode()
    assert manager.name in shown
    assert CaseEvent.objects.filter(case_id=held.case_id, event="person.named_changed").count() == 1
    page.post(url, {"people": auditor.email, "teams": [str(door.other_crisis.pk)]})
    assert not may_see(door.actor("manager"), held.case_id)
    assert may_see(door.actor("bob"), held.case_id)
    assert may_see(actor_for(officer), held.case_id)
    with pytest.raises(NotPermitted):
        change_named(by=door.actor("spa"), person_id=held.person_id)
    unrestrict_person(by=actor_for(officer), person_id=held.person_id)
    with pytest.raises(NotFound):
        change_named(by=actor_for(officer), person_id=held.person_id)


def test_restricted__each_row_has_its_door(door: FrontDoor, held: Referral, officer: User) -> None:
    close(door, held, officer)
    other = person_at(door.elsewhere, "Otto Privacy", Role.PRIVACY_OFFICER)
    link = f'href="/people/{held.person_id}/break-glass/"'
    assert link in signed_in(other).get("/people/restricted/").content.decode()
    named = signed_in(officer).get(f"/people/{held.person_id}/break-glass/")
    assert named.headers["Location"] == f"/people/{held.person_id}/"


def test_register_referral__the_team_in_whose_care_they_are_sees_the_next_one(door: FrontDoor, officer: User) -> None:
    held = shut(door, officer)
    change_named(by=actor_for(officer), person_id=held.person_id)
    again = register(door.actor("spa"), person(nhs_number=NUMBER))
    assert may_see(door.actor("alice"), again.case_id)
    assert not may_see(door.actor("bob"), again.case_id)
    accept_referral(
        by=door.actor("triage"), referral_id=again.pk, team_id=door.crisis.pk, safe_care_reason="Seen by the crew"
    )
    third = register(door.actor("spa"), person(nhs_number=NUMBER), summary="And again")
    assert may_see(door.actor("alice"), third.case_id)
    assert get_person(door.actor("alice"), held.person_id).pk == held.person_id
