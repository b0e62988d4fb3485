"""Starts the ranks of a run on this machine, watches them, names those that are lost, and begins anew without them.

What torchrun does for PyTorch, for every backend, without importing any.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from resdsl.team import Seat
from resdsl.training.interrupt import LAUNCHER, handling

LOST = 75
"""The exit status of a rank that ends because another was lost."""
STOPPED = 130
FINAL = {2, STOPPED}
"""Those after which nothing is begun anew: a mistake in the call, and a run that was asked to stop."""
MOST_RESTARTS = 3
GRACE, SAVING = 20.0, 600.0  # seconds for those that are left, where one is lost, and where all were asked to stop
LOOK_EVERY = 0.05
COMMAND = (sys.executable, "-m", "resdsl")
Ranks = list["subprocess.Popen[bytes]"]


def launch(words: Sequence[str], processes: int, tell: Callable[[str], None]) -> int:
    """Runs `resdsl WORDS` in so many processes until it is done; the exit status.

    The words must name the run folder: that is where it goes on, when a rank was lost.
    """
    ranks: Ranks = []
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        for rank in ranks:
            if rank.poll() is None:  # Ctrl-C has reached it already, from the terminal: that counts as one.
                rank.terminate()

    with handling(stop):
        for restarts in range(MOST_RESTARTS + 1):
            ranks[:] = _started(words, processes, restarts)
            if stopped.is_set():  # While they were started.
                stop()
            lost, status = _ended(ranks)
            if not lost:
                return status
            if stopped.is_set():  # Before a rank could listen, so that there is nothing to save.
                return STOPPED
            for line in lost:
                tell(line)
            if restarts < MOST_RESTARTS:
                tell(
                    f"all ranks begin again, from the last checkpoint ({restarts + 1} of at most {MOST_RESTARTS} times)"
                )
    tell("too many ranks were lost: --resume goes on from the last checkpoint")
    return 1


def _started(words: Sequence[str], processes: int, restarts: int) -> Ranks:
    port = _free_port()
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // processes))}
    seats = (Seat(rank, processes, rank, "127.0.0.1", port, restarts) for rank in range(processes))
    own = {LAUNCHER: str(os.getpid())}
    return [subprocess.Popen([*COMMAND, *words], env=threads | os.environ | seat.environment | own) for seat in seats]


def _ended(ranks: Ranks) -> tuple[list[str], int]:
    """Waits for all; what there is to say of those that were lost, or else the status of the run."""
    while not any(rank.poll() for rank in ranks):
        if all(rank.poll() == 0 for rank in ranks):
            return [], 0
        time.sleep(LOOK_EVERY)
    first = [_named(number, rank) for number, rank in enumerate(ranks) if rank.poll() not in {None, 0, LOST}]
    _end(ranks)
    statuses = [rank.returncode for rank in ranks]
    if final := FINAL.intersection(statuses):
        return [], max(final)
    everyone = (_named(number, rank) for number, rank in enumerate(ranks) if rank.returncode)
    return first or list(everyone), 1


def _end(ranks: Ranks) -> None:
    """Gives those that are left the time to see that one is lost, or to save."""
    end = time.monotonic() + (SAVING if STOPPED in [rank.poll() for rank in ranks] else GRACE)
    while any(rank.poll() is None for rank in ranks) and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
    for rank in ranks:
        if rank.poll() is None:
            rank.kill()
        rank.wait()


def _named(number: int, rank: subprocess.Popen[bytes]) -> str:
    status = rank.returncode
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"rank {number} (process {rank.pid}) is lost: it {how}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
