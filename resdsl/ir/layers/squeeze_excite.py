"""Squeeze and excite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, final

from resdsl.codes import N003, N004
from resdsl.ir.expression import Number, Operation, Variable
from resdsl.ir.layers.act import GATES, INNER_ACTS, Activation
from resdsl.ir.layers.layer import CHANNELS, Box, Details, Given, Pointwise, Quantity, Unsound, Weight, weight_and_bias
from resdsl.word import DERIVED, Flag, Integer, Parameter, Word

REDUCTION = 16
_CHANNELS, _REDUCTION, _MULTIPLE = Variable("channels"), Variable("reduction"), Variable("multiple")
_PLAIN = Operation("//", _CHANNELS, _REDUCTION)
# To the nearest multiple: (channels + reduction * multiple // 2) // (reduction * multiple) * multiple.
_STEP = Operation("*", _REDUCTION, _MULTIPLE)
_ROUNDED = Operation("//", Operation("+", _CHANNELS, Operation("//", _STEP, Number(2))), _STEP)
_NEAREST = Operation("*", _ROUNDED, _MULTIPLE)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SqueezeExcite(Pointwise):
    """Global average, 1x1 conv to `width` channels, act, 1x1 conv back, gate, scale (Hu et al. 2018).

    `reduction` is 0 where the width is given. The gate sees the whole map, which does not count as its window.
    """

    op: Literal["squeeze_excite"] = "squeeze_excite"
    width: int
    reduction: int = 0
    multiple: int = 1
    bias: bool = True
    act: Activation = Activation.RELU
    gate: Activation = Activation.SIGMOID

    WORDS: ClassVar = (
        Word(
            "squeeze_excite",
            "Scales each channel by what all of them hold: global average, 1x1 conv to `channels // reduction`, ReLU, 1x1 "
            "conv back, sigmoid (Hu et al. 2018).",
            (
                Parameter(
                    "reduction", Integer(), "What the channels are divided by; 16, if no width is given.", DERIVED,
                    "the reduction", sample="16",
                ),
                Parameter(
                    "width", Integer(), "The channels that they are squeezed to, in place of a reduction.", DERIVED,
                    "the width", named=True, sample="48",
                ),
                Parameter(
                    "multiple", Integer(), "Rounds `channels / reduction` to the nearest multiple, but never to 0; 8 in timm.", 1,
                    "the multiple", named=True, sample="8",
                ),
                Parameter("bias", Flag(), "Whether both convs have a learned bias.", True, named=True, sample="false"),
                Parameter("act", INNER_ACTS, "The activation between the convs.", Activation.RELU.definition.choice, named=True),
                Parameter("gate", GATES, "The gate at the end.", Activation.SIGMOID.definition.choice, named=True),
            ),
            base="se",
        ),
    )  # fmt: skip
    SAMPLES: ClassVar = (
        "squeeze_excite 2",
        "squeeze_excite width = 3, bias = false, act = silu, gate = hard_sigmoid",
        "squeeze_excite 3, multiple = 2",
    )
    QUANTITIES: ClassVar = (
        CHANNELS,
        Quantity("reduction"),
        Quantity("multiple"),
        Quantity("width", usual=(_PLAIN, _NEAREST)),
    )
    LEAVES: ClassVar = "channels"

    @classmethod
    def make(cls, given: Given) -> Self:
        if given["width"] and given["reduction"]:
            raise Unsound(N003, "both a reduction and a width are given", "keep one of them", "width")
        reduction = 0 if given["width"] else given["reduction"] or REDUCTION
        width = given["width"] or squeezed(given.input.channels, reduction, given["multiple"])
        own = {name: given[name] for name in ("multiple", "bias")}
        act, gate = Activation[given["act"].word.upper()], Activation[given["gate"].word.upper()]
        return cls(**given.common(given.input), reduction=reduction, width=width, act=act, gate=gate, **own)

    @property
    def word(self) -> str:
        return "squeeze_excite"

    @property
    def text(self) -> str:
        return f"squeeze-excite, {self.width}"

    @property
    def details(self) -> Details:
        act = (("act", self.act.shown),) if self.act is not Activation.RELU else ()
        gate = (("gate", self.gate.shown),) if self.gate is not Activation.SIGMOID else ()
        return (*act, *gate, *(() if self.bias else (("without", "biases"),)))

    @property
    def box(self) -> Box:
        return "gate"

    @property
    def weights(self) -> tuple[Weight, ...]:
        channels, width = self.input.channels, self.width
        return (
            *weight_and_bias((width, channels, 1, 1), self.bias, "fc1.", also=((width, channels),)),
            *weight_and_bias((channels, width, 1, 1), self.bias, "fc2.", also=((channels, width),)),
        )

    @property
    def macs(self) -> int:
        return 2 * self.input.channels * self.width

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


def squeezed(channels: int, reduction: int, multiple: int) -> int:
    """`channels // reduction`, or the nearest multiple; raises Unsound where nothing is left."""
    if multiple > 1:
        step = reduction * multiple
        return max(multiple, (channels + step // 2) // step * multiple)
    if channels < reduction:
        found = f"a reduction of {reduction} leaves nothing of {channels} channels"
        raise Unsound(N004, found, "write a smaller reduction", "reduction")
    return channels // reduction
