"""Each rule finds the fault it is there for, and leaves good code alone."""

import pytest

from tests.architecture import rules
from tests.architecture.source import parse

LONG = "def grown(request):\n" + "    x = 1\n" * 60

FAULTS = [
    (rules.banned_name, "referrals/utils.py", "x = 1"),
    (rules.banned_name, "referrals/core/domain.py", "x = 1"),
    (rules.odd_name, "referrals/act_pages.py", "x = 1"),
    (rules.odd_name, "referrals/sign_in/claims.py", "x = 1"),
    (rules.too_long, "a.py", LONG),
    (rules.too_long, "a.py", "x = 1\n" * 401),
    (rules.import_inside_function, "a.py", "def f():\n    from b import c"),
    (rules.broad_except, "a.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (rules.broad_except, "a.py", "try:\n    f()\nexcept (ValueError, BaseException):\n    pass"),
    (rules.broad_except, "a.py", "try:\n    f()\nexcept:\n    pass"),
    (rules.save_override, "a/models.py", "class M:\n    def save(self): ..."),
    (rules.signal_use, "a.py", "from django.db.models.signals import post_save"),
    (rules.long_view, "a/views.py", "def page(request):\n" + "    x = 1\n" * 15),
    (rules.long_view, "a/views.py", "class Page(TemplateView): ..."),
]
GOOD = [
    (rules.banned_name, "referrals/domain.py", "x = 1"),
    (rules.odd_name, "referrals/views/acts.py", "x = 1"),
    (rules.odd_name, "accounts/sign_in/claims.py", "x = 1"),
    (rules.odd_name, "icras/shell.py", "x = 1"),
    (rules.too_long, "a.py", "def f():\n" + "    x = 1\n" * 49),
    (rules.import_inside_function, "a.py", "from b import c"),
    (rules.broad_except, "a.py", "try:\n    f()\nexcept ValueError:\n    pass"),
    (rules.broad_except, "a.py", "try:\n    f()\nexcept Exception:\n    raise"),
    (rules.save_override, "a/commands.py", "class M:\n    def save(self): ..."),
    (rules.long_view, "a/views.py", "class Side: ..."),
    (rules.long_view, "a/views.py", "def _rows(found):\n" + "    x = 1\n" * 30),
]


@pytest.mark.parametrize(("rule", "path", "text"), FAULTS)
def test_rule__finds_the_fault(rule, path, text):
    assert list(rule(parse(text, path)))


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_rule__leaves_good_code_alone(rule, path, text):
    assert list(rule(parse(text, path))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Person.objects.filter(pk=1).update(name='x')",
        "Person.objects.bulk_create([Person()])",
        "Person.objects.all().bulk_update(rows, ['name'])",
    ],
)
def test_bulk_write__is_found_on_a_tracked_model_only(text):
    assert list(rules.bulk_write(parse(text), frozenset({"Person"})))
    assert list(rules.bulk_write(parse(text), frozenset({"Referral"}))) == []
