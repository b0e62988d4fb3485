"""An epoch of training as data: which image stands where, and what is done to it there.

The arrays are NumPy's where they are drawn, and a framework's own once they are on its device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """Pads `padding` zero pixels on every side and takes a window of the original size.

    `offsets`, int (N, 2): the row and the column at which the window of each position begins.
    """

    padding: int
    offsets: Any


@dataclass(frozen=True, slots=True, eq=False)
class Mirror:
    """Mirrors the images at the positions that are `chosen`, bool (N,), left to right."""

    chosen: Any


Choice = Crop | Mirror


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """`order`, int (N,): the image at each position; `choices`: what is done, one after another, at each position."""

    order: Any
    choices: tuple[Choice, ...]
