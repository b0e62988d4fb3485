"""The learned factor of a block's join."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.layer import Box, Details, Given, Pointwise, Quantity, Weight
from resdsl.word import Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Alpha(Pointwise):
    """One learned number that scales a whole branch (ReZero, Bachlechner et al. 2020; SkipInit, De and Smith 2020).

    It is written by its block's `join`, and has no word of its own.
    """

    op: Literal["alpha"] = "alpha"
    start: float = 0.0

    WORDS: ClassVar[tuple[Word, ...]] = ()
    SAMPLES: ClassVar[tuple[str, ...]] = ()
    QUANTITIES: ClassVar[tuple[Quantity, ...]] = ()
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), start=given["start"])

    @property
    def word(self) -> str:
        return "alpha"

    @property
    def text(self) -> str:
        return f"alpha, from {self.start:g}"

    @property
    def details(self) -> Details:
        return ()

    @property
    def box(self) -> Box:
        return "gate"

    @property
    def weights(self) -> tuple[Weight, ...]:
        return (Weight("", (1,), "scale", also=((),), start=self.start),)

    @property
    def macs(self) -> int:
        return 0

    @property
    def is_weight_layer(self) -> bool:
        return False

    @property
    def is_companion(self) -> bool:
        return False

    @property
    def is_gate(self) -> bool:
        return True

    @property
    def keeps_shift(self) -> bool:
        return False

    @property
    def overwritable(self) -> bool:
        return True
