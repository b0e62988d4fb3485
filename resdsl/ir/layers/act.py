"""Activations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import CHANNELS, Box, Companion, Details, Given, Quantity, Weight, Weightless
from resdsl.word import NONE, Decimal, OneOf, Parameter, Word

_SLOPE = Parameter("slope", Decimal(below=1), "The slope for negative values.", 0.01)
_START = Parameter("start", Decimal(below=1), "What the slopes start at.", 0.25)


class Activation(StrEnum):
    """A kind of activation: its word, what figures and sources call it, what it computes, and what it takes."""

    shown: str
    definition: Word

    RELU = "relu", "ReLU", "max(x, 0)"
    GELU = "gelu", "GELU", "x times the normal distribution function of x."
    SILU = "silu", "SiLU", "x times the logistic function of x."
    LEAKY_RELU = "leaky_relu", "leaky ReLU", "x, or slope times x where x is negative.", _SLOPE
    MISH = "mish", "Mish", "x times tanh(log(1 + exp(x))) (Misra 2019)."
    HARD_SWISH = "hard_swish", "hard swish", "x times hard_sigmoid(x) (Howard et al. 2019, MobileNetV3)."
    SIGMOID = "sigmoid", "sigmoid", "1 / (1 + exp(-x))"
    HARD_SIGMOID = "hard_sigmoid", "hard sigmoid", "x / 6 + 1 / 2, from 0 to 1."

    def __new__(cls, word: str, shown: str, meaning: str, *parameters: Parameter) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.shown = shown
        member.definition = Word(word, meaning, parameters)
        return member


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Weightless, Companion):
    """An activation that learns nothing; `slope` is leaky ReLU's."""

    op: Literal["act"] = "act"
    kind: Activation = Activation.RELU
    slope: float = 0.01

    WORDS: ClassVar = tuple(kind.definition for kind in Activation)
    SAMPLES: ClassVar = tuple(kind.definition.syntax for kind in Activation)
    QUANTITIES: ClassVar[tuple[Quantity, ...]] = ()
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), kind=Activation[given.word.upper()], **given.values)

    @property
    def word(self) -> str:
        return "act"

    @property
    def text(self) -> str:
        return self.kind.shown

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "act"

    @property
    def overwritable(self) -> bool:
        return False


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PRelu(Companion):
    """A ReLU that learns a slope for each channel's negative values (He et al. 2015)."""

    op: Literal["prelu"] = "prelu"
    start: float = 0.25

    WORDS: ClassVar = (
        Word("prelu", "x, or where x is negative a learned slope of its channel times x (He et al. 2015).", (_START,)),
    )
    SAMPLES: ClassVar = ("prelu(start = 0.1)",)
    QUANTITIES: ClassVar = (CHANNELS,)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), start=given["start"])

    @property
    def word(self) -> str:
        return "act"

    @property
    def text(self) -> str:
        return "PReLU"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "act"

    @property
    def weights(self) -> tuple[Weight, ...]:
        return (Weight("weight", (self.input.channels,), "scale", start=self.start),)

    @property
    def macs(self) -> int:
        return 0

    @property
    def is_weight_layer(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True


def act_of(given: Given) -> Act | PRelu:
    """The activation that a word stands for."""
    return PRelu.make(given) if given.word == PRelu.WORDS[0].name else Act.make(given)


ACTS: tuple[Word, ...] = (*Act.WORDS, *PRelu.WORDS, Word(NONE, "No activation."))
ACT = Word("act", "The network's activation, once more.", base="act")
# What the small networks inside a layer can do between their linears, and at their end.
INNER_ACTS = OneOf("act", Act.WORDS)
GATES = OneOf("gate", (Activation.SIGMOID.definition, Activation.HARD_SIGMOID.definition))
