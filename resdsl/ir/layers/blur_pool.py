"""Blurring before rows and columns are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import G001, N004
from resdsl.ir.layers.layer import Box, Details, Given, Quantity, Unsound, Weightless
from resdsl.ir.layers.window import size_text, slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import STRIDE, Parameter, Sides, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BlurPool(Weightless):
    """A blur by binomial weights on a map that is padded by reflection, thinned out by its stride (Zhang 2019)."""

    op: Literal["blur_pool"] = "blur_pool"
    kernel: Pair
    stride: Pair = (1, 1)

    WORDS: ClassVar = (
        Word(
            "blur_pool",
            "Blurs each channel by binomial weights (1 2 1 for 3) before its stride thins out the map, which is padded by "
            "reflection (Zhang 2019).",
            (Parameter("kernel", Sides(2), "The window.", what="the kernel"),),
            stride=STRIDE,
            base="blur",
        ),
    )
    SAMPLES: ClassVar = ("blur_pool 3x3, /2", "blur_pool 5x3, /2x1")
    QUANTITIES: ClassVar = (Quantity("stride", pair=True, absent=1), Quantity("kernel", pair=True))
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self | None:
        kernel, stride = given["kernel"], given["stride"] or (1, 1)
        if given.in_shortcut and given["stride"] == (1, 1):
            return None
        if max(kernel) > LARGEST:
            raise Unsound(N004, f"a blur over {size_text(kernel)}", f"write a kernel of up to {LARGEST}", "kernel")
        padding = reflected(kernel, stride)
        if any(pad >= size for pad, size in zip(padding, given.input.map, strict=True)):
            found = f"the blur {size_text(kernel)} reflects more than a map of {size_text(given.input.map)} has"
            raise Unsound(G001, found, "use a larger input, fewer strides, or a smaller kernel")
        output = Shape(given.input.channels, *slid(given.input, kernel, stride, (padding, padding)))
        return cls(**given.common(output), kernel=kernel, stride=stride)

    @property
    def word(self) -> str:
        return "blur_pool"

    @property
    def text(self) -> str:
        return f"blur pool{stride_text(self.stride)}"

    @property
    def details(self) -> Details:
        return (("kernel", size_text(self.kernel)),)

    @property
    def box(self) -> Box:
        return "pool"

    @property
    def strides(self) -> Pair:
        return self.stride

    @property
    def window(self) -> Pair:
        return self.kernel

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
        return True


LARGEST = 7


def reflected(kernel: Pair, stride: Pair) -> Pair:
    """The pixels that are reflected on each side."""
    rows, columns = ((side - 1 + step - 1) // 2 for side, step in zip(kernel, stride, strict=True))
    return rows, columns
