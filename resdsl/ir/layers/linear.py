"""Fully connected layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import BaseLayer, Box, Details, Given, Quantity, Weight, weight_and_bias
from resdsl.ir.shape import Pair, Shape
from resdsl.word import Flag, Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(BaseLayer):
    """A fully connected layer on the map flattened in C, H, W order."""

    op: Literal["linear"] = "linear"
    bias: bool = True

    WORDS: ClassVar = (
        Word(
            "linear",
            "A fully connected layer on the map, flattened in C, H, W order.",
            (
                Parameter("units", Integer(), "The values that leave.", what="the number of units"),
                Parameter("bias", Flag(), "Whether a learned bias is added.", True, named=True, sample="false"),
            ),
            base="fc",
        ),
    )
    SAMPLES: ClassVar = ("linear 8", "linear 8, bias = false")
    QUANTITIES: ClassVar = (Quantity("features"), Quantity("units"))
    LEAVES: ClassVar = "units"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(Shape(given["units"], 1, 1)), bias=given["bias"])

    @property
    def features(self) -> int:
        return self.input.size

    @property
    def units(self) -> int:
        return self.output.channels

    @property
    def word(self) -> str:
        return "linear"

    @property
    def text(self) -> str:
        return f"fc {self.units}"

    @property
    def details(self) -> Details:
        return (("from", f"{self.features}"), *((("with", "bias"),) if self.bias else ()))

    @property
    def box(self) -> Box:
        return "linear"

    @property
    def weights(self) -> tuple[Weight, ...]:
        flattens = self.input if self.input.size > self.input.channels > 1 else None
        shapes = ((self.units, *self.input),)
        return weight_and_bias((self.units, self.features), self.bias, also=shapes, flattens=flattens)

    @property
    def macs(self) -> int:
        return self.features * self.units

    @property
    def strides(self) -> Pair:
        return 1, 1

    @property
    def window(self) -> Pair:
        return self.input.map

    @property
    def is_weight_layer(self) -> bool:
        return True

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return False

    @property
    def is_global_average(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
