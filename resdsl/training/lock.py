"""A folder that one process has to itself, until it ends, however it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import final

from resdsl.training.errors import TakenError

try:
    import fcntl
except ImportError:  # Not on every system.
    fcntl = None  # type: ignore[assignment]


@final
class Lock:
    """The folder at `path` for this process alone; raises TakenError where another has it. Nothing is left over."""

    def __init__(self, path: Path) -> None:
        self._descriptor: int | None = os.open(path, os.O_RDONLY) if fcntl else None
        if self._descriptor is not None:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                raise TakenError(
                    f"another process is at work in {path}: wait for its end, or pass another --out"
                ) from taken

    @staticmethod
    def taken(path: Path) -> bool:
        """Whether a process is at work in the folder at `path`."""
        try:
            Lock(path).release()
        except TakenError:
            return True
        return False

    def release(self) -> None:
        """Leaves the folder to others."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()
