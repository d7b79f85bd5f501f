"""Every command is written alike, and every move of a transition table can be made by people and by partner systems."""

import importlib
import inspect
from types import FunctionType

import pytest
from django.urls import NoReverseMatch, get_resolver

from accounts.domain import ROLES, SCOPES, Permission
from audit.commands import command
from pathways.domain import MOVES as EPISODE_MOVES
from referrals.domain import MOVES as REFERRAL_MOVES
from tests.architecture.source import APPS, ROOT

MOVES = [*REFERRAL_MOVES, *EPISODE_MOVES]
WITH_COMMANDS = [app for app in APPS if app != "audit" and list((ROOT / app).glob("commands*"))]


def public_functions(app):
    """Return what `<app>.commands` offers to others, its own functions only."""
    module = importlib.import_module(f"{app}.commands")
    found = {name: value for name, value in vars(module).items() if isinstance(value, FunctionType)}
    return {
        name: function
        for name, function in found.items()
        if not name.startswith("_") and function.__module__.startswith(module.__name__)
    }


def faults(function):
    parameters = inspect.signature(function).parameters.values()
    if not getattr(function, "is_command", False):
        yield f"{function.__name__} is not decorated with @command"
    if any(parameter.kind is not parameter.KEYWORD_ONLY for parameter in parameters):
        yield f"{function.__name__} must take keywords only"
    if "by" not in {parameter.name for parameter in parameters}:
        yield f"{function.__name__} does not say by whom"


def test_faults__finds_a_command_that_is_none():
    def accept(referral_id): ...

    @command
    def decline(*, by, referral_id): ...

    assert len(list(faults(accept))) == 3
    assert list(faults(decline)) == []


@pytest.mark.parametrize("app", WITH_COMMANDS)
def test_commands__are_keyword_only_decorated_and_say_by_whom(app):
    assert [fault for function in public_functions(app).values() for fault in faults(function)] == []


def is_route(name):
    """Say whether `name` is a route ("app:name"), whatever arguments it takes."""
    namespace, _, last = name.rpartition(":")
    resolver = get_resolver()
    try:
        for part in filter(None, namespace.split(":")):
            resolver = resolver.namespace_dict[part][1]
    except (KeyError, NoReverseMatch):
        return False
    return last in resolver.reverse_dict


def is_reason(words):
    return len(words.split()) > 3 and ":" not in words


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.event)
def test_move__has_a_page_and_an_endpoint_or_says_why_not(move):
    for where in (move.page, move.endpoint):
        assert is_route(where) or is_reason(where), f"{move.verb}: {where!r} is neither a route nor a reason"


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.event)
def test_move__somebody_is_permitted_to_make_it(move):
    assert [role for role, row in ROLES.items() if move.permission in row.permissions]


@pytest.mark.parametrize("move", [move for move in MOVES if ":" in move.endpoint], ids=lambda move: move.event)
def test_move__with_an_endpoint_is_in_a_scope_of_partner_systems(move):
    assert [scope for scope, (_, permissions) in SCOPES.items() if move.permission in permissions]


def test_permissions__are_all_given_to_somebody():
    held = {permission for row in ROLES.values() for permission in row.permissions}
    assert set(Permission) - held == set()
