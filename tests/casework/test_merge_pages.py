"""Pages of records that may be of one person."""

import pytest
from django.test import Client

from audit.domain import SYSTEM
from audit.models import AccessLog
from referrals.commands import compare_people
from referrals.models import Merge, Person, PossibleDuplicate
from tests.factories.casework import open_board, signed_in
from tests.factories.referrals import FrontDoor, person, register

LIST = "/people/duplicates/"


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def manager(door: FrontDoor) -> Client:
    return signed_in(door.users["manager"])


@pytest.fixture
def pair(door: FrontDoor) -> tuple[Person, Person]:
    by = door.actor("spa")
    first = register(by, person(nhs_number="9991234004")).person
    second = register(by, person(given_name="Maudie", phone="07700 900318")).person
    compare_people(by=SYSTEM)
    return first, second


def url(pair: tuple[Person, Person], verb: str = "merge") -> str:
    return f"/people/{pair[0].pk}/{verb}/{pair[1].pk}/"


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_duplicates_page__lists_pairs_and_logs_who_was_shown(manager: Client, pair: tuple[Person, Person]) -> None:
    page = text(manager, LIST)
    assert "Same name and birth date" in page
    assert "999 123 4004, not traced" in page
    (log,) = AccessLog.objects.filter(what="person.duplicates")
    assert set(log.ids) == {str(who.pk) for who in pair}
    assert "Older ones" not in page
    assert text(manager, f"{LIST}?after=nonsense").count("Compare") == page.count("Compare")


def test_duplicates_page__only_for_who_may_merge(door: FrontDoor, pair: tuple[Person, Person]) -> None:
    for name in ("spa", "lead", "triage"):
        client = signed_in(door.users[name])
        assert client.get(LIST).status_code == 403
        assert client.get(url(pair)).status_code == 403
        assert client.post(url(pair, "apart")).status_code == 403


def test_merge_page__previews_then_merges_then_takes_back(manager: Client, pair: tuple[Person, Person]) -> None:
    page = text(manager, url(pair))
    assert page.index("This one is kept") < page.index(">Maud Testalder<") < page.index(">Maudie Testalder<")
    assert "Referrals" in page
    assert page.count("Taken over") == 1  # the telephone number
    assert page.count("Differs") == 1  # the name; a number that is not known is no other number
    mark = page.split('name="seen" value="')[1][:16]
    unsaid = manager.post(url(pair), {"seen": mark, "reason": ""})
    assert (unsaid.status_code, "Say how you know" in unsaid.content.decode()) == (422, True)
    done = manager.post(url(pair), {"seen": mark, "reason": "Same daughter"}, follow=True).content.decode()
    merge = Merge.objects.get()
    assert (merge.winner, merge.loser) == pair
    assert "Taken apart, these go back" in done
    assert "Same daughter" in done
    assert "Nobody looks like somebody else" in text(manager, LIST)
    back = manager.post(f"/people/merges/{merge.pk}/", {"reason": "Two flats"}, follow=True).content.decode()
    assert "Taken apart: 1 went back." in back
    assert "Two records, taken apart again" in back
    assert Person.objects.filter(merged_into=None).count() == 2
    assert manager.post(f"/people/merges/{merge.pk}/", {"reason": ""}).status_code == 422


def test_merge_page__the_other_record_can_be_kept(manager: Client, pair: tuple[Person, Person]) -> None:
    other = (pair[1], pair[0])
    proposed = text(manager, url(other))
    assert proposed.index(">Maud Testalder<") < proposed.index(">Maudie Testalder<")
    page = text(manager, f"{url(other)}?keep=first")
    assert page.index(">Maudie Testalder<") < page.index(">Maud Testalder<")
    manager.post(url(other), {"reason": "Same"})
    assert Merge.objects.get().winner == pair[1]


def test_merge_page__a_preview_that_is_behind(manager: Client, door: FrontDoor, pair: tuple[Person, Person]) -> None:
    mark = text(manager, url(pair)).split('name="seen" value="')[1][:16]
    register(door.actor("spa"), person(nhs_number="9991234004"))
    answer = manager.post(url(pair), {"seen": mark, "reason": "Same"})
    assert (answer.status_code, "Look again" in answer.content.decode()) == (409, True)
    assert "Same</textarea>" in answer.content.decode()


def test_merge_page__says_what_forbids_it(manager: Client, pair: tuple[Person, Person]) -> None:
    manager.post(url(pair), {"reason": "Same"})
    assert "part of another record already" in text(manager, url(pair))


def test_keep_apart__is_remembered(manager: Client, pair: tuple[Person, Person]) -> None:
    assert "not offered again" in manager.post(url(pair, "apart"), follow=True).content.decode()
    assert PossibleDuplicate.objects.get().decided_by == "Amir Lead"


def test_offer_again__takes_back_that_they_are_two_people(manager: Client, pair: tuple[Person, Person]) -> None:
    manager.post(url(pair, "apart"))
    page = text(manager, LIST)
    assert "Said to be two people" in page
    assert "Nearly the same" not in page
    back = f"{url(pair, 'apart')}undo/"
    assert back in page or f"{url(pair[::-1], 'apart')}undo/" in page
    assert "on the list again" in manager.post(back, follow=True).content.decode()
    assert "Same name and birth date" in text(manager, LIST)
    assert manager.post(back).status_code == 404


def test_duplicates_page__logs_whom_the_decisions_name(manager: Client, pair: tuple[Person, Person]) -> None:
    manager.post(url(pair, "apart"))
    assert "Maudie" in text(manager, LIST)
    logged = AccessLog.objects.filter(what="person.duplicates").order_by("pk")
    assert [set(row.ids) for row in logged] == [{str(who.pk) for who in pair}]
    manager.post(url(pair), {"reason": "Same"})
    assert "Made one" in text(manager, LIST)
    assert [row.ids for row in logged.all()][1:] == [[str(pair[0].pk)]]


def test_offer_again__two_that_were_taken_apart_stay_apart(manager: Client, pair: tuple[Person, Person]) -> None:
    manager.post(url(pair), {"reason": "Same"})
    manager.post(f"/people/merges/{Merge.objects.get().pk}/", {"reason": "Two flats"})
    assert "Said to be two people" not in text(manager, LIST)
    assert manager.post(f"{url(pair, 'apart')}undo/").status_code == 404


def test_compare__two_ticked_on_the_page_of_finding(manager: Client, pair: tuple[Person, Person]) -> None:
    page = manager.post("/people/find/", {"words": "testalder"}).content.decode()
    assert page.count('form="compare"') == 2
    both = {"person": [str(who.pk) for who in pair]}
    assert manager.post("/people/compare/", both).headers["Location"] == url(pair)
    one = manager.post("/people/compare/", {"person": [str(pair[0].pk), "x"]}, follow=True).content.decode()
    assert "Tick two people" in one


def test_find__who_may_not_merge_sees_no_ticks(door: FrontDoor, pair: tuple[Person, Person]) -> None:
    page = signed_in(door.users["spa"]).post("/people/find/", {"words": "testalder"}).content.decode()
    assert "compare" not in page
    assert f"/people/{pair[0].pk}/" in page
