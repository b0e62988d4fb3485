"""Ctrl-C, or a terminal that is closed, ends a run between two steps, never inside one, so that what is saved is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def handled_signals() -> tuple[int, ...]:
    """Those that ask a run to stop; Python lets only the main thread handle them, and what is ignored (nohup) stays so."""
    handled = SIGNALS if threading.current_thread() is threading.main_thread() else ()
    return tuple(number for number in handled if signal.getsignal(number) is not signal.SIG_IGN)


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Yields the question whether to stop. A second signal does what it always does."""
    asked = threading.Event()
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in handled_signals()}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        restore()

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked.is_set
    finally:
        restore()
