"""Hierarchical convolutions (Res2Net)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.act import Act, PRelu
from resdsl.ir.layers.composite import Composite, Norm, Part, Parts
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Unsound
from resdsl.ir.layers.window import size_text, stride_text
from resdsl.ir.shape import Pair
from resdsl.word import STRIDE, Flag, Integer, Parameter, Sides, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchicalConv(Composite):
    """The channels in `scale` parts: the first goes through a conv, each next one is added to what the last conv left
    before its own, and the last part is left as it is (Gao et al. 2019, Res2Net, Section 3.1).

    Where the map changes (`first`), nothing is added, and the last part is averaged over 3x3, zeros around it counted.
    """

    op: Literal["hierarchical_conv"] = "hierarchical_conv"
    convs: tuple[Conv, ...]
    norms: tuple[Norm | None, ...]
    act: Act | PRelu | None
    scale: int
    first: bool

    WORDS: ClassVar = (
        Word(
            "hierarchical_conv",
            "A *weight layer* with its norms and activations, that leaves as many channels as arrive, in SCALE parts: each "
            "but the last goes through a conv, together with what the conv before it left (Gao et al. 2019, Res2Net).",
            (
                Parameter("kernel", Sides(), "The kernel.", what="the kernel"),
                Parameter("scale", Integer(2), "How many parts.", 4, "the scale", named=True),
                Parameter("groups", Integer(), "The groups of each conv.", 1, "the number of groups", named=True),
                Parameter(
                    "first", Flag(),
                    "Whether nothing is added, and the last part is averaged over 3x3: in the first block of a stage, and "
                    "wherever it strides.", False, named=True, sample="true",
                ),
            ),
            stride=STRIDE,
            base="hierarchy",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = (
        "hierarchical_conv 3x3",
        "hierarchical_conv 3x3, scale = 2, groups = 2",
        "hierarchical_conv 3x3, /2, scale = 4, first = true",
    )
    QUANTITIES: ClassVar = (CHANNELS,)
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        made, scale, stride = Parts(given), given["scale"], given["stride"] or (1, 1)
        channels = given.input.channels
        if channels % scale:
            raise Unsound(N004, f"{channels} channels do not come in {scale} equal parts", "write a divisor", "scale")
        part = given.input._replace(channels=channels // scale)
        convs = tuple(
            made.conv(f"convs.{index}", part, part.channels, given["kernel"], stride, given["groups"])
            for index in range(scale - 1)
        )
        leaves = convs[0].output
        return cls(
            **given.common(leaves._replace(channels=channels)), convs=convs, scale=scale,
            norms=tuple(made.norm(f"bns.{index}", leaves) for index in range(scale - 1)),
            act=made.act("act", leaves), first=given["first"] or stride != (1, 1),
        )  # fmt: skip

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return *self.convs, *self.norms, self.act

    @property
    def word(self) -> str:
        return "hierarchical_conv"

    @property
    def text(self) -> str:
        return f"{size_text(self.convs[0].kernel)} hierarchy, {self.channels}{stride_text(self.strides)}"

    @property
    def details(self) -> Details:
        groups = self.convs[0].groups
        parts = (("parts", f"{self.scale}"), *((("groups", f"{groups}"),) if groups > 1 else ()))
        return (*parts, *((("last", "averaged"),) if self.first else ()))

    @property
    def box(self) -> Box:
        return "conv"

    @property
    def strides(self) -> Pair:
        return self.convs[0].stride

    @property
    def window(self) -> Pair:
        """That of one conv in a `first` layer, else of all of them one after another."""
        rows, columns = self.convs[0].window
        chained = 1 if self.first else len(self.convs)
        return 1 + chained * (rows - 1), 1 + chained * (columns - 1)

    @property
    def is_weight_layer(self) -> bool:
        return True
