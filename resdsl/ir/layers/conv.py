"""Convolutions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N003
from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.act import ACTS
from resdsl.ir.layers.layer import (
    CHANNELS,
    BaseLayer,
    Box,
    Details,
    Given,
    Quantity,
    Unsound,
    Weight,
    weight_and_bias,
)
from resdsl.ir.layers.norm import NORMS
from resdsl.ir.layers.window import check_groups, padding_text, same_padding, size_text, slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, NONE, STRIDE, Flag, Integer, OneOf, Padding, Parameter, Sides, Word

_REACH = Operation("*", Variable("dilation"), Operation("-", Variable("kernel"), Number(1)))
_SAME = Operation("//", _REACH, Number(2))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(BaseLayer):
    """A convolution with explicit padding (rows, columns) on all sides, or `after` the map another than before it.

    Where it is to `standardize` its weights, that is what is added to their variance (Qiao et al. 2019).
    """

    op: Literal["conv"] = "conv"
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    after: Pair | None = None
    dilation: int = 1
    groups: int = 1
    bias: bool = False
    standardize: float | None = None

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
                    "pad", Padding(),
                    "Pixels of padding on each side; `pad = 1x2` for rows and columns, `[0, 1]` before and after the map.",
                    DERIVED, "the padding", named=True, sample="1",
                ),
                Parameter(
                    "standardize", Flag(),
                    "Whether the weights of each filter are used with mean 0 and variance 1 (Qiao et al. 2019), in place of "
                    "the setting `weights`.",
                    DERIVED, named=True, sample="true",
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
        "conv 3x3, 8, /2x1, pad = [0, 1x2]",
        "conv 3x3, 8, /2, standardize = true",
        "conv 3x5, 8, /2, groups = 2, dilation = 2, bias = true, norm = none, act = none",
    )
    QUANTITIES: ClassVar = (
        CHANNELS,
        Quantity("filters"),
        Quantity("stride", pair=True),
        Quantity("dilation", usual=(Variable("dilation"),)),
        Quantity("groups"),
        Quantity("kernel", pair=True),
        Quantity("padding", pair=True, written="pad", usual=(_SAME,)),
    )
    LEAVES: ClassVar = "filters"

    @classmethod
    def make(cls, given: Given) -> Self:
        kernel, stride, dilation, groups = (
            given["kernel"],
            given["stride"] or (1, 1),
            given["dilation"],
            given["groups"],
        )
        before, after = around = given["pad"] or (same_padding(kernel, dilation),) * 2
        check_groups(given.input.channels, given["filters"], groups)
        if before != after and given["standardize"]:
            raise Unsound(
                N003, "standardized weights and other padding after the map than before it", "choose one of both"
            )
        output = Shape(given["filters"], *slid(given.input, kernel, stride, around, dilation))
        return cls(
            **given.common(output), kernel=kernel, stride=stride, padding=before, after=after if after != before else None,
            dilation=dilation, groups=groups, bias=given["bias"], standardize=given["standardize"],
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
        padding = padding_text(self.padding, self.padding if self.after is None else self.after)
        weights = () if self.standardize is None else (("weights", "standardized"),)
        return (("from", f"{self.channels}"), ("padding", padding), *weights, *bias)

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
    def strides(self) -> Pair:
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
