"""Places in a run: a step (a plain number), an epoch, or a share of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, assert_never


@dataclass(frozen=True, slots=True)
class Epochs:
    """`81 epochs`: the end of so many passes over the data."""

    epochs: float

    def __str__(self) -> str:
        return f"{self.epochs:g} epochs"


@dataclass(frozen=True, slots=True)
class Share:
    """`50%` of the run."""

    percent: float

    def __str__(self) -> str:
        return f"{self.percent:g}%"


Moment = int | Epochs | Share


class Length(Protocol):
    """How long a run is: `total` steps, of which `per_epoch` are one pass over the data."""

    @property
    def total(self) -> int: ...

    @property
    def per_epoch(self) -> int: ...


def step_of(moment: Moment, length: Length) -> int:
    """How many steps of a run have been done at `moment`."""
    match moment:
        case int():
            return moment
        case Epochs(epochs=epochs):
            return round(epochs * length.per_epoch)
        case Share(percent=percent):
            return round(percent / 100 * length.total)
        case _:
            assert_never(moment)
