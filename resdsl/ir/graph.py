"""The network as data: layers in blocks in stages, each with its shapes and the place in the file that it comes from.

The classes are frozen standard dataclasses, so that `resdsl check` starts without pydantic; pydantic validates them
where JSON comes in (`Network.from_json`). Equal blocks share their layers, so ResNet-1202 costs little more than ResNet-20.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from resdsl.diagnostics import Span
from resdsl.ir.recipe import Recipe

if TYPE_CHECKING:
    import networkx

    from resdsl.analysis.cost import Cost


class Shape(NamedTuple):
    """A map of one image: channels x height x width; a vector has height and width 1."""

    channels: int
    height: int
    width: int

    @property
    def size(self) -> int:
        return self.channels * self.height * self.width

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


Pair = tuple[int, int]
Order = Literal["post", "norm_after_add", "act_before_add", "act_pre", "pre"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """What every layer has: its canonical name within its block or section, its maps, and its place.

    `formulas` keeps, for a block's layers, the expression that the block's author wrote for an attribute
    (`{"filters": "filters * expansion", "stride": "stride"}`), so that emitted classes can be written in the same terms.
    """

    name: str
    input: Shape
    output: Shape
    span: Span
    formulas: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv(_Layer):
    """A convolution with explicit symmetric padding (rows, columns)."""

    op: Literal["conv"] = "conv"
    kernel: Pair
    stride: int = 1
    padding: Pair = (0, 0)
    dilation: int = 1
    groups: int = 1
    bias: bool = False

    @property
    def channels(self) -> int:
        return self.input.channels

    @property
    def filters(self) -> int:
        return self.output.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm(_Layer):
    """Batch or group normalization with a learned scale and shift per channel."""

    op: Literal["norm"] = "norm"
    kind: Literal["batch", "group"] = "batch"
    eps: float = 1e-5
    momentum: float = 0.1
    groups: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(_Layer):
    """An activation; `slope` is leaky ReLU's."""

    op: Literal["act"] = "act"
    kind: Literal["relu", "gelu", "silu", "leaky_relu"] = "relu"
    slope: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(_Layer):
    """Pooling over windows: a padded max pads with minus infinity, a padded average does not count the padding."""

    op: Literal["pool"] = "pool"
    kind: Literal["max", "avg"]
    kernel: Pair
    stride: int = 1
    padding: Pair = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalAvgPool(_Layer):
    """The average of each channel's map."""

    op: Literal["global_avgpool"] = "global_avgpool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(_Layer):
    """A fully connected layer on the map flattened in C, H, W order."""

    op: Literal["linear"] = "linear"
    bias: bool = True

    @property
    def features(self) -> int:
        return self.input.size

    @property
    def units(self) -> int:
        return self.output.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(_Layer):
    """Zeroes each value with probability `p` in training."""

    op: Literal["dropout"] = "dropout"
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SqueezeExcite(_Layer):
    """Global average, 1x1 conv to `channels // reduction` channels, ReLU, 1x1 conv back, sigmoid, scale (Hu et al. 2018)."""

    op: Literal["squeeze_excite"] = "squeeze_excite"
    reduction: int

    @property
    def squeezed(self) -> int:
        return self.input.channels // self.reduction


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsample(_Layer):
    """Keeps rows and columns 0, stride, 2 * stride, …"""

    op: Literal["subsample"] = "subsample"
    stride: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PadChannels(_Layer):
    """Adds zero channels, `before` and `after` the existing ones."""

    op: Literal["pad_channels"] = "pad_channels"
    before: int = 0
    after: int = 0


Layer = Conv | Norm | Act | Pool | GlobalAvgPool | Linear | Dropout | SqueezeExcite | Subsample | PadChannels


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The path beside the branch: `layers` is empty for the identity. `always` says that the spec asks for it on every block."""

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
    value: int | float
    span: Span | None
    formula: str = ""
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One residual block: `after(branch(shared(x)) + shortcut(…))`.

    `shared` is the pre-activation before the two paths part (the shortcut then starts after it); `shortcut` is None in
    a plain network, which adds nothing. `index` is the block's number in its stage, and its name is `layer2.0`.
    """

    name: str
    kind: str
    order: Order
    arguments: tuple[Argument, ...]
    stride: int
    input: Shape
    output: Shape
    shared: tuple[Layer, ...]
    branch: tuple[Layer, ...]
    shortcut: Shortcut | None
    after: tuple[Layer, ...]
    span: Span

    def parts(self) -> Iterator[tuple[str, Layer]]:
        """Every layer with its name inside the block, in canonical order."""
        for layer in self.shared + self.branch:
            yield layer.name, layer
        for layer in self.shortcut.layers if self.shortcut else ():
            yield f"downsample.{layer.name}", layer
        for layer in self.after:
            yield layer.name, layer

    @property
    def layer_count(self) -> int:
        return (
            len(self.shared) + len(self.branch) + len(self.shortcut.layers if self.shortcut else ()) + len(self.after)
        )

    @property
    def changes_shape(self) -> bool:
        return self.input != self.output


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
    """A stage: blocks, and layers written between them."""

    name: str
    title: str
    items: tuple[Block | Layer, ...]
    init: Init
    allows: tuple[Allow, ...]
    span: Span

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def input(self) -> Shape:
        return self.items[0].input

    @property
    def output(self) -> Shape:
        return self.items[-1].output


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
    """A whole network. `tail` is the last pre-activation between the stages and the head, empty in most orders."""

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
        """Weight layers on the main path, as papers count."""
        from resdsl.analysis.depth import depth  # noqa: PLC0415  # the analyses build on this file

        return depth(self)

    def cost(self) -> Cost:
        """Parameters and multiply-adds for one image of the declared input."""
        from resdsl.analysis.cost import cost  # noqa: PLC0415

        return cost(self)

    def to_networkx(self) -> networkx.DiGraph:
        """The flat graph of layers: see `resdsl.ir.view`."""
        from resdsl.ir.view import to_networkx  # noqa: PLC0415

        return to_networkx(self)

    def to_json(self) -> str:
        """The whole network, spans included, as one JSON object."""
        from resdsl.ir.json import to_json  # noqa: PLC0415

        return to_json(self)

    @staticmethod
    def from_json(text: str | bytes) -> Network:
        """The network that `to_json` wrote; raises pydantic.ValidationError for anything else."""
        from resdsl.ir.json import from_json  # noqa: PLC0415

        return from_json(text)

    def _repr_svg_(self) -> str | None:
        """The figure that a notebook shows; None without Graphviz."""
        from resdsl.draw.notebook import as_svg  # noqa: PLC0415

        return as_svg(self)

    def _repr_html_(self) -> str:
        """The same as a part of a page, which says what to do where Graphviz is missing."""
        from resdsl.draw.notebook import as_html  # noqa: PLC0415

        return as_html(self)
