"""Ctrl-C, or a terminal that is closed, ends a run between two steps, never inside one, so that what is saved is whole."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
TOGETHER = 1.0  # seconds in which signals count as one: a terminal and a launcher send them both
LAUNCHER = "RESDSL_LAUNCHER"
"""The variable by which a rank knows the process of its launcher."""


@contextmanager
def handling(ask: Callable[[], None]) -> Iterator[None]:
    """Inside, signals that are to end this process call `ask` in place of what they do."""
    # Python lets only the main thread handle signals. What is ignored (nohup) stays so.
    numbers = SIGNALS if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    asked: list[float] = []

    def handle(number: int, frame: FrameType | None) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            ask()
        elif asked[-1] - asked[0] > TOGETHER:
            restore()
            signal.raise_signal(number)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Yields the question whether to stop. A second signal does what it always does."""
    asked = threading.Event()
    with handling(asked.set):
        yield asked.is_set


def end_with_launcher() -> None:
    """Has a rank that `resdsl` launched end, as by SIGTERM, once its launcher is gone, however that went."""
    if LAUNCHER in os.environ:
        threading.Thread(target=_end_after, args=[int(os.environ[LAUNCHER])], daemon=True).start()


def _end_after(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(TOGETHER)
    os.kill(os.getpid(), signal.SIGTERM)
