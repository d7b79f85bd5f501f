"""Finding people by whatever is known of them. What was typed is never logged, and enters no address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, Value
from django.db.models.functions import Coalesce

from accounts.domain import Permission
from accounts.domain.rota import LONDON
from accounts.queries import scope
from audit.commands import note_read, now, require
from audit.domain import Actor
from referrals.domain import OPEN, Told
from referrals.domain.finding import (
    Asked,
    Keys,
    Known,
    Questioner,
    all_words,
    birth_keys,
    could_be,
    name_words,
    phone_keys,
    postcode_keys,
    rank,
    same_names,
)
from referrals.models import Person, Referral
from referrals.queries.asking import read_asked
from referrals.queries.people import restricted_holder, visible_people
from referrals.queries.referrals import for_actor

MOST_FOUND = 20
MOST_MATCHES = 8
MOST_READ = 60
SHORTEST_NAME = 3
BY_NUMBER, BY_CALLER = 0, 99


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found, best first. `more`: others fit as well; `wrong_number`: ten digits that are no NHS number.

    `restricted`: whose record has exactly the number that was asked for, and is closed to who asks. `named`: a name
    was among the words. `rang`: by person, the open referral on which the number asked for was left for ringing back.
    It is the caller's number, not theirs.
    """

    people: tuple[Person, ...] = ()
    more: bool = False
    wrong_number: bool = False
    understood: bool = True
    restricted: UUID | None = None
    named: bool = False
    rang: Mapping[UUID, Referral] = field(default_factory=dict)


def find_people(by: Actor, words: str, also: Iterable[UUID] = ()) -> Found:
    """Return up to twenty people by NHS number, names, birth date, postcode, phone number or referral reference.

    `also` are people that a caller found by something of its own (the reference of an episode). One reading is logged
    with the ids shown; the words never are.
    """
    require(by, Permission.PERSON_FIND)
    asked = read_asked(words, today())
    rang = _rang_about(by, asked.phone_end)
    steps = dict.fromkeys(rang, BY_CALLER) | dict.fromkeys(also, BY_NUMBER) | _look(by, asked)
    people = _ranked(by, asked, steps)
    shown = people[:MOST_FOUND]
    if shown:
        note_read(by=by, what="person.find", ids=[person.pk for person in shown])
    closed = restricted_holder(by, asked.number) if asked.number and by.may(Permission.PERSON_BREAK_GLASS) else None
    understood = bool(steps) or not asked.is_empty
    own = frozenset({f"t:{asked.phone_end}"})
    rang = {person.pk: rang[person.pk] for person in shown if person.pk in rang and not own & fact_keys(person)}
    more, named = len(people) > MOST_FOUND, bool(asked.names)
    return Found(tuple(shown), more, asked.wrong_number, understood, closed, named, rang)


def _rang_about(by: Actor, phone_end: str) -> dict[UUID, Referral]:
    """Return the newest open referral of each person on which a number that ends so was left for ringing back."""
    if not (phone_end and by.may(Permission.REFERRAL_READ)):
        return {}
    digits = Func(F("ring_back"), Value(r"[^0-9]"), Value(""), Value("g"), function="regexp_replace")
    rows = for_actor(by).filter(status__in=OPEN).annotate(digits=digits).filter(digits__endswith=phone_end)
    newest = list(rows.order_by("-received_at")[:MOST_FOUND])
    return {row.person_id: row for row in reversed(newest)}


def match_people(by: Actor, told: Told) -> list[Person]:
    """Return up to eight people that a call could be about, best first, while it is still being typed.

    Logs one reading with the ids shown. What was typed is never logged.
    """
    require(by, Permission.PERSON_FIND)
    asked = asked_of(told)
    best = _ranked(by, asked, _look(by, asked))[:MOST_MATCHES]
    if best:
        note_read(by=by, what="person.match", ids=[person.pk for person in best])
    return best


def asked_of(told: Told) -> Asked:
    """Return what a half-filled form asks for; emptiness asks for nothing."""
    names = tuple(name_words(told.given_name, told.family_name))
    facts = [phone_keys(told.phone), birth_keys(told.born_on) if told.born_on else postcode_keys(told.postcode)]
    family = tuple(name_words(told.family_name))
    if len("".join(names)) < SHORTEST_NAME:
        names, family = (), ()
    return Asked(names, tuple(filter(None, facts)), told.nhs_number, born_on=told.born_on, family=family)


