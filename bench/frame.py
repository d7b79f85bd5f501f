"""The frame of every measure: stands (one database and web server for each size), turns taken, figures kept.

A side is a function of no arguments that does the work once. Every side runs in every round, call by call in turn, so
that a busy machine is busy for all of them; the sizes take turns as well, since all their databases stand side by side.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bench.figures import Figure, Samples, compared
from bench.stand import Stand

Run = Callable[[], object]
Pairs = Mapping[Stand, tuple[Run, Run | None]]
K = TypeVar("K")
Cpu = Callable[[], float]
ROUNDS = 5
REQUESTS = 300


@dataclass
class Bench:
    """What a measure is given. `stands` are sorted by size, the smallest first; `measuring` is the measure's name."""

    stands: Sequence[Stand]
    figures: list[Figure] = field(default_factory=list)
    rounds: int = ROUNDS
    requests: int = REQUESTS
    measuring: str = ""

    @property
    def largest(self) -> Stand:
        """The stand with the most referrals."""
        return self.stands[-1]

    def beside(
        self,
        measure: str,
        pairs: Pairs,
        *,
        at_most: float | None,
        growth: float | None = None,
        against: str = "a plain Django view",
    ) -> None:
        """Measure ours beside its floor on each stand, at least `requests` calls of each side in `rounds` rounds.

        `pairs` gives for each stand (ours, floor); floor None measures only the growth. `growth` is the most that the
        time of ours on the largest stand may be of its time on the smallest.
        """
        sides = {(stand, which): run for stand, pair in pairs.items() for which, run in enumerate(pair) if run}
        cpu = {key: key[0].cpu_seconds for key in sides}
        each = -(-self.requests // self.rounds)
        taken = take_turns(sides, self.rounds, each, warm=max(5, each // 6), cpu=cpu)
        for stand, (_, floor) in pairs.items():
            ours = taken[stand, 0]
            if floor is not None:
                self.keep(compared(measure, stand.size, ours, taken[stand, 1], at_most, against))
        self.grown(measure, {stand: taken[stand, 0] for stand in pairs}, growth)

    def grown(self, measure: str, taken: Mapping[Stand, Samples], at_most: float | None) -> None:
        """Keep the growth of one side from the smallest stand to every larger one."""
        smallest, *larger = sorted(taken, key=lambda stand: stand.size)
        for stand in larger:
            limit = at_most if stand is self.largest else None
            against = f"itself at {smallest.size:,}"
            self.keep(compared(f"{measure}, growth", stand.size, taken[stand], taken[smallest], limit, against))

    def fact(
        self,
        measure: str,
        value: float,
        unit: str,
        *,
        at_most: float | None = None,
        on: Stand | None = None,
        against: str = "",
    ) -> None:
        """Keep a plain number: statements, mebibytes, seconds."""
        size = on.size if on else None
        self.keep(Figure(measure, size, value, unit=unit, at_most=at_most, against=against))

    def keep(self, figure: Figure) -> None:
        """Keep a figure and show it at once."""
        self.figures.append(replace(figure, of=self.measuring))
        size = "" if figure.size is None else f" at {figure.size:,}"
        spread = "" if figure.spread is None else f" (spread {figure.spread:.0%})"
        cpu = "" if figure.cpu_ratio is None else f", processor {figure.cpu_ratio:.2f} ×"
        limit = "" if figure.at_most is None else f", at most {figure.at_most:g}: {figure.verdict}"
        print(f"  {figure.measure}{size}: {figure.value:.2f} {figure.unit}{cpu}{spread}{limit}", flush=True)


def take_turns(
    sides: Mapping[K, Run],
    rounds: int,
    each: int,
    *,
    warm: int = 1,
    cpu: Mapping[K, Cpu] | None = None,
    prepare: Mapping[K, Run] | None = None,
    work: int = 1,
) -> dict[K, Samples]:
    """Run every side `each` times in every round, in turn, after `warm` calls that are not counted.

    `prepare` runs before each call of its side and is not timed. `work` is how many things one call does: seconds are
    divided by it.
    """
    taken: dict[K, Samples] = {key: Samples() for key in sides}
    for run in range(-1, rounds):
        calls = warm if run < 0 else each
        for samples in taken.values():
            samples.wall.append([])
            samples.cpu.append([])
        for call in range(calls):
            order = list(sides)[:: 1 if call % 2 else -1]
            for key in order:
                (prepare or {}).get(key, _nothing)()
                used = (cpu or {}).get(key)
                began_cpu = used() if used else 0.0
                began = time.perf_counter()
                sides[key]()
                wall = time.perf_counter() - began
                taken[key].wall[-1].append(wall / work)
                if used:
                    taken[key].cpu[-1].append((used() - began_cpu) / work)
        if run < 0:
            for samples in taken.values():
                samples.wall.clear()
                samples.cpu.clear()
    return taken


def _nothing() -> None:
    return None
