"""The names that a class's expressions are written in, and layers as members whose numbers are such expressions."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from resdsl.codegen.block_groups import Differs
from resdsl.codegen.model import Member, Numbers, Parameter
from resdsl.ir.block import Argument, Block
from resdsl.ir.expression import Expression, Number, Real, Variable, substituted, text, value
from resdsl.ir.layers import CHANNELS, Layer, Quantity

EMPTY: Final[Numbers] = {}
LONGEST = 60  # characters: what is longer is written as a number instead
# What every source calls something else: Python's own names, and those that the shared printer gives.
RESERVED = frozenset(
    {
        "self", "super", "int", "float", "bool", "range",
        "stride", "activate_both", "changes_shape", "block", "blocks", "first", "rest", "layers",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symbols:
    """`words` translates the author's names, `environments` gives each block's values.

    `channels` is the name for the channels that arrive.
    """

    channels: str
    words: Mapping[str, Expression]
    environments: tuple[Mapping[str, Real], ...]

    def expression(self, found: Sequence[Real | None], candidates: Iterable[Expression]) -> Expression:
        """The first candidate that comes to what was found in every block (None: there is nothing), or else the number.

        Raises Differs where no expression serves all.
        """
        for candidate in candidates:
            if self.holds(candidate, found):
                return candidate
        numbers = {number for number in found if number is not None}
        if len(numbers) > 1:
            raise Differs(found)
        return Number(numbers.pop())

    def holds(self, candidate: Expression, found: Sequence[Real | None]) -> bool:
        """Whether an expression comes to what was found, in every block where there is anything."""
        known = zip(found, self.environments, strict=True)
        return all(number is None or _comes_to(candidate, environment, number) for number, environment in known)

    def values(self, expression: Expression) -> tuple[Real, ...]:
        """What an expression comes to in each block."""
        return tuple(value(expression, environment) for environment in self.environments)

    def translated(self, formula: Expression | None) -> Iterator[Expression]:
        """A formula in the class's names, if it is short and plain enough to stand in a source."""
        if formula is not None and len(text(formula)) <= LONGEST and text(formula).isascii():
            yield substituted(formula, self.words)

    def parameters(self, used: frozenset[str]) -> tuple[Parameter, ...]:
        """The constructor's parameters among the names that are `used`."""
        order = [name for name in self.environments[0] if name in used and name != "stride"]
        found = tuple(Parameter(name, self._kind(name)) for name in order)
        return (*found, Parameter("stride", default="1")) if "stride" in used else found

    def _kind(self, name: str) -> Literal["int", "float"]:
        return "float" if any(isinstance(values[name], float) for values in self.environments) else "int"


# For the layers of a network, which are numbers throughout.
LITERAL = Symbols("channels", {}, ({},))


def symbols(blocks: Sequence[Block], reserved: frozenset[str]) -> Symbols:
    """The names for a group of blocks of one kind, none of them `reserved`.

    A parameter that no block sets becomes its default, one whose default expression holds everywhere becomes that
    expression; the others are parameters of the constructor.
    """
    declared = [argument.name for argument in blocks[0].arguments if argument.name not in {"in", "stride"}]
    channels = "in_channels" if "channels" in declared else "channels"
    renamed = _python_names(declared, {channels, *reserved})
    environments = tuple(_environment(block, channels, renamed) for block in blocks)
    stride = Variable("stride") if any(block.stride != 1 for block in blocks) else Number(1)
    words: dict[str, Expression] = {"in": Variable(channels), "stride": stride}
    for name, word in renamed.items():
        arguments = [argument for block in blocks for argument in block.arguments if argument.name == name]
        words[name] = _meaning(arguments, word, Symbols(channels, words, environments))
    return Symbols(channels, words, environments)


def _comes_to(expression: Expression, environment: Mapping[str, Real], number: Real) -> bool:
    try:
        return value(expression, environment) == number
    except (KeyError, ZeroDivisionError):
        return False


def _python_names(declared: Sequence[str], taken: set[str]) -> dict[str, str]:
    renamed = {}
    for name in declared:
        word = name
        while word in taken or keyword.iskeyword(word):
            word += "_"
        taken.add(word)
        renamed[name] = word
    return renamed


def _environment(block: Block, channels: str, renamed: Mapping[str, str]) -> dict[str, Real]:
    given = {renamed[argument.name]: argument.value for argument in block.arguments if argument.name in renamed}
    return {channels: block.input.channels, **given, "stride": block.stride}


def _meaning(arguments: Sequence[Argument], word: str, known: Symbols) -> Expression:
    values = [argument.value for argument in arguments]
    for formula in dict.fromkeys(argument.formula for argument in arguments):
        for candidate in known.translated(formula):
            if known.holds(candidate, values):
                return candidate
    if len(set(values)) == 1 and not any(argument.span for argument in arguments):
        return Number(values[0])
    return Variable(word)


def literal_member(layer: Layer) -> Member:
    """A layer of the network itself, which stands there once."""
    return symbolic_member((layer,), LITERAL, Number(layer.input.channels))[0]


def symbolic_member(
    layers: Sequence[Layer | None],
    symbols: Symbols,
    channels: Expression,
    zeroed: bool = False,
    given: Numbers = EMPTY,
) -> tuple[Member, Expression]:
    """One layer of every block (None where it is left out), and the expression for the channels after it.

    Quantities that are `given` are not looked for. Raises Differs where no expression serves all blocks.
    """
    prototype = next(layer for layer in layers if layer)
    known: Numbers = {**given, CHANNELS.name: (channels,)}
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
