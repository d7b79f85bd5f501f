"""Child processes that never outlive the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Account:
    """The numbers a process runs under."""

    uid: int
    gid: int


def _die_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def arrange() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, int(with_signal))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return arrange


def spawn(
    argv: Sequence[str | Path],
    log: IO[bytes] | int,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, which Ctrl-C does not reach; the kernel sends `death_signal` when we die."""
    return subprocess.Popen(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509  (the supervisor has one thread)
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def end(process: subprocess.Popen[bytes], with_signal: signal.Signals, patience: float) -> bool:
    """Ask a child to stop, wait `patience` seconds, then kill its session. Return whether it went by itself."""
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        process.wait(patience)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        kill_session(process.pid)  # a child that was killed has left its own children behind
        process.wait()


def kill_session(leader: int) -> None:
    """Kill the process group that `spawn` gave the child, grandchildren included."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def alive(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def command_line(pid: int) -> str:
    """Return what a process was started as; empty when it is gone or the system does not tell."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
