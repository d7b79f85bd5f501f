"""What the models may know of each other."""

from django.apps import apps
from django.db.models import Model

from tests.architecture.source import APPS


def _app(model: type[Model]) -> str:
    return model.__module__.split(".", 1)[0]


def test_foreign_keys__point_right_only():
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        if _app(model) not in APPS:
            continue
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if isinstance(target, type) and _app(target) in APPS and APPS.index(_app(target)) < APPS.index(_app(model)):
                wrong.append(f"{model.__name__}.{field.name} points left, at {target.__name__}")
    assert wrong == []


def test_casework_and_reporting__own_no_tables_of_cases():
    assert [model.__name__ for model in apps.get_models() if _app(model) in {"casework", "icras"}] == []
