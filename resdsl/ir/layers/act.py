"""Activations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Companion, Details, Given, Quantity, Weightless
from resdsl.word import NONE, Decimal, Parameter, Word

_SLOPE = Parameter("slope", Decimal(below=1), "The slope for negative values.", 0.01)


class Activation(StrEnum):
    """A kind of activation: its word, what figures and sources call it, what it computes, and what it takes."""

    shown: str
    definition: Word

    RELU = "relu", "ReLU", "max(x, 0)"
    GELU = "gelu", "GELU", "x times the normal distribution function of x."
    SILU = "silu", "SiLU", "x times the logistic function of x."
    LEAKY_RELU = "leaky_relu", "leaky ReLU", "x, or slope times x where x is negative.", _SLOPE

    def __new__(cls, word: str, shown: str, meaning: str, *parameters: Parameter) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        member.shown = shown
        member.definition = Word(word, meaning, parameters)
        return member


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Weightless, Companion):
    """An activation; `slope` is leaky ReLU's."""

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


ACTS: tuple[Word, ...] = (*Act.WORDS, Word(NONE, "No activation."))
ACT = Word("act", "The network's activation, once more.", base="act")
