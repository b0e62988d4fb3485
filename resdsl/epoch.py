"""An epoch of training as data: which image stands where, and what is done to it there.

The arrays are NumPy's where they are drawn, and a framework's own once they are on its device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Frame:
    """Takes of each image the part that `framing` draws for its position in the epoch `number` of a run with `seed`.

    `framing` is the recipe's. This happens on the host, where images have many sizes: nothing of it is drawn beforehand.
    """

    framing: Any
    seed: int
    number: int


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Pads `padding` zero pixels on every side and takes a window of the original size.

    `offsets`, int (N, 2): the row and the column at which the window of each position begins.
    """

    padding: int
    offsets: Any

    def mapped(self, function: Callable[[Any], Any]) -> Crop:
        """The same, with `function` of its array."""
        return Crop(self.padding, function(self.offsets))


@dataclass(frozen=True, slots=True, eq=False)
class Mirror:
    """Mirrors the images at the positions that are `chosen`, bool (N,), left to right."""

    chosen: Any

    def mapped(self, function: Callable[[Any], Any]) -> Mirror:
        """The same, with `function` of its array."""
        return Mirror(function(self.chosen))


@dataclass(frozen=True, slots=True, eq=False)
class Shift:
    """Adds whole `levels`, int16 (N, 3), to the channels of the image at each position, and keeps them from 0 to 255.

    Gray images get the mean of the three, rounded down.
    """

    levels: Any

    def mapped(self, function: Callable[[Any], Any]) -> Shift:
        """The same, with `function` of its array."""
        return Shift(function(self.levels))


Choice = Crop | Mirror | Shift


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """`order`, int (N,): the image at each position; `choices`: what is done, one after another, at each position.

    Before them all comes the `frame`, if there is one.
    """

    order: Any
    choices: tuple[Choice, ...]
    frame: Frame | None = None

    def mapped(self, function: Callable[[Any], Any]) -> Epoch:
        """The same, with `function` of each of its arrays, all of which have a row for each position."""
        return Epoch(function(self.order), tuple(choice.mapped(function) for choice in self.choices), self.frame)
