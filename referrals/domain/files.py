"""Files on a person's record: which kinds are taken, told from their bytes, and under which name they leave. Pure."""

import re
from enum import StrEnum
from io import BytesIO
from zipfile import BadZipFile, ZipFile

MOST_BYTES = 10 * 1024 * 1024
MOST_FILES = 200
LONGEST_NAME = 100
TEST_VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"  # what every scanner takes for a virus, and is none
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
UNSAFE = re.compile(r"[^\w .()-]+")
WORD_PARTS = {"[Content_Types].xml", "word/document.xml"}


class FileKind(StrEnum):
    """The kinds of file that are taken; the value is the ending of the name."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"
    TEXT = "txt"
    WORD = "docx"


class Scan(StrEnum):
    """What the scanner said of a file; nobody can open one that is not clean."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"


KIND_WORDS = {
    FileKind.PDF: "PDF",
    FileKind.JPEG: "Picture (JPEG)",
    FileKind.PNG: "Picture (PNG)",
    FileKind.TEXT: "Plain text",
    FileKind.WORD: "Word document",
}
SCAN_WORDS = {
    Scan.WAITING: "Being checked for viruses",
    Scan.CLEAN: "Checked",
    Scan.INFECTED: "Refused: the scanner found a virus",
}
MEDIA = {
    FileKind.PDF: "application/pdf",
    FileKind.JPEG: "image/jpeg",
    FileKind.PNG: "image/png",
    FileKind.TEXT: "text/plain; charset=utf-8",
    FileKind.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def kind_of(content: bytes) -> FileKind | None:
    """Return what a file is, from its bytes alone: neither its name nor what the browser says of it counts."""
    if content.startswith(b"%PDF-"):
        return FileKind.PDF
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if content.startswith(b"PK\x03\x04"):
        return FileKind.WORD if _is_word(content) else None
    return FileKind.TEXT if _is_text(content) else None


def _is_word(content: bytes) -> bool:
    """Say whether a zip is a Word document without macros. Its parts are named, never unpacked."""
    try:
        with ZipFile(BytesIO(content)) as held:
            names = set(held.namelist())
    except (BadZipFile, ValueError, NotImplementedError):
        return False
    return names >= WORD_PARTS and not any(name.lower().endswith("vbaproject.bin") for name in names)


def _is_text(content: bytes) -> bool:
    if not content.strip() or CONTROLS.search(content) or content.lstrip().startswith(b"<"):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def safe_name(name: str, kind: FileKind) -> str:
    """Return the name under which a file is kept and leaves: no path, nothing odd, and the ending of what it is."""
    last = re.split(r"[/\\]", name)[-1]
    stem = UNSAFE.sub("_", last.rsplit(".", 1)[0] if "." in last else last).strip(" ._")
    return f"{stem[: LONGEST_NAME - 5] or 'file'}.{kind.value}"


def only_the_test_file(content: bytes) -> bool:
    """Say that a file is clean unless it is the test file of every scanner. For demonstrations; it finds no virus."""
    return TEST_VIRUS not in content
