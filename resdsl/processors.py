"""The processors that this process may use."""

from __future__ import annotations

import os


def processors() -> list[int]:
    """Their numbers: of all of them, where the system keeps no process to a few."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
