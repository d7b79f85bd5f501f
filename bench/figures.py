"""What a measure found: medians of interleaved rounds, their ratio and its spread, and how that is shown."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

TOO_WIDE = 0.30  # a ratio that wanders more than this between rounds says nothing


@dataclass
class Samples:
    """Seconds of one side, round by round, each divided by what one call did. `cpu` likewise, where it is counted."""

    wall: list[list[float]] = field(default_factory=list)
    cpu: list[list[float]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Return the median seconds over all rounds."""
        return statistics.median(each for turn in self.wall for each in turn)

    @property
    def p95(self) -> float:
        """Return the seconds that one call in twenty takes longer than."""
        found = sorted(each for turn in self.wall for each in turn)
        return found[min(len(found) - 1, int(len(found) * 0.95))]

    @property
    def cpu_mean(self) -> float | None:
        """Return the mean seconds of processor time of one call; None where it was not counted."""
        found = [each for turn in self.cpu for each in turn]
        return statistics.mean(found) if found else None


@dataclass(frozen=True)
class Figure:
    """One line of the table. `value` is a ratio when there is a `floor`, else a plain number of `unit`.

    `of` is the name of the measure that found it, as script/bench takes it.
    """

    measure: str
    size: int | None
    value: float
    unit: str = "×"
    at_most: float | None = None
    ours_ms: float | None = None
    p95_ms: float | None = None
    floor_ms: float | None = None
    spread: float | None = None
    cpu_ratio: float | None = None
    against: str = ""
    of: str = ""

    @property
    def verdict(self) -> str:
        """Say whether the limit was kept; a spread over 30 % measures nothing."""
        if self.spread is not None and self.spread > TOO_WIDE:
            return "not measured"
        if self.at_most is None:
            return ""
        return "ok" if self.value <= self.at_most else "SHORT"

    @property
    def missed(self) -> bool:
        """Say whether there is a limit that this run has not shown to be kept: too wide a spread shows nothing."""
        return self.at_most is not None and self.verdict != "ok"

    def as_json(self) -> dict[str, Any]:
        """Return the line for --json."""
        return asdict(self) | {"verdict": self.verdict}


def ratio_of(ours: Samples, floor: Samples) -> tuple[float, float]:
    """Return the ratio of the medians, and its spread: widest less narrowest ratio of a round, over that ratio."""
    whole = ours.median / floor.median
    rounds = [statistics.median(a) / statistics.median(b) for a, b in zip(ours.wall, floor.wall, strict=True)]
    return whole, (max(rounds) - min(rounds)) / whole


def compared(
    measure: str, size: int | None, ours: Samples, floor: Samples, at_most: float | None, against: str
) -> Figure:
    """Return the figure of one side beside its floor."""
    ratio, spread = ratio_of(ours, floor)
    cpu = ours.cpu_mean / floor.cpu_mean if ours.cpu_mean and floor.cpu_mean else None
    return Figure(
        measure=measure,
        size=size,
        value=ratio,
        at_most=at_most,
        ours_ms=ours.median * 1000,
        p95_ms=ours.p95 * 1000,
        floor_ms=floor.median * 1000,
        spread=spread,
        cpu_ratio=cpu,
        against=against,
    )


HEAD = ("measure", "size", "ours ms", "p95 ms", "floor ms", "result", "at most", "spread", "CPU", "", "against")


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = [HEAD, ["---"] * len(HEAD), *(_cells(each) for each in figures)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(figure: Figure) -> Sequence[str]:
    return (
        figure.measure,
        "" if figure.size is None else f"{figure.size:,}",
        _number(figure.ours_ms),
        _number(figure.p95_ms),
        _number(figure.floor_ms),
        f"{_number(figure.value)} {figure.unit}",
        _number(figure.at_most),
        "" if figure.spread is None else f"{figure.spread:.0%}",
        "" if figure.cpu_ratio is None else f"{figure.cpu_ratio:.2f} ×",
        figure.verdict,
        figure.against,
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}" if value < 10 else f"{value:.1f}"
