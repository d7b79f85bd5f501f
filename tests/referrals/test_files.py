"""Files on a person's record: told from their bytes, scanned before anybody opens them, each opening logged."""

import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from audit.commands import now
from audit.domain import SYSTEM
from audit.models import AccessLog, CaseEvent
from audit.refusals import NotFound, NotPermitted, RuleBroken
from referrals.commands.files import attach_file, scan_files, strike_file
from referrals.domain.files import MOST_BYTES, TEST_VIRUS, FileKind, kind_of, safe_name
from referrals.models import Attachment, Referral
from referrals.queries.files import open_attachment, path_of
from referrals.tasks import scan
from tests.factories.referrals import FrontDoor, person, register

PDF = b"%PDF-1.7\nmade up"


@pytest.fixture
def held(door: FrontDoor, settings: Any, tmp_path: Path) -> Referral:
    settings.ICRAS_FILES = tmp_path / "files"
    return register(door.actor("spa"))


def attach(door: FrontDoor, held: Referral, who: str = "spa", **changes: Any) -> Attachment:
    told = {"name": "form.pdf", "about": "ReSPECT form", "content": PDF} | changes
    return attach_file(by=door.actor(who), person_id=held.person_id, **told)


def word(*names: str) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, FileKind.PDF),
        (b"\xff\xd8\xff\xe0rest", FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\nrest", FileKind.PNG),
        ("Café, 3 May\n".encode(), FileKind.TEXT),
        (word("[Content_Types].xml", "word/document.xml"), FileKind.WORD),
        (word("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (word("anything.txt"), None),
        (b"PK\x03\x04 no zip at all", None),
        (b"<html><script>alert(1)</script>", None),
        (b"  <svg onload=alert(1)>", None),
        (b"MZ\x90\x00program", None),
        (b"GIF89a", FileKind.TEXT),
        (b"caf\xe9 in another encoding", None),
        (b"   ", None),
    ],
)
def test_kind_of__is_told_from_the_bytes_alone(content: bytes, kind: FileKind | None) -> None:
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\x\\Form 1.exe", "Form 1.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a_b_Set-Cookie_ x.pdf"),
        ("...", "file.pdf"),
        ("Zoë's.note.pdf", "Zoë_s.note.pdf"),
        ("x" * 300, "x" * 95 + ".pdf"),
    ],
)
def test_safe_name__has_no_path_and_the_ending_of_what_it_is(name: str, safe: str) -> None:
    assert safe_name(name, FileKind.PDF) == safe


def test_attach_file__is_closed_until_it_is_found_clean(door: FrontDoor, held: Referral) -> None:
    row = attach(door, held, name="respect.exe")
    assert (row.kind, row.name, row.size) == ("pdf", "respect.pdf", len(PDF))
    assert path_of(row).read_bytes() == PDF
    assert "respect" not in str(path_of(row))
    assert attach(door, held).pk == row.pk
    with pytest.raises(NotFound):
        open_attachment(door.actor("spa"), held.person_id, row.pk)
    scan()
    assert open_attachment(door.actor("spa"), held.person_id, row.pk)[1] == PDF
    assert AccessLog.objects.filter(what="person.file", ids=[str(held.person_id), str(row.pk)]).count() == 1
    told = CaseEvent.objects.filter(case_id=held.case_id, event__startswith="person.file").order_by("pk")
    assert [event.event for event in told] == ["person.file_added", "person.file_scanned"]


def test_attach_file__undone_leaves_no_bytes(
    door: FrontDoor, held: Referral, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*told: Any, **more: Any) -> None:
        assert files()
        raise OSError("full")

    def files() -> list[Path]:
        return [path for path in Path(settings.ICRAS_FILES).rglob("*") if path.is_file()]

    with monkeypatch.context() as patched:
        patched.setattr("referrals.commands.files.note", fail)
        with pytest.raises(OSError, match="full"):
            attach(door, held)
    assert not files()
    assert not Attachment.objects.exists()
    assert path_of(attach(door, held)).exists()


def test_files__the_bytes_stay_when_what_was_done_is_undone(
    door: FrontDoor, held: Referral, django_capture_on_commit_callbacks: Any
) -> None:
    bad, good = attach(door, held, content=b"X5O " + TEST_VIRUS), attach(door, held)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        assert scan_files(by=SYSTEM) == 2
        strike_file(by=door.actor("spa"), person_id=held.person_id, attachment_id=good.pk, reason="x")
        transaction.set_rollback(True)
    assert path_of(bad).exists()
    assert path_of(good).exists()
    assert set(Attachment.objects.values_list("scan", "error_at")) == {("waiting", None)}


