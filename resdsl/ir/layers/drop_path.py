"""Stochastic depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Companion, Details, Given, Quantity, Weightless
from resdsl.word import Decimal, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DropPath(Weightless, Companion):
    """Leaves the whole branch out of each image with probability `p` in training, else divides it by 1 - p.

    Huang et al. 2016, Deep Networks with Stochastic Depth; that paper scales in evaluation instead.
    """

    op: Literal["drop_path"] = "drop_path"
    p: float

    WORDS: ClassVar = (
        Word(
            "drop_path",
            "Stochastic depth (Huang et al. 2016): in training, leaves the branch out of an image with probability p, 0 ≤ p < 1, "
            "and divides it by 1 - p in the others. As a setting: at the end of each branch, with a probability that rises "
            "linearly over all blocks that have it, from 0 in the first to p in the last.",
            (Parameter("p", Decimal(below=1), "The probability.", what="the probability"),),
            base="drop_path",
        ),
    )
    SAMPLES: ClassVar = ("drop_path 0.5",)
    QUANTITIES: ClassVar = (Quantity("p"),)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), p=given["p"])

    @property
    def word(self) -> str:
        return "drop_path"

    @property
    def text(self) -> str:
        return f"drop path {self.p:.3g}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "other"

    @property
    def overwritable(self) -> bool:
        return False