def looks_same(person: Person, told: Told) -> bool:
    """Say whether it is very likely the same person: the same NHS number, or the same names and birth date."""
    if told.nhs_number and person.nhs_number == told.nhs_number:
        return True
    names = name_words(told.given_name, told.family_name)
    same_birth = told.born_on is not None and told.born_on == person.born_on
    return same_birth and bool(told.family_name) and same_names(names, known_of(person).names)


def today() -> date:
    """Return the local day of the instant."""
    return now().astimezone(LONDON).date()


def _look(by: Actor, asked: Asked) -> dict[UUID, int]:
    """Return who could be meant, each with the question that found them. The names and facts go to one index."""
    steps: dict[UUID, int] = {}
    if asked.number:
        holders = Person.objects.filter(nhs_number=asked.number).annotate(stands=Coalesce("merged_into_id", "pk"))
        steps |= dict.fromkeys(holders.values_list("stands", flat=True), BY_NUMBER)
    if asked.reference:
        told = scope(Referral.objects.filter(reference=asked.reference), by)
        steps |= dict.fromkeys(told.values_list("person_id", flat=True), BY_NUMBER)
    whole = Questioner(asked)
    questioner = Questioner(asked, sounds_of(whole.words()))
    steps = ask(questioner.questions(), MOST_FOUND + 1) | steps
    return steps or dict.fromkeys(_guessed(asked, questioner), MOST_READ)


def _guessed(asked: Asked, questioner: Questioner) -> list[UUID]:
    """Return who could still be meant when nobody is like it: read one by one, kept if two letters make the name."""
    people = Person.objects.filter(pk__in=ask(questioner.guesses(), MOST_READ)).order_by("pk")
    return [person.pk for person in people if could_be(asked.names, known_of(person).names)]


def sounds_of(words: Iterable[str]) -> dict[str, list[str]]:
    """Return the keys of how plain names sound."""
    wanted = list(words)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, sounds FROM referrals_sounds(%s)", [wanted])
        return dict(cursor.fetchall())


def ask(questions: list[str], enough: int, most: int = MOST_READ) -> dict[UUID, int]:
    """Return the ids that answer the questions, each with the first one it answers, from 1; merged ones as the winner.

    Asked one after another until `enough` are found; at most `most` rows are read for one question, however many fit.
    """
    if not questions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, step FROM referrals_find(%s, %s, %s)", [questions, enough, most])
        found: dict[UUID, int] = {}
        for person_id, step in cursor.fetchall():
            found.setdefault(person_id, step)
        return found


def _ranked(by: Actor, asked: Asked, steps: dict[UUID, int]) -> list[Person]:
    if not steps:
        return []
    seen = visible_people(by).filter(pk__in=steps, erased_at=None)
    people = [as_it_stands(person) for person in seen.select_related("merged_into")]
    once = {person.pk: person for person in people}
    return sorted(
        once.values(),
        key=lambda person: (
            rank(asked, known_of(person, steps.get(person.pk, BY_NUMBER))),
            person.family_name.lower(),
            person.given_name.lower(),
            str(person.pk),
        ),
    )


def as_it_stands(person: Person) -> Person:
    """Return the record that stands for this one: itself, or the one it was merged into."""
    while person.merged_into is not None:
        person = person.merged_into
    return person


def known_of(person: Person, step: int = BY_NUMBER) -> Known:
    """Return what is compared of a person."""
    names = tuple(all_words(person.given_name, person.family_name, person.called))
    return Known(names, fact_keys(person), person.nhs_number or "", person.born_on, step)


def fact_keys(person: Person) -> Keys:
    """Return the keys of a person's birth date, postcode and phone number, as the database makes them."""
    digits = "".join(filter(str.isdigit, person.phone))
    found = postcode_keys(person.postcode) | phone_keys(digits) | phone_keys(digits[-4:])
    squeezed = "".join(person.postcode.split()).upper()
    if len(squeezed) >= 5:
        found |= {f"o:{squeezed[:-3]}"}
    if person.born_on:
        found |= birth_keys(person.born_on) | {f"y:{person.born_on.year}"}
    return found
