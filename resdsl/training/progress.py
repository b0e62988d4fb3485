"""How far a run has come: all that a checkpoint needs besides the state of its session."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from functools import reduce
from typing import NamedTuple, final

from pydantic import TypeAdapter

from resdsl.backend import Scores
from resdsl.training.errors import DivergedError
from resdsl.training.schedule import Plateau


class Result(NamedTuple):
    """Means over images: the cross entropy in nats, and the shares of right first and first five predictions (0 to 1)."""

    loss: float
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Scores added up over images, and the seconds that they took."""

    images: int = 0
    loss: float = 0.0
    top1: float = 0.0
    top5: float = 0.0
    seconds: float = 0.0

    @classmethod
    def of(cls, batches: Iterable[tuple[int, Scores]]) -> Sums:
        """The sums of batches of so many images each; waits for the device."""
        return reduce(lambda sums, batch: sums.plus(*batch), batches, cls())

    def plus(self, images: int, scores: Scores) -> Sums:
        """The sums with one more batch of so many `images`; waits for the device."""
        loss, top1, top5 = (float(score) for score in scores)
        return replace(
            self, images=self.images + images, loss=self.loss + loss, top1=self.top1 + top1, top5=self.top5 + top5
        )

    def __add__(self, other: Sums) -> Sums:
        """The sums of both."""
        return Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def result(self) -> Result:
        """The means; there must have been an image."""
        return Result(self.loss / self.images, self.top1 / self.images, self.top5 / self.images)

    @property
    def images_per_second(self) -> float:
        """The speed, 0 before the first image."""
        return self.images / self.seconds if self.seconds else 0.0


@final
class Tally:
    """The scores of consecutive steps of `batch` images, the first of them `step`; `settle` turns them into numbers."""

    def __init__(self, sums: Sums, step: int, batch: int) -> None:
        self._sums = sums
        self._step = step
        self._batch = batch
        self._waiting: list[Callable[[], list[Scores]]] = []

    def add(self, scores: Callable[[], list[Scores]]) -> None:
        """Takes up the scores of the next steps as they are: the device may still be at work on them."""
        self._waiting.append(scores)

    def settle(self) -> Sums:
        """The sums of all steps so far; waits for the device. Raises DivergedError at a loss that is no number."""
        for scores in (each for waiting in self._waiting for each in waiting()):
            self._sums = self._sums.plus(self._batch, scores)
            if not math.isfinite(self._sums.loss):
                raise DivergedError(f"the loss of step {self._step} is not a number: {DivergedError.REMEDY}")
            self._step += 1
        self._waiting.clear()
        return self._sums


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` steps are done; `sums` are those since the last evaluation, none where the last step was evaluated."""

    step: int = 0
    sums: Sums = field(default_factory=Sums)
    plateau: Plateau = field(default_factory=Plateau)
    best_top1: float = 0.0
    best_step: int = 0

    def to_json(self) -> str:
        """One line of text, from which `from_json` makes the same progress again."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Progress:
        """What `to_json` wrote (pydantic.ValidationError, a ValueError, for anything else)."""
        return TypeAdapter(Progress).validate_json(text)
