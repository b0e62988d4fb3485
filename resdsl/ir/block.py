"""Residual blocks."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from math import prod

from resdsl.diagnostics import Span
from resdsl.ir.cost import Cost, total
from resdsl.ir.expression import Expression, Real
from resdsl.ir.join import Add, Join
from resdsl.ir.layers import Layer
from resdsl.ir.order import Order
from resdsl.ir.shape import Pair, Shape


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The path next to the branch: `layers` is empty for the identity. `always` says that the spec asks for it on every block."""

    kind: str
    layers: tuple[Layer, ...]
    always: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """One value given to a block: `basic(filters = 64)`. `formula` is its default's expression where none was given.

    `literal` says that the call gives a plain number, which can be written anew.
    """

    name: str
    value: Real
    span: Span | None
    formula: Expression | None = None
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One residual block: `after(join(branch(shared(x)), shortcut(…)))`.

    `shared` is the pre-activation before the two paths part (the shortcut then starts after it); `shortcut` is None in
    a plain network, which joins nothing. In training the branch is left out of an image with probability `drop_path`.
    Its name is `layer2.0`. `dilations` are those of the map that arrives and of the one that leaves, where strides
    became dilation.
    """

    name: str
    kind: str
    order: Order
    arguments: tuple[Argument, ...]
    stride: Pair
    input: Shape
    output: Shape
    shared: tuple[Layer, ...]
    branch: tuple[Layer, ...]
    shortcut: Shortcut | None
    after: tuple[Layer, ...]
    span: Span
    dilations: Pair = (1, 1)
    join: Join = Add()  # noqa: RUF009 - frozen
    drop_path: float = 0.0

    def parts(self) -> Iterator[tuple[str, Layer]]:
        """Every layer with its name inside the block, in canonical order."""
        for layer in self.join.layers + self.shared + self.branch:
            yield layer.name, layer
        for layer in self.shortcut.layers if self.shortcut else ():
            yield f"downsample.{layer.name}", layer
        for layer in self.after:
            yield layer.name, layer

    @property
    def layer_count(self) -> int:
        return sum(1 for _ in self.parts())

    @property
    def changes_shape(self) -> bool:
        return self.input != self.output

    @property
    def strides(self) -> Pair:
        """By how much the branch thins out rows and columns: 2 where 7 becomes 4."""
        return thinned(self.shared + self.branch + self.after)

    @property
    def alike(self) -> Hashable:
        """Equal for the blocks of a run that share their layers."""
        return id(self.shared), id(self.branch), id(self.shortcut), id(self.after), id(self.join)

    def cost(self) -> Cost:
        """Parameters and multiply-adds for one image."""
        return total((id(layer), layer) for _, layer in self.parts())


def thinned(layers: Iterable[Layer]) -> Pair:
    """By how much layers one after another thin out rows and columns."""
    steps = [layer.strides for layer in layers]
    return prod(rows for rows, _ in steps), prod(columns for _, columns in steps)
