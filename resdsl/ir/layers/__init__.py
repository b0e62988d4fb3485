"""The kinds of layers, one file each: a new kind is a file, and its place in the tuple below."""

from __future__ import annotations

from collections.abc import Mapping

from resdsl.ir.layers.act import ACT, ACTS, Act, Activation, PRelu
from resdsl.ir.layers.alpha import Alpha
from resdsl.ir.layers.attention_pool import AttentionPool
from resdsl.ir.layers.base_norm import BaseNorm
from resdsl.ir.layers.blur_pool import BlurPool
from resdsl.ir.layers.composite import Composite
from resdsl.ir.layers.conv import Conv
from resdsl.ir.layers.cross_stage import CrossStage
from resdsl.ir.layers.drop_path import DropPath
from resdsl.ir.layers.dropout import Dropout
from resdsl.ir.layers.eca import Eca
from resdsl.ir.layers.evo_norm import EvoNorm
from resdsl.ir.layers.gate import Gate
from resdsl.ir.layers.global_context import GlobalContext
from resdsl.ir.layers.hierarchical_conv import HierarchicalConv
from resdsl.ir.layers.layer import CHANNELS, BaseLayer, Box, Details, Given, Quantity, Unsound, Weight
from resdsl.ir.layers.linear import Linear
from resdsl.ir.layers.norm import NORM, NORMS, BatchNorm, GroupNorm
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
    | EvoNorm
    | Act
    | PRelu
    | Pool
    | GlobalAvgPool
    | Linear
    | Dropout
    | DropPath
    | SqueezeExcite
    | Eca
    | GlobalContext
    | Subsample
    | PadChannels
    | BlurPool
    | Scale
    | SplitAttention
    | SelectiveKernel
    | HierarchicalConv
    | CrossStage
    | AttentionPool
    | Gate
    | Alpha
)
# Those that can be written as layers; the others belong to the joins of blocks.
KINDS: tuple[type[Layer], ...] = (
    Conv, Pool, GlobalAvgPool, Linear, BatchNorm, GroupNorm, EvoNorm, Act, PRelu, Dropout, DropPath, SqueezeExcite, Eca,
    GlobalContext, Subsample, PadChannels, BlurPool, Scale, SplitAttention, SelectiveKernel, HierarchicalConv, CrossStage,
    AttentionPool,
)  # fmt: skip
KIND_OF: Mapping[str, type[Layer]] = {word.name: kind for kind in KINDS for word in kind.WORDS}
# What `attention` can put at the end of each branch.
ATTENTION: tuple[type[Layer], ...] = (SqueezeExcite, Eca, GlobalContext)
# The words of statements; norms and activations are chosen by settings, and repeated by `norm` and `act`.
STATEMENTS: Mapping[str, Word] = {
    word.name: word
    for word in (
        *(word for kind in KINDS if not issubclass(kind, BaseNorm | Act | PRelu) for word in kind.WORDS),
        NORM,
        ACT,
    )
}

__all__ = [
    "ACTS", "ATTENTION", "CHANNELS", "KINDS", "KIND_OF", "NORMS", "STATEMENTS", "Act", "Activation", "Alpha",
    "AttentionPool", "BaseLayer", "BaseNorm", "BatchNorm", "BlurPool", "Box", "Composite", "Conv", "CrossStage", "Details",
    "DropPath", "Dropout", "Eca", "EvoNorm", "Gate", "Given", "GlobalAvgPool", "GlobalContext", "GroupNorm", "HierarchicalConv",
    "Layer", "Linear", "PRelu", "PadChannels", "Pool", "Quantity", "Scale", "SelectiveKernel", "SplitAttention",
    "SqueezeExcite", "Subsample", "Unsound", "Weight",
]  # fmt: skip