def test_scan_files__each_is_kept_for_itself(door: FrontDoor, held: Referral, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        attach(door, held, content=PDF + str(number).encode())
    answers = [True, True]  # the third one fails
    monkeypatch.setattr("referrals.commands.files.is_clean", lambda path: answers.pop())
    with pytest.raises(IndexError):
        scan_files(by=SYSTEM)
    assert Attachment.objects.filter(scan="clean").count() == 2


def test_scan_files__an_infected_one_is_deleted_and_never_opened(
    door: FrontDoor, held: Referral, django_capture_on_commit_callbacks: Any
) -> None:
    row = attach(door, held, content=b"X5O " + TEST_VIRUS)
    with django_capture_on_commit_callbacks(execute=True):
        assert scan_files(by=SYSTEM) == 1
    row.refresh_from_db()
    assert row.scan == "infected"
    assert not path_of(row).exists()
    with pytest.raises(NotFound):
        open_attachment(door.actor("spa"), held.person_id, row.pk)
    assert scan_files(by=SYSTEM) == 0


@pytest.mark.parametrize(("exit_code", "scan_is"), [(0, "clean"), (1, "infected"), (2, "waiting")])
def test_scan_files__by_a_command_of_the_deployment(
    door: FrontDoor, held: Referral, settings: Any, tmp_path: Path, exit_code: int, scan_is: str
) -> None:
    scanner = tmp_path / "scanner.py"
    scanner.write_text(f"import sys; open(sys.argv[1]).close(); sys.exit({exit_code})")
    settings.ICRAS_SCANNER = f"{sys.executable} {scanner}"
    row = attach(door, held)
    scan_files(by=SYSTEM)
    row.refresh_from_db()
    assert row.scan == scan_is


def test_scan_files__one_without_its_bytes_holds_up_no_other(door: FrontDoor, held: Referral) -> None:
    lost, kept = attach(door, held), attach(door, held, content=PDF + b"2")
    path_of(lost).unlink()
    assert scan_files(by=SYSTEM) == 2
    assert dict(Attachment.objects.values_list("pk", "scan")) == {lost.pk: "waiting", kept.pk: "clean"}


def test_scan_files__those_without_an_answer_hold_up_no_other(
    door: FrontDoor, held: Referral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("referrals.commands.files.SCANNED_AT_ONCE", 1)
    path_of(attach(door, held)).unlink()
    row = attach(door, held, content=PDF + b"2")
    for _ in range(40):  # one of two each time
        scan_files(by=SYSTEM)
    row.refresh_from_db()
    assert row.scan == "clean"


def test_scan_files__a_scanner_that_is_not_there_leaves_it_waiting(
    door: FrontDoor, held: Referral, settings: Any
) -> None:
    row = attach(door, held)
    settings.ICRAS_SCANNER = "/nowhere/scanner"
    scan_files(by=SYSTEM)
    settings.ICRAS_SCANNER = ""
    assert scan_files(by=SYSTEM) == 0
    row.refresh_from_db()
    assert row.scan == "waiting"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": b""}, "file_empty"),
        ({"content": PDF + b"x" * MOST_BYTES}, "file_too_large"),
        ({"content": b"<html>"}, "file_kind"),
        ({"about": " "}, "about_missing"),
    ],
)
def test_attach_file__refuses_what_is_unfit(
    door: FrontDoor, held: Referral, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        attach(door, held, **changes)
    assert refused.value.code == code
    assert not Attachment.objects.exists()


def test_open_attachment__whose_bytes_are_gone_says_so(door: FrontDoor, held: Referral) -> None:
    row = attach(door, held)
    scan_files(by=SYSTEM)
    path_of(row).unlink()
    with pytest.raises(NotFound, match="folder of files"):
        open_attachment(door.actor("spa"), held.person_id, row.pk)


def test_attach_file__not_without_a_scanner(door: FrontDoor, held: Referral, settings: Any) -> None:
    settings.ICRAS_SCANNER = ""
    with pytest.raises(RuleBroken) as refused:
        attach(door, held)
    assert refused.value.code == "no_scanner"


def test_files__are_of_whoever_sees_the_person(door: FrontDoor, held: Referral) -> None:
    row = attach(door, held)
    scan_files(by=SYSTEM)
    with pytest.raises(NotFound):
        attach(door, held, "charlie")
    with pytest.raises(NotPermitted):
        attach(door, held, "commissioner")
    with pytest.raises(NotFound):
        open_attachment(door.actor("charlie"), held.person_id, row.pk)
    with pytest.raises(NotFound):
        strike_file(by=door.actor("charlie"), person_id=held.person_id, attachment_id=row.pk, reason="x")
    other = register(door.actor("spa"), person(given_name="Albert", family_name="Mockford"))
    with pytest.raises(NotFound):  # under another person's address
        open_attachment(door.actor("spa"), other.person_id, row.pk)


def test_strike_file__the_bytes_go_and_the_row_says_why(
    door: FrontDoor, held: Referral, django_capture_on_commit_callbacks: Any
) -> None:
    row = attach(door, held)
    scan_files(by=SYSTEM)
    with pytest.raises(RuleBroken):
        strike_file(by=door.actor("spa"), person_id=held.person_id, attachment_id=row.pk, reason=" ")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            strike_file(by=door.actor("spa"), person_id=held.person_id, attachment_id=row.pk, reason="Another person’s")
    assert not path_of(row).exists()
    assert Attachment.objects.get().error_reason == "Another person’s"
    assert CaseEvent.objects.filter(event="person.file_struck").count() == 1
    with pytest.raises(NotFound):
        open_attachment(door.actor("spa"), held.person_id, row.pk)
    with pytest.raises(NotFound):
        strike_file(by=door.actor("spa"), person_id=held.person_id, attachment_id=uuid4(), reason="x")
    assert attach(door, held).pk != row.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": 60 * 1024 * 1024},
        {"kind": "exe"},
        {"scan": "perhaps"},
        {"scan": "clean"},
        {"error_at": now()},
    ],
)
def test_attachment__the_database_refuses_what_is_wrong(door: FrontDoor, held: Referral, wrong: dict[str, Any]) -> None:
    fit = {"kind": "pdf", "name": "x.pdf", "about": "x", "size": 1, "digest": "x", "added_at": now(), "added_by": "T"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.create(**{"person_id": held.person_id, **fit, **wrong})


def test_attachment__is_not_scanned_before_it_was_added(door: FrontDoor, held: Referral) -> None:
    row = attach(door, held)
    row.scan, row.scanned_at = "clean", row.added_at - timedelta(seconds=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_file_pages__add_open_and_take_away(door: FrontDoor, held: Referral) -> None:
    page, url = Client(), f"/people/{held.person_id}/files/"
    page.force_login(door.users["spa"])
    assert "No file yet." in page.get(url).content.decode()
    assert f'href="{url}"' in page.get(f"/people/{held.person_id}/").content.decode()
    sent = {"about": "Bell at the door", "file": SimpleUploadedFile("../door.html", b"<script>", "application/pdf")}
    refused = page.post(url, sent)
    assert refused.status_code == 422
    assert "Use a PDF, JPEG" in refused.content.decode()
    assert page.post(url, {"about": "x"}).status_code == 422
    sent["file"] = SimpleUploadedFile("door “1”.pdf", PDF, "text/html")
    assert page.post(url, sent).status_code == 302
    shown = page.get(url).content.decode()
    assert "Being checked for viruses" in shown
    row = Attachment.objects.get()
    assert f'{url}{row.pk}/"' not in shown
    assert page.get(f"{url}{row.pk}/").status_code == 404
    scan()
    answer = page.get(f"{url}{row.pk}/")
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="door _1.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert page.post(f"{url}{row.pk}/strike/", {"reason": "Wrong"}).status_code == 302
    assert page.get(f"{url}{row.pk}/").status_code == 404
    page.force_login(door.users["charlie"])
    assert page.get(url).status_code == 404


def test_file_pages__take_ten_megabytes_and_no_more(door: FrontDoor, held: Referral) -> None:
    page, url = Client(), f"/people/{held.person_id}/files/"
    page.force_login(door.users["spa"])
    large = SimpleUploadedFile("x.pdf", PDF.ljust(MOST_BYTES, b" "))
    assert page.post(url, {"about": "Large", "file": large}).status_code == 302
    larger = SimpleUploadedFile("x.pdf", PDF.ljust(MOST_BYTES + 1, b" "))
    assert page.post(url, {"about": "Larger", "file": larger}).status_code == 422
    largest = SimpleUploadedFile("x.pdf", PDF.ljust(12 * 1024 * 1024, b" "))
    assert page.post(url, {"about": "Largest", "file": largest}).status_code == 413
