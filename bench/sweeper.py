"""A sweeper in a process of its own, as the worker is: `Sweeper(url)` starts it, `go` lets it make one pass."""

import importlib
import os
import subprocess
import sys
from datetime import datetime
from select import select

import django

from icras.embedded import CHECKOUT


class Sweeper:
    """One process that sweeps the database at `url` when it is told to."""

    def __init__(self, url: str) -> None:
        env = {**os.environ, "DATABASE_URL": url}
        argv = [sys.executable, "-m", "bench.sweeper"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, env=env, cwd=CHECKOUT)
        self._heard()

    def go(self, at: datetime) -> None:
        """Let it sweep whatever is due at the instant."""
        assert self._process.stdin
        self._process.stdin.write(f"{at.isoformat()}\n")
        self._process.stdin.flush()

    @property
    def busy(self) -> bool:
        """Say whether the pass goes on."""
        assert self._process.stdout
        return not select([self._process.stdout], [], [], 0)[0]

    def done(self) -> int:
        """Wait for the end of the pass and return how many clocks it saw."""
        return int(self._heard())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _heard(self) -> str:
        assert self._process.stdout
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the sweeper died")
        return line


def main() -> None:
    """Sweep once for every instant that is read, until there is no more."""
    django.setup()
    batches = importlib.import_module("timelimits.tasks").batches  # Django's settings come first
    print("ready", flush=True)
    for line in sys.stdin:
        print(sum(batches(datetime.fromisoformat(line.strip()))), flush=True)


if __name__ == "__main__":
    main()
