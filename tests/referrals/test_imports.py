"""A legacy list of people: every fault by line and column, all of it or nothing, the same file again is quiet."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain import Role
from accounts.models import User
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted, RuleBroken
from referrals.commands.imports import forget_imports, import_people, send_people
from referrals.domain.imports import MOST_ROWS, UnreadableError, read_sheet
from referrals.models import Person, PersonImport
from referrals.tasks import forget_old_keys
from tests.factories.referrals import FrontDoor, person, person_at, register

TODAY = date(2026, 9, 17)
HEAD = "NHS No,Surname,Forename,DOB,Address 1,Postcode,Telephone\n"
GOOD = HEAD + (
    "999 123 4004,Testalder,Maud,1/2/1935,14 Prooflane,l239zz,0151 496 0101\n"
    ",O\u2019Mockford,Zo\u00eb,4 3 1947,,PR8 9ZZ,\n"
    "999-123-4012,Sampleton,,,,,\n"
)


@pytest.fixture
def manager(door: FrontDoor) -> User:
    return person_at(door.crisis, "Mona Manager", Role.SERVICE_MANAGER)


def take(content: str | bytes) -> PersonImport:
    sent = send_people(by=SYSTEM, content=content if isinstance(content, bytes) else content.encode())
    return import_people(by=SYSTEM, import_id=sent.pk)


def wrong(text: str) -> list[str]:
    return [str(each) for each in read_sheet(text.encode(), TODAY).wrong]


def test_read_sheet__reads_as_the_form_does() -> None:
    rows = read_sheet(GOOD.encode(), TODAY).rows
    assert [row.line for row in rows] == [2, 3, 4]
    first = rows[0].details
    assert (first.nhs_number, first.born_on, first.postcode) == ("9991234004", date(1935, 2, 1), "L23 9ZZ")
    assert first.address_lines == ("14 Prooflane",)
    assert rows[1].details.given_name == "Zo\u00eb"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(GOOD.encode("utf-8-sig"), "utf-8-sig"), (GOOD.encode("cp1252"), "cp1252"), (GOOD.encode(), "utf-8-sig")],
)
def test_read_sheet__tells_the_encoding(content: bytes, encoding: str) -> None:
    sheet = read_sheet(content, TODAY)
    assert sheet.encoding == encoding
    assert sheet.rows[1].details.family_name == "O\u2019Mockford"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_read_sheet__takes_other_delimiters_and_cells_of_several_lines(delimiter: str) -> None:
    text = (
        delimiter.join(["Surname", "Address"]) + "\n\n" + delimiter.join(["Testalder", '"14 Prooflane\nCrosby"']) + "\n"
    )
    sheet = read_sheet((text + delimiter.join(["=Mockford", ""])).encode(), TODAY)
    assert [row.line for row in sheet.rows] == [3]
    assert [each.line for each in sheet.wrong] == [5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        ("Surname\n".encode("utf-16"), "CSV UTF-8"),
        (b"Surname\x00\n", "CSV UTF-8"),
        (b"Surname\n\x81\n", "letters"),
        (b"Name of cat,Surname\nx,y\n", "Name of cat"),
        (b"Surname,Last name\nx,y\n", "Two columns"),
        (b"Forename\nx\n", "Family name"),
        (b'Surname\n"Testalder\n', "quotation mark"),
        (b"Surname\n" + b"Testalder\n" * (MOST_ROWS + 1), "At most 2000"),
    ],
)
def test_read_sheet__says_what_to_do_with_a_file_it_cannot_read(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        read_sheet(content, TODAY)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1234567890,Testalder,,,,,", "Line 2, NHS No: This is not an NHS number"),
        ("123,Testalder,,,,,", "Line 2, NHS No: An NHS number has 10 digits"),
        (",,Maud,,,,", "Line 2, Surname: Give at least one name"),
        (",Testalder,,31/2/1935,,,", "Line 2, DOB:"),
        (",Testalder,,1/2/2999,,,", "Line 2, DOB: The birth date is later than today"),
        (",=1+1,,,,,", "Line 2, Surname: This looks like a formula"),
        (f",{'x' * 101},,,,,", "Line 2, Surname: At most 100 characters"),
        (",Testalder,,,,much too long a postcode,", "Line 2, Postcode: At most 12"),
        (",Testalder,Maud,1/2/1935,14, Prooflane,L23 9ZZ,0151", "Line 2: 8 cells under 7 headings"),
    ],
)
def test_read_sheet__tells_each_fault_by_line_and_column(line: str, words: str) -> None:
    found = wrong(HEAD + line)
    assert len(found) == 1
    assert found[0].startswith(words)


def test_read_sheet__one_number_twice_for_two_people() -> None:
    text = HEAD + "9991234004,Testalder,,,,,\n9991234004,Testalder,,,,,\n9991234004,Mockford,,,,,\n"
    assert wrong(text) == ["Line 4, NHS number: Line 2 has the same number for somebody else."]


@pytest.mark.django_db
def test_import_people__adds_everybody_once_and_again_nobody(door: FrontDoor) -> None:
    held = register(door.actor("spa"), person(nhs_number="9991234012", family_name="Sampleton", given_name=""))
    done = take(GOOD)
    assert (done.made, done.known, done.content) == (2, 1, None)
    maud = Person.objects.get(nhs_number="9991234004")
    assert (maud.phone, maud.nhs_number_status) == ("01514960101", "02")
    assert maud.history.get().history_user_id == "system:icras"
    assert Person.objects.get(nhs_number="9991234012").pk == held.person_id
    assert take(GOOD).pk == done.pk
    assert take(GOOD + "\n").made == 0  # other bytes, the same people: by number, and by name, birth date and postcode
    assert Person.objects.count() == 3
    told = CaseEvent.objects.filter(event="people.imported", case_id=done.pk)
    assert told.get().data == {"made": 2, "known": 1}


@pytest.mark.django_db
def test_import_people__waits_for_another_and_locks_numbers_in_order(door: FrontDoor) -> None:
    with CaptureQueriesContext(connection) as asked:
        take(HEAD + "9991234012,Sampleton,,,,,\n9991234004,Testalder,,,,,\n")
    locks = [each["sql"] for each in asked if "pg_advisory_xact_lock" in each["sql"]]
    assert "-1" in locks[0]
    assert "9991234004,9991234012" in locks[1].replace(" ", "")
    assert set(Person.objects.values_list("nhs_number", flat=True)) == {"9991234004", "9991234012"}


@pytest.mark.django_db
def test_import_people__one_fault_and_nobody_is_added(door: FrontDoor) -> None:
    with pytest.raises(RuleBroken) as refused:
        take(GOOD + "123,Mockford,,,,,\n")
    assert refused.value.code == "rows_wrong"
    assert "Line 5, NHS No" in refused.value.message
    register(door.actor("spa"), person(nhs_number="9991234004", born_on=date(1940, 1, 1)))
    before = Person.objects.count()
    with pytest.raises(RuleBroken, match="born on another day"):
        take(GOOD)
    assert Person.objects.count() == before
    assert not PersonImport.objects.exclude(done_at=None).exists()


@pytest.mark.django_db
def test_import_people__is_for_whoever_may(door: FrontDoor, manager: User) -> None:
    for call in (
        lambda: send_people(by=door.actor("lead"), content=GOOD.encode()),
        lambda: import_people(by=door.actor("spa"), import_id=manager.pk),
    ):
        with pytest.raises(NotPermitted):
            call()
    with pytest.raises(NotFound):
        import_people(by=actor_for(manager), import_id=manager.pk)
    for content in (b"", b"Surname\n".ljust(10 * 1024 * 1024 + 1)):
        with pytest.raises(RuleBroken):
            send_people(by=actor_for(manager), content=content)


@pytest.mark.django_db
def test_forget_imports__what_nobody_took_over_goes_after_a_day(door: FrontDoor) -> None:
    sent = send_people(by=SYSTEM, content=GOOD.encode())
    with time_machine.travel(sent.sent_at + timedelta(days=1), tick=False):
        assert forget_imports(by=SYSTEM) == 0
    with time_machine.travel(sent.sent_at + timedelta(days=1, microseconds=1), tick=False):
        forget_old_keys()
    assert not PersonImport.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [{"done_at": now()}, {"content": None}, {"done_by": "T"}])
def test_person_import__the_database_keeps_nothing_of_what_is_done(fault: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonImport.objects.create(**{"digest": "x", "content": b"x", "sent_at": now(), "sent_by": "T"} | fault)


def test_import_pages__look_through_then_add(door: FrontDoor, manager: User) -> None:
    page, url = Client(), "/people/import/"
    page.force_login(manager)
    assert "No list yet." in page.get(url).content.decode()
    assert page.post(url).status_code == 422
    unreadable = page.post(url, {"file": SimpleUploadedFile("x.csv", b"Cat\nx\n")})
    assert unreadable.status_code == 422
    assert "Cat" in unreadable.content.decode()
    bad = page.post(url, {"file": SimpleUploadedFile("x.csv", (HEAD + "1,<b>x</b>,,,,,\n").encode())})
    shown = page.get(bad["Location"]).content.decode()
    assert "1 to put right" in shown
    assert "Line 2, NHS No" in shown
    assert page.post(bad["Location"]).status_code == 422
    assert not Person.objects.exists()
    good = page.post(url, {"file": SimpleUploadedFile("x.csv", GOOD.encode())})
    assert "3 people, nothing wrong." in page.get(good["Location"]).content.decode()
    assert page.post(good["Location"]).status_code == 302
    assert Person.objects.count() == 3
    assert "<b>3</b> added" in page.get(url).content.decode()
    assert "Taken over already" in page.get(good["Location"]).content.decode()
    page.force_login(door.users["spa"])
    assert page.get(url).status_code == 403


@pytest.mark.django_db
def test_import_command__dry_run_then_for_good(tmp_path: Path, door: FrontDoor) -> None:
    file, out = tmp_path / "list.csv", StringIO()
    file.write_text(GOOD, "cp1252")
    call_command("import_people", file, "--dry-run", stdout=out)
    assert "3 people, nothing wrong. Nobody was added." in out.getvalue()
    assert not Person.objects.exists()
    call_command("import_people", file, stdout=out)
    call_command("import_people", file, stdout=out)
    assert out.getvalue().count("3 people added. 0 were known already.") == 2
    assert Person.objects.count() == 3
    file.write_text(HEAD + "123,Testalder,,,,,\n")
    with pytest.raises(CommandError, match="Line 2, NHS No"):
        call_command("import_people", file)
    file.write_text("Cat\n")
    with pytest.raises(CommandError, match="Cat"):
        call_command("import_people", file)
    with pytest.raises(CommandError, match="is not a file"):
        call_command("import_people", tmp_path)
