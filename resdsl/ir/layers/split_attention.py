"""Split attention (ResNeSt)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.act import Act, PRelu
from resdsl.ir.layers.composite import Composite, Norm, Part, Parts
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Quantity, Unsound
from resdsl.ir.layers.window import check_groups, size_text, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, STRIDE, Integer, Parameter, Sides, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SplitAttention(Composite):
    """A conv to `radix` times the filters, and the sum of these splits, weighted by what all of them hold.

    The conv with its norm and activation; then global average, 1x1 conv, norm, ReLU, 1x1 conv, and a softmax over the
    splits (Zhang et al. 2020, ResNeSt, Section 3.1). What decides the weights does not count as its window.
    """

    op: Literal["split_attention"] = "split_attention"
    conv: Conv
    bn0: Norm | None
    act0: Act | PRelu | None
    fc1: Conv
    bn1: Norm | None
    act1: Act
    fc2: Conv
    radix: int

    WORDS: ClassVar = (
        Word(
            "split_attention",
            "A *weight layer* with its norm and activation, to RADIX times FILTERS; what leaves is the sum of these splits, "
            "weighted by a softmax of what all of them hold (Zhang et al. 2020, ResNeSt).",
            (
                Parameter("kernel", Sides(), "The kernel.", what="the kernel"),
                Parameter("filters", Integer(), "The channels that leave.", what="the number of filters"),
                Parameter("radix", Integer(), "How many splits.", 2, "the radix", named=True),
                Parameter("groups", Integer(), "The groups of each split.", 1, "the number of groups", named=True),
                Parameter(
                    "hidden", Integer(),
                    "The channels that decide: a quarter of those of all splits, a multiple of 8, and at least 32, unless told.",
                    DERIVED, "the hidden channels", named=True, sample="32",
                ),
            ),
            stride=STRIDE,
            base="split",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("split_attention 3x3, 8", "split_attention 3x3, 8, /2, radix = 4, groups = 2, hidden = 12")
    QUANTITIES: ClassVar = (CHANNELS, Quantity("filters"))
    LEAVES: ClassVar = "filters"

    @classmethod
    def make(cls, given: Given) -> Self:
        made, channels, filters = Parts(given), given.input.channels, given["filters"]
        radix, groups = given["radix"], given["groups"]
        hidden = given["hidden"] or max(32, round(channels * radix / 32) * 8)
        check_groups(filters, hidden, groups)
        if radix < 2:
            raise Unsound(N004, f"the radix is {radix}", "write 2 or more: one split has nothing to weigh", "radix")
        conv = made.conv(
            "conv", given.input, filters * radix, given["kernel"], given["stride"] or (1, 1), groups * radix
        )
        seen = Shape(filters, 1, 1)
        fc1 = made.conv("fc1", seen, hidden, groups=groups, bias=True)
        return cls(
            **given.common(conv.output._replace(channels=filters)), radix=radix, conv=conv,
            bn0=made.norm("bn0", conv.output), act0=made.act("act0", conv.output), fc1=fc1,
            bn1=made.norm("bn1", fc1.output), act1=made.relu("act1", fc1.output),
            fc2=made.conv("fc2", fc1.output, filters * radix, groups=groups, bias=True),
        )  # fmt: skip

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return self.conv, self.bn0, self.act0, self.fc1, self.bn1, self.act1, self.fc2

    @property
    def filters(self) -> int:
        return self.output.channels

    @property
    def cardinality(self) -> int:
        """The groups of each split."""
        return self.fc1.groups

    @property
    def word(self) -> str:
        return "split_attention"

    @property
    def text(self) -> str:
        return f"{size_text(self.conv.kernel)} split attention, {self.filters}{stride_text(self.conv.stride)}"

    @property
    def details(self) -> Details:
        groups = (("groups", f"{self.cardinality}"),) if self.cardinality > 1 else ()
        return (("splits", f"{self.radix}"), ("decided by", f"{self.fc1.filters}"), *groups)

    @property
    def box(self) -> Box:
        return "conv"

    @property
    def strides(self) -> Pair:
        return self.conv.stride

    @property
    def window(self) -> Pair:
        return self.conv.window

    @property
    def is_weight_layer(self) -> bool:
        return True
