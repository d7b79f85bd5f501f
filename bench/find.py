"""Finding people among a million: what the worst of 200 recorded searches reads, and how long the middle one takes."""

import json
import random
import time
from collections.abc import Iterator
from statistics import median

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, User
from accounts.queries import actor_for
from audit.commands import acting
from audit.domain import SYSTEM, Actor
from bench.frame import Bench
from bench.people import fill_people, give_cases
from bench.stand import Stand
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency
from referrals.models import Person
from referrals.queries import find_people

SEARCHES = 200
MOST_BUFFERS = 5000
MOST_TIMES = 30
DATABASE = "bench_people"
ALWAYS = (
    "smith", "jones", "mary", "john smith", "mary smith", "margaret taylor", "smiht", "jhon smyth", "L23", "smith L23",
    "smith 1947", "smith 79", "peggy brown", "liz o'brien", "mc donald", "xyzzy", "xyzzy smith", "ward 0318", "al",
    "ann", "son", "the", "mary ann smith", "j smith", "4/3/47", "smith 4/3/47", "smith-alley", "mohammad",
    "steven stevenson", "999 000 0018", "mary L20 1947", "lee lee", "william bill williams", "hal", "bar", "har",
)  # fmt: skip


def searches(seed: int = 1) -> list[str]:
    """Return 200 searches as people type them: the worst that we could think of, and of people who are there."""
    dice, found = random.Random(seed), list(ALWAYS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id::text) FROM referrals_person WHERE id::text < '00000001'")
        last = int(cursor.fetchone()[0][-12:], 16)
    while len(found) < SEARCHES:
        who = Person.objects.get(pk=f"00000000-0000-4000-8000-{dice.randrange(last):012x}")
        found.append(dice.choice(list(ways(who, dice))))
    return found


def ways(who: Person, dice: random.Random) -> Iterator[str]:
    """Yield what somebody could type who looks for this person."""
    born = who.born_on
    assert born is not None
    yield f"{who.given_name} {who.family_name}"
    yield f"{who.family_name}, {who.given_name}"
    yield f"{who.family_name} {born.day}/{born.month}/{born:%y}"
    yield f"{who.given_name} {misspelt(who.family_name, dice)} {born.day} {born:%B} {born.year}"
    yield misspelt(who.family_name, dice)
    yield f"{misspelt(who.given_name, dice)} {misspelt(who.family_name, dice)}"
    yield f"{born.day}.{born.month}.{born.year}"
    yield who.postcode
    yield f"{who.family_name} {who.postcode}"
    yield who.phone
    yield f"{who.given_name} {who.phone[-4:]}"
    yield who.family_name[:4]
    yield who.family_name
    yield who.nhs_number or who.family_name


def misspelt(name: str, dice: random.Random) -> str:
    """Return a name with one letter left out, doubled, or two swapped."""
    place = dice.randrange(1, max(2, len(name) - 1))
    slip = dice.choice(["out", "twice", "swapped"])
    if slip == "out":
        return name[:place] + name[place + 1 :]
    if slip == "twice":
        return name[:place] + name[place] + name[place:]
    return name[: place - 1] + name[place : place + 1] + name[place - 1] + name[place + 1 :]


def buffers(by: Actor, words: str) -> int:
    """Return how many pages of 8 KiB the statements of one search read, found in memory or not."""
    with CaptureQueriesContext(connection) as captured, acting(SYSTEM):
        find_people(by, words)
    total = 0
    with connection.cursor() as cursor:
        for statement in captured.captured_queries:
            if statement["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement['sql'].replace('%', '%%')}", [])
                found = cursor.fetchone()[0]
                plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
                total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total


def seconds(by: Actor, asked: list[str]) -> tuple[float, float]:
    """Return the median of the searches, and of reads by primary key taken by turns with them."""
    ours, floor = [], []
    keys = list(Person.objects.filter(family_name="Smith").values_list("pk", flat=True)[: len(asked)])
    for words, key in zip(asked, keys, strict=True):
        began = time.perf_counter()
        Person.objects.get(pk=key)
        floor.append(time.perf_counter() - began)
        began = time.perf_counter()
        with acting(SYSTEM):
            find_people(by, words)
        ours.append(time.perf_counter() - began)
    return median(ours), median(floor)


def run(bench: Bench) -> None:
    """Measure for somebody who sees the whole place, and for somebody who sees their own team's cases."""
    stand = people_stand(bench)
    try:
        whole = actor_for(User.objects.get(email="spa@icras.example"))
        own = _team_member()
        asked = searches()
        for name, by in (("whole place", whole), ("own cases", own)):
            read = sorted((buffers(by, words), words) for words in asked)
            bench.fact(f"find, {name}, worst of {len(asked)}", read[-1][0], "pages", at_most=MOST_BUFFERS, on=stand)
            bench.fact(f"find, {name}, median", median(count for count, _ in read), "pages", on=stand)
            print("    most read:", ", ".join(f"“{words}” {count}" for count, words in read[-5:]))
            ours, floor = seconds(by, asked)
            bench.fact(f"find, {name}, median", ours * 1000, "ms", on=stand)
            bench.fact(
                f"find, {name}, median", ours / floor, "times", at_most=MOST_TIMES, on=stand,
                against="a read by primary key",
            )  # fmt: skip
    finally:
        bench.largest.use()


def people_stand(bench: Bench) -> Stand:
    """Return a database of as many people as the largest stand has referrals, filled when it is not there."""
    largest = bench.largest
    stand = Stand(largest.size, f"{DATABASE}_{largest.size}", largest.run, largest.state)
    filled = largest.state / f"{stand.database}.filled"
    if not filled.exists():
        copy_of_the_place(stand.database)
        stand.use()
        began = time.monotonic()
        fill_people(stand.size)
        referral = register_referral(
            by=SYSTEM,
            details=ReferralDetails(direction=Direction.STEP_UP, urgency=Urgency.PLANNED, summary="Bench"),
            person=PersonDetails(family_name="Bench"),
        )
        give_cases(stand.size // 25, str(referral.pk), str(_membership().team_id))
        filled.touch()
        print(f"  {stand.size:,} people loaded in {time.monotonic() - began:.0f} s", flush=True)
    return stand.use()


def copy_of_the_place(name: str) -> None:
    """Make a database with the place and its users, and nobody else."""
    base = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE icras")
    connections.close_all()
    connection.settings_dict["NAME"] = base


def _membership() -> Membership:
    found = Membership.objects.filter(role="case_coordinator").select_related("user").order_by("pk").first()
    assert found is not None
    return found


def _team_member() -> Actor:
    return actor_for(_membership().user)
