"""The SPA board, whole page of fifty rows, beside a plain view of the same rows and columns; its growth; page 20."""

import re
from datetime import date

from accounts.domain import Role
from accounts.models import Membership, Team, User
from bench.frame import Bench
from bench.stand import Stand

PATH = "/board/"
OFFICER = "measure@icras.example"
NEXT = re.compile(rb'href="(\?after=[^"]*)">Next 50')
PAGES = 19
LONG_AGO = date(2026, 1, 1)


def run(bench: Bench) -> None:
    """Measure at every size."""
    signed_in = {stand: officer(stand) for stand in bench.stands}
    pages = {
        stand: (stand.get(PATH, cookie=who), stand.get("/bare/board/", cookie=who)) for stand, who in signed_in.items()
    }
    bench.beside("SPA board, 50 rows", pages, at_most=1.5, growth=1.1)
    for stand, who in signed_in.items():
        bench.fact("SPA board, statements", stand.statements(PATH, OFFICER), "statements", at_most=8, on=stand)
        if (later := _later(stand, who)) is not None:
            pair = {stand: (stand.get(later, cookie=who), stand.get(PATH, cookie=who))}
            bench.beside("SPA board, page 20", pair, at_most=1.1, against="its page 1")
    _memory(bench)


def officer(stand: Stand) -> str:
    """Return the cookie of an officer of the first front door, who is on no rota: the same one at every size."""
    stand.use()
    who, _ = User.objects.get_or_create(email=OFFICER, defaults={"name": "Measure Officer-Test"})
    team = Team.objects.get(code="spa")
    Membership.objects.get_or_create(user=who, team=team, role=Role.SPA_OFFICER, defaults={"starts_on": LONG_AGO})
    return stand.cookie(OFFICER)


def _later(stand: Stand, who: str) -> str | None:
    """Return the address of page 20, None where there are not so many."""
    path = PATH
    for _ in range(PAGES):
        found = NEXT.search(stand.get(path, cookie=who)())
        if found is None:
            return None
        path = PATH + found[1].decode().replace("&amp;", "&")
    return path


def _memory(bench: Bench) -> None:
    """Compare what a worker holds after as many pages at every size."""
    smallest = max(bench.stands[0].memory_mib())
    for stand in bench.stands:
        held = max(stand.memory_mib())
        limit = smallest * 1.1 if stand is bench.largest else None
        bench.fact("Web worker after the board", held, "MiB", at_most=limit, on=stand)
