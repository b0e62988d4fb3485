"""What a run leaves behind: in a run folder, or, on all ranks but the first, nowhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import final

import numpy as np

from resdsl.backend import Array
from resdsl.training.errors import DivergedError
from resdsl.training.metrics import Metrics
from resdsl.training.progress import Progress


class Record(AbstractContextManager["Record"], ABC):
    """Takes down how a run goes; `path` is its folder."""

    path: Path

    @property
    @abstractmethod
    def best(self) -> Path:
        """The weights with the best top-1, once there are any."""

    @property
    @abstractmethod
    def metrics(self) -> tuple[str, ...]:
        """The lines of all evaluations so far."""

    @abstractmethod
    def append(self, metrics: Metrics) -> None:
        """Adds a line to the metrics."""

    @abstractmethod
    def save(self, state: dict[str, Array], progress: Progress) -> None:
        """Keeps everything (DivergedError)."""


@final
class Elsewhere(Record):
    """The first rank keeps it all, at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def best(self) -> Path:
        return self.path

    @property
    def metrics(self) -> tuple[str, ...]:
        return ()

    def append(self, metrics: Metrics) -> None:
        """Does nothing."""

    def save(self, state: dict[str, Array], progress: Progress) -> None:
        """Keeps nothing, but diverges where the first rank does."""
        check_numbers(state, progress)

    def __exit__(self, *error: object) -> None:
        return


def check_numbers(state: Mapping[str, Array], progress: Progress) -> None:
    """Raises DivergedError where a weight is not a number."""
    broken = next((name for name, array in state.items() if not np.isfinite(array).all()), None)
    if broken:
        raise DivergedError(
            f"{broken} holds values that are not numbers after step {progress.step}, and is not saved: "
            f"{DivergedError.REMEDY}"
        )
