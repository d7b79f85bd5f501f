"""The house rules that can be read off a syntax tree. Each returns the faults it finds, as "line: words"."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Function, Source, called_name, functions, length

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
LONGEST_VIEW = 15
BANNED_MODULES = frozenset({"utils", "helpers", "common", "core", "misc", "base", "signals", "managers"})
# What an app's files and packages are called, so that the same thing is found in the same place everywhere.
HOUSE_NAMES = frozenset(
    {
        "__init__",
        "domain",
        "models",
        "queries",
        "commands",
        "forms",
        "api",
        "api_urls",
        "views",
        "presenters",
        "tasks",
        "urls",
        "admin",
        "apps",
        "closing",
        "migrations",
        "management",
        "templatetags",
    }
)
# One subject each, met by name all over the tree or asked for under it by a library.
OWN_NAMES = {
    "audit/acting": "who acts, at what instant: below the commands, so that queries may ask for the instant",
    "audit/bulk": "rows by the thousand in one statement, for the commands of every app",
    "audit/refusals": "the ways in which any command says no",
    "accounts/middleware": "Django's word for it",
    "accounts/provider": "allauth looks for a provider under this name",
    "accounts/request": "the request as every page of every app has it",
    "accounts/sign_in": "allauth's hooks",
    "notifications/adapters": "allauth's e-mails, sent by way of our outbox",
    "notifications/delivery": "talks to the mail server, outside any transaction: no command",
    "timelimits/rules": "the one pure function of the engine (see the decision record of time limits)",
}
ROOT_APP = "icras"  # settings, start-up and the shell around all pages: no app with rows
BULK_WRITES = frozenset({"update", "bulk_update", "bulk_create", "_raw_delete"})
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")


def banned_name(source: Source) -> Iterator[str]:
    """A module whose name says nothing of its subject."""
    words = {*source.path.with_suffix("").parts}
    yield from (f"1: a module called {word} says nothing of its subject" for word in sorted(words & BANNED_MODULES))


def odd_name(source: Source) -> Iterator[str]:
    """A module right inside an app that is called otherwise than the same thing in every other app."""
    app, *inner = source.path.with_suffix("").parts
    if not inner or app == ROOT_APP or inner[0] in HOUSE_NAMES or f"{app}/{inner[0]}" in OWN_NAMES:
        return
    yield f"1: {app}/{inner[0]} is no name of the house: see HOUSE_NAMES"


def too_long(source: Source) -> Iterator[str]:
    """A file over 400 lines, a function over 50."""
    if source.lines > LONGEST_FILE:
        yield f"{source.lines}: the file has {source.lines} lines, {LONGEST_FILE} at most"
    for function in functions(source.tree):
        if length(function) > LONGEST_FUNCTION:
            yield f"{function.lineno}: {function.name} has {length(function)} lines, {LONGEST_FUNCTION} at most"


def import_inside_function(source: Source) -> Iterator[str]:
    """An import that hides a dependency."""
    for function in functions(source.tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{node.lineno}: {function.name} imports inside itself"


def broad_except(source: Source) -> Iterator[str]:
    """A handler that swallows bugs. One that raises again is no swallowing."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(kind is None or called_name(kind) in {"Exception", "BaseException"} for kind in caught)
        if broad and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
            yield f"{node.lineno}: a broad except hides bugs"


def save_override(source: Source) -> Iterator[str]:
    """A model that changes what save() or delete() means."""
    if "models" not in source.path.with_suffix("").parts:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, Function) and inner.name in {"save", "delete"}:
                    yield f"{inner.lineno}: {node.name}.{inner.name} is overridden; write a command"


def signal_use(source: Source) -> Iterator[str]:
    """A Django signal, sent or received."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SIGNALS):
            yield f"{node.lineno}: signals are not used; news travels as rows"


def long_view(source: Source) -> Iterator[str]:
    """An HTML view with logic in it: only functions that take a request count, helpers and classes do not."""
    if source.path.name != "views.py" and "views" not in source.path.parts:
        return
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and any(called_name(base).endswith("View") for base in node.bases):
            yield f"{node.lineno}: {node.name}: HTML views are plain functions"
        if isinstance(node, Function) and length(node) > LONGEST_VIEW and _takes_request(node):
            yield f"{node.lineno}: view {node.name} has {length(node)} lines, {LONGEST_VIEW} at most"


def _takes_request(function: Function) -> bool:
    return bool(function.args.args) and function.args.args[0].arg == "request"


def bulk_write(source: Source, tracked: frozenset[str]) -> Iterator[str]:
    """A write on a history-tracked model that leaves no history: Model.objects.….update()."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in BULK_WRITES and (model := tracked & _names(node.func.value)):
            yield f"{node.lineno}: {node.func.attr}() on {min(model)} leaves no history"


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


EVERYWHERE = (
    banned_name,
    odd_name,
    too_long,
    import_inside_function,
    broad_except,
    save_override,
    signal_use,
    long_view,
)
