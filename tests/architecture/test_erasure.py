"""Of every text field about a person somebody has decided: blanked, deleted with its row, or kept since it names nobody."""

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from simple_history.models import HistoricalChanges

from casework.queries.held import OURS, label
from referrals.domain.erasures import CODES, GONE, KEPT, NOT_OF_PEOPLE, WORDS

TEXT = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField, SearchVectorField)
Table = Mapping[str, frozenset[str]]


def ours() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


def texts_of(model: type[models.Model]) -> set[str]:
    fields = model._meta.concrete_fields
    return {each.name for each in fields if isinstance(each, TEXT) and not each.choices}


def undecided(words: Table = WORDS, gone: frozenset[str] = GONE, codes: Table = CODES) -> Iterator[str]:
    """Yield "app.model.field" of text fields that nobody has decided about."""
    for model in ours():
        name = label(model)
        if name in gone | NOT_OF_PEOPLE:
            continue
        decided = KEPT | words.get(name, frozenset()) | codes.get(name, frozenset())
        yield from (f"{name}.{each}" for each in sorted(texts_of(model) - decided))


def test_every_text_field_about_a_person__is_decided():
    assert list(undecided()) == [], "decide in referrals/domain/erasures.py whether erasing a record blanks it"


def test_undecided__a_field_or_a_table_that_nobody_knows_is_found():
    assert "careplans.risk.harm" in set(undecided(words={}))
    assert "referrals.statement.words" in set(undecided(gone=frozenset()))
    assert "timelimits.clock.subject" in set(undecided(codes={}))


def test_decisions__are_about_fields_that_exist_and_never_two_at_once():
    live = {label(model): texts_of(model) for model in ours() if not issubclass(model, HistoricalChanges)}
    dates = {"born_on", "age_about"}
    for table in (WORDS, CODES):
        assert {f"{name}.{each}" for name, fields in table.items() for each in fields - live[name] - dates} == set()
    assert set(live) >= GONE | NOT_OF_PEOPLE
    assert not (GONE | NOT_OF_PEOPLE) & (WORDS.keys() | CODES.keys())
    assert not [name for name, fields in WORDS.items() if fields & (CODES.get(name, frozenset()) | KEPT)]
