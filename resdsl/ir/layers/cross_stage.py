"""Cross-stage partial networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.composite import Composite, Part, Parts
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Quantity, Unsound
from resdsl.ir.layers.window import check_groups
from resdsl.ir.shape import Pair, Shape
from resdsl.word import Integer, Parameter, Word

UNIT = 9
"""The layers of a bottleneck: three convs, each with its norm and activation."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class CrossStage(Composite):
    """Half of the channels pass as they are; the others go through bottlenecks and a 1x1 conv (Wang et al. 2020, CSPNet).

    `units` are the bottlenecks, each next to an identity shortcut with its last activation after the addition, and
    `transition` is the conv after them; each conv has its norm and activation.
    """

    op: Literal["cross_stage"] = "cross_stage"
    count: int
    units: tuple[Part | None, ...]
    transition: tuple[Part | None, ...]

    WORDS: ClassVar = (
        Word(
            "cross_stage",
            "Leaves as many channels as arrive: half of them pass as they are, the others go through COUNT bottlenecks of "
            "FILTERS and a 1x1 conv, each conv with its norm and activation (Wang et al. 2020, CSPNet). Each counts as a "
            "weight layer.",
            (
                Parameter("count", Integer(), "How many bottlenecks.", what="the count"),
                Parameter("filters", Integer(), "The filters of each 3x3 conv.", what="the number of filters"),
                Parameter("groups", Integer(), "The groups of each 3x3 conv.", 1, "the number of groups", named=True),
            ),
            base="cross",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("cross_stage 2, 6", "cross_stage 1, 4, groups = 2")
    QUANTITIES: ClassVar = (CHANNELS, Quantity("filters"))
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        channels, filters, groups = given.input.channels, given["filters"], given["groups"]
        if channels % 2:
            raise Unsound(N004, f"{channels} channels have no halves", "let an even number arrive: conv 1x1, …")
        check_groups(filters, filters, groups)
        half = given.input._replace(channels=channels // 2)
        units = tuple(
            part
            for place in range(given["count"])
            for part in _unit(Parts(given), f"units.{place}.", half, filters, groups)
        )
        transition = tuple(_weight_layer(Parts(given), "transition.", half, half.channels))
        return cls(**given.common(given.input), count=given["count"], units=units, transition=transition)

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return *self.units, *self.transition

    @property
    def convs(self) -> tuple[Conv, ...]:
        """Those of the first bottleneck."""
        return tuple(part for part in self.units[:UNIT] if isinstance(part, Conv))

    @property
    def filters(self) -> int:
        return self.convs[1].filters

    @property
    def groups(self) -> int:
        return self.convs[1].groups

    @property
    def word(self) -> str:
        return "cross_stage"

    @property
    def text(self) -> str:
        return f"cross stage, {self.count} x {self.filters}"

    @property
    def details(self) -> Details:
        return (("groups", f"{self.groups}"),) if self.groups > 1 else ()

    @property
    def box(self) -> Box:
        return "conv"

    @property
    def strides(self) -> Pair:
        return 1, 1

    @property
    def window(self) -> Pair:
        return 1 + 2 * self.count, 1 + 2 * self.count

    @property
    def is_weight_layer(self) -> bool:
        return True


def _unit(made: Parts, prefix: str, half: Shape, filters: int, groups: int) -> Iterator[Part | None]:
    """A bottleneck that leaves what arrives."""
    narrow = half._replace(channels=filters)
    yield from _weight_layer(made, prefix, half, filters, "1")
    yield from _weight_layer(made, prefix, narrow, filters, "2", (3, 3), groups)
    yield from _weight_layer(made, prefix, narrow, half.channels, "3")


def _weight_layer(
    made: Parts, prefix: str, arrives: Shape, filters: int, number: str = "", kernel: Pair = (1, 1), groups: int = 1
) -> Iterator[Part | None]:
    """A conv with its norm and activation."""
    conv = made.conv(f"{prefix}conv{number}", arrives, filters, kernel, groups=groups)
    yield from (conv, made.norm(f"{prefix}bn{number}", conv.output), made.act(f"{prefix}act{number}", conv.output))
