"""The house rules that can be read off a syntax tree. Each returns the faults it finds, as "line: words"."""

import ast
from collections.abc import Iterator

from tests.architecture.source import Function, Source, called_name, functions, length

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
LONGEST_VIEW = 15
BANNED_MODULES = frozenset({"utils", "helpers", "common", "core", "misc", "base", "signals", "managers"})
BULK_WRITES = frozenset({"update", "bulk_update", "bulk_create", "_raw_delete"})
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")


def banned_name(source: Source) -> Iterator[str]:
    """A module whose name says nothing of its subject."""
    words = {*source.path.with_suffix("").parts}
    yield from (f"1: a module called {word} says nothing of its subject" for word in sorted(words & BANNED_MODULES))


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
    if source.path.name != "models.py":
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
    too_long,
    import_inside_function,
    broad_except,
    save_override,
    signal_use,
    long_view,
)
