"""Two records made one, and taken apart again: nothing is lost, nothing that is only added to is rewritten."""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model, UniqueConstraint

from accounts.domain import RestrictReason, Role
from accounts.models import CaseAccess, RestrictedCase, User
from accounts.queries import actor_for
from audit.acting import acting, now
from audit.domain import SYSTEM, Actor
from audit.models import AccessLog, CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from casework.commands import withdraw_referral
from casework.commands.merge import merge_people, unmerge_people
from casework.commands.restrict import restrict_person
from casework.queries.joining import joining, preview
from casework.queries.merge import OF_ONE_RECORD, best_first, hanging, relations, standing
from pathways.commands import accept_referral, record_contact
from pathways.domain import ContactDetails, ContactKind
from pathways.models import Episode
from referrals.commands import change_section, compare_people, keep_apart
from referrals.domain.duplicates import Decision, Likeness, Mergeable, NumberStatus, why_not_merge
from referrals.domain.joining import CODE, Answer
from referrals.models import (
    Communication,
    GoingThere,
    Health,
    KeySafeCode,
    Merge,
    MergeRow,
    Person,
    PossibleDuplicate,
    Referral,
    RelatedPerson,
    VisitWarning,
)
from referrals.queries import find_people, get_person
from referrals.queries.duplicates import open_duplicates
from tests.factories.casework import open_board
from tests.factories.referrals import FrontDoor, person, person_at, register

UNTOUCHED = ("audit_caseevent", "audit_accesslog", "referrals_referraltransition", "referrals_historicalperson")


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def manager(door: FrontDoor) -> Actor:
    return door.actor("manager")


def two(door: FrontDoor, **changes: Any) -> tuple[Person, Person]:
    """Register two people who are one: the first with a number, the second without."""
    by = door.actor("spa")
    first = register(by, person(nhs_number="9991234004")).person
    second = register(by, person(given_name="Maudie", **changes)).person
    return first, second


def make(model: type[Model], who: Person, **fields: Any) -> Any:
    """Write a part of a person's record."""
    with acting(SYSTEM):
        made = {"created_at": now(), "created_label": "x"} if hasattr(model, "created_at") else {}
        return model._base_manager.create(person=who, changed_at=now(), changed_label="x", **made, **fields)


def visit(door: FrontDoor, referral: Referral) -> None:
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    record_contact(by=door.actor("alice"), case_id=referral.case_id, details=seen)


def accept(door: FrontDoor, who: Person) -> Episode:
    referral = who.referrals.order_by("received_at").last()
    assert referral is not None
    by = door.actor("triage")
    named = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    return accept_referral(by=by, referral_id=referral.pk, **named).episode


def merged(by: Actor, winner: Person, loser: Person) -> Merge:
    return merge_people(by=by, winner_id=winner.pk, loser_id=loser.pk, reason="Same address and daughter")


def test_merge_people__moves_all_that_hangs_on_the_loser(door: FrontDoor, manager: Actor):
    winner, loser = two(door, phone="07700 900318", warnings=("dog", "Goose"))
    episode = accept(door, loser)
    carer = make(RelatedPerson, loser, name="Jo Test")
    merge = merged(manager, winner, loser)
    winner.refresh_from_db()
    loser.refresh_from_db()
    assert loser.merged_into == winner
    assert Referral.objects.filter(person=winner).count() == 2
    assert Episode.objects.get(pk=episode.pk).person == winner
    carer.refresh_from_db()
    assert carer.person == winner
    assert carer.history.count() == 2
    assert (winner.phone, winner.warnings, winner.nhs_number) == ("07700900318", ["dog", "Goose"], "9991234004")
    assert merge.filled == {"phone": ""}
    told = CaseEvent.objects.filter(event="person.merged").order_by("pk")
    assert {event.case_id for event in told} == set(winner.referrals.values_list("case_id", flat=True))
    assert told[0].data == {"merge": str(merge.pk), "other": str(loser.pk)}


