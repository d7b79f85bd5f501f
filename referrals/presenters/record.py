"""A person's record in words: flags for every page, sections, rows, whom we may talk to, what changed. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.domain.rota import LONDON
from referrals.domain.circle import Around, Talk, may_talk, meant
from referrals.domain.national import CONTACT_METHODS, FORMATS
from referrals.domain.sections import BY_SECTION, Field, Kind, RowKind, Section, ToAsk
from referrals.domain.told import FIELDS, address_words
from referrals.models import Person, Referral, ToldDifference
from referrals.presenters.people import home_of, person_line, spaced_nhs_number, spaced_phone
from referrals.presenters.referrals import stage_of, url_of, wall_clock
from referrals.queries.changes import Version
from referrals.queries.record import Needs, values_of

NOT_ASKED = "Not asked yet"
TALK_WORDS = {Talk.YES: "Yes", Talk.ASK: "Ask first", Talk.NO: "No"}
TALK_ICONS = {Talk.YES: ("met", "ic-green"), Talk.ASK: ("ask", "ic-amber"), Talk.NO: ("gone", "ic-red")}
Lists = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that everybody must see who deals with the person: icon and words."""

    icon: str
    words: str


def flags(needs: Needs) -> list[Flag]:
    """Return what stands under the name on every page of the person (R063): how to reach, which format, with whom."""
    reach = {entry.code: entry.words for entry in CONTACT_METHODS}.get(needs.contact_method, "")
    formats = {entry.code: entry.words for entry in FORMATS}
    interpreter = f"Interpreter: {needs.language or 'language not known'}" if needs.interpreter else ""
    said = [
        Flag("shield", "Restricted: only those named see it" if needs.restricted else ""),
        Flag("gone", f"Died on {needs.died_on.day} {needs.died_on:%B %Y}" if needs.died_on else ""),
        Flag("people", interpreter),
        *(Flag("note", formats.get(code, code)) for code in needs.formats),
        *(Flag("people", words) for words in needs.support_words),
        Flag("phone", f"Reach by: {_lower(reach)}" if reach else ""),
        Flag("note", needs.note),
        Flag("people", f"Likes to be called {needs.called}" if needs.called else ""),
        Flag("note", f"Speaks {needs.language}" if needs.language and not needs.interpreter else ""),
    ]
    return [flag for flag in said if flag.words]


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def visit_warnings(needs: Needs) -> list[str]:
    """Return the warnings of the record in words, the most dangerous first."""
    danger = ["Smoking with oxygen in the home"] if needs.smokes_with_oxygen else []
    allergies = [f"Allergies: {needs.allergies}"] if needs.allergies else []
    papers = [f"{name}: {_paper(needs)}" for name in needs.papers]
    return [*danger, *needs.warnings, *allergies, *papers]


def before_the_door(needs: Needs) -> list[str]:
    """Return what whoever goes there must know first: warnings as told, those of the record, allergies, papers."""
    return [*needs.told_warnings, *visit_warnings(needs)]


def _paper(needs: Needs) -> str:
    return f"paper at {_lower(needs.paper_place)}" if needs.paper_place else "ask where the paper is"


def day_words(day: date | None) -> str:
    """Return "4 Mar 1947"."""
    return f"{day.day} {day:%b %Y}" if day else ""


def value_words(each: Field, value: Any, listed: Mapping[str, str]) -> str:
    """Return a value in words; nothing where it was not asked."""
    known = {**listed, **{str(entry.code): entry.words for entry in each.entries}}
    match each.kind:
        case Kind.ONE:
            return known.get(value, str(value))
        case Kind.MANY:
            return "; ".join(known.get(code, code) for code in value)
        case Kind.DAY:
            return day_words(value)
        case Kind.LINES:
            return ", ".join(value)
        case _:
            return _text_words(each.name, str(value))


def _text_words(name: str, value: str) -> str:
    if name == "phone":
        return spaced_phone(value)
    return spaced_nhs_number(value) if name == "nhs_number" else value


