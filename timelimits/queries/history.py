"""What happened to a clock, from its rows to what the rules take."""

from collections.abc import Iterable
from datetime import UTC

from timelimits.domain import ExtensionTo, History, PauseSpan
from timelimits.models import Clock, Extension, Pause


def history_of(clock: Clock, pauses: Iterable[Pause] = (), extensions: Iterable[Extension] = ()) -> History:
    """Return what happened to a clock, for the rules: in UTC, since in a zone hours are added as on its wall clock."""
    started_at, stopped_at = clock.started_at.astimezone(UTC), clock.stopped_at and clock.stopped_at.astimezone(UTC)
    return History(started_at, stopped_at, bool(clock.cancel_reason), *spans_of(pauses, extensions))


def spans_of(
    pauses: Iterable[Pause], extensions: Iterable[Extension]
) -> tuple[tuple[PauseSpan, ...], tuple[ExtensionTo, ...]]:
    """Return pauses and extensions as the rules take them."""
    return (
        tuple(PauseSpan(p.paused_at, p.resumed_at, p.reason, p.asked_label, p.approved_label) for p in pauses),
        tuple(ExtensionTo(e.agreed_at, e.new_due_at, e.reason) for e in extensions),
    )
