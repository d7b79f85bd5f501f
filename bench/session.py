"""Who asks, and what they may: what session, user, roles, shifts and covers take of every page, beside none of it."""

from bench.board import OFFICER, officer
from bench.frame import Bench


def run(bench: Bench) -> None:
    """Measure at every size. Nothing of it is kept between requests: see tests/accounts/test_revocation.py."""
    pairs = {
        stand: (stand.get("/bare/nothing/", cookie=officer(stand)), stand.get("/bare/open/")) for stand in bench.stands
    }
    bench.beside(
        "Session and permission check", pairs, at_most=None, growth=1.1, against="the same page, nobody asking"
    )
    for stand in bench.stands:
        taken = stand.statements("/bare/nothing/", OFFICER)
        bench.fact("Session and permission check, statements", taken, "statements", at_most=3, on=stand)
