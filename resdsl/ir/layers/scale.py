"""Multiplication by a constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Details, Given, Pointwise, Quantity, Weightless
from resdsl.word import Decimal, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Weightless, Pointwise):
    """Multiplies every value by a constant, which is not learned."""

    op: Literal["scale"] = "scale"
    factor: float

    WORDS: ClassVar = (
        Word(
            "scale",
            "Multiplies every value by a constant, which is not learned.",
            (Parameter("factor", Decimal(), "The constant.", what="the factor"),),
            base="scale",
        ),
    )
    SAMPLES: ClassVar = ("scale 0.5",)
    QUANTITIES: ClassVar = (Quantity("factor"),)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), factor=given["factor"])

    @property
    def word(self) -> str:
        return "scale"

    @property
    def text(self) -> str:
        return f"× {self.factor:g}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
