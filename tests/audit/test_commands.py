import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import structlog
import time_machine
from django.db import DatabaseError, connection, transaction

from accounts.domain import ROLES
from accounts.models import Organisation
from audit.commands import acting, command, current, note_denial, note_read, now, record, require
from audit.domain import ANONYMOUS, SYSTEM, Actor
from audit.models import AccessLog, CaseEvent
from audit.refusals import NotPermitted, RuleBroken
from referrals.models import Person
from tests.factories.accounts import make_cast

ALICE = Actor(id="user:00000000-0000-0000-0000-000000000001", label="Alice Test", role="Case co-ordinator")
pytestmark = pytest.mark.django_db


@command
def write(*, by, code, fail=None, **data):
    row = Organisation.objects.create(code=code, name=code, kind="council")
    record(case_id=row.pk, event="organisation.made", subject=f"organisation:{row.pk}", **data)
    if fail:
        raise fail
    return row


@command
def write_two(*, by, inner_by=None, fail=None):
    write(by=inner_by or by, code="first")
    write(by=by, code="second", fail=fail)


@pytest.fixture
def broken_audit():
    """Take the table of events away, as a full or failing disk would."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_caseevent RENAME TO audit_caseevent_gone")
        cursor.execute("ALTER TABLE audit_accesslog RENAME TO audit_accesslog_gone")


# Who and when


def test_command__without_an_actor_is_refused():
    with pytest.raises(TypeError, match="needs by=Actor"):
        write(by=None, code="x")
    assert not Organisation.objects.exists()


def test_command__takes_keywords_only_by_its_actor():
    with pytest.raises(TypeError):
        write(ALICE, code="x")


def test_command__has_one_instant_from_first_to_last():
    seen = []

    @command
    def slow(*, by):
        seen.append(now())
        with time_machine.travel(now() + timedelta(hours=3), tick=False):
            seen.append(now())
            nested(by=by)

    @command
    def nested(*, by):
        seen.append(now())

    slow(by=ALICE)
    assert len(set(seen)) == 1


def test_now__outside_a_command_is_the_present_instant():
    at = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        assert now() == at


def test_current__outside_a_command_is_nobody():
    with pytest.raises(LookupError):
        current()


def test_nested_command__acts_for_whoever_it_is_given_and_hands_back():
    seen = []

    @command
    def outer(*, by):
        seen.append(current().id)
        inner(by=SYSTEM)
        seen.append(current().id)

    @command
    def inner(*, by):
        seen.append(current().id)

    outer(by=ALICE)
    assert seen == [ALICE.id, SYSTEM.id, ALICE.id]


def test_command__that_fails_leaves_nobody_acting():
    with pytest.raises(RuleBroken):
        write(by=ALICE, code="x", fail=RuleBroken("no", "No."))
    with pytest.raises(LookupError):
        current()


def test_threads__do_not_share_an_actor():
    seen = []

    def ask():
        try:
            seen.append(current())
        except LookupError:
            seen.append(None)

    with acting(ALICE):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert seen == [None]


# All or nothing


def test_command__that_is_refused_leaves_nothing():
    with pytest.raises(RuleBroken):
        write(by=ALICE, code="x", fail=RuleBroken("no", "No."))
    assert not Organisation.objects.exists()
    assert not CaseEvent.objects.exists()


def test_nested_command__joins_the_transaction():
    with pytest.raises(RuleBroken):
        write_two(by=ALICE, fail=RuleBroken("no", "No."))
    assert not Organisation.objects.exists()


def test_nested_refusal__cannot_be_swallowed_half_done():
    @command
    def swallow(*, by):
        try:
            write(by=by, code="half", fail=RuleBroken("no", "No."))
        except RuleBroken:
            Organisation.objects.count()

    with pytest.raises(transaction.TransactionManagementError):
        swallow(by=ALICE)
    assert not Organisation.objects.exists()


def test_command__is_rolled_back_when_audit_fails(broken_audit):
    with pytest.raises(DatabaseError):
        write(by=ALICE, code="x")
    assert not Organisation.objects.exists()


# What is recorded


def test_record__keeps_who_when_and_codes():
    told = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
    with time_machine.travel(datetime(2026, 5, 11, 14, 32, tzinfo=UTC), tick=False), acting(ALICE):
        case_id, team = uuid4(), uuid4()
        event = record(case_id=case_id, event="referral.accepted", subject="referral:1", occurred_at=told, team=team)
    event.refresh_from_db()
    assert (event.actor_id, event.actor_label, event.actor_role) == (ALICE.id, "Alice Test", "Case co-ordinator")
    assert event.occurred_at == told
    assert event.recorded_at == datetime(2026, 5, 11, 14, 32, tzinfo=UTC)
    assert event.data == {"team": str(team)}


def test_record__without_an_actor_is_refused():
    with pytest.raises(LookupError):
        record(case_id=uuid4(), event="referral.accepted", subject="referral:1")
    assert not CaseEvent.objects.exists()


def test_record__refuses_words_about_a_person():
    with pytest.raises(ValueError, match="codes and ids only"):
        write(by=ALICE, code="x", note="Maud fell in the bathroom")
    assert not CaseEvent.objects.exists()


def test_record__holds_somebody_with_every_role():
    everything = Actor(id=ALICE.id, label="Alice Test", role=", ".join(row.label for row in ROLES.values()))
    assert write(by=everything, code="x")


def test_require__refuses_without_the_permission():
    with pytest.raises(NotPermitted):
        require(ALICE, "referral.accept")
    require(SYSTEM, "referral.accept")


# Append-only


@pytest.fixture
def event():
    write(by=ALICE, code="x")
    return CaseEvent.objects.get()


CHANGES = {
    "update": lambda event: CaseEvent.objects.filter(pk=event.pk).update(event="other"),
    "save": lambda event: event.save(),
    "delete": lambda event: event.delete(),
    "delete all": lambda event: CaseEvent.objects.all()._raw_delete("default"),
    "update none": lambda event: CaseEvent.objects.filter(pk=-1).update(event="other"),
    "truncate": lambda event: connection.cursor().execute("TRUNCATE audit_caseevent"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_event__cannot_be_changed(event, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(event)
    assert CaseEvent.objects.get().event == "organisation.made"


@pytest.mark.parametrize(
    "words", ["UPDATE audit_accesslog SET what = ''", "DELETE FROM audit_accesslog", "TRUNCATE audit_accesslog"]
)
def test_access_log__cannot_be_changed(words):
    note_read(by=ALICE, what="person", ids=[1])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(words)
    assert AccessLog.objects.get().what == "person"


# Who looked


def test_note_read__is_one_row_with_the_ids_and_the_request():
    ids = [uuid4(), uuid4()]
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        note_read(by=ALICE, what="board", ids=ids)
    row = AccessLog.objects.get()
    assert (row.actor_id, row.what, row.ids, row.denied) == (ALICE.id, "board", [str(i) for i in ids], False)
    assert row.request_id == "abc"


def test_note_read__that_fails_fails_the_page(broken_audit):
    with pytest.raises(DatabaseError):
        note_read(by=ALICE, what="person", ids=[1])


def test_note_denial__keeps_who_tried_what_on_which():
    key = uuid4()
    note_denial(by=ANONYMOUS, what="person", ids=[key])
    row = AccessLog.objects.get()
    assert (row.denied, row.actor_label, row.ids) == (True, "Not signed in", [str(key)])


# Field history


def make_person(**fields):
    return Person(family_name="Testalder", created_at=now(), **fields)


def test_history__of_a_field_names_who_and_the_instant_of_the_command():
    at = datetime(2026, 5, 11, 14, 32, tzinfo=UTC)

    @command
    def edit(*, by):
        with time_machine.travel(at + timedelta(hours=1), tick=False):
            person = make_person()
            person.save()
            person.given_name = "Maud"
            person.save()

    with time_machine.travel(at, tick=False):
        edit(by=ALICE)
    history = list(Person.history.order_by("history_id"))
    assert [(row.history_type, row.history_user_id, row.history_date) for row in history] == [
        ("+", ALICE.id, at),
        ("~", ALICE.id, at),
    ]


def test_history__is_never_anonymous():
    with pytest.raises(LookupError), transaction.atomic():
        make_person().save()
    assert not Person.objects.exists()


def test_cast__is_made_of_three_people_and_the_system():
    cast = make_cast()
    assert cast.alice.organisation == cast.bob.organisation != cast.charlie.organisation
    assert cast.alice.teams.isdisjoint(cast.bob.teams)
    assert cast.sam.is_system
