"""Layers as members: the same layer of all blocks of a class, with its numbers as expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from resdsl.codegen.formula import Real, substituted
from resdsl.codegen.model import Member, Pair
from resdsl.codegen.symbols import LITERAL, Symbols
from resdsl.ir.layers import (
    Act,
    Conv,
    Dropout,
    GlobalAvgPool,
    Layer,
    Linear,
    Norm,
    PadChannels,
    Pool,
    SqueezeExcite,
    Subsample,
)

Numbers = dict[str, str]
Pairs = dict[str, Pair]


def literal_member(layer: Layer) -> Member:
    """A layer of the network itself, which stands there once."""
    return symbolic_member((layer,), LITERAL, str(layer.input.channels))[0]


def symbolic_member(
    layers: Sequence[Layer | None], symbols: Symbols, channels: str, zeroed: bool = False
) -> tuple[Member, str]:
    """One layer of every block (None where it is left out), and the expression for the channels behind it.

    Raises Differs where no expression serves all blocks.
    """
    prototype = next(layer for layer in layers if layer)
    numbers, pairs, leaves = _Reading(layers, prototype, symbols, channels).read()
    return Member(prototype.name, prototype, numbers, pairs, zeroed=zeroed), leaves


@dataclass(frozen=True, slots=True)
class _Reading:
    layers: Sequence[Layer | None]
    prototype: Layer
    symbols: Symbols
    channels: str

    def read(self) -> tuple[Numbers, Pairs, str]:
        """Numbers, pairs, and the channels that leave."""
        match self.prototype:
            case Conv():
                return self._conv()
            case Norm():
                return {"channels": self.channels}, {}, self.channels
            case Pool():
                return {"stride": self._number("stride", 1)}, self._pairs(), self.channels
            case Linear():
                units = self._number("units")
                return {"features": self._number("features"), "units": units}, {}, units
            case Dropout():
                return {"p": self._number("p")}, {}, self.channels
            case SqueezeExcite():
                return {"channels": self.channels, "reduction": self._number("reduction")}, {}, self.channels
            case Subsample():
                return {"stride": self._number("stride", 1)}, {}, self.channels
            case PadChannels():
                return self._pad_channels()
            case Act() | GlobalAvgPool():
                return {}, {}, self.channels
            case _:
                assert_never(self.prototype)

    def _conv(self) -> tuple[Numbers, Pairs, str]:
        numbers = {name: self._number(name) for name in ("filters", "stride", "dilation", "groups")}
        return {"channels": self.channels, **numbers}, self._pairs(numbers["dilation"]), numbers["filters"]

    def _pad_channels(self) -> tuple[Numbers, Pairs, str]:
        arrive = self.symbols.values(self.channels)
        found = [layer.output.channels if layer else number for layer, number in zip(self.layers, arrive, strict=True)]
        leaves = self.symbols.expression(found, self._translations("channels"))
        extra = substituted("leaves - arrives", {"leaves": leaves, "arrives": self.channels})
        half = [substituted(text, {"extra": extra}) for text in ("extra // 2", "(extra + 1) // 2")]
        numbers = {
            "before": self.symbols.expression(self._found("before", 0), ("0", half[0])),
            "after": self.symbols.expression(self._found("after", 0), (extra, half[1])),
        }
        return numbers, {}, leaves

    def _number(self, name: str, absent: Real | None = None) -> str:
        """An attribute; `absent` is its value where the layer is left out."""
        return self.symbols.expression(self._found(name, absent), self._translations(name))

    def _pairs(self, dilation: str = "1") -> Pairs:
        """Rows and columns of the kernel and the padding, which by the language's own rule follows from it."""
        kernel = self._pair("kernel")
        written = "padding" in self.prototype.formulas
        rules = [()] * 2 if written else [(_usual_padding(side, dilation),) for side in kernel]
        return {"kernel": kernel, "padding": self._pair("padding", rules)}

    def _pair(self, name: str, candidates: Sequence[Sequence[str]] = ((), ())) -> Pair:
        found = self._found(name)
        rows, columns = (
            self.symbols.expression(
                [both and both[side] for both in found], (*self._translations(name), *candidates[side])
            )
            for side in (0, 1)
        )
        return rows, columns

    def _translations(self, name: str) -> Sequence[str]:
        return tuple(self.symbols.translations(self.prototype.formulas.get(name, "")))

    def _found(self, name: str, absent: Real | None = None) -> list[Any]:
        return [absent if layer is None else getattr(layer, name) for layer in self.layers]


def _usual_padding(kernel: str, dilation: str) -> str:
    if kernel.isdigit() and int(kernel) % 2:
        return substituted("dilation * half", {"dilation": dilation, "half": str(int(kernel) // 2)})
    return substituted("dilation * (kernel - 1) // 2", {"dilation": dilation, "kernel": kernel})
