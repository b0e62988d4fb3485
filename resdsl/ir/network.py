"""The network as data: layers in blocks in stages, each with its shapes and the place in the file that it comes from.

The classes are frozen standard dataclasses, so that `resdsl check` starts without pydantic; pydantic validates them
where JSON comes in (`Network.from_json`). Equal blocks share their layers, so ResNet-1202 costs little more than ResNet-20.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from resdsl.diagnostics import Span
from resdsl.ir.block import Block
from resdsl.ir.cost import Cost, short, total
from resdsl.ir.layers import Conv, CrossStage, Layer
from resdsl.ir.recipe import Recipe
from resdsl.ir.shape import Pair, Shape

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Init:
    """How weights start (He et al. 2015): `zero_last_norm` zeroes the scale of the last norm in each branch."""

    mode: Literal["fan_out", "fan_in"] = "fan_out"
    zero_last_norm: bool = False


@dataclass(frozen=True, slots=True)
class Allow:
    """`allow D002 "reason"`."""

    rule: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: blocks, and layers written between them.

    `drop_path` is what its blocks' own would be if they were the last of the network.
    """

    name: str
    title: str
    items: tuple[Block | Layer, ...]
    init: Init
    allows: tuple[Allow, ...]
    span: Span
    drop_path: float = 0.0

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def input(self) -> Shape:
        return self.items[0].input

    @property
    def output(self) -> Shape:
        return self.items[-1].output

    def cost(self) -> Cost:
        """Parameters and multiply-adds for one image."""
        return total((item.alike if isinstance(item, Block) else id(item), item) for item in self.items)


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect { depth 34 }`: `written` keeps the digits that were given, and `exact` says that all of them count."""

    name: Literal["depth", "params", "macs", "map"]
    value: int | Pair
    written: str
    exact: bool
    span: Span


class SourceFile(NamedTuple):
    """A file, called as seen from the folder of the main one, and the sha256 of its text."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a network was read from: the main file and then those that it uses, and the parameters that were set."""

    files: tuple[SourceFile, ...] = ()
    parameters: tuple[tuple[str, int | float], ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network. `tail` is the last pre-activation between the stages and the head, empty in most orders.

    Where it is `free` of the papers' own rules, it says for what reason.
    """

    name: str
    title: str
    cite: str
    input: Shape
    init: Init
    stem: tuple[Layer, ...]
    stages: tuple[Stage, ...]
    tail: tuple[Layer, ...]
    head: tuple[Layer, ...]
    expectations: tuple[Expectation, ...]
    allows: tuple[Allow, ...]
    recipe: Recipe
    span: Span
    source: Source = Source()
    free: Allow | None = None

    def __repr__(self) -> str:
        cost = self.cost()
        sizes = f"{self.depth} layers, {short(cost.params, digits=3)} params, {short(cost.macs, digits=3)} MACs"
        return f"<Network {self.name}: {sizes}, {self.input}>"

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(block for stage in self.stages for block in stage.blocks)

    @property
    def output(self) -> Shape:
        """What leaves the last layer of all."""
        last = self.input
        for _, layer in self.layers():
            last = layer.output
        return last

    def layers(self) -> Iterator[tuple[str, Layer]]:
        """Every layer with its full canonical name, in canonical order."""
        for layer in self.stem:
            yield layer.name, layer
        for stage in self.stages:
            for item in stage.items:
                if isinstance(item, Block):
                    yield from ((f"{item.name}.{name}", layer) for name, layer in item.parts())
                else:
                    yield f"{stage.name}.{item.name}", item
        for layer in self.tail + self.head:
            yield layer.name, layer

    @property
    def depth(self) -> int:
        """Weight layers on the main path, convs and linears, as the papers count: shortcuts and gates do not."""
        count = sum(map(_weight_layers, (*self.stem, *self.head)))
        for stage in self.stages:
            for item in stage.items:
                layers = item.branch if isinstance(item, Block) else (item,)
                count += sum(map(_weight_layers, layers))
        return count

    def cost(self) -> Cost:
        """Parameters and multiply-adds for one image of the declared input."""
        parts = (*self.stem, *self.stages, *self.tail, *self.head)
        return total((id(part), part) for part in parts)

    def to_json(self) -> str:
        """The whole network, spans included, as one JSON object."""
        return _adapter().dump_json(self, indent=1).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Network:
        """The network that `to_json` wrote; raises NotANetwork for anything else."""
        try:
            return _adapter().validate_json(text)
        except ValueError as error:  # pydantic's own is one
            raise NotANetwork(_first_mistake(error)) from error


def _weight_layers(layer: Layer) -> int:
    return (
        sum(isinstance(part, Conv) for part in layer.parts) if isinstance(layer, CrossStage) else layer.is_weight_layer
    )


class NotANetwork(ValueError):
    """A text that is not the JSON of a network, or of another version's; the message says where it differs."""


@cache
def _adapter() -> TypeAdapter[Network]:
    from pydantic import TypeAdapter  # noqa: PLC0415  # it takes long to load

    return TypeAdapter(Network)


def _first_mistake(error: ValueError) -> str:
    from pydantic import ValidationError  # noqa: PLC0415

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"][:6])) or "the text"
    return f"this is not a network as `to_json` writes it: {place}: {first['msg']}; write it anew with this version"
