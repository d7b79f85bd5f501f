"""Processor time of processes, from the kernel's own account: what a busy neighbour does not change."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

NANO = 1e-9
LOOK_AGAIN = 2.0  # seconds


class Meter:
    """Processor time of threads that come and go, counted on: what one used before it was first seen is left out."""

    def __init__(self, find: Callable[[], Iterable[Path]]) -> None:
        self._find = find
        self._last: dict[Path, int] = {}
        self._total = 0
        self._look_at = 0.0

    def seconds(self) -> float:
        """Return what they have used so far."""
        for thread, before in [*self._last.items()]:
            try:
                used = _used(thread)
            except OSError:  # it has ended
                del self._last[thread]
            else:
                self._total += used - before
                self._last[thread] = used
        if time.monotonic() > self._look_at:
            for thread in set(self._find()) - set(self._last):
                with suppress(OSError):
                    self._last[thread] = _used(thread)
            self._look_at = time.monotonic() + LOOK_AGAIN
        return self._total * NANO


def _used(thread: Path) -> int:
    return int((thread / "schedstat").read_text().split()[0])


def seconds_of(threads: Iterable[Path]) -> float:
    """Return the processor time that these threads have used so far; those that are gone count nothing."""
    total = 0
    for thread in threads:
        with suppress(OSError):
            total += _used(thread)
    return total * NANO


def threads_of(pids: Iterable[int]) -> list[Path]:
    """Return the threads of these processes."""
    found: list[Path] = []
    for pid in pids:
        with suppress(OSError):
            found.extend(Path(f"/proc/{pid}/task").iterdir())
    return found


def backends(database: str) -> list[int]:
    """Return the sessions of PostgreSQL in a database, by the words it writes over their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if f" {database} ".encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
    return found
