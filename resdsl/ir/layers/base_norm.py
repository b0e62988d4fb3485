"""What all norms have."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

from resdsl.ir.layers.layer import CHANNELS, Box, Companion, Details, Quantity
from resdsl.word import Decimal, Parameter

EPS = Parameter("eps", Decimal(), "Added to the variance.", 1e-5, named=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseNorm(Companion):
    """A norm of any kind."""

    op: Literal["norm"] = "norm"

    QUANTITIES: ClassVar[tuple[Quantity, ...]] = (CHANNELS,)
    LEAVES: ClassVar = "channels"

    @property
    @abstractmethod
    def by_channel(self) -> bool:
        """Whether each channel is normalized by itself, so that a bias before it has no effect."""

    @property
    @abstractmethod
    def class_word(self) -> str:
        """What it adds to the name of a class of blocks: `GroupNorm`."""

    @property
    def word(self) -> str:
        return "norm"

    @property
    def box(self) -> Box:
        return "norm"

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


def unusual(norm: BaseNorm, *names: str) -> Details:
    """The numbers that are not those of the kind."""
    usual = {field.name: field.default for field in fields(norm)}
    return tuple((name, f"{getattr(norm, name):g}") for name in names if getattr(norm, name) != usual[name])
