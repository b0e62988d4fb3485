"""Global context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.ir.expression import Operation, Variable
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Pointwise, Quantity, Weight, weight_and_bias
from resdsl.ir.layers.squeeze_excite import squeezed
from resdsl.word import Integer, OneOf, Parameter, Word

EPS = 1e-6
_SCALE = Word("scale", "The map is multiplied by the sigmoid of the context.")
_FUSIONS = OneOf("fusion", (_SCALE, Word("add", "The context is added to the map.")))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalContext(Pointwise):
    """The mean of the map, weighted by a softmax over its pixels, through two 1x1 convs, scales the map or is added to it.

    Cao et al. 2019, GCNet, Fig. 4(d); between the convs stand a layer norm over the channels and a ReLU. The context sees
    the whole map, which does not count as its window.
    """

    op: Literal["global_context"] = "global_context"
    reduction: int = 8
    fuse: Literal["scale", "add"] = "scale"

    WORDS: ClassVar = (
        Word(
            "global_context",
            "Scales each channel by the context, or adds it: the mean of the map, weighted by a softmax over its pixels, 1x1 "
            "conv to `channels // reduction`, layer norm, ReLU, 1x1 conv back (Cao et al. 2019).",
            (
                Parameter("reduction", Integer(), "What the channels are divided by.", 8, what="the reduction"),
                Parameter("fuse", _FUSIONS, "How the context joins the map.", _SCALE.choice, named=True),
            ),
            base="se",
        ),
    )
    SAMPLES: ClassVar = ("global_context 2", "global_context 2, fuse = add")
    QUANTITIES: ClassVar = (
        CHANNELS,
        Quantity("reduction"),
        Quantity("width", usual=(Operation("//", Variable("channels"), Variable("reduction")),)),
    )
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        squeezed(given.input.channels, given["reduction"], 1)
        return cls(**given.common(given.input), reduction=given["reduction"], fuse=given["fuse"].word)

    @property
    def width(self) -> int:
        """The channels that they are squeezed to."""
        return self.input.channels // self.reduction

    @property
    def word(self) -> str:
        return "global_context"

    @property
    def text(self) -> str:
        return f"global context, {self.width}"

    @property
    def details(self) -> Details:
        return (("fusion", "added"),) if self.fuse == "add" else ()

    @property
    def box(self) -> Box:
        return "gate"

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels, width, mlp = self.input.channels, self.width, f"mlp_{self.fuse}."
        return (
            *weight_and_bias((1, channels, 1, 1), True, "conv_attn.", also=((1, channels),)),
            *weight_and_bias((width, channels, 1, 1), True, f"{mlp}fc1.", also=((width, channels),)),
            Weight(f"{mlp}norm.weight", (width,), "scale"),
            Weight(f"{mlp}norm.bias", (width,), "shift"),
            *weight_and_bias((channels, width, 1, 1), True, f"{mlp}fc2.", also=((channels, width),)),
        )

    @property
    def macs(self) -> int:
        return self.input.size + 2 * self.input.channels * self.width

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
