"""Maps and sizes."""

from __future__ import annotations

from typing import NamedTuple

Pair = tuple[int, int]
"""Rows and columns."""


class Shape(NamedTuple):
    """A map of one image: channels x height x width; a vector has height and width 1."""

    channels: int
    height: int
    width: int

    @property
    def size(self) -> int:
        return self.channels * self.height * self.width

    @property
    def map(self) -> Pair:
        """Height and width."""
        return self.height, self.width

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"
