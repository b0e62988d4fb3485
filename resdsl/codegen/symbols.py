"""The names that a class's expressions are written in, and how a number of many blocks becomes one expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.codegen.block_groups import Differs
from resdsl.codegen.formula import Real, escaped, substituted, usable, value
from resdsl.codegen.model import Parameter
from resdsl.ir.block import Argument, Block

# What emitted sources call something else: Python, their own lines and modules, the frameworks.
_PYTHON = {"self", "super", "int", "float", "bool", "range"}
_LINES = {"stride", "activate_both", "changes_shape", "block", "blocks", "first", "rest", "layers"}
_MODULES = {"Subsample", "PadChannels", "SqueezeExcite", "MapLinear", "BatchNorm", "Conv", "Named"}
_FUNCTIONS = {"numbered", "he_normal", "uniform", "channel_means", "partial"}
_FRAMEWORKS = {"torch", "nn", "Tensor", "jax", "jnp", "nnx", "rngs", "Array", "Any", "Callable", "OrderedDict"}
RESERVED = frozenset(_PYTHON | _LINES | _MODULES | _FUNCTIONS | _FRAMEWORKS)


@dataclass(frozen=True, slots=True)
class Symbols:
    """`words` translates the author's (escaped) names, `environments` gives each block's values.

    `channels` is the name for the channels that arrive.
    """

    channels: str
    words: Mapping[str, str]
    environments: tuple[Mapping[str, Real], ...]

    def expression(self, found: Sequence[Real | None], candidates: Iterable[str]) -> str:
        """The first candidate that comes to what was found in every block (None: there is nothing), or else the number.

        Raises Differs where no expression serves all.
        """
        for text in candidates:
            if self.holds(text, found):
                return text
        numbers = {number for number in found if number is not None}
        if len(numbers) > 1:
            raise Differs(found)
        return str(numbers.pop())

    def holds(self, text: str, found: Sequence[Real | None]) -> bool:
        """Whether an expression comes to what was found, in every block where there is anything."""
        known = zip(found, self.environments, strict=True)
        return all(number is None or _comes_to(text, environment, number) for number, environment in known)

    def values(self, text: str) -> tuple[Real, ...]:
        """What an expression comes to in each block."""
        return tuple(value(text, environment) for environment in self.environments)

    def translations(self, formula: str) -> Iterator[str]:
        """What a formula may mean in the class's names: `channels` is the author's own parameter, or else `in`."""
        if usable(formula):
            for words in (self.words, {**self.words, "channels": self.channels}):
                if usable(text := substituted(escaped(formula), words)):
                    yield text

    def parameters(self, used: frozenset[str]) -> tuple[Parameter, ...]:
        """The constructor's parameters among the names that are `used`."""
        order = [name for name in self.environments[0] if name in used and name != "stride"]
        found = tuple(Parameter(name, self._kind(name)) for name in order)
        return (*found, Parameter("stride", default="1")) if "stride" in used else found

    def _kind(self, name: str) -> Literal["int", "float"]:
        return "float" if any(isinstance(values[name], float) for values in self.environments) else "int"


# For the layers of a network, which are numbers throughout.
LITERAL = Symbols("channels", {}, ({},))


def symbols(blocks: Sequence[Block]) -> Symbols:
    """The names for a group of blocks of one kind.

    A parameter that no block sets becomes its default, one whose default expression holds everywhere becomes that
    expression; the others are parameters of the constructor.
    """
    declared = [argument.name for argument in blocks[0].arguments if argument.name not in {"in", "stride"}]
    channels = "in_channels" if "channels" in declared else "channels"
    renamed = _python_names(declared, channels)
    environments = tuple(_environment(block, channels, renamed) for block in blocks)
    words = {"channels": channels, "stride": "stride" if any(block.stride != 1 for block in blocks) else "1"}
    for name, word in renamed.items():
        arguments = [argument for block in blocks for argument in block.arguments if argument.name == name]
        words[escaped(name)] = _meaning(arguments, word, Symbols(channels, words, environments))
    return Symbols(channels, words, environments)


def _comes_to(text: str, environment: Mapping[str, Real], number: Real) -> bool:
    try:
        return value(text, environment) == number
    except (KeyError, ZeroDivisionError):
        return False


def _python_names(declared: Sequence[str], channels: str) -> dict[str, str]:
    taken = {channels, *RESERVED}
    renamed = {}
    for name in declared:
        word = escaped(name)
        while word in taken:
            word += "_"
        taken.add(word)
        renamed[name] = word
    return renamed


def _environment(block: Block, channels: str, renamed: Mapping[str, str]) -> dict[str, Real]:
    given = {renamed[argument.name]: argument.value for argument in block.arguments if argument.name in renamed}
    return {channels: block.input.channels, **given, "stride": block.stride}


def _meaning(arguments: Sequence[Argument], word: str, known: Symbols) -> str:
    values = [argument.value for argument in arguments]
    formulas = dict.fromkeys(argument.formula for argument in arguments if argument.formula)
    for formula in formulas:
        for text in known.translations(formula):
            if known.holds(text, values):
                return text
    if len(set(values)) == 1 and not any(argument.span for argument in arguments):
        return str(values[0])
    return word
