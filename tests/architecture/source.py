"""The product's source files, parsed once."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = (  # the import direction: left may import right
    "icras",
    "reporting",
    "casework",
    "careplans",
    "pathways",
    "referrals",
    "capacity",
    "timelimits",
    "notifications",
    "accounts",
    "audit",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file: its path from the root, its text and its tree."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


def parse(text: str, path: str = "sample.py") -> Source:
    """Return a source from text, for the rules and for their own tests."""
    return Source(Path(path), text, ast.parse(text))


@cache
def product() -> tuple[Source, ...]:
    """Return every Python file of the apps, migrations left out."""
    files = (file for app in APPS for file in sorted((ROOT / app).rglob("*.py")) if "migrations" not in file.parts)
    return tuple(parse(file.read_text(), str(file.relative_to(ROOT))) for file in files)


def functions(tree: ast.AST) -> list[Function]:
    """Return every function, nested ones and methods too."""
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def length(function: Function) -> int:
    """Return a function's lines, from `def` to its last line, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def called_name(node: ast.AST) -> str:
    """Return the dotted name of what is called or decorated with, as written: "a.b.c"; empty when it has none."""
    if isinstance(node, ast.Call):
        return called_name(node.func)
    if isinstance(node, ast.Attribute):
        return f"{called_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
