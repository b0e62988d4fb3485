"""The activation orders of He et al. 2016b, Fig. 4, as a table: what stands around each weight layer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from resdsl.word import OneOf, Parameter, Word

Part = Literal["conv", "norm", "act"]
Parts = tuple[Part, ...]
RAW = Word("raw", "The shortcut takes the map as it arrives.")
_SHARED = Word("activated", "The shortcut starts after the first activation.")
_FIRST = Parameter(
    "first", OneOf("first", (_SHARED, RAW)),
    "What the shortcut of the first block of all takes, where that keeps its shape.", _SHARED.choice, named=True,
    sample="raw",
)  # fmt: skip
CONV_NORM_ACT: Parts = ("conv", "norm", "act")


@dataclass(frozen=True, slots=True)
class Placement:
    """Norm and activation around each weight layer of a run (`unit`) and around its last one (`last`)."""

    unit: Parts
    last: Parts

    def __str__(self) -> str:
        """`(conv norm act) × (K-1), conv norm`, for K weight layers."""
        unit, last = " ".join(self.unit), " ".join(self.last)
        return f"({unit}) × K" if unit == last else f"({unit}) × (K-1), {last}"


class Order(StrEnum):
    """One order: the `branch`, what comes `after` the addition, its word, and what it adds to the name of a class."""

    definition: Word
    class_word: str
    branch: Placement
    after: Parts

    POST = (
        "post", "Fig. 4(a), original.", "Post",
        Placement(CONV_NORM_ACT, ("conv", "norm")), ("act",),
    )  # fmt: skip
    NORM_AFTER_ADD = (
        "norm_after_add", "Fig. 4(b), norm after the addition.", "NormAfterAdd",
        Placement(CONV_NORM_ACT, ("conv",)), ("norm", "act"),
    )  # fmt: skip
    ACT_BEFORE_ADD = (
        "act_before_add", "Fig. 4(c), activation before the addition.", "ActBeforeAdd",
        Placement(CONV_NORM_ACT, CONV_NORM_ACT), (),
    )  # fmt: skip
    ACT_PRE = (
        "act_pre", "Fig. 4(d), ReLU-only pre-activation.", "ActPre",
        Placement(("act", "conv", "norm"), ("act", "conv", "norm")), (), _FIRST,
    )  # fmt: skip
    PRE = (
        "pre", "Fig. 4(e), full pre-activation.", "PreAct",
        Placement(("norm", "act", "conv"), ("norm", "act", "conv")), (), _FIRST,
    )  # fmt: skip

    def __new__(
        cls, word: str, figure: str, class_word: str, branch: Placement, after: Parts, *takes: Parameter
    ) -> Self:
        member = str.__new__(cls, word)
        member._value_ = word
        meaning = f"{branch}; after the addition: {', '.join(after) or 'nothing'}. {figure}"
        member.definition = Word(word, meaning, takes)
        member.class_word, member.branch, member.after = class_word, branch, after
        return member

    @property
    def preactivation(self) -> Parts:
        """What stands before the first conv: shared by both paths where a block opens with it."""
        return self.branch.unit[: self.branch.unit.index("conv")]

    @property
    def stem(self) -> Placement:
        """The stem's last weight layer leaves to the first block what that block starts with."""
        last = tuple(part for part in CONV_NORM_ACT if part not in self.preactivation)
        return Placement(CONV_NORM_ACT, last)

    @property
    def shortcut(self) -> Placement:
        """Under full pre-activation a shortcut's conv stands alone; else it has its norm and no activation."""
        parts: Parts = ("conv",) if "norm" in self.preactivation else ("conv", "norm")
        return Placement(parts, parts)

    @property
    def stage(self) -> Placement:
        """A weight layer between blocks."""
        parts = self.branch.unit if self.preactivation else CONV_NORM_ACT
        return Placement(parts, parts)


HEAD = Placement(CONV_NORM_ACT, CONV_NORM_ACT)
