"""Efficient channel attention."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.act import GATES, Activation
from resdsl.ir.layers.layer import Box, Details, Given, Pointwise, Quantity, Unsound, Weight
from resdsl.word import DERIVED, Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Eca(Pointwise):
    """Global average, a conv along the channels, gate, scale (Wang et al. 2020).

    The gate sees the whole map, which does not count as its window.
    """

    op: Literal["eca"] = "eca"
    kernel: int
    gate: Activation = Activation.SIGMOID

    WORDS: ClassVar = (
        Word(
            "eca",
            "Scales each channel by what those next to it hold: global average, a conv along the channels without a bias, "
            "sigmoid (Wang et al. 2020).",
            (
                Parameter(
                    "kernel", Integer(), "How many channels the conv looks at, an odd number; "
                    "`|log2(channels) + 1| / 2`, to the next odd number, but at least 3, unless told.",
                    DERIVED, "the kernel", sample="3",
                ),
                Parameter("gate", GATES, "The gate at the end.", Activation.SIGMOID.definition.choice, named=True),
            ),
            base="se",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("eca", "eca 5, gate = hard_sigmoid")
    QUANTITIES: ClassVar = (Quantity("kernel"),)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        kernel = given["kernel"] or adaptive_kernel(given.input.channels)
        if kernel % 2 == 0:
            raise Unsound(N004, f"a kernel of {kernel} has no middle", "write an odd number", "kernel")
        return cls(**given.common(given.input), kernel=kernel, gate=Activation[given["gate"].word.upper()])

    @property
    def word(self) -> str:
        return "eca"

    @property
    def text(self) -> str:
        return f"channel attention, {self.kernel}"

    @property
    def details(self) -> Details:
        return (("gate", self.gate.shown),) if self.gate is not Activation.SIGMOID else ()

    @property
    def box(self) -> Box:
        return "gate"

    @property
    def weights(self) -> tuple[Weight, ...]:
        return (Weight("conv.weight", (1, 1, self.kernel), "weight", self.kernel),)

    @property
    def macs(self) -> int:
        return self.input.channels * self.kernel

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


def adaptive_kernel(channels: int) -> int:
    """The kernel for so many channels (Wang et al. 2020, equation 12, with gamma 2 and b 1), at least 3 as in timm."""
    size = int(abs(math.log2(channels) + 1) / 2)
    return max(size if size % 2 else size + 1, 3)
