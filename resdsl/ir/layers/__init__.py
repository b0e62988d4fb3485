"""The kinds of layers, one file each: a new kind is a file, and its place in the tuple below."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ir.layers.act import ACT, ACTS, Act, Activation
from resdsl.ir.layers.attention_pool import AttentionPool
from resdsl.ir.layers.blur_pool import BlurPool
from resdsl.ir.layers.composite import Composite
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.dropout import Dropout
from resdsl.ir.layers.hierarchical_conv import HierarchicalConv
from resdsl.ir.layers.layer import CHANNELS, BaseLayer, Box, Details, Given, Quantity, Unsound, Weight
from resdsl.ir.layers.linear import Linear
from resdsl.ir.layers.norm import NORM, NORMS, BaseNorm, BatchNorm, GroupNorm
from resdsl.ir.layers.pad_channels import PadChannels
from resdsl.ir.layers.pool import GlobalAvgPool, Pool
from resdsl.ir.layers.scale import Scale
from resdsl.ir.layers.selective_kernel import SelectiveKernel
from resdsl.ir.layers.split_attention import SplitAttention
from resdsl.ir.layers.squeeze_excite import SqueezeExcite
from resdsl.ir.layers.subsample import Subsample
from resdsl.word import Word

Layer = (
    Conv
    | BatchNorm
    | GroupNorm
    | Act
    | Pool
    | GlobalAvgPool
    | Linear
    | Dropout
    | SqueezeExcite
    | Subsample
    | PadChannels
    | BlurPool
    | Scale
    | SplitAttention
    | SelectiveKernel
    | HierarchicalConv
    | AttentionPool
)
KINDS: tuple[type[Layer], ...] = (
    Conv, Pool, GlobalAvgPool, Linear, BatchNorm, GroupNorm, Act, Dropout, SqueezeExcite, Subsample, PadChannels,
    BlurPool, Scale, SplitAttention, SelectiveKernel, HierarchicalConv, AttentionPool,
)  # fmt: skip
KIND_OF: Mapping[str, type[Layer]] = {word.name: kind for kind in KINDS for word in kind.WORDS}
# The words of statements; norms and activations are chosen by settings, and repeated by `norm` and `act`.
STATEMENTS: Mapping[str, Word] = {
    word.name: word
    for word in (
        *(word for kind in KINDS if not issubclass(kind, BaseNorm | Act) for word in kind.WORDS),
        NORM,
        ACT,
    )
}

__all__ = [
    "ACTS",
    "CHANNELS",
    "KINDS",
    "KIND_OF",
    "NORMS",
    "STATEMENTS",
    "Act",
    "Activation",
    "AttentionPool",
    "BaseLayer",
    "BaseNorm",
    "BatchNorm",
    "BlurPool",
    "Box",
    "Composite",
    "Conv",
    "Details",
    "Dropout",
    "Given",
    "GlobalAvgPool",
    "GroupNorm",
    "HierarchicalConv",
    "Layer",
    "Linear",
    "PadChannels",
    "Pool",
    "Quantity",
    "Scale",
    "SelectiveKernel",
    "SplitAttention",
    "SqueezeExcite",
    "Subsample",
    "Unsound",
    "Weight",
]  # fmt: skip
