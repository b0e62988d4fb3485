"""Pooling over windows, and over the whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.layer import Box, Details, Given, Quantity, Unsound, Weightless
from resdsl.ir.layers.window import same_padding, size_text, slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, STRIDE, Parameter, Sides, Word

_PAD = Parameter(
    "pad", Sides(0), "Pixels of padding on each side; `pad = 1x2` for rows and columns.", DERIVED,
    "the padding", named=True, sample="1",
)  # fmt: skip
_SAME = Operation("//", Operation("-", Variable("kernel"), Number(1)), Number(2))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Weightless):
    """Pooling over windows: a padded max pads with minus infinity, a padded average does not count the padding."""

    op: Literal["pool"] = "pool"
    kind: Literal["max", "avg"]
    kernel: Pair
    stride: int = 1
    padding: Pair = (0, 0)

    WORDS: ClassVar = (
        Word(
            "maxpool",
            "The largest value in each window. Padded by `(kernel - 1) / 2`, rounded down, unless told; the padding never "
            "is the maximum.",
            (Parameter("kernel", Sides(), "The window.", what="the kernel"), _PAD),
            stride=STRIDE,
            base="maxpool",
        ),
    )
    SAMPLES: ClassVar = ("maxpool 3x3, /2", "maxpool 3x2, pad = 1x0", "avgpool 2x2, /2", "avgpool 3x3")
    QUANTITIES: ClassVar = (
        Quantity("stride", absent=1),
        Quantity("kernel", pair=True),
        Quantity("padding", pair=True, written="pad", usual=(_SAME,)),
    )
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self | None:
        kernel, stride = given["kernel"], given["stride"] or 1
        if given.in_shortcut and given["stride"] == 1:
            return None
        padding = given["pad"] or same_padding(kernel)
        if any(2 * pad > side for pad, side in zip(padding, kernel, strict=True)):
            raise Unsound(N004, "the padding is more than half the kernel", "write a smaller pad", "pad")
        output = Shape(given.input.channels, *slid(given.input, kernel, stride, padding))
        kind: Literal["max", "avg"] = "max" if given.word == "maxpool" else "avg"
        return cls(**given.common(output), kind=kind, kernel=kernel, stride=stride, padding=padding)

    @property
    def word(self) -> str:
        return f"{self.kind}pool"

    @property
    def text(self) -> str:
        return ("pool" if self.kind == "max" else "avg pool") + stride_text(self.stride)

    @property
    def details(self) -> Details:
        return (("kernel", size_text(self.kernel)), ("padding", size_text(self.padding)))

    @property
    def box(self) -> Box:
        return "pool"

    @property
    def strides(self) -> int:
        return self.stride

    @property
    def window(self) -> Pair:
        return self.kernel

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_global_average(self) -> bool:
        return self.kind == "avg" and self.kernel == self.input.map and self.padding == (0, 0)

    @property
    def keeps_shift(self) -> bool:
        return True

    @property
    def overwritable(self) -> bool:
        return True


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalAvgPool(Weightless):
    """The average of each channel's map."""

    op: Literal["global_avgpool"] = "global_avgpool"

    WORDS: ClassVar = (
        Word(
            "avgpool",
            "The mean of each window, padded as in `maxpool`; the padding does not count. With no size, the mean of the "
            "whole map.",
            (Parameter("kernel", Sides(), "The window.", DERIVED, what="the kernel"), _PAD),
            stride=STRIDE,
            base="avgpool",
            bare="a global avgpool",
        ),
    )
    SAMPLES: ClassVar = ("avgpool",)
    QUANTITIES: ClassVar[tuple[Quantity, ...]] = ()
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self | Pool | None:
        if given["kernel"]:
            return Pool.make(given)
        return cls(**given.common(Shape(given.input.channels, 1, 1)))

    @property
    def word(self) -> str:
        return "avgpool"

    @property
    def text(self) -> str:
        return "avg pool"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "pool"

    @property
    def strides(self) -> int:
        return 1

    @property
    def window(self) -> Pair:
        return self.input.map

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_global_average(self) -> bool:
        return True

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
