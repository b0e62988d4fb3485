"""What a plan is made of: numbers are expressions in the terms of a class's constructor (`filters * 4`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import Literal

from resdsl.ir import expression
from resdsl.ir.expression import Expression, Real, names, text
from resdsl.ir.join import Join
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network

CHANGES_SHAPE = "changes_shape"  # in a source, whether a block's condition holds
Numbers = dict[str, tuple[Expression, ...]]
Mode = Literal["fan_out", "fan_in"]
Condition = tuple[tuple[Expression, Expression], ...]
"""That any of these pairs differ: `stride != 1 or channels != filters`. Empty, it always holds."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a constructor; `default` is its text, or empty."""

    name: str
    kind: Literal["int", "float", "bool"] = "int"
    default: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.kind}" + (f" = {self.default}" if self.default else "")


@dataclass(frozen=True, slots=True)
class Member:
    """A layer of a class.

    `layer` gives its kind and all that is not in `numbers`: its quantities, a pair's as rows and columns. `condition`
    says where it stands, if not everywhere (an identity takes its place); `zeroed`, that a norm's scale starts at zero;
    `in_place`, that an activation may overwrite whatever it is applied to; `flat`, that a linear leaves vectors, since
    nothing after it needs a map.
    """

    name: str
    layer: Layer
    numbers: Mapping[str, tuple[Expression, ...]] = field(default_factory=dict)
    condition: Condition = ()
    zeroed: bool = False
    in_place: bool = False
    flat: bool = False
    parts: tuple[Member | None, ...] = ()

    def number(self, name: str) -> str:
        """The text of a quantity."""
        return text(self.numbers[name][0])

    def pair(self, name: str) -> tuple[str, str]:
        """The texts of a pair: rows and columns."""
        rows, columns = self.numbers[name]
        return text(rows), text(columns)

    @property
    def first(self) -> Member:
        """The first of its parts that is not left out."""
        return next(part for part in self.parts if part)

    @property
    def names(self) -> frozenset[str]:
        """The parameters that it is made with."""
        own = (names(each) for both in self.numbers.values() for each in both)
        return frozenset[str]().union(*own, *(part.names for part in self.parts if part))


@dataclass(frozen=True, slots=True)
class Downsample:
    """The shortcut's layers under the name `downsample`. Where its `condition` does not hold, the identity stands there.

    The members' names are canonical: numbers, which may have gaps (`1` without `0`), and labels.
    """

    members: tuple[Member, ...]
    condition: Condition
    name: str = "downsample"


@dataclass(frozen=True, slots=True)
class Variable:
    """`x`, `branch`, `shortcut` or `gate`."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A member, a stage or the downsampling applied to a value."""

    member: Member | Downsample | Stage
    source: Value


@dataclass(frozen=True, slots=True)
class Flatten:
    """A map as a vector in C, H, W order."""

    source: Value


@dataclass(frozen=True, slots=True)
class Joined:
    """Branch and shortcut as one. A gate is the variable `gate`; `alpha` is the member that scales the branch, if any."""

    join: Join
    branch: Value
    shortcut: Value
    alpha: Member | None = None


@dataclass(frozen=True, slots=True)
class Choose:
    """`chosen` where the member `flag` is true, else `otherwise`."""

    flag: str
    chosen: Value
    otherwise: Value


Value = Variable | Apply | Flatten | Joined | Choose


@dataclass(frozen=True, slots=True)
class Assign:
    """One line of `forward`, which starts with `x` and returns `x`."""

    target: str
    value: Value


@dataclass(frozen=True, slots=True)
class BlockClass:
    """A class for one kind of block.

    `channels` is its parameter for the channels that arrive, `out` those that leave. `activate_both` is the text of the
    flag that a mixed pre-activation needs (`self.activate_both = …`), or empty; in it `changes_shape` stands for the
    condition of the downsampling. `members` stand before the downsampling, `after` after it.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    channels: str
    out: Expression
    members: tuple[Member, ...]
    activate_both: str
    downsample: Downsample | None
    after: tuple[Member, ...]
    forward: tuple[Assign, ...]


@dataclass(frozen=True, slots=True)
class Helper:
    """The function that makes a run of blocks, for all classes with the same parameters and the same `out`."""

    name: str
    classes: tuple[BlockClass, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The classes' parameters, with `blocks` before the first that has a default."""
        own = self.classes[0].parameters
        required = tuple(parameter for parameter in own if not parameter.default)
        return (*required, Parameter("blocks"), *own[len(required) :])

    @property
    def rest(self) -> tuple[str, ...]:
        """What the blocks after the first are called with: their channels are `out`."""
        block = self.classes[0]
        required = (parameter.name for parameter in block.parameters if not parameter.default)
        out = block.channels if self.grows else text(block.out)
        return tuple(out if name == block.channels else name for name in required)

    @property
    def grows(self) -> bool:
        """Whether each block leaves other channels than arrive, so that `out` has to be computed again for each."""
        block = self.classes[0]
        return block.out != expression.Variable(block.channels) and block.channels in names(block.out)


@dataclass(frozen=True, slots=True)
class StageCall:
    """A call of a helper: `stage(BasicBlock, channels=64, filters=128, blocks=4, stride=2)`.

    The blocks are called `start`, `start + 1`, … in their stage.
    """

    helper: Helper
    block: BlockClass
    arguments: tuple[tuple[str, Real], ...]
    start: int
    blocks: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: in most networks a single run."""

    name: str
    title: str
    parts: tuple[StageCall | Member, ...]

    @property
    def in_order(self) -> bool:
        """Whether places can be names: blocks come first, and after them only layers that have no weights."""
        last = list(dropwhile(lambda part: isinstance(part, StageCall), self.parts))
        return all(isinstance(part, Member) and not part.layer.weights for part in last)


@dataclass(frozen=True, slots=True)
class NetworkClass:
    """The network's own class: its members and stages in canonical order.

    `init` gives the fan that convs start by, first for the whole network (under the empty name), then for each stage
    that differs. Where `rises`, the probabilities of the blocks' stochastic depth rise from the first of them to the last.
    """

    name: str
    doc: str
    members: tuple[Member | Stage, ...]
    init: tuple[tuple[str, Mode], ...]
    forward: tuple[Assign, ...]
    rises: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole source: the classes of the blocks, the helpers that make stages of them, and the network's own class."""

    spec: Network
    blocks: tuple[BlockClass, ...]
    helpers: tuple[Helper, ...]
    network: NetworkClass
