"""Convolutions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.act import ACTS
from resdsl.ir.layers.layer import CHANNELS, BaseLayer, Box, Details, Given, Quantity, Weight, weight_and_bias
from resdsl.ir.layers.norm import NORMS
from resdsl.ir.layers.window import check_groups, same_padding, size_text, slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, NONE, STRIDE, Flag, Integer, OneOf, Parameter, Sides, Word

_REACH = Operation("*", Variable("dilation"), Operation("-", Variable("kernel"), Number(1)))
_SAME = Operation("//", _REACH, Number(2))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(BaseLayer):
    """A convolution with explicit symmetric padding (rows, columns)."""

    op: Literal["conv"] = "conv"
    kernel: Pair
    stride: int = 1
    padding: Pair = (0, 0)
    dilation: int = 1
    groups: int = 1
    bias: bool = False

    WORDS: ClassVar = (
        Word(
            "conv",
            "A convolution, a *weight layer*: `order` places its norm and activation. Padded on all sides by `dilation * "
            "(kernel - 1) / 2`, rounded down, unless told. It has a bias only where its norm is `none`, unless told.",
            (
                Parameter("kernel", Sides(), "The kernel: `3x3`, `1x7`, or one number.", what="the kernel"),
                Parameter("filters", Integer(), "The channels that leave.", what="the number of filters"),
                Parameter(
                    "groups", Integer(), "Splits the channels into groups that are convolved apart.", 1,
                    "the number of groups", named=True, sample="32",
                ),
                Parameter(
                    "dilation", Integer(), "The distance between the pixels of the kernel.", 1,
                    "the dilation", named=True, sample="2",
                ),
                Parameter("bias", Flag(), "Whether a learned bias is added.", DERIVED, named=True, sample="false"),
                Parameter(
                    "pad", Sides(0), "Pixels of padding on each side; `pad = 1x2` for rows and columns.", DERIVED,
                    "the padding", named=True, sample="1",
                ),
                Parameter(
                    "norm", OneOf("norm", NORMS), "Its own norm, in place of the setting.", DERIVED,
                    named=True, sample=NONE,
                ),
                Parameter(
                    "act", OneOf("act", ACTS), "Its own activation, in place of the setting.", DERIVED,
                    named=True, sample=NONE,
                ),
            ),
            stride=STRIDE,
            base="conv",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = (
        "conv 3x3, 8",
        "conv 3x5, 8, /2, groups = 2, dilation = 2, bias = true, norm = none, act = none",
    )
    QUANTITIES: ClassVar = (
        CHANNELS,
        Quantity("filters"),
        Quantity("stride"),
        Quantity("dilation"),
        Quantity("groups"),
        Quantity("kernel", pair=True),
        Quantity("padding", pair=True, written="pad", usual=(_SAME,)),
    )
    LEAVES: ClassVar = "filters"

    @classmethod
    def make(cls, given: Given) -> Self:
        kernel, stride, dilation, groups = given["kernel"], given["stride"] or 1, given["dilation"], given["groups"]
        padding = given["pad"] or same_padding(kernel, dilation)
        check_groups(given.input.channels, given["filters"], groups)
        output = Shape(given["filters"], *slid(given.input, kernel, stride, padding, dilation))
        return cls(
            **given.common(output), kernel=kernel, stride=stride, padding=padding, dilation=dilation, groups=groups,
            bias=given["bias"],
        )  # fmt: skip

    @property
    def filters(self) -> int:
        return self.output.channels

    @property
    def word(self) -> str:
        return "conv"

    @property
    def text(self) -> str:
        groups = f", {self.groups} groups" if self.groups > 1 else ""
        dilation = f", dilation {self.dilation}" if self.dilation > 1 else ""
        return f"{size_text(self.kernel)} conv, {self.filters}{stride_text(self.stride)}{groups}{dilation}"

    @property
    def details(self) -> Details:
        bias = (("with", "bias"),) if self.bias else ()
        return (("from", f"{self.channels}"), ("padding", size_text(self.padding)), *bias)

    @property
    def box(self) -> Box:
        return "conv"

    @property
    def weights(self) -> tuple[Weight, ...]:
        return weight_and_bias((self.filters, self.channels // self.groups, *self.kernel), self.bias)

    @property
    def macs(self) -> int:
        return math.prod((*self.output, self.channels // self.groups, *self.kernel))

    @property
    def strides(self) -> int:
        return self.stride

    @property
    def window(self) -> Pair:
        rows, columns = self.kernel
        return self.dilation * (rows - 1) + 1, self.dilation * (columns - 1) + 1

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
