"""Everything held about one person, found by introspection: rows that name them, their cases, or such a row."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import ForeignKey, Model, Q, QuerySet
from simple_history.models import HistoricalChanges

from accounts.models import BreakGlass, Organisation, Restriction, Team, User
from referrals.domain.disclosures import FREE_WORDS, NOT_GIVEN, OF_STAFF, SECRET, tells_of_others
from referrals.models import Person, Referral
from timelimits.domain.local_time import instant_words

OURS = ("accounts", "audit", "capacity", "careplans", "notifications", "pathways", "referrals", "timelimits")
RESTRICTIONS = {Restriction: "id__in", BreakGlass: "restriction__in"}
"""Tables that know a case by the restriction it is, or was, under."""
DEEPEST = 3
TECHNICAL = frozenset({"version", "case_id", "history_id", "history_type", "history_user_id", "id", "lifted_from"})


def records_of(person_id: UUID) -> list[UUID]:
    """Return the ids of the record and of every one that was merged into it, however often."""
    found = [person_id]
    for one in found:
        found += Person.objects.filter(merged_into=one).values_list("pk", flat=True)
    return found


def parts() -> list[type[Model]]:
    """Return every table of which somebody is given what it holds about them."""
    return [model for model in reached() if label(model) not in NOT_GIVEN]


def reached() -> list[type[Model]]:
    """Return every table from which a row leads to a person or a case, in the order of the apps, versions last."""
    found = [model for model in apps.get_models() if model._meta.app_label in OURS and _reach(model, DEEPEST)]
    return sorted(found, key=lambda model: issubclass(model, HistoricalChanges))


def label(model: type[Model]) -> str:
    """Return the table's name as `app.model`; versions have that of what they are versions of."""
    return str(_of(model)._meta.label_lower)


def _of(model: type[Model]) -> type[Model]:
    found: type[Model] = getattr(model, "instance_type", model)
    return found


def title(model: type[Model]) -> str:
    """Return the table's name in words."""
    if issubclass(model, HistoricalChanges):
        return f"Earlier versions: {_of(model)._meta.verbose_name}"
    return str(model._meta.verbose_name).capitalize()


def _reach(model: type[Model], deep: int) -> list[str]:
    """Return the look-ups that lead from a row to the person ("…person"), a case ("…case") or a restriction."""
    if _of(model) is Person:
        return ["id__in:person"]
    if model in RESTRICTIONS:
        return [f"{RESTRICTIONS[model]}:restriction"]
    names = {field.name: field for field in model._meta.concrete_fields}
    found = [f"{name}__in:person" for name, field in names.items() if _names_a_person(field)]
    found += ["case_id__in:case"] if "case_id" in names else []
    if found or not deep:
        return found
    for name, field in names.items():
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label in OURS:
            found += [f"{name}__{path}" for path in _reach(field.related_model, deep - 1)]
    return found


def _names_a_person(field: Any) -> bool:
    return bool(field.is_relation and field.related_model is Person and field.name != "merged_into")


def rows_of(model: type[Model], people: Sequence[UUID]) -> QuerySet[Any]:
    """Return the rows of a table that are about these records of one person, oldest first."""
    cases = list(Referral.objects.filter(person_id__in=people).values_list("case_id", flat=True))
    known = {"person": people, "case": cases, "restriction": _restrictions([*people, *cases])}
    wanted = Q(pk__in=[])
    for path in _reach(model, DEEPEST):
        lookup, _, kind = path.rpartition(":")
        wanted |= Q(**{lookup: known[kind]})
    return model._base_manager.filter(wanted).order_by("pk").distinct()


def _restrictions(covered: Sequence[UUID]) -> QuerySet[Any]:
    """Return the ids of the restrictions that these records and cases are under, or were under until one was lifted."""
    standing = Q(cases__case_id__in=covered)
    return Restriction.objects.filter(standing | Q(lifted_from__overlap=covered)).values("pk")


def gathered(model: type[Model], people: Sequence[UUID]) -> dict[str, Any] | None:
    """Return what a table holds about somebody, as it is shown and handed out; None when it holds nothing."""
    rows = [_row(model, row) for row in rows_of(model, people)]
    return {"part": model._meta.label_lower, "title": title(model), "rows": rows} if rows else None


def _row(model: type[Model], row: Model) -> dict[str, Any]:
    told = list(_values(model, row))
    filled = frozenset(name for name, _, _ in told)
    free = frozenset(name for name, _, is_free in told if is_free)
    fields = [[name.replace("_", " ").capitalize(), value] for name, value, _ in told]
    return {"key": str(row.pk), "fields": fields, "others": tells_of_others(label(model), filled, free)}


def _values(model: type[Model], row: Model) -> Iterator[tuple[str, str, bool]]:
    """Yield name, value in words, and whether it is free words, of every field that is filled."""
    for field in model._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.primary_key or field.name in SECRET | TECHNICAL or value is None or value in ("", [], {}):
            continue
        if field.is_relation and field.related_model is Person:
            continue
        if field.is_relation and field.related_model in (Team, User, Organisation):
            value = str(getattr(row, field.name))
        free = field.get_internal_type() == "TextField" or (getattr(field, "max_length", None) or 0) >= FREE_WORDS
        yield field.name, _words(value), free and field.name not in OF_STAFF


def _words(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_words(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_words(each) for each in value)
    return str(value)
