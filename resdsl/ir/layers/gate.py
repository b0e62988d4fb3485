"""The gate of a block's join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import CHANNELS, BaseLayer, Box, Details, Given, Quantity, Weight, weight_and_bias
from resdsl.ir.layers.window import slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(BaseLayer):
    """A 1x1 conv of a block's input and a sigmoid: how much passes, at each pixel of each channel.

    It is written by its block's `join`, and has no word of its own.
    `start` is the value that its biases start at (He et al. 2016b, Section 3.1; Srivastava et al. 2015).
    """

    op: Literal["gate"] = "gate"
    stride: Pair = (1, 1)
    start: float = 0.0

    WORDS: ClassVar[tuple[Word, ...]] = ()
    SAMPLES: ClassVar[tuple[str, ...]] = ()
    QUANTITIES: ClassVar = (CHANNELS, Quantity("filters"), Quantity("stride", pair=True))
    LEAVES: ClassVar = "filters"

    @classmethod
    def make(cls, given: Given) -> Self:
        output = Shape(given["filters"], *slid(given.input, (1, 1), given["stride"], ((0, 0), (0, 0))))
        return cls(**given.common(output), stride=given["stride"], start=given["start"])

    @property
    def filters(self) -> int:
        return self.output.channels

    @property
    def word(self) -> str:
        return "gate"

    @property
    def text(self) -> str:
        return f"1x1 conv, {self.filters}{stride_text(self.stride)}"

    @property
    def details(self) -> Details:
        return (("then", "sigmoid"), ("bias from", f"{self.start:g}"))

    @property
    def box(self) -> Box:
        return "gate"

    @property
    def weights(self) -> tuple[Weight, ...]:
        weight, bias = weight_and_bias((self.filters, self.channels, 1, 1), True, also=((self.filters, self.channels),))
        return weight, bias._replace(start=self.start)

    @property
    def macs(self) -> int:
        return self.output.size * self.channels

    @property
    def strides(self) -> Pair:
        return self.stride

    @property
    def window(self) -> Pair:
        return 1, 1

    @property
    def is_weight_layer(self) -> bool:
        return False

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return True

    @property
    def is_global_average(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return False
