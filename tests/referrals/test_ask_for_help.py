"""The page of the public: no log-in, the same answer whoever is known, emergency first, nothing lost."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from accounts.api.rate import place_of
from accounts.models import Place
from referrals.models import Referral
from tests.factories.casework import NOW, accept_at, register_at

URL = "/ask-for-help/"


@pytest.fixture(autouse=True)
def at_now(door):
    words = Place.objects.get().words
    words["sources"] = [*words["sources"], {"code": "self", "words": "The person themselves"}]
    Place.objects.update(words=words)
    with time_machine.travel(NOW, tick=False):
        yield


def form(**changes):
    told = {
        "form_id": str(uuid4()),
        "danger": ["none"],
        "whom": "self",
        "given_name": "Maud",
        "family_name": "Testalder",
        "birth": "1 2 1935",
        "address": "1 Prooflane, L23 9ZZ",
        "phone": "07700 900318",
        "happened": "I fell on Monday and cannot get to the toilet alone.",
        "soon": "crisis",
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def plain(answer):
    """Return the page without what is made anew for each request."""
    return re.sub(r"[0-9a-f-]{36}|[A-Za-z0-9]{64}|data-now=\S+", "", answer.text)


def test_ask_for_help__opens_without_signing_in_and_says_999_first(client):
    page = client.get(URL).text
    assert page.index("ring 999") < page.index("<form") < page.index("What has happened")
    assert "short-term support to help you recover and be more independent" in page


def test_ask_for_help__becomes_a_referral_received_now(client):
    answer = client.post(URL, form())
    assert (answer.status_code, answer["Location"]) == (302, "/ask-for-help/sent/?how=crisis")
    referral = Referral.objects.get()
    assert (referral.received_at, referral.source_kind, referral.ring_back) == (NOW, "self", "07700 900318")
    assert referral.red_flags == {"chest_pain": "no", "bleeding": "no"}
    assert client.get(answer["Location"]).status_code == 200


def test_ask_for_help__for_somebody_else_names_both(client):
    told = {"whom": "carer", "asker_name": "Pat Proof", "relationship": "Neighbour", "agrees": "not_known"}
    client.post(URL, form(**told, before="yes", talking="Hard of hearing"))
    referral = Referral.objects.get()
    assert (referral.source_kind, referral.caller_name, referral.agrees) == ("carer", "Pat Proof", "not_asked")
    assert (referral.helped_before, referral.person.phone) == (True, "")
    assert referral.summary.endswith("When we talk: Hard of hearing")


def test_ask_for_help__answers_the_same_for_somebody_known_and_not(client, door):
    known = register_at(door, 60)
    accept_at(door, known, 50)
    answers = [client.post(URL, form(**who)) for who in ({}, {"family_name": "Nobody"})]
    assert [answer["Location"] for answer in answers] == ["/ask-for-help/sent/?how=crisis"] * 2
    assert len({plain(client.get(answer["Location"])) for answer in answers}) == 1
    made = Referral.objects.exclude(pk=known.pk).order_by("pk")
    assert {(row.person_id == known.person_id, row.follows_id) for row in made} == {(True, known.pk), (False, None)}
    assert all(set(answer.cookies) <= {"csrftoken"} for answer in answers)


def test_ask_for_help__a_red_flag_is_sent_and_says_999(client):
    answer = client.post(URL, form(danger=["chest_pain"]))
    assert "Ring 999 now" in client.get(answer["Location"]).text
    assert Referral.objects.get().red_flags == {"chest_pain": "yes", "bleeding": "no"}


def test_ask_for_help__a_red_flag_is_never_planned(client):
    answer = client.post(URL, form(danger=["chest_pain"], soon="planned"))
    assert "straight away" in client.get(answer["Location"]).text
    assert Referral.objects.get().urgency == "crisis"


def test_ask_for_help__the_longest_names_are_taken(client):
    assert client.post(URL, form(given_name="M" * 100, family_name="T" * 100)).status_code == 302
    assert len(Referral.objects.get().told_name) == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("danger", None),
        ("danger", ["none", "bleeding"]),
        ("whom", None),
        ("family_name", ""),
        ("birth", "31 2 1935"),
        ("address", ""),
        ("phone", ""),
        ("happened", ""),
        ("soon", None),
    ],
)
def test_ask_for_help__says_what_is_missing_and_keeps_the_rest(client, field, value):
    answer = client.post(URL, form(**{field: value}))
    assert answer.status_code == 422
    assert answer.text.count("to put right") == 1
    assert "Prooflane" in answer.text or field == "address"
    assert not Referral.objects.exists()


def test_ask_for_help__is_received_when_it_was_sent_first(client):
    first = client.post(URL, form(phone=""))
    kept = re.search(r'name="first_sent" value="([^"]+)"', first.text)[1]
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        client.post(URL, form(first_sent=kept))
    assert Referral.objects.get().received_at == NOW


def test_ask_for_help__a_made_up_first_time_counts_for_nothing(client):
    client.post(URL, form(first_sent="2020-01-01T00:00:00+00:00"))
    assert Referral.objects.get().received_at == NOW


def test_ask_for_help__sent_twice_is_one(client):
    told = form()
    assert client.post(URL, told)["Location"] == client.post(URL, told)["Location"]
    assert Referral.objects.count() == 1


def test_ask_for_help__too_many_from_one_address_are_told_whom_to_ring(client, settings):
    settings.ICRAS_ASK_RATE = "2/h"
    assert [client.post(URL, form(family_name=f"Test{n}")).status_code for n in range(3)] == [302, 302, 429]
    answer = client.post(URL, form())
    assert "This was not sent" in answer.text
    assert "cannot get to the toilet alone" in answer.text
    assert Referral.objects.count() == 2


def test_ask_for_help__another_address_of_one_subscriber_is_no_other(client, settings):
    settings.ICRAS_ASK_RATE = "1/h"
    tries = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.1", "192.0.2.2"]
    told = [client.post(URL, form(family_name=f"Test{n}"), REMOTE_ADDR=ip) for n, ip in enumerate(tries)]
    assert [answer.status_code for answer in told] == [302, 429, 302, 302, 302]


@pytest.mark.parametrize(
    ("address", "place"),
    [("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::/64"), ("nowhere", "nowhere")],
)
def test_place_of__is_an_address_or_a_subscribers_64(address, place):
    assert place_of(address) == place


def test_ask_for_help__a_form_from_elsewhere_is_refused():
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(URL, form()).status_code == 403
    assert not Referral.objects.exists()


def test_referral__of_the_public_is_marked_until_it_was_checked(client, door):
    client.post(URL, form())
    referral = Referral.objects.get()
    client.force_login(door.users["spa"])
    assert "Only as told so far: check who this is" in client.get(f"/referrals/{referral.pk}/").text
    answer = client.post(f"/referrals/{referral.pk}/check_who/", {"version": 1, "note": "Rang her"})
    assert answer.status_code == 302
    assert "check who this is" not in client.get(f"/referrals/{referral.pk}/").text