def test_merge_people__is_quiet_when_repeated(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    assert merged(manager, winner, loser) == merged(manager, winner, loser)
    assert Merge.objects.count() == 1
    with pytest.raises(IllegalMove, match="part of another record"):
        merged(manager, loser, winner)


def test_merge_people__rewrites_nothing_that_is_only_added_to(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    accept(door, loser)
    before = {table: rows_of(table) for table in UNTOUCHED}
    unmerge_people(by=manager, merge_id=merged(manager, winner, loser).pk, reason="Two people")
    for table, rows in before.items():
        assert rows.items() <= rows_of(table).items(), table


def rows_of(table: str) -> dict[Any, str]:
    key = "history_id" if "historical" in table else "id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {key}, row_to_json(held)::text FROM {table} AS held")
        return dict(cursor.fetchall())


def test_merge_people__refuses(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    with pytest.raises(RuleBroken, match="one and the same"):
        merged(manager, winner, winner)
    with pytest.raises(RuleBroken) as empty:
        merge_people(by=manager, winner_id=winner.pk, loser_id=loser.pk, reason=" ")
    assert empty.value.field == "reason"
    with pytest.raises(NotPermitted):
        merged(door.actor("lead"), winner, loser)
    accept(door, winner)
    accept(door, loser)
    with pytest.raises(RuleBroken) as both_live:
        merged(manager, winner, loser)
    assert both_live.value.code == "both_live"
    assert not Merge.objects.exists()
    assert Person.objects.filter(merged_into=None).count() == 2


@pytest.mark.parametrize(
    ("winner", "loser", "code"),
    [
        (("9991234004", "01"), ("9993104272", "01"), "different_numbers"),
        (("9991234004", "02"), ("9993104272", "01"), "keep_verified"),
        (("9991234004", "01"), ("9993104272", "02"), ""),
        (("9991234004", "02"), ("9993104272", "02"), ""),
        (("9991234004", "01"), ("", "03"), ""),
        (("", "03"), ("9991234004", "01"), ""),
    ],
)
def test_why_not_merge__numbers(winner: tuple[str, str], loser: tuple[str, str], code: str):
    one, other = (Mergeable(number, NumberStatus(status)) for number, status in (winner, loser))
    assert why_not_merge(one, other) == code


def test_merge_people__different_verified_numbers_are_two_people(door: FrontDoor, manager: Actor):
    winner, loser = two(door, nhs_number="9993104272")
    with acting(SYSTEM):
        for who in (winner, loser):
            who.nhs_number_status = NumberStatus.VERIFIED
            who.save()
    assert preview(manager, winner.pk, loser.pk).refused == "different_numbers"
    with pytest.raises(RuleBroken) as refused:
        merged(manager, winner, loser)
    assert refused.value.code == "different_numbers"


def test_merge_people__the_winner_takes_over_a_number_and_gives_it_back(door: FrontDoor, manager: Actor):
    numbered, other = two(door)
    merge = merged(manager, other, numbered)
    other.refresh_from_db()
    assert (other.nhs_number, other.nhs_number_status) == ("9991234004", "02")
    assert find_people(manager, "999 123 4004").people == (other,)
    again = register(door.actor("spa"), person(nhs_number="9991234004"))
    assert again.person == other
    unmerge_people(by=manager, merge_id=merge.pk, reason="Two people")
    other.refresh_from_db()
    numbered.refresh_from_db()
    assert (other.nhs_number, other.nhs_number_status) == (None, "03")
    assert (numbered.nhs_number, numbered.merged_into) == ("9991234004", None)


def test_merge_people__a_preview_that_is_behind_is_told_so(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    mark = preview(manager, winner.pk, loser.pk).mark
    accept(door, loser)
    with pytest.raises(Stale, match="Look again"):
        merge_people(by=manager, winner_id=winner.pk, loser_id=loser.pk, reason="Same", seen=mark)
    mark = preview(manager, winner.pk, loser.pk).mark
    merge_people(by=manager, winner_id=winner.pk, loser_id=loser.pk, reason="Same", seen=mark)


def test_preview__shows_every_row_and_logs_the_reading(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    accept(door, loser)
    for who in (winner, loser):
        make(Health, who)
    shown = preview(manager, winner.pk, loser.pk)
    moved = {one.relation.label: len(one.moved) for one in shown.hanging}
    left = {one.relation.label: len(one.left) for one in shown.hanging if one.left}
    assert (moved["referrals.referral"], moved["pathways.episode"], left) == (1, 1, {"referrals.health": 1})
    (log,) = AccessLog.objects.filter(what="person.merge")
    assert set(log.ids) == {str(winner.pk), str(loser.pk)}
    merge = merged(manager, winner, loser)
    assert MergeRow.objects.filter(merge=merge, kind="left").count() == 1
    assert Health.objects.filter(person=loser).exists()
    with pytest.raises(NotPermitted):
        preview(door.actor("spa"), winner.pk, loser.pk)
    with pytest.raises(NotFound):
        preview(manager, winner.pk, Person().pk)


def test_link_to_the_loser__shows_the_winner(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    third = register(door.actor("spa"), person(given_name="Maudy")).person
    merged(manager, winner, loser)
    assert get_person(manager, loser.pk) == winner
    assert find_people(manager, "maudie testalder").people[0] == winner
    merged(manager, third, winner)
    assert get_person(manager, loser.pk) == third
    assert find_people(manager, "maudie testalder").people == (third,)


def test_nothing_can_hang_on_a_pointer(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    merged(manager, winner, loser)
    referral = register(door.actor("spa"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_referral SET person_id = %s WHERE id = %s", [loser.pk, referral.pk])
    referral.refresh_from_db()
    assert referral.person == winner
    row = make(RelatedPerson, loser, name="Jo Test")
    row.refresh_from_db()
    assert row.person == winner


def test_unmerge_people__gives_back_what_moved_and_tells_what_stays(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    hers = list(loser.referrals.all())
    episode = accept(door, loser)
    merge = merged(manager, winner, loser)
    since = register(door.actor("spa"), person(nhs_number="9991234004"))
    own = winner.referrals.get(pk=Referral.objects.filter(person=winner).order_by("received_at")[0].pk)
    joined = accept_referral(by=door.actor("triage"), referral_id=own.pk, team_id=door.crisis.pk).referral
    visit(door, joined)
    done = unmerge_people(by=manager, merge_id=merge.pk, reason="Two people")
    assert [row for _, row in done.standing.since] == [since]
    assert done.standing.joined == standing(merge).joined == (joined,)
    assert list(loser.referrals.all()) == hers
    assert Episode.objects.get(pk=episode.pk).person == loser
    assert Referral.objects.get(pk=since.pk).person == winner
    again = unmerge_people(by=manager, merge_id=merge.pk, reason="Two people")
    assert again.standing.back == ()
    assert CaseEvent.objects.filter(event="person.unmerged").count() == 3


@pytest.mark.parametrize("joins", [0, 1])
def test_unmerge_people__not_while_one_waits_on_an_episode_of_the_other(door: FrontDoor, manager: Actor, joins: int):
    people = two(door)
    accept(door, people[1 - joins])
    own = people[joins].referrals.get()
    merge = merged(manager, *people)
    accept_referral(by=door.actor("triage"), referral_id=own.pk, team_id=door.crisis.pk)
    with pytest.raises(IllegalMove, match="still waits for its first visit") as refused:
        unmerge_people(by=manager, merge_id=merge.pk, reason="Two people")
    assert refused.value.code == "visit_owed"
    visit(door, own)
    assert unmerge_people(by=manager, merge_id=merge.pk, reason="Two people").standing.joined == (own,)
    own.refresh_from_db()
    assert own.person == people[joins]


def test_unmerge_people__one_withdrawn_from_an_episode_of_the_other_is_told(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    accept(door, winner)
    own = loser.referrals.get()
    merge = merged(manager, winner, loser)
    accept_referral(by=door.actor("triage"), referral_id=own.pk, team_id=door.crisis.pk)
    withdraw_referral(by=door.actor("triage"), referral_id=own.pk, reason="Is registered again")
    assert unmerge_people(by=manager, merge_id=merge.pk, reason="Two people").standing.joined == (own,)


def test_unmerge_people__a_changed_detail_stays_and_is_told(door: FrontDoor, manager: Actor):
    winner, loser = two(door, phone="07700 900318")
    merge = merged(manager, winner, loser)
    winner.refresh_from_db()
    with acting(SYSTEM):
        winner.phone = "01514960177"
        winner.save()
    assert unmerge_people(by=manager, merge_id=merge.pk, reason="Two").kept == ("phone",)
    winner.refresh_from_db()
    assert winner.phone == "01514960177"


def test_unmerge_people__the_later_merge_first(door: FrontDoor, manager: Actor):
    winner, loser = two(door)
    third = register(door.actor("spa"), person(given_name="Maudy")).person
    first = merged(manager, winner, loser)
    later = merged(manager, third, winner)
    with pytest.raises((IllegalMove, NotFound)):
        unmerge_people(by=manager, merge_id=first.pk, reason="Two")
    unmerge_people(by=manager, merge_id=later.pk, reason="Two")
    with pytest.raises(RuleBroken, match="Say how you know"):
        unmerge_people(by=manager, merge_id=first.pk, reason="")
    unmerge_people(by=manager, merge_id=first.pk, reason="Two")
    assert {who: who.referrals.count() for who in (winner, loser, third)} == {winner: 1, loser: 1, third: 1}
    with pytest.raises(NotPermitted):
        unmerge_people(by=door.actor("lead"), merge_id=first.pk, reason="Two")


def test_merged_twice__the_first_name_still_leads_to_who_stands(door: FrontDoor, manager: Actor):
    """The front door, which sees no record that all was moved from, finds by every name there ever was."""
    first = register(door.actor("spa"), person(given_name="Wilhelmina", family_name="Firstly")).person
    second = register(door.actor("spa"), person(given_name="Maud", family_name="Secondly")).person
    third = register(door.actor("spa"), person(given_name="Maudy", family_name="Thirdly")).person
    merged(manager, second, first)
    later = merged(manager, third, second)
    by = door.actor("spa")
    assert [[row.pk for row in find_people(by, name).people] for name in ("Firstly", "Secondly")] == [
        [third.pk],
        [third.pk],
    ]
    Person.objects.filter(pk=first.pk).update(called="Billie")  # a change of the pointer itself leads nowhere else
    assert [row.pk for row in find_people(by, "Billie").people] == [third.pk]
    unmerge_people(by=manager, merge_id=later.pk, reason="Two")
    assert [[row.pk for row in find_people(by, name).people] for name in ("Firstly", "Thirdly")] == [
        [second.pk],
        [third.pk],
    ]


# --- duplicates offered


def test_compare_people__offers_those_alike_once(door: FrontDoor, manager: Actor):
    first, second = two(door)
    near = register(door.actor("spa"), person(given_name="Mawd", born_on=date(1935, 1, 2))).person
    twin = register(door.actor("spa"), person(given_name="Herbert")).person
    wife = register(door.actor("spa"), person(given_name="Maud", born_on=date(1962, 8, 9))).person
    while compare_people(by=SYSTEM):
        pass
    pairs = {frozenset((row.one, row.other)): row.why for row in PossibleDuplicate.objects.all()}
    assert pairs[frozenset((first, second))] == Likeness.SAME_NAME_AND_BIRTH
    assert pairs[frozenset((first, near))] == Likeness.NEAR
    assert not [pair for pair in pairs if pair & {twin, wife}]
    assert compare_people(by=SYSTEM) == 0
    assert len(open_duplicates(manager, 50)) == len(pairs)


def test_compare_people__numbers_that_differ_are_two_people(door: FrontDoor):
    by = door.actor("spa")
    register(by, person(nhs_number="9991234004", born_on=date(1935, 2, 2)))
    register(by, person(nhs_number="9993104272"))
    compare_people(by=SYSTEM)
    assert not PossibleDuplicate.objects.exists()


def test_number_conflict__is_offered(door: FrontDoor):
    by = door.actor("spa")
    first = register(by, person(nhs_number="9991234004")).person
    second = register(by, person(nhs_number="9991234004", born_on=date(1950, 5, 5))).person
    pair = PossibleDuplicate.objects.get()
    assert ({pair.one, pair.other}, pair.why) == ({first, second}, Likeness.SAME_NUMBER)
    assert second.nhs_number is None


def test_keep_apart__is_never_offered_again(door: FrontDoor, manager: Actor):
    first, second = two(door)
    compare_people(by=SYSTEM)
    keep_apart(by=manager, one_id=first.pk, other_id=second.pk)
    ask_again(first, second)
    assert open_duplicates(manager, 50) == []
    with pytest.raises(NotPermitted):
        keep_apart(by=door.actor("lead"), one_id=first.pk, other_id=second.pk)


def test_unmerged__is_never_offered_again(door: FrontDoor, manager: Actor):
    first, second = two(door)
    compare_people(by=SYSTEM)
    merge = merged(manager, first, second)
    assert PossibleDuplicate.objects.get().decision == Decision.MERGED
    unmerge_people(by=manager, merge_id=merge.pk, reason="Two people")
    ask_again(first, second)
    assert open_duplicates(manager, 50) == []
    assert PossibleDuplicate.objects.get().decision == Decision.DIFFERENT


def ask_again(*people: Person) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_personkeys SET compared_at = NULL")
    compare_people(by=SYSTEM)


def test_best_first__a_verified_number_then_any_then_the_older(door: FrontDoor):
    first, second = two(door)
    assert best_first(second, first) == (first, second)
    second.nhs_number, second.nhs_number_status = "9993104272", "01"
    assert best_first(first, second) == (second, first)


# --- every table


def test_relations__are_found_whatever_table_is_added():
    found = {relation.label for relation in relations()}
    assert {"referrals.referral", "pathways.episode", "referrals.relatedperson", "referrals.health"} <= found
    assert not found & {model._meta.label_lower for model in OF_ONE_RECORD}
    assert not [label for label in found if "historical" in label]


def test_relations__rules_of_one_for_each_person_are_plain_columns():
    """A rule by expressions cannot be foreseen: a merge would fail on it."""
    for relation in relations():
        for rule in relation.model._meta.constraints:
            assert not (isinstance(rule, UniqueConstraint) and rule.expressions), rule.name


def test_relations__nothing_hangs_on_a_pointer_in_any_table(db: None):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'follow_merge_new'")
        followed = {table for (table,) in cursor.fetchall()}
    missing = {relation.model._meta.db_table for relation in relations()} - followed
    assert missing == set(), "add SELECT referrals_follow_merges('table') to a migration"


# --- there and back


@pytest.mark.parametrize("seed", range(10))
def test_merge_and_unmerge__is_as_if_nothing_had_been(door: FrontDoor, seed: int):
    """Ten pairs at a time, a hundred in all: every column of every row of every table is as it was."""
    dice, officer = random.Random(seed), officer_of(door)
    for _ in range(10):
        winner, loser = (random_person(door, dice) for _ in range(2))
        if Episode.objects.filter(person__in=(winner, loser)).count() == 2:
            with pytest.raises(RuleBroken):
                merged(officer, winner, loser)
            continue
        before = everything(winner, loser)
        answers = answered(dice, winner, loser)
        merge = merge_people(by=officer, winner_id=winner.pk, loser_id=loser.pk, reason="Same", answers=answers)
        assert everything(winner, loser) != before
        unmerge_people(by=officer, merge_id=merge.pk, reason="Two people")
        assert everything(winner, loser) == before


def officer_of(door: FrontDoor) -> Actor:
    held = User.objects.filter(name="Olive Privacy").first()
    return actor_for(held or person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))


PARTS: dict[type[Model], list[dict[str, Any]]] = {
    Health: [
        {},
        {"respect": "no", "decided_on": date(2026, 1, 2)},
        {"allergies": "has", "allergy_words": "Penicillin: anaphylaxis", "dnacpr": "yes"},
        {"allergies": "has", "allergy_words": "Latex", "dnacpr": "no"},
        {"allergies": "none_known", "decided_on": date(2026, 3, 4)},
    ],
    Communication: [
        {"contact_method": "telephone", "formats": ["none"]},
        {"interpreter": "yes", "language": "BSL", "formats": ["braille"]},
        {"interpreter": "no", "formats": ["easy_read"]},
    ],
    GoingThere: [{"pets": "Cat"}, {"pets": "Two dogs", "key_safe": "yes", "key_safe_place": "Left of the door"}],
    KeySafeCode: [{"code": "1111"}, {"code": "2222"}],
}


def answered(dice: random.Random, winner: Person, loser: Person) -> dict[str, str]:
    """Answer whatever must be answered before the two are made one."""
    held = joining(winner, loser, hanging(winner.pk, loser.pk))
    allowed = {pair.key: pair.answers for pair in held.pairs} | {CODE: (Answer.KEPT, Answer.TAKEN)}
    return {key: dice.choice(allowed[key]) for key in held.to_answer}


def random_person(door: FrontDoor, dice: random.Random) -> Person:
    maybe: Callable[[Any, Any], Any] = lambda value, none: value if dice.random() < 0.5 else none  # noqa: E731
    who = person(
        given_name=dice.choice(["Ada", "Bea", "Cy"]),
        born_on=maybe(date(1930 + dice.randrange(20), 1, 1 + dice.randrange(28)), None),
        postcode=maybe("L23 9ZZ", ""),
        address_lines=maybe(("12 Prooflane",), ()),
        phone=maybe("07700 900318", ""),
        gp_practice=maybe("Test Street Surgery", ""),
        warnings=tuple(dice.sample(["dog", "oxygen", "Goose"], dice.randrange(4))),
    )
    found = register(door.actor("spa"), who).person
    for _ in range(dice.randrange(3)):
        Referral.objects.filter(pk=register(door.actor("spa"), who).pk).update(person=found)
    if dice.random() < 0.3:
        accept(door, found)
    for model, choices in PARTS.items():
        if dice.random() < 0.7:
            make(model, found, **dice.choice(choices))
    for kind in dice.sample(["dog", "infection"], dice.randrange(3)):
        detail = dice.choice(["", "barks", "Bit the nurse"])
        make(
            VisitWarning, found, kind=kind, detail=detail, review="year", reviewed_at=now(), review_on=date(2027, 1, 1)
        )
    if dice.random() < 0.2:
        why = RestrictReason.STAFF_OR_FAMILY
        restrict_person(by=officer_of(door), person_id=found.pk, reason=why, words="Works here", team_ids=[])
    for number in range(dice.randrange(3)):
        make(RelatedPerson, found, name=f"Jo {number}")
    return found


def everything(*people: Person) -> dict[str, dict[Any, Any]]:
    """Return every row that hangs on these people, and their own, versions left out: they count changes."""
    keys = [who.pk for who in people]
    found = {one.label: list(one.rows.filter(**{f"{one.field}__in": keys}).values()) for one in relations()}
    cases = list(Referral.objects.filter(person__in=keys).values_list("case_id", flat=True))
    found["closed"] = list(RestrictedCase.objects.filter(case_id__in=cases).values("case_id", "restriction_id"))
    found["access"] = list(CaseAccess.objects.filter(case_id__in=cases).values())
    found["person"] = list(Person.objects.filter(pk__in=keys).values())
    found["keys"] = list(
        apps.get_model("referrals", "PersonKeys").objects.filter(pk__in=keys).values("person_id", "keys")
    )
    return {
        label: {
            str(row.get("id", row.get("person_id", row.get("case_id")))): {
                k: v for k, v in row.items() if k != "version"
            }
            for row in rows
        }
        for label, rows in found.items()
    }


# --- how sure a number is


@pytest.mark.parametrize(
    ("told", "number", "status"),
    [
        ({"nhs_number_status": "01"}, "9991234004", "01"),
        ({"nhs_number": "9993104272", "nhs_number_status": "02"}, "9993104272", "02"),
        ({"nhs_number": ""}, None, "03"),
        ({"nhs_number": "", "nhs_number_status": "07"}, None, "07"),
        ({"nhs_number": "", "nhs_number_status": ""}, None, "03"),
    ],
)
def test_number_status__is_kept_and_starts_anew_with_another_number(
    door: FrontDoor, told: dict[str, str], number: str | None, status: str
):
    who = register(door.actor("spa"), person(nhs_number="9991234004")).person
    assert who.nhs_number_status == "02"
    change_section(by=door.actor("triage"), person_id=who.pk, section="details", values=told)
    who.refresh_from_db()
    assert (who.nhs_number, who.nhs_number_status) == (number, status)


def test_number_status__must_fit_the_number(door: FrontDoor):
    who = register(door.actor("spa"), person(nhs_number="9991234004")).person
    for told in ({"nhs_number_status": "07"}, {"nhs_number": "", "nhs_number_status": "01"}):
        with pytest.raises(RuleBroken) as refused:
            change_section(by=door.actor("triage"), person_id=who.pk, section="details", values=told)
        assert refused.value.field == "nhs_number_status"


def test_number_status__another_number_by_sql_is_not_a_traced_one(door: FrontDoor):
    who = register(door.actor("spa"), person(nhs_number="9991234004")).person
    with connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_person SET nhs_number_status = '01'")
        cursor.execute("UPDATE referrals_person SET nhs_number = '9993104272'")
    who.refresh_from_db()
    assert who.nhs_number_status == "02"
