"""The API's list of fifty referrals, beside a plain signed-in view that answers the same as JSON."""

from bench.board import officer
from bench.frame import Bench
from bench.partner import REFERRALS, token


def run(bench: Bench) -> None:
    """Measure at every size."""
    pairs = {
        stand: (
            stand.get(REFERRALS, authorization=token(stand)),
            stand.get("/bare/list/", cookie=officer(stand)),
        )
        for stand in bench.stands
    }
    bench.beside("API list of 50", pairs, at_most=2, growth=1.1)
