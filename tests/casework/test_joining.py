"""Two records made one: what either says of allergies, decisions, needs and warnings is on the record that stands."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from audit.acting import acting, now
from audit.domain import SYSTEM, Actor
from audit.refusals import RuleBroken, Stale
from casework.commands.merge import merge_people, unmerge_people
from casework.queries.joining import preview
from referrals.commands import change_section
from referrals.commands.key_safe import reveal_key_safe_code, set_key_safe_code
from referrals.domain.joining import TOGETHER, Answer, Pair, join_words, pairs
from referrals.domain.sections import BY_SECTION, SECTIONS
from referrals.models import Communication, GoingThere, Health, KeySafeCode, Merge, Person, VisitWarning
from referrals.presenters import flags, visit_warnings
from referrals.queries import model_of, needs_of
from tests.casework.test_merge import make, two
from tests.factories.casework import open_board, signed_in
from tests.factories.referrals import FrontDoor


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def manager(door: FrontDoor) -> Actor:
    return door.actor("manager")


@pytest.fixture
def pair(door: FrontDoor) -> tuple[Person, Person]:
    return two(door)


def merged(by: Actor, pair: tuple[Person, Person], **answers: str) -> Merge:
    told = {key.replace("__", "-"): answer for key, answer in answers.items()}
    return merge_people(by=by, winner_id=pair[0].pk, loser_id=pair[1].pk, reason="Same daughter", answers=told)


def warn(who: Person, detail: str, kind: str = "dog") -> Any:
    return make(
        VisitWarning, who, kind=kind, detail=detail, review="year", reviewed_at=now(), review_on=date(2027, 1, 1)
    )


def apart(by: Actor, merge: Merge) -> tuple[str, ...]:
    return unmerge_people(by=by, merge_id=merge.pk, reason="Two people").kept


def test_merge_people__nothing_that_keeps_somebody_safe_is_hidden(manager: Actor, pair: tuple[Person, Person]):
    winner, loser = pair
    make(Health, winner, respect="no")
    make(Health, loser, allergies="has", allergy_words="Penicillin: anaphylaxis", dnacpr="yes", decided_on="2026-01-02")
    make(Communication, winner, contact_method="telephone")
    make(Communication, loser, interpreter="yes", language="BSL", formats=["braille"])
    warn(winner, "barks")
    warn(loser, "bit the nurse")
    merge = merged(manager, pair)
    shown = " ".join(visit_warnings(needs_of(winner)))
    for words in ("Penicillin: anaphylaxis", "DNACPR", "barks; bit the nurse"):
        assert words in shown
    assert "Interpreter: BSL" in [flag.words for flag in flags(needs_of(winner))]
    assert Health.objects.get(person=winner).respect == "no"
    assert apart(manager, merge) == ()
    held = Health.objects.get(person=winner)
    assert (held.respect, held.allergies, held.dnacpr, held.decided_on) == ("no", "", "", None)
    assert Communication.objects.get(person=winner).formats == []
    details = dict(VisitWarning.objects.values_list("person_id", "detail"))
    assert details == {winner.pk: "barks", loser.pk: "bit the nurse"}


@pytest.mark.parametrize(
    ("section", "ours", "theirs"),
    [
        ("health", {"allergies": "none_known"}, {"allergies": "has", "allergy_words": "Latex"}),
        ("health", {"dnacpr": "no"}, {"dnacpr": "yes"}),
        ("communication", {"interpreter": "no"}, {"interpreter": "yes", "language": "BSL"}),
        ("going_there", {"pets": "Cat"}, {"pets": "Two dogs"}),
    ],
)
def test_merge_people__what_differs_is_answered_first(
    manager: Actor, pair: tuple[Person, Person], section: str, ours: dict[str, str], theirs: dict[str, str]
):
    for who, values in zip(pair, (ours, theirs), strict=True):
        make(model_of(BY_SECTION[section]), who, **values)
    key = f"{section}-{next(iter(ours))}"
    for answers in ({}, {key: "perhaps"}):
        with pytest.raises(RuleBroken) as refused:
            merge_people(by=manager, winner_id=pair[0].pk, loser_id=pair[1].pk, reason="x", answers=answers)
        assert (refused.value.code, refused.value.field) == ("unanswered", key)
    assert not Merge.objects.exists()
    answers = {key: Answer.TAKEN}
    merge = merge_people(by=manager, winner_id=pair[0].pk, loser_id=pair[1].pk, reason="x", answers=answers)
    rows: Any = model_of(BY_SECTION[section])._default_manager
    assert {name: getattr(rows.get(person=pair[0]), name) for name in theirs} == theirs
    assert apart(manager, merge) == ()
    assert {name: getattr(rows.get(person=pair[0]), name) for name in ours} == ours


def test_merge_people__both_allergies_can_stand(manager: Actor, pair: tuple[Person, Person]):
    for who, words in zip(pair, ("Latex", "Penicillin"), strict=True):
        make(Health, who, allergies="has", allergy_words=words)
    merge = merged(manager, pair, health__allergies=Answer.BOTH)
    assert needs_of(pair[0]).allergies == "Latex; Penicillin"
    with acting(SYSTEM):
        change_section(
            by=manager, person_id=pair[0].pk, section="health", values={"allergy_words": "Latex; Penicillin; Nuts"}
        )
    assert apart(manager, merge) == ("health-allergies",)
    assert needs_of(pair[0]).allergies == "Latex; Penicillin; Nuts"


@pytest.mark.parametrize(("answer", "code"), [(Answer.KEPT, "1111"), (Answer.TAKEN, "2222")])
def test_merge_people__codes_that_differ_are_answered_and_go_back(
    door: FrontDoor, manager: Actor, pair: tuple[Person, Person], answer: Answer, code: str
):
    spa = door.actor("spa")
    for who, told in zip(pair, ("1111", "2222"), strict=True):
        set_key_safe_code(by=spa, person_id=who.pk, code=told)
    with pytest.raises(RuleBroken, match="Choose what stands"):
        merged(manager, pair)
    merge = merged(manager, pair, key_safe_code=answer)
    assert reveal_key_safe_code(by=spa, person_id=pair[0].pk).code == code
    assert not {"1111", "2222"} & set(str(merge.filled).split("'"))
    assert apart(manager, merge) == ()
    assert [reveal_key_safe_code(by=spa, person_id=who.pk).code for who in pair] == ["1111", "2222"]


def test_unmerge_people__a_code_changed_since_stays(door: FrontDoor, manager: Actor, pair: tuple[Person, Person]):
    spa = door.actor("spa")
    for who, told in zip(pair, ("1111", "2222"), strict=True):
        set_key_safe_code(by=spa, person_id=who.pk, code=told)
    merge = merged(manager, pair, key_safe_code=Answer.TAKEN)
    set_key_safe_code(by=spa, person_id=pair[0].pk, code="3333")
    assert apart(manager, merge) == ("key_safe_code",)
    assert list(KeySafeCode.objects.values_list("person", "code")) == [(pair[0].pk, "3333")]


def test_merge_people__words_of_two_warnings_that_do_not_fit_are_refused(manager: Actor, pair: tuple[Person, Person]):
    for who, letter in zip(pair, "ab", strict=True):
        warn(who, letter * 200)
    with pytest.raises(RuleBroken, match="do not fit into one"):
        merged(manager, pair)


def test_unmerge_people__a_warning_changed_since_stays(manager: Actor, pair: tuple[Person, Person]):
    ours = warn(pair[0], "barks")
    warn(pair[1], "bit the nurse")
    merge = merged(manager, pair)
    with acting(SYSTEM):
        ours.detail = "gone to the sister"
        ours.save()
    assert apart(manager, merge) == (f"visit_warning-{ours.pk}",)
    ours.refresh_from_db()
    assert ours.detail == "gone to the sister"


def test_merge_people__a_part_that_changed_since_the_preview_is_told(manager: Actor, pair: tuple[Person, Person]):
    for who in pair:
        make(Health, who)
    mark = preview(manager, pair[0].pk, pair[1].pk).mark
    change_section(by=manager, person_id=pair[1].pk, section="health", values={"dnacpr": "yes"})
    with pytest.raises(Stale, match="Look again"):
        merge_people(by=manager, winner_id=pair[0].pk, loser_id=pair[1].pk, reason="Same", seen=mark)


def test_merge_page__shows_what_both_say_and_asks(door: FrontDoor, pair: tuple[Person, Person]):
    client: Client = signed_in(door.users["manager"])
    url = f"/people/{pair[0].pk}/merge/{pair[1].pk}/?keep=first"
    make(Health, pair[0], dnacpr="no")
    make(Health, pair[1], dnacpr="yes", allergies="has", allergy_words="Penicillin: anaphylaxis")
    make(GoingThere, pair[0])
    for who, code in zip(pair, ("1937", "2846"), strict=True):
        make(KeySafeCode, who, code=code)
        warn(who, f"seen at {who.given_name}’s")
    page = client.get(url).content.decode()
    for words in (
        "Penicillin: anaphylaxis",
        "seen at Maud’s",
        "seen at Maudie’s",
        "What stands where they differ?",
        "Words of both",
    ):
        assert words in page
    assert "Stays behind" not in page
    assert not [code for code in ("1937", "2846") if code in page]
    unsaid = client.post(url, {"reason": "Same"})
    assert (unsaid.status_code, "DNACPR decision: choose what stands" in unsaid.content.decode()) == (422, True)
    told = {"reason": "Same", "health-dnacpr": "taken", "key_safe_code": "kept"}
    assert client.post(url, told).status_code == 302
    assert Health.objects.get(person=pair[0]).dnacpr == "yes"


def test_unmerge_page__names_what_was_changed_since(door: FrontDoor, manager: Actor, pair: tuple[Person, Person]):
    make(Health, pair[0])
    make(Health, pair[1], dnacpr="yes")
    merge = merged(manager, pair)
    change_section(by=manager, person_id=pair[0].pk, section="health", values={"dnacpr": "no"})
    client = signed_in(door.users["manager"])
    page = client.post(f"/people/merges/{merge.pk}/", {"reason": "Two"}, follow=True).content.decode()
    assert "Changed since, so left as they are: DNACPR decision." in page


# --- the words of both, pure


def one_pair(section: str, name: str, ours: Any, theirs: Any) -> Pair:
    shape = BY_SECTION[section]
    empty = {each.name: [] if each.kind == "many" else "" for each in shape.fields}
    found = pairs(shape, empty | {name: ours}, empty | {name: theirs})
    return next(each for each in found if name in each.ours)


@pytest.mark.parametrize(
    ("section", "name", "ours", "theirs", "answers", "both"),
    [
        ("communication", "formats", ["braille"], ["large_print"], 3, ["braille", "large_print"]),
        ("communication", "formats", ["none"], ["braille"], 2, None),
        ("going_there", "pets", "Cat", "Dog", 3, "Cat; Dog"),
        ("going_there", "pets", "a" * 150, "b" * 150, 2, None),
        ("health", "dnacpr", "yes", "no", 2, None),
    ],
)
def test_pair__both_can_stand_where_they_fit(section: str, name: str, ours: Any, theirs: Any, answers: int, both: Any):
    held = one_pair(section, name, ours, theirs)
    assert (held.differs, len(held.answers)) == (True, answers)
    assert (Answer.BOTH in held.answers) is (both is not None)
    if both is not None:
        assert held.after(Answer.BOTH)[name] == both
    assert (held.after(Answer.KEPT)[name], held.after(Answer.TAKEN)[name]) == (ours, theirs)


def test_pair__the_same_words_do_not_differ():
    held = one_pair("going_there", "pets", "Two  cats", "two cats")
    assert (held.differs, held.after()["pets"]) == (False, "Two  cats")
    assert not one_pair("communication", "formats", ["a", "b"], ["b", "a"]).differs
    assert join_words("Bit the nurse", "bit the nurse") == "Bit the nurse"
    assert join_words("", "barks") == "barks"


def test_sections__have_every_column_of_their_table_among_their_fields():
    """A column that no field names would stay behind when two records are made one."""
    own = {"id", "person", "version", "changed_at", "changed_label"}
    for shape in SECTIONS:
        if shape.code != "details":
            columns = {field.name for field in model_of(shape)._meta.concrete_fields} - own
            assert columns == {each.name for each in shape.fields}, shape.code
    assert all({*names} <= {each.name for shape in SECTIONS for each in shape.fields} for names in TOGETHER)
