"""The processors that this process may use."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress


def processors() -> list[int]:
    """Their numbers: of all of them, where the system keeps no process to a few."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def keep_to(chosen: Collection[int]) -> None:
    """Keeps all threads of this process, and those that they start, to these processors, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        return
    for thread in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError):  # It has ended meanwhile.
            os.sched_setaffinity(int(thread), chosen)
