"""Documents written from the tables that the product runs on, so that they cannot lie: docs/generated/."""

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from accounts.domain import ROLES, SCOPES, Permission
from pathways import domain as pathways
from referrals import domain as referrals

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "generated"
NOTE = "<!-- Written by `manage.py generate_docs`. Do not edit. -->\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def states() -> str:
    """Return the state diagrams and the tables of moves."""
    parts = [NOTE, "# States and moves\n\n## Referral\n\n", _diagram(referrals.MOVES, first="register")]
    parts += ["\n", _moves(referrals.MOVES), "\n## Episode\n\n", _diagram(pathways.MOVES), "\n", _moves(pathways.MOVES)]
    return "".join(parts)


def _diagram(moves: Iterable[Any], first: str = "") -> str:
    lines = ["```mermaid\nstateDiagram-v2\n"]
    for move in moves:
        sources = ["[*]"] if move.verb == first else sorted(move.sources)
        lines += [f"    {source} --> {move.to or source}: {move.verb}\n" for source in sources]
    return "".join([*lines, "```\n"])


def _moves(moves: Iterable[Any]) -> str:
    return _table(
        ("move", "on screen", "permission", "from", "to", "event", "page", "endpoint"),
        (
            (
                m.verb,
                m.words,
                m.permission,
                ", ".join(sorted(m.sources)) or "–",
                m.to or "same",
                m.event,
                m.page,
                m.endpoint,
            )
            for m in moves
        ),
    )


def permissions() -> str:
    """Return who may do what: a row for each permission, a mark for each role that holds it; then partner scopes."""
    head = ["permission", *(row.label for row in ROLES.values())]
    rows = [[p, *("yes" if p in row.permissions else "" for row in ROLES.values())] for p in Permission]
    rows.append(["*sees people*", *("yes" if row.sees_people else "" for row in ROLES.values())])
    rows.append(["*sees the whole place*", *("yes" if row.place_wide else "" for row in ROLES.values())])
    scopes = _table(("scope", "for", "permissions"), ((s, w, ", ".join(sorted(p))) for s, (w, p) in SCOPES.items()))
    return f"{NOTE}# Permissions\n\n{_table(head, rows)}\n## Scopes of partner systems\n\n{scopes}"


def limits() -> str:
    """Return the time limits as shipped with the Sefton place."""
    bundle = tomllib.loads((ROOT / "places/sefton/limits.toml").read_text(encoding="utf-8"))
    rows = [_limit(policy) for policy in bundle["policy"]]
    head = ("limit", "version", "how long", "starts", "stops", "warned", "who is told", "source")
    return f"{NOTE}# Time limits\n\nAs shipped in `places/sefton/limits.toml`.\n\n{_table(head, rows)}"


def _limit(policy: dict[str, Any]) -> tuple[object, ...]:
    name = f"{policy['code']} {policy.get('variant', '')}".strip()
    kind = policy["kind"].replace("_", " ")
    warned = ", ".join(stage["at"] for stage in policy.get("stages", ())) or "–"
    told = " → ".join(f"{rung['duty']} {rung['minutes']} min" for rung in policy.get("ladder", ()))
    how_long = f"{policy['limit']}, {kind}"
    return (
        name,
        policy["version"],
        how_long,
        policy.get("starts", ""),
        policy.get("stops", ""),
        warned,
        told,
        policy["source"],
    )


def openapi() -> str:
    """Return the description of the partner API."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    written: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})
    return written.decode()


DOCUMENTS: dict[str, Callable[[], str]] = {
    "states.md": states,
    "permissions.md": permissions,
    "time-limits.md": limits,
    "openapi.yaml": openapi,
}


def stale() -> list[str]:
    """Return the names of documents that are not what the tables say now."""
    kept = {name: FOLDER / name for name in DOCUMENTS}
    return [n for n, path in kept.items() if not path.exists() or path.read_text(encoding="utf-8") != DOCUMENTS[n]()]


def write() -> None:
    """Write every document."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in DOCUMENTS.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
