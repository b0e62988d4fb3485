"""How shortcut x and branch F of a block become one (He et al. 2016b, Section 3.1)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import G004
from resdsl.diagnostics import Span
from resdsl.ir.expression import Variable
from resdsl.ir.layers import Alpha, Gate, Given, Layer, Unsound
from resdsl.ir.shape import Pair, Shape
from resdsl.word import Decimal, OneOf, Parameter, Word

_ANY = Decimal(float("-inf"))
_BIAS = Parameter("bias", _ANY, "What the gate's biases start at: the lower, the more of the shortcut passes.", -6.0)


@dataclass(frozen=True, slots=True)
class Place:
    """The block that a join stands in: the maps that arrive and leave, and by how much it thins them out."""

    arrives: Shape
    leaves: Shape
    stride: Pair
    span: Span


@dataclass(frozen=True, slots=True)
class BaseJoin(ABC):
    """What all joins have."""

    WORD: ClassVar[Word]

    @classmethod
    @abstractmethod
    def make(cls, values: dict[str, float], place: Place) -> Self:
        """The join of a block, as it is written; raises Unsound."""

    @property
    @abstractmethod
    def layers(self) -> tuple[Layer, ...]:
        """What it learns with."""

    @property
    @abstractmethod
    def formula(self) -> str:
        """What it computes, of the shortcut x, the branch F and its gate g."""

    @property
    @abstractmethod
    def class_word(self) -> str:
        """What it adds to the name of a class of blocks."""

    @property
    @abstractmethod
    def signature(self) -> tuple[object, ...]:
        """Equal for joins that one class of blocks can have."""


@final
@dataclass(frozen=True, slots=True)
class Add(BaseJoin):
    """x + F."""

    kind: Literal["add"] = "add"

    WORD: ClassVar = Word("add", "x + F.")

    @classmethod
    def make(cls, values: dict[str, float], place: Place) -> Self:
        return cls()

    @property
    def layers(self) -> tuple[Layer, ...]:
        return ()

    @property
    def formula(self) -> str:
        return "x + F"

    @property
    def class_word(self) -> str:
        return "Added"

    @property
    def signature(self) -> tuple[object, ...]:
        return (self.kind,)


@final
@dataclass(frozen=True, slots=True)
class Scaled(BaseJoin):
    """Constant factors for shortcut and branch (He et al. 2016b, Fig. 2b)."""

    kind: Literal["scaled"] = "scaled"
    shortcut: float = 0.5
    branch: float = 0.5

    WORD: ClassVar = Word(
        "scaled",
        "shortcut · x + branch · F, both constant (He et al. 2016b, Fig. 2b).",
        (
            Parameter("shortcut", _ANY, "The factor of the shortcut.", 0.5),
            Parameter("branch", _ANY, "The factor of the branch.", 0.5),
        ),
    )

    @classmethod
    def make(cls, values: dict[str, float], place: Place) -> Self:
        return cls(shortcut=values["shortcut"], branch=values["branch"])

    @property
    def layers(self) -> tuple[Layer, ...]:
        return ()

    @property
    def formula(self) -> str:
        return f"{factor(self.shortcut)}x + {factor(self.branch)}F"

    @property
    def class_word(self) -> str:
        return "Scaled"

    @property
    def signature(self) -> tuple[object, ...]:
        return self.kind, self.shortcut, self.branch


@dataclass(frozen=True, slots=True)
class BaseGated(BaseJoin, ABC):
    """A join with a gate g: the sigmoid of a 1x1 conv of the block's input."""

    gate: Gate

    @classmethod
    def make(cls, values: dict[str, float], place: Place) -> Self:
        return cls(_gate(values["bias"], place))

    @property
    def layers(self) -> tuple[Layer, ...]:
        return (self.gate,)

    @property
    def signature(self) -> tuple[object, ...]:
        return self.WORD.name, self.gate.start


@final
@dataclass(frozen=True, slots=True)
class Gated(BaseGated):
    """Exclusive gating, as in highway networks (He et al. 2016b, Fig. 2c; Srivastava et al. 2015)."""

    kind: Literal["gate"] = "gate"

    WORD: ClassVar = Word(
        "gate",
        "(1 − g) · x + g · F, where g is the sigmoid of a 1x1 conv of the block's input (He et al. 2016b, Fig. 2c).",
        (_BIAS,),
    )

    @property
    def formula(self) -> str:
        return "(1 - g) x + g F"

    @property
    def class_word(self) -> str:
        return "Gated"


@final
@dataclass(frozen=True, slots=True)
class ShortcutGated(BaseGated):
    """Shortcut-only gating (He et al. 2016b, Fig. 2d)."""

    kind: Literal["shortcut_gate"] = "shortcut_gate"

    WORD: ClassVar = Word(
        "shortcut_gate",
        "(1 − g) · x + F, where g is the sigmoid of a 1x1 conv of the block's input (He et al. 2016b, Fig. 2d).",
        (_BIAS,),
    )

    @property
    def formula(self) -> str:
        return "(1 - g) x + F"

    @property
    def class_word(self) -> str:
        return "ShortcutGated"


@final
@dataclass(frozen=True, slots=True)
class Learned(BaseJoin):
    """A learned factor for the branch (ReZero, SkipInit)."""

    alpha: Alpha
    kind: Literal["learned"] = "learned"

    WORD: ClassVar = Word(
        "learned",
        "x + alpha · F, where alpha is one learned number (ReZero, Bachlechner et al. 2020; SkipInit, De and Smith 2020).",
        (Parameter("start", _ANY, "What alpha starts at.", 0.0),),
    )

    @classmethod
    def make(cls, values: dict[str, float], place: Place) -> Self:
        return cls(Alpha.make(Given("alpha", "alpha", place.leaves, place.span, values)))

    @property
    def layers(self) -> tuple[Layer, ...]:
        return (self.alpha,)

    @property
    def formula(self) -> str:
        return "x + alpha F"

    @property
    def class_word(self) -> str:
        return "Learned"

    @property
    def signature(self) -> tuple[object, ...]:
        return self.kind, self.alpha.start


Join = Add | Scaled | Gated | ShortcutGated | Learned
JOIN_KINDS: dict[str, type[Join]] = {kind.WORD.name: kind for kind in (Add, Scaled, Gated, ShortcutGated, Learned)}
JOINS = OneOf("join", tuple(kind.WORD for kind in JOIN_KINDS.values()))


def factor(number: float) -> str:
    """A constant factor as it stands before what it scales: `0.5 `, or nothing for 1."""
    return "" if number == 1 else f"{number:g} "


def _gate(bias: float, place: Place) -> Gate:
    values = {"filters": place.leaves.channels, "stride": place.stride, "start": bias}
    gate = Gate.make(Given("gate", "gate", place.arrives, place.span, values, {"stride": Variable("stride")}))
    if gate.output != place.leaves:
        found = f"the branch leaves a map of {place.leaves}, the 1x1 conv of its gate one of {gate.output}"
        raise Unsound(G004, found, "pad the branch's convs so that they keep the size, or write another join")
    return gate
