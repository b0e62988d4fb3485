"""Layers as members: the same layer of all blocks of a class, with its numbers as expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resdsl.codegen.model import Member, Numbers
from resdsl.codegen.symbols import LITERAL, Symbols
from resdsl.ir.expression import Expression, Number, Real, Variable, substituted
from resdsl.ir.layers import CHANNELS, Layer, Quantity


def literal_member(layer: Layer) -> Member:
    """A layer of the network itself, which stands there once."""
    return symbolic_member((layer,), LITERAL, Number(layer.input.channels))[0]


def symbolic_member(
    layers: Sequence[Layer | None], symbols: Symbols, channels: Expression, zeroed: bool = False
) -> tuple[Member, Expression]:
    """One layer of every block (None where it is left out), and the expression for the channels after it.

    Raises Differs where no expression serves all blocks.
    """
    prototype = next(layer for layer in layers if layer)
    known: Numbers = {CHANNELS.name: (channels,)}
    for quantity in prototype.QUANTITIES:
        found = [_values(layer, quantity) for layer in layers]
        known[quantity.name] = known.get(quantity.name) or tuple(
            symbols.expression(each, _candidates(prototype, quantity, side, symbols, known))
            for side, each in enumerate(zip(*found, strict=True))
        )
    numbers = {quantity.name: known[quantity.name] for quantity in prototype.QUANTITIES}
    return Member(prototype.name, prototype, numbers, zeroed=zeroed), known[prototype.LEAVES][0]


def _values(layer: Layer | None, quantity: Quantity) -> tuple[Real | None, ...]:
    """A quantity of one layer; of a pair, rows and columns."""
    if layer is None:
        return (quantity.absent,) * (1 + quantity.pair)
    found: Any = getattr(layer, quantity.name)
    return tuple(found) if quantity.pair else (found,)


def _candidates(layer: Layer, quantity: Quantity, side: int, symbols: Symbols, known: Numbers) -> Sequence[Expression]:
    """What its author wrote for a quantity, or else what it usually follows."""
    if quantity.argument in layer.formulas:
        return tuple(symbols.translated(layer.formulas[quantity.argument]))
    own = {name: both[min(side, len(both) - 1)] for name, both in known.items()}
    return tuple(substituted(usual, own) for usual in quantity.usual)


def channels_of(symbols: Symbols) -> Expression:
    """The channels that arrive at a block."""
    return Variable(symbols.channels)
