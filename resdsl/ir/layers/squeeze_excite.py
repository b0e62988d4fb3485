"""Squeeze and excite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Pointwise, Quantity, Unsound, Weight, weight_and_bias
from resdsl.word import Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SqueezeExcite(Pointwise):
    """Global average, 1x1 conv to `channels // reduction` channels, ReLU, 1x1 conv back, sigmoid, scale (Hu et al. 2018).

    Its gate sees the whole map, which does not count as its window.
    """

    op: Literal["squeeze_excite"] = "squeeze_excite"
    reduction: int

    WORDS: ClassVar = (
        Word(
            "squeeze_excite",
            "Scales each channel by what all of them hold: global average, 1x1 conv to `channels // reduction`, ReLU, 1x1 "
            "conv back, sigmoid (Hu et al. 2018).",
            (Parameter("reduction", Integer(), "What the channels are divided by.", what="the reduction"),),
            base="se",
        ),
    )
    SAMPLES: ClassVar = ("squeeze_excite 2",)
    QUANTITIES: ClassVar = (CHANNELS, Quantity("reduction"))
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        channels, reduction = given.input.channels, given["reduction"]
        if channels < reduction:
            found = f"a reduction of {reduction} leaves nothing of {channels} channels"
            raise Unsound(N004, found, "write a smaller reduction", "reduction")
        return cls(**given.common(given.input), reduction=reduction)

    @property
    def squeezed(self) -> int:
        return self.input.channels // self.reduction

    @property
    def word(self) -> str:
        return "squeeze_excite"

    @property
    def text(self) -> str:
        return f"squeeze-excite, {self.squeezed}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels, squeezed = self.input.channels, self.squeezed
        return (
            *weight_and_bias((squeezed, channels, 1, 1), True, "fc1.", also=((squeezed, channels),)),
            *weight_and_bias((channels, squeezed, 1, 1), True, "fc2.", also=((channels, squeezed),)),
        )

    @property
    def macs(self) -> int:
        return 2 * self.input.channels * self.squeezed

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
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
