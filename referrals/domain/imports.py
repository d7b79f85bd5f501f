"""A legacy list of people as a CSV file: every cell checked by the rules of the form, faults by line and column."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from referrals.domain.people import PersonDetails, clean_nhs_number, clean_postcode
from referrals.domain.typed import read_birth

MOST_ROWS = 2000  # each number is locked until all are in: PostgreSQL has room for 6,400 locks as it comes
MOST_SHOWN = 100
FORMULA = ("=", "@", "\t")
DELIMITERS = (",", ";", "\t")
# Column → what it may be called, in small letters without anything but letters and figures; and how long a cell may be
COLUMNS: dict[str, tuple[frozenset[str], int]] = {
    "nhs_number": (frozenset({"nhsnumber", "nhsno", "nhs"}), 40),
    "family_name": (frozenset({"familyname", "surname", "lastname"}), 100),
    "given_name": (frozenset({"givenname", "givennames", "forename", "forenames", "firstname"}), 100),
    "born_on": (frozenset({"dateofbirth", "dob", "birthdate", "born", "bornon"}), 40),
    "address": (frozenset({"address", "addressline1", "address1", "street"}), 120),
    "address_2": (frozenset({"addressline2", "address2"}), 120),
    "address_3": (frozenset({"addressline3", "address3", "town"}), 120),
    "postcode": (frozenset({"postcode", "postalcode"}), 12),
    "phone": (frozenset({"phone", "telephone", "phonenumber", "tel", "mobile"}), 40),
    "gp_practice": (frozenset({"gppractice", "gp", "surgery"}), 120),
}
LABELS = {
    "nhs_number": "NHS number", "family_name": "Family name", "given_name": "Given name", "born_on": "Date of birth",
    "address": "Address line 1", "address_2": "Address line 2", "address_3": "Address line 3", "postcode": "Postcode",
    "phone": "Phone", "gp_practice": "GP practice",
}  # fmt: skip
BY_NAME = {name: column for column, (names, _) in COLUMNS.items() for name in names}


class UnreadableError(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong in a cell: the line of the file, the column as it is called there, and what to do."""

    line: int
    column: str
    words: str

    def __str__(self) -> str:
        return f"Line {self.line}, {self.column}: {self.words}" if self.column else f"Line {self.line}: {self.words}"


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the list and the line where they stand."""

    line: int
    details: PersonDetails


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read: its encoding, its people, and everything that is wrong with it."""

    encoding: str
    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and its encoding: UTF-8, with or without a mark, else Windows. Raises UnreadableError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise UnreadableError("This is not a CSV file. In Excel choose “CSV UTF-8” when you save it.")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableError("The letters of this file can't be read. In Excel choose “CSV UTF-8” when you save it.")


def read_sheet(content: bytes, today: date) -> Sheet:
    """Return everybody in the file, and everything that is wrong with it. Raises UnreadableError."""
    text, encoding = decode(content)
    lines = list(_lines(text))
    if not lines:
        raise UnreadableError("This file is empty.")
    (_, headings), *body = lines
    columns = [BY_NAME.get(re.sub(r"[^a-z0-9]", "", heading.lower()), "") for heading in headings]
    _refuse_headings(headings, columns)
    if len(body) > MOST_ROWS:
        raise UnreadableError(f"At most {MOST_ROWS} people at once: this file has {len(body)}. Cut it in parts.")
    wrong: list[Wrong] = []
    rows = [_row(line, cells, columns, headings, today, wrong) for line, cells in body]
    return Sheet(encoding, tuple(row for row in rows if row is not None), (*wrong, *_twice(rows)))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that holds anything, with the line on which it begins; a cell may run over several lines."""
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as fault:
        raise UnreadableError(f"Line {begins} can't be read: a quotation mark is not closed, or not opened.") from fault


def _refuse_headings(headings: Sequence[str], columns: Sequence[str]) -> None:
    known = ", ".join(LABELS.values())
    for heading, column in zip(headings, columns, strict=True):
        if not column:
            words = f"The column “{heading[:40]}” is not one that is read. Take it out, or call it one of: {known}."
            raise UnreadableError(words)
        if columns.count(column) > 1:
            raise UnreadableError(f"Two columns are “{LABELS[column]}”. Take one out.")
    if "family_name" not in columns:
        raise UnreadableError(f"There is no column “Family name”. The first line names the columns: {known}.")


def _row(
    line: int, cells: Sequence[str], columns: Sequence[str], headings: Sequence[str], today: date, wrong: list[Wrong]
) -> Row | None:
    if len(cells) > len(columns):
        wrong.append(
            Wrong(line, "", f"{len(cells)} cells under {len(columns)} headings. A comma may need quotation marks.")
        )
        return None
    held = dict(zip(columns, cells, strict=False))
    called = dict(zip(columns, headings, strict=True))
    found = [Wrong(line, called[column], words) for column, words in _faults(held)]
    birth = None
    try:
        birth = read_birth(held.get("born_on", ""), today)
    except ValueError as fault:
        found.append(Wrong(line, called["born_on"], f"{fault}."))
    wrong += found
    if found or birth is None:
        return None
    return Row(
        line,
        PersonDetails(
            family_name=held["family_name"],
            given_name=held.get("given_name", ""),
            nhs_number=clean_nhs_number(held.get("nhs_number", "")),
            born_on=birth.born_on,
            age_about=birth.age_about,
            address_lines=tuple(filter(None, (held.get(name, "") for name in ("address", "address_2", "address_3")))),
            postcode=clean_postcode(held.get("postcode", "")),
            phone=held.get("phone", ""),
            gp_practice=held.get("gp_practice", ""),
        ),
    )


def _faults(held: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield column and words of what is wrong in a row, but for the birth date."""
    if not held.get("family_name"):
        yield "family_name", "Give at least one name, or what they are called."
    for column, cell in held.items():
        if len(cell) > COLUMNS[column][1]:
            yield column, f"At most {COLUMNS[column][1]} characters."
        if cell.startswith(FORMULA):
            yield column, "This looks like a formula. Type it as plain text."
    try:
        clean_nhs_number(held.get("nhs_number", ""))
    except ValueError as fault:
        yield "nhs_number", str(fault)


def _twice(rows: Sequence[Row | None]) -> Iterator[Wrong]:
    """Yield rows with an NHS number that another row has for somebody else."""
    first: dict[str, Row] = {}
    for row in rows:
        number = row.details.nhs_number if row else ""
        if row is None or not number:
            continue
        other = first.setdefault(number, row)
        if other is not row and other.details != row.details:
            yield Wrong(row.line, LABELS["nhs_number"], f"Line {other.line} has the same number for somebody else.")
