"""Rows and columns left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Details, Given, Quantity, Weightless
from resdsl.ir.layers.window import stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import REQUIRED_STRIDE, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Subsample(Weightless):
    """Keeps rows and columns 0, stride, 2 * stride, …"""

    op: Literal["subsample"] = "subsample"
    stride: Pair

    WORDS: ClassVar = (
        Word(
            "subsample",
            "Keeps rows and columns 0, STRIDE, 2 * STRIDE, …",
            stride=REQUIRED_STRIDE,
            base="subsample",
        ),
    )
    SAMPLES: ClassVar = ("subsample /2",)
    QUANTITIES: ClassVar = (Quantity("stride", pair=True, absent=1),)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self | None:
        stride = given["stride"]
        if stride == (1, 1):
            return None
        rows, columns = (-(-size // step) for size, step in zip(given.input.map, stride, strict=True))
        return cls(**given.common(Shape(given.input.channels, rows, columns)), stride=stride)

    @property
    def word(self) -> str:
        return "subsample"

    @property
    def text(self) -> str:
        return f"subsample{stride_text(self.stride)}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def strides(self) -> Pair:
        return self.stride

    @property
    def window(self) -> Pair:
        return 1, 1

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_global_average(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return True

    @property
    def overwritable(self) -> bool:
        return False
