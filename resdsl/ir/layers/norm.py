"""Normalization, with a learned scale and shift per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.layers.base_norm import EPS, BaseNorm, unusual
from resdsl.ir.layers.evo_norm import EvoNorm
from resdsl.ir.layers.layer import Details, Given, Weight
from resdsl.ir.layers.window import check_groups
from resdsl.word import NONE, Decimal, Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm(BaseNorm):
    """Batch normalization (Ioffe and Szegedy 2015).

    In training the biased variance of the batch normalizes, and the running statistics move by `momentum` with the
    unbiased one.
    """

    kind: Literal["batch"] = "batch"
    eps: float = 1e-5
    momentum: float = 0.1

    WORDS: ClassVar = (
        Word(
            "batch",
            "Batch normalization (Ioffe and Szegedy 2015).",
            (
                EPS,
                Parameter(
                    "momentum", Decimal(0, 1 + 1e-9), "The weight of the newest batch in the running statistics.", 0.1,
                    named=True,
                ),
            ),
        ),
    )  # fmt: skip

    SAMPLES: ClassVar = ("batch", "batch(eps = 1e-3, momentum = 0.2)")

    @classmethod
    def make(cls, given: Given) -> Self:
        return cls(**given.common(given.input), eps=given["eps"], momentum=given["momentum"])

    @property
    def by_channel(self) -> bool:
        return True

    @property
    def class_word(self) -> str:
        return "BatchNorm"

    @property
    def text(self) -> str:
        return "BN"

    @property
    def details(self) -> Details:
        return unusual(self, "eps", "momentum")

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels = (self.input.channels,)
        return (
            Weight("weight", channels, "scale"),
            Weight("bias", channels, "shift"),
            Weight("running_mean", channels, "running_mean"),
            Weight("running_var", channels, "running_var"),
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNorm(BaseNorm):
    """Group normalization (Wu and He 2018)."""

    kind: Literal["group"] = "group"
    eps: float = 1e-5
    groups: int = 32

    WORDS: ClassVar = (
        Word(
            "group",
            "Group normalization (Wu and He 2018).",
            (Parameter("groups", Integer(), "The number of groups.", 32), EPS),
        ),
    )

    SAMPLES: ClassVar = ("group(4)", "group(2, eps = 1e-3)")

    @classmethod
    def make(cls, given: Given) -> Self:
        check_groups(given.input.channels, given.input.channels, given["groups"])
        return cls(**given.common(given.input), eps=given["eps"], groups=given["groups"])

    @property
    def by_channel(self) -> bool:
        return self.groups == self.input.channels

    @property
    def class_word(self) -> str:
        return "GroupNorm"

    @property
    def text(self) -> str:
        return f"GN, {self.groups} groups"

    @property
    def details(self) -> Details:
        return unusual(self, "eps")

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels = (self.input.channels,)
        return Weight("weight", channels, "scale"), Weight("bias", channels, "shift")


def batch_or_group(given: Given) -> BatchNorm | GroupNorm:
    """The norm of a word of these two."""
    return BatchNorm.make(given) if given.word == BatchNorm.WORDS[0].name else GroupNorm.make(given)


NORMS: tuple[Word, ...] = (
    *BatchNorm.WORDS,
    *GroupNorm.WORDS,
    *EvoNorm.WORDS,
    Word(NONE, "No normalization."),
)
NORM = Word("norm", "The network's normalization, once more.", base="bn_extra")
