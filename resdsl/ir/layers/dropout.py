"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Companion, Details, Given, Quantity, Weightless
from resdsl.word import Decimal, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Weightless, Companion):
    """Zeroes each value with probability `p` in training."""

    op: Literal["dropout"] = "dropout"
    p: float

    WORDS: ClassVar = (
        Word(
            "dropout",
            "Zeroes each value with probability p in training, 0 ≤ p < 1.",
            (Parameter("p", Decimal(below=1), "The probability.", what="the probability"),),
            base="dropout",
        ),
    )
    SAMPLES: ClassVar = ("dropout 0.5",)
    QUANTITIES: ClassVar = (Quantity("p"),)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), p=given["p"])

    @property
    def word(self) -> str:
        return "dropout"

    @property
    def text(self) -> str:
        return f"dropout {self.p:g}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def overwritable(self) -> bool:
        return False