def section_words(shape: Section, row: Any, lists: Lists, now: datetime) -> dict[str, Any]:
    """Return a section as the record shows it: what is known, how many are not asked, who wrote it when."""
    values = values_of(shape, row)
    shown = [(each, value_words(each, values[each.name], lists.get(each.name, {}))) for each in shape.fields]
    unasked = sum(1 for each, words in shown if each.ask and not words)
    return {
        "code": shape.code,
        "title": shape.title,
        "rows": [(each.told or each.label, words) for each, words in shown if words],
        "unasked": unasked,
        "changed": changed_words(row, now),
    }


def changed_words(row: Any, now: datetime) -> str:
    """Return "Tom Trial, 14:32"; nothing while nobody has changed it."""
    return f"{row.changed_label}, {wall_clock(row.changed_at, now)}" if row.changed_at and row.changed_label else ""


def row_words(shape: RowKind, row: Any, lists: Lists, now: datetime) -> dict[str, Any]:
    """Return one row: its first words bold, the rest after, who wrote it, whether it ended or was an error."""
    values = values_of(shape, row)
    shown = [(each, value_words(each, values[each.name], lists.get(each.name, {}))) for each in shape.fields]
    named = [(each.told or each.label, words) for each, words in shown if words and each.name != "phone"]
    return {
        "pk": row.pk,
        "title": named[0][1] if named else shape.noun,
        "rows": named[1:],
        "phone": spaced_phone(getattr(row, "phone", "")),
        "wrote": f"{row.created_label}, {wall_clock(row.created_at, now)}",
        "ended": f"{row.ended_label}, {wall_clock(row.ended_at, now)}" if row.ended_at else "",
        "in_error": row.in_error,
        "error_reason": row.error_reason,
        "version": row.version,
        "review_on": day_words(getattr(row, "review_on", None)),
        "kept": shape.kept,
    }


def talk_rows(circle: Iterable[Around]) -> list[dict[str, Any]]:
    """Return whom we may talk to about the person and why, those whom we may first (R060)."""
    found = []
    for around in circle:
        talk, why = may_talk(around)
        icon, tone = TALK_ICONS[talk]
        found.append(
            {
                "name": around.name,
                "relationship": around.relationship,
                "phone": spaced_phone(around.phone),
                "talk": TALK_WORDS[talk],
                "why": why,
                "icon": icon,
                "tone": tone,
                "order": list(Talk).index(talk),
            }
        )
    return sorted(found, key=lambda each: each["order"])


def talk_to(circle: Iterable[Around], name: str, phone: str = "") -> tuple[Talk, str]:
    """Return whether we may talk to whoever this name or number means, and why: of several, the strictest."""
    found = [may_talk(who) for who in meant(circle, name, phone)]
    order = list(Talk)
    return max(found, key=lambda each: order.index(each[0])) if found else (Talk.ASK, "not on the record")


def said_no(circle: Iterable[Around]) -> list[str]:
    """Return the names of those whom the person does not want involved."""
    return [who.name for who in circle if may_talk(who)[0] is Talk.NO]


def going_there(needs: Needs) -> list[tuple[str, str]]:
    """Return what whoever visits needs to know before the door opens: label and words, never the key-safe code."""
    fields = BY_SECTION["going_there"].fields
    said = [(each.label, value_words(each, needs.going_there.get(each.name, ""), {})) for each in fields]
    return [(label, words) for label, words in said if words]


def told_rows(told: Iterable[ToldDifference], person: Person, now: datetime) -> list[dict[str, Any]]:
    """Return what was told differently: which detail, what was told, what we hold, from which referral."""
    return [
        {
            "pk": each.pk,
            "field": FIELDS[each.field],
            "told": _told(each),
            "held": "" if person.closed else _ours(each.field, person) or "nothing",
            "from": f"{each.referral.reference}, {wall_clock(each.told_at, now)}",
        }
        for each in told
    ]


