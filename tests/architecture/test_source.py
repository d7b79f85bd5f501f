"""The house rules of DESIGN on every file of the product."""

import statistics
from pathlib import Path

import pytest
from django.apps import apps
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.architecture import rules
from tests.architecture.source import APPS, ROOT, functions, length, product

MEDIAN_FUNCTION = 8


@pytest.mark.parametrize("rule", rules.EVERYWHERE)
def test_product__keeps_the_rule(rule):
    assert [f"{source.path}:{fault}" for source in product() for fault in rule(source)] == []


def test_product__median_function_is_short():
    assert statistics.median(length(function) for source in product() for function in functions(source.tree)) <= (
        MEDIAN_FUNCTION
    )


def test_product__has_no_bulk_write_on_a_tracked_model():
    tracked = frozenset(model.__name__ for model in apps.get_models() if hasattr(model, "history"))
    assert [f"{source.path}:{fault}" for source in product() for fault in rules.bulk_write(source, tracked)] == []


def test_folders__hold_no_app_that_the_import_direction_does_not_name():
    found = {file.parent.name for file in ROOT.glob("*/apps.py")}
    assert found == set(APPS)


def test_own_names__are_still_there():
    found = {"/".join(source.path.with_suffix("").parts[:2]) for source in product()}
    assert set(rules.OWN_NAMES) <= found


def test_imports__go_from_left_to_right_only(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_repository__names_no_registry():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(), lock.name
    assert not Path(ROOT / "uv.lock").exists() or "uv.lock" in (ROOT / ".gitignore").read_text()
