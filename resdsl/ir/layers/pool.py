"""Pooling over windows, and over the whole map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Self, final

from resdsl.codes import N003, N004
from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.layer import Box, Details, Given, Quantity, Unsound, Weightless
from resdsl.ir.layers.window import Around, padding_text, same_padding, size_text, slid, stride_text
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, STRIDE, ZERO, Flag, Padding, Parameter, Sides, Word

_PAD = Parameter(
    "pad", Padding(filled=True),
    "Pixels of padding on each side; `pad = 1x2` for rows and columns, `[0, 1]` before and after the map; `zero`: the "
    "usual ones, as zeros that count.",
    DERIVED, "the padding", named=True, sample="1",
)  # fmt: skip
_CEIL = Parameter(
    "ceil", Flag(), "Whether the last window may hang over the map; the pixels that it misses do not count.", False,
    named=True, sample="true",
)  # fmt: skip
_KINDS: Final[Mapping[str, Literal["max", "avg"]]] = {"maxpool": "max", "avgpool": "avg"}
_SAME = Operation("//", Operation("-", Variable("kernel"), Number(1)), Number(2))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Weightless):
    """Pooling over windows: a padded max pads with minus infinity, a padded average does not count the padding.

    With `zeros` both pad with zeros that count. `after` the map the padding may be another than before it, and with
    `ceil` the last window may hang over; what it misses does not count.
    """

    op: Literal["pool"] = "pool"
    kind: Literal["max", "avg"]
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    after: Pair | None = None
    zeros: bool = False
    ceil: bool = False

    WORDS: ClassVar = (
        Word(
            "maxpool",
            "The largest value in each window. Padded by `(kernel - 1) / 2`, rounded down, unless told; the padding never "
            "is the maximum.",
            (Parameter("kernel", Sides(), "The window.", what="the kernel"), _PAD, _CEIL),
            stride=STRIDE,
            base="maxpool",
        ),
    )
    SAMPLES: ClassVar = (
        "maxpool 3x3, /2",
        "maxpool 3x2, pad = 1x0",
        "maxpool 3x3, /2, pad = zero",
        "maxpool 3x3, /2x1, pad = [0, 1]",
        "maxpool 3x3, /2, pad = 0, ceil = true",
        "avgpool 2x2, /2",
        "avgpool 3x3",
        "avgpool 3x3, /2, pad = zero",
        "avgpool 2x2, /2, ceil = true",
    )
    QUANTITIES: ClassVar = (
        Quantity("stride", pair=True, absent=1),
        Quantity("kernel", pair=True),
        Quantity("padding", pair=True, written="pad", usual=(_SAME,)),
    )
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self | None:
        kernel, stride = given["kernel"], given["stride"] or (1, 1)
        if given.in_shortcut and given["stride"] == (1, 1):
            return None
        zeros, kind = given["pad"] == ZERO.name, _KINDS[given.word]
        before, after = around = (same_padding(kernel),) * 2 if zeros else given["pad"] or (same_padding(kernel),) * 2
        if any(2 * pad > side for side, *pads in zip(kernel, *around, strict=True) for pad in pads):
            raise Unsound(N004, "the padding is more than half the kernel", "write a smaller pad", "pad")
        if kind == "avg" and before != after:
            raise Unsound(
                N003, "an average has the same padding on all sides", "write one number, or pad = zero", "pad"
            )
        counted = kind == "max" and (zeros or before != after)  # a padding that is part of the map
        arrives, outside = (_padded(given.input, around), _NOTHING) if counted else (given.input, around)
        output = Shape(given.input.channels, *slid(arrives, kernel, stride, outside, ceil=given["ceil"]))
        return cls(
            **given.common(output), kind=kind, kernel=kernel, stride=stride, padding=before,
            after=after if after != before else None, zeros=zeros, ceil=given["ceil"],
        )  # fmt: skip

    @property
    def around(self) -> Around:
        """The padding before the map, and after it."""
        return self.padding, self.padding if self.after is None else self.after

    @property
    def word(self) -> str:
        return f"{self.kind}pool"

    @property
    def text(self) -> str:
        return ("pool" if self.kind == "max" else "avg pool") + stride_text(self.stride)

    @property
    def details(self) -> Details:
        padding = f"{padding_text(*self.around)}{' of zeros' if self.zeros else ''}"
        rounded = (("rounded", "up"),) if self.ceil else ()
        return (("kernel", size_text(self.kernel)), ("padding", padding), *rounded)

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
        return self.kind == "avg" and self.kernel == self.input.map and self.padding == (0, 0)

    @property
    def keeps_shift(self) -> bool:
        return True

    @property
    def overwritable(self) -> bool:
        return True


_NOTHING: Final[Around] = ((0, 0), (0, 0))


def _padded(shape: Shape, around: Around) -> Shape:
    (top, left), (bottom, right) = around
    return Shape(shape.channels, top + shape.height + bottom, left + shape.width + right)


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
            (Parameter("kernel", Sides(), "The window.", DERIVED, what="the kernel"), _PAD, _CEIL),
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
    def strides(self) -> Pair:
        return 1, 1

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
