"""The activation orders of He et al. 2016b, Fig. 4, as a table: what stands around each weight layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resdsl.ir.block import Order

Part = Literal["conv", "norm", "act"]
Parts = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Norm and act around each weight layer of a run (`unit`) and around its last one (`last`)."""

    unit: Parts
    last: Parts


@dataclass(frozen=True, slots=True)
class OrderRule:
    """One order: the branch, and what comes after the addition."""

    branch: Placement
    after: Parts

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
        """Under full pre-activation a shortcut's conv stands alone; else it has its norm and no act."""
        parts: Parts = ("conv",) if "norm" in self.preactivation else ("conv", "norm")
        return Placement(parts, parts)

    @property
    def stage(self) -> Placement:
        """A weight layer between blocks."""
        parts = self.branch.unit if self.preactivation else CONV_NORM_ACT
        return Placement(parts, parts)


CONV_NORM_ACT: Parts = ("conv", "norm", "act")
HEAD = Placement(CONV_NORM_ACT, CONV_NORM_ACT)

ORDER_RULES: dict[Order, OrderRule] = {
    "post": OrderRule(Placement(CONV_NORM_ACT, ("conv", "norm")), after=("act",)),
    "norm_after_add": OrderRule(Placement(CONV_NORM_ACT, ("conv",)), after=("norm", "act")),
    "act_before_add": OrderRule(Placement(CONV_NORM_ACT, CONV_NORM_ACT), after=()),
    "act_pre": OrderRule(Placement(("act", "conv", "norm"), ("act", "conv", "norm")), after=()),
    "pre": OrderRule(Placement(("norm", "act", "conv"), ("norm", "act", "conv")), after=()),
}
