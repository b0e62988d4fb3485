"""What the core asks of every layer: a kind answers all of it in one file."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from resdsl.diagnostics import Code, Span
from resdsl.ir.cost import Cost
from resdsl.ir.expression import Expression
from resdsl.ir.shape import Pair, Shape
from resdsl.word import Choice, Word

Role = Literal["weight", "bias", "scale", "shift", "running_mean", "running_var"]
Box = Literal["conv", "pool", "linear", "norm", "act", "gate", "other"]
Details = tuple[tuple[str, str], ...]


class Weight(NamedTuple):
    """One array of a layer in canonical layout: conv (out, in/groups, kh, kw), linear (out, in), norm (channels,).

    `also` are other shapes that hold the same numbers in the same order; `flattens` is the map whose flattening, in
    C, H, W order, the columns stand for. `start` is the value that all of it starts at, where it is not drawn. One that is
    a layer by itself has no name of its own.
    """

    name: str
    shape: tuple[int, ...]
    role: Role
    fan_in: int = 1
    also: tuple[tuple[int, ...], ...] = ()
    flattens: Shape | None = None
    start: float | None = None

    @property
    def trained(self) -> bool:
        """Whether it is learned, rather than a running statistic."""
        return not self.role.startswith("running")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a layer (with `pair`, rows and columns) that emitted classes may compute from their parameters.

    `written` is the argument whose expression it is, if that is called otherwise; `usual` are expressions that it
    follows where nothing is written, in the quantities before it and `channels`, those that arrive; `absent` is its
    value where the layer is left out.
    """

    name: str
    pair: bool = False
    written: str = ""
    usual: tuple[Expression, ...] = ()
    absent: int | None = None

    @property
    def argument(self) -> str:
        return self.written or self.name


CHANNELS = Quantity("channels")
"""The channels that arrive, where a layer is made with them."""


class Unsound(Exception):
    """A layer that cannot be: `argument` is the one to blame, or empty for the whole statement."""

    def __init__(self, code: Code, message: str, help: str, argument: str = "", label: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.argument, self.label = code, message, help, argument, label


@dataclass(frozen=True, slots=True)
class Given:
    """A layer as it is written: its word, its name, the map that arrives, and the values of its arguments.

    `values` hold every parameter of the word (None where that is derived and nothing was given), and a `stride`;
    `formulas` the expressions of those that are more than a number. `norm` and `act` are those that are set.
    """

    word: str
    name: str
    input: Shape
    span: Span
    values: Mapping[str, Any]
    formulas: Mapping[str, Expression] = field(default_factory=dict)
    in_shortcut: bool = False
    norm: Choice | None = None
    act: Choice | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def common(self, output: Shape) -> dict[str, Any]:
        """The fields that every layer has."""
        return {
            "name": self.name,
            "input": self.input,
            "output": output,
            "span": self.span,
            "formulas": dict(self.formulas),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLayer(ABC):
    """A layer with its canonical name within its block or section, its maps, and its place in the text.

    `formulas` keeps, for a block's layers, the expression that the block's author wrote for an argument
    (`filters * expansion`), so that emitted classes can be written in the same terms.
    """

    name: str
    input: Shape
    output: Shape
    span: Span
    formulas: dict[str, Expression] = field(default_factory=dict)

    # Where JSON comes in, what has other fields is another layer.
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    WORDS: ClassVar[tuple[Word, ...]]
    """The words that write it."""
    SAMPLES: ClassVar[tuple[str, ...]]
    """Ways to write it, with all that it takes, for 8 channels that arrive: every command is tried on them."""
    QUANTITIES: ClassVar[tuple[Quantity, ...]]
    LEAVES: ClassVar[str]
    """The quantity that says how many channels leave; `channels`, where as many leave as arrive."""

    @property
    def channels(self) -> int:
        """The channels that arrive."""
        return self.input.channels

    @classmethod
    @abstractmethod
    def make(cls, given: Given) -> BaseLayer | None:
        """The layer, or None where it would do nothing; raises Unsound."""

    @property
    @abstractmethod
    def word(self) -> str:
        """What it is called where it is written."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What a figure says of it, in the terms of the papers: `3x3 conv, 128, /2`."""

    @property
    @abstractmethod
    def details(self) -> Details:
        """What `text` leaves out and makes a difference all the same."""

    @property
    @abstractmethod
    def box(self) -> Box:
        """The kind of box that it is drawn as."""

    @property
    @abstractmethod
    def weights(self) -> tuple[Weight, ...]:
        """Its arrays in canonical order."""

    @property
    @abstractmethod
    def macs(self) -> int:
        """Multiply-adds of its convs and linears for one image."""

    @property
    @abstractmethod
    def strides(self) -> Pair:
        """By how much it thins out rows and columns."""

    @property
    @abstractmethod
    def window(self) -> Pair:
        """Rows and columns of the pixels that it looks at, from the first to the last."""

    @property
    @abstractmethod
    def is_weight_layer(self) -> bool:
        """Whether it counts towards the depth, as the papers count."""

    @property
    @abstractmethod
    def is_companion(self) -> bool:
        """Whether it stands with a weight layer, and figures of whole networks leave it out: norm, act, dropout."""

    @property
    @abstractmethod
    def is_gate(self) -> bool:
        """Whether it scales the map by what it sees of it, on a path of its own."""

    @property
    @abstractmethod
    def is_global_average(self) -> bool:
        """Whether it leaves the mean of each channel's whole map."""

    @property
    @abstractmethod
    def keeps_shift(self) -> bool:
        """Whether a constant that is added to a channel before it could as well be added after it."""

    @property
    @abstractmethod
    def overwritable(self) -> bool:
        """Whether what leaves it is new, and neither its own backward pass nor another layer reads it again."""

    def cost(self) -> Cost:
        """Learned parameters, and multiply-adds for one image."""
        return Cost(sum(math.prod(weight.shape) for weight in self.weights if weight.trained), self.macs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weightless(BaseLayer):
    """A layer that learns nothing."""

    @property
    def weights(self) -> tuple[Weight, ...]:
        return ()

    @property
    def macs(self) -> int:
        return 0

    @property
    def is_weight_layer(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointwise(BaseLayer):
    """A layer that leaves every pixel where it was."""

    @property
    def strides(self) -> Pair:
        return 1, 1

    @property
    def window(self) -> Pair:
        return 1, 1

    @property
    def is_global_average(self) -> bool:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion(Pointwise):
    """A layer that stands with a weight layer: norm, act or dropout."""

    @property
    def is_companion(self) -> bool:
        return True

    @property
    def keeps_shift(self) -> bool:
        return False


def weight_and_bias(shape: tuple[int, ...], bias: bool, prefix: str = "", **about: Any) -> tuple[Weight, ...]:
    """The arrays of a conv or linear."""
    fan_in = math.prod(shape[1:])
    weight = Weight(f"{prefix}weight", shape, "weight", fan_in, **about)
    return (weight, Weight(f"{prefix}bias", shape[:1], "bias", fan_in)) if bias else (weight,)
