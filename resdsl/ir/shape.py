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

    @classmethod
    def of(cls, text: str) -> Shape:
        """The shape that `3x224x224` means; raises ValueError."""
        parts = text.split("x")
        if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and 0 < int(part) < 2**20 for part in parts):
            raise ValueError(f"'{text}' is not CxHxW, for example 3x64x64")
        return cls(*map(int, parts))

    @property
    def size(self) -> int:
        return self.channels * self.height * self.width

    @property
    def map(self) -> Pair:
        """Height and width."""
        return self.height, self.width

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"
