"""Pooling by attention (CLIP)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N004
from resdsl.ir.layers.composite import Composite, Part, Parts
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Quantity, Unsound, Weight
from resdsl.ir.layers.linear import Linear
from resdsl.ir.shape import Pair, Shape
from resdsl.word import DERIVED, Integer, Parameter, Word


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPool(Composite):
    """Attention of the map's mean to all of its pixels and itself, with a learned embedding of each place.

    Radford et al. 2021, CLIP, Section 2.4. Only the mean asks, so that its MACs are those of one query, of a key and a
    value for each pixel and for the mean, of the products between them, and of the projection.
    """

    op: Literal["attention_pool"] = "attention_pool"
    q: Linear
    k: Linear
    v: Linear
    proj: Linear
    heads: int

    WORDS: ClassVar = (
        Word(
            "attention_pool",
            "What the mean of the map finds by attention among its pixels, as a vector; it ties the network to one size of "
            "input (Radford et al. 2021, CLIP).",
            (
                Parameter("units", Integer(), "The values that leave.", what="the number of units"),
                Parameter(
                    "heads", Integer(), "How many parts of the channels attend apart: one for each 64 of them, unless told.",
                    DERIVED, "the number of heads", named=True, sample="32",
                ),
            ),
            base="attnpool",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = ("attention_pool 8, heads = 2",)
    QUANTITIES: ClassVar = (CHANNELS, Quantity("units"))
    LEAVES: ClassVar = "units"

    @classmethod
    def make(cls, given: Given) -> Self:
        made, channels = Parts(given), given.input.channels
        heads = given["heads"] or max(1, channels // 64)
        if channels % heads:
            raise Unsound(N004, f"{heads} heads do not divide {channels} channels", "write a divisor", "heads")
        q, k, v = (made.linear(name, channels, channels) for name in "qkv")
        return cls(
            **given.common(Shape(given["units"], 1, 1)), q=q, k=k, v=v, heads=heads,
            proj=made.linear("proj", channels, given["units"]),
        )  # fmt: skip

    @property
    def parts(self) -> tuple[Part | None, ...]:
        return self._linears

    @property
    def _linears(self) -> tuple[Linear, ...]:
        return self.q, self.k, self.v, self.proj

    @property
    def places(self) -> int:
        """The pixels of the map, and its mean."""
        return 1 + self.input.height * self.input.width

    @property
    def units(self) -> int:
        return self.output.channels

    @property
    def weights(self) -> tuple[Weight, ...]:
        embedding = Weight("pos_embed", (self.places, self.channels), "bias", self.channels)
        inside = (
            weight._replace(name=f"{part.name}.{weight.name}") for part in self._linears for weight in part.weights
        )
        return embedding, *inside

    @property
    def macs(self) -> int:
        return self.q.macs + self.places * (self.k.macs + self.v.macs + 2 * self.channels) + self.proj.macs

    @property
    def word(self) -> str:
        return "attention_pool"

    @property
    def text(self) -> str:
        return f"attention pool, {self.units}"

    @property
    def details(self) -> Details:
        return (("heads", f"{self.heads}"), ("from", f"{self.channels}"))

    @property
    def box(self) -> Box:
        return "pool"

    @property
    def strides(self) -> Pair:
        return 1, 1

    @property
    def window(self) -> Pair:
        return self.input.map

    @property
    def is_weight_layer(self) -> bool:
        return True