def _told(each: ToldDifference) -> str:
    match each.field:
        case "born_on":
            return day_words(date.fromisoformat(each.told))
        case "address" | "warnings":
            return address_words(each.told)
        case "phone":
            return spaced_phone(each.told)
        case "nhs_number":
            return spaced_nhs_number(each.told)
    return each.told


def _ours(field: str, person: Person) -> str:
    if field == "address":
        return home_of(person)
    if field == "warnings":
        return ", ".join(person.warnings)
    held = getattr(person, field)
    if isinstance(held, date):
        return day_words(held)
    return _text_words(field, held or "")


def to_ask_rows(items: Sequence[ToAsk]) -> list[dict[str, str]]:
    """Return what is still to ask, each with the section it is written in."""
    return [{"where": item.where, "words": _ask_words(item)} for item in items]


def _ask_words(item: ToAsk) -> str:
    if item.where != "visit_warnings":
        return item.words
    since = f"look at it again since {day_words(item.since)}" if item.since else "no day to look at it again"
    return f"Warning “{item.words}”: {since}"


def grouped(items: Sequence[ToAsk], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what is still to ask by section, in the order of the record."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in to_ask_rows(items):
        found.setdefault(row["where"], []).append(row)
    return [{"where": where, "title": titles[where], "rows": rows} for where, rows in found.items()]


def record_head(person: Person, now: datetime) -> dict[str, Any]:
    """Return who the record is about."""
    return {"line": person_line(person, now), "nhs_number": person.nhs_number, "home": home_of(person)}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the record: when, who, which part, and each field before and after."""

    at: datetime
    who: str
    part: str
    fields: tuple[tuple[str, str, str], ...]


def change_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return changes by London day, newest first."""
    days: dict[str, list[Change]] = {}
    for each in changes:
        days.setdefault(day_words(each.at.astimezone(LONDON).date()), []).append(each)
    return [
        {
            "day": day,
            "rows": [{"time": f"{each.at.astimezone(LONDON):%H:%M}", "change": each} for each in found],
        }
        for day, found in days.items()
    ]


def changes(versions: Iterable[Version], names: Mapping[str, str], lists: Mapping[str, Lists]) -> list[Change]:
    """Return versions in words: which part, and each field before and after."""
    return [
        Change(
            at=each.at,
            who=names.get(each.actor_id, "ICRAS"),
            part=_part_words(each),
            fields=tuple(_field_changes(each, lists)),
        )
        for each in versions
    ]


def _part_words(version: Version) -> str:
    if version.shape is None:
        return "Key-safe code taken away" if version.kind == "-" else "Key-safe code written"
    if isinstance(version.shape, Section):
        return version.shape.title
    struck = version.after.get("in_error") and not version.before.get("in_error")
    ended = version.after.get("ended_at") and not version.before.get("ended_at")
    did = "added" if version.kind == "+" else "entered in error" if struck else "ended" if ended else "changed"
    return f"{version.shape.noun}: {did}"


def _field_changes(version: Version, lists: Mapping[str, Lists]) -> Iterable[tuple[str, str, str]]:
    if version.shape is None:
        return
    listed = lists.get(version.shape.code, {})
    for each in version.shape.fields:
        values = (version.before.get(each.name), version.after.get(each.name))
        before, after = (value_words(each, value, listed.get(each.name, {})) if value else "" for value in values)
        if before != after:
            yield each.told or each.label, before, after
    told, now_told = (", ".join(held.get("warnings") or ()) for held in (version.before, version.after))
    if told != now_told:
        yield "Warnings as told", told, now_told
    if (why := version.after.get("error_reason", "")) != version.before.get("error_reason", ""):
        yield "Why", "", why


def referral_link(referral: Referral, now: datetime) -> dict[str, str]:
    """Return the way to one referral of the person."""
    words = f"{referral.reference}, {wall_clock(referral.received_at, now)}"
    return {"url": url_of(referral), "words": words, "stage": stage_of(referral)}
