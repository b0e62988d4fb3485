"""Selective kernels (SKNet)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import G002
from resdsl.ir.layers.act import Act, PRelu
from resdsl.ir.layers.composite import Composite, Norm, Part, Parts
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Quantity, Unsound
from resdsl.ir.layers.window import stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, STRIDE, Flag, Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SelectiveKernel(Composite):
    """Two 3x3 convs, the second one with a dilation of 2, and their sum, weighted by what both hold.

    Each with its norm and activation; then global average, 1x1 conv, norm, ReLU, 1x1 conv, and a softmax over the two
    (Li et al. 2019, Selective Kernel Networks, Section 3.1). What decides the weights does not count as its window.
    """

    op: Literal["selective_kernel"] = "selective_kernel"
    near: Conv
    near_norm: Norm | None
    far: Conv
    far_norm: Norm | None
    reduce: Conv
    norm: Norm | None
    act: Act | PRelu | None
    select: Conv
    split: bool

    WORDS: ClassVar = (
        Word(
            "selective_kernel",
            "A *weight layer* with its norm and activation: two 3x3 convs, one of them with a dilation of 2, and their sum, "
            "weighted by a softmax of what both hold (Li et al. 2019, SKNet).",
            (
                Parameter("filters", Integer(), "The channels that leave.", what="the number of filters"),
                Parameter("groups", Integer(), "The groups of each conv.", 1, "the number of groups", named=True),
                Parameter(
                    "hidden", Integer(),
                    "The channels that decide: an eighth of FILTERS, a multiple of 8, and at least 16, unless told.", DERIVED,
                    "the hidden channels", named=True, sample="32",
                ),
                Parameter(
                    "split", Flag(), "Whether each conv reads a half of the channels that arrive.", False, named=True,
                    sample="true",
                ),
            ),
            stride=STRIDE,
            base="select",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("selective_kernel 8", "selective_kernel 8, /2, groups = 2, hidden = 12, split = true")
    QUANTITIES: ClassVar = (CHANNELS, Quantity("filters"))
    LEAVES: ClassVar = "filters"

    @classmethod
    def make(cls, given: Given) -> Self:
        made, filters, stride = Parts(given), given["filters"], given["stride"] or (1, 1)
        arrives = given.input
        if given["split"]:
            if arrives.channels % 2:
                raise Unsound(G002, f"{arrives.channels} channels have no halves", "leave split out", "split")
            arrives = arrives._replace(channels=arrives.channels // 2)
        near, far = (
            made.conv(f"paths.{index}.conv", arrives, filters, (3, 3), stride, given["groups"], dilation=index + 1)
            for index in range(2)
        )
        hidden = given["hidden"] or max(16, round(filters / 64) * 8)
        reduce = made.conv("attn.fc_reduce", Shape(filters, 1, 1), hidden)
        return cls(
            **given.common(near.output), near=near, near_norm=made.norm("paths.0.bn", near.output), far=far,
            far_norm=made.norm("paths.1.bn", far.output), reduce=reduce, norm=made.norm("attn.bn", reduce.output),
            act=made.act("act", near.output), select=made.conv("attn.fc_select", reduce.output, 2 * filters),
            split=given["split"],
        )  # fmt: skip

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return (
            self.near, self.near_norm, self.far, self.far_norm, self.reduce, self.norm, self.select, self.act,
        )  # fmt: skip

    @property
    def filters(self) -> int:
        return self.output.channels

    @property
    def word(self) -> str:
        return "selective_kernel"

    @property
    def text(self) -> str:
        return f"selective 3x3 and 5x5, {self.filters}{stride_text(self.near.stride)}"

    @property
    def details(self) -> Details:
        groups = (("groups", f"{self.near.groups}"),) if self.near.groups > 1 else ()
        return (("decided by", f"{self.reduce.filters}"), *groups, *((("from", "a half each"),) if self.split else ()))

    @property
    def box(self) -> Box:
        return "conv"

    @property
    def strides(self) -> Pair:
        return self.near.stride

    @property
    def window(self) -> Pair:
        return self.far.window

    @property
    def is_weight_layer(self) -> bool:
        return True
