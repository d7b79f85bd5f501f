"""Taking turns: every contestant runs in every round, so that a busy machine is busy for all of them."""

import statistics
import time
from collections.abc import Callable, Mapping

Contestants = Mapping[str, Callable[[], object]]


def medians(contestants: Contestants, rounds: int, prepare: Callable[[], None] = lambda: None) -> dict[str, float]:
    """Return the median seconds of each contestant over the rounds, each begun by `prepare`, which is not timed."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        prepare()
        for name, run in contestants.items():
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def show(title: str, seconds: Mapping[str, float], floor: str, each: int, of: str) -> None:
    """Print one line for each contestant: microseconds for one `of`, and how many times the floor."""
    print(f"\n{title}")
    for name, taken in seconds.items():
        times = f"{taken / seconds[floor]:5.1f} × {floor}" if name != floor else "the floor"
        print(f"  {name:<34} {taken / each * 1e6:10.0f} µs for one {of}   {times}", flush=True)
