"""Adds up scores without waiting for the device at every step."""

from __future__ import annotations

import math
from typing import final

from resdsl.backend import Scores
from resdsl.training.errors import DivergedError
from resdsl.training.progress import Sums


@final
class Tally:
    """The scores of consecutive steps, of which `step` is the first; `settle` turns them into numbers."""

    def __init__(self, sums: Sums, step: int) -> None:
        self._sums = sums
        self._step = step
        self._waiting: list[tuple[int, Scores]] = []

    def add(self, images: int, scores: Scores) -> None:
        """Takes up the scores of the next step, as they are: the device may still be at work on them."""
        self._waiting.append((images, scores))

    def settle(self) -> Sums:
        """The sums of all steps so far; waits for the device. Raises DivergedError at a loss that is no number."""
        for images, scores in self._waiting:
            self._sums = self._sums.plus(images, scores)
            if not math.isfinite(self._sums.loss):
                raise DivergedError(f"the loss of step {self._step} is not a number: {DivergedError.REMEDY}")
            self._step += 1
        self._waiting.clear()
        return self._sums
