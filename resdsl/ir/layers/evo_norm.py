"""EvoNorm-S0: a norm that is an activation, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.base_norm import EPS, BaseNorm, unusual
from resdsl.ir.layers.layer import Details, Given, Weight
from resdsl.ir.layers.window import check_groups
from resdsl.word import Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class EvoNorm(BaseNorm):
    """EvoNorm-S0 (Liu et al. 2020, Evolving Normalization-Activation Layers, Table 2): x · sigmoid(v · x) over the standard
    deviation of its group, then a scale and a shift.

    Where it does not activate, only the scale and the shift are left.
    """

    kind: Literal["evo"] = "evo"
    eps: float = 1e-5
    groups: int = 32
    activates: bool = False

    WORDS: ClassVar = (
        Word(
            "evo_norm",
            "EvoNorm-S0 (Liu et al. 2020): x · sigmoid(v · x) over the standard deviation of its group, with a learned scale and "
            "shift. It takes the place of the norm and of the activation right after it; where none comes after it, the "
            "scale and the shift stand alone.",
            (Parameter("groups", Integer(), "The number of groups.", 32), EPS),
        ),
    )

    SAMPLES: ClassVar = ("evo_norm(4)", "evo_norm(2, eps = 1e-3)")

    @classmethod
    def make(cls, given: Given) -> Self:
        check_groups(given.input.channels, given.input.channels, given["groups"])
        return cls(**given.common(given.input), eps=given["eps"], groups=given["groups"])

    @property
    def by_channel(self) -> bool:
        return False

    @property
    def class_word(self) -> str:
        return "EvoNorm"

    @property
    def text(self) -> str:
        return f"EvoNorm, {self.groups} groups" if self.activates else "scale and shift"

    @property
    def details(self) -> Details:
        return unusual(self, "eps")

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels = (self.input.channels,)
        affine = Weight("weight", channels, "scale"), Weight("bias", channels, "shift")
        return (*affine, Weight("v", channels, "scale", start=1.0)) if self.activates else affine
