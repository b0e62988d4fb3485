"""Weights under timm's names, as far as it has a place for them: which of its files, and what our names become there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from resdsl.backend import Array
from resdsl.ir.layers import (
    Act,
    BaseNorm,
    Conv,
    Eca,
    GlobalContext,
    HierarchicalConv,
    Layer,
    Linear,
    Pool,
    SelectiveKernel,
    SplitAttention,
    SqueezeExcite,
)  # fmt: skip
from resdsl.ir.layers.act import Activation
from resdsl.ir.network import Network
from resdsl.weights.files import WeightsError

LAYERS, REGNET_STAGES = (tuple(f"{word}{number}" for number in (1, 2, 3, 4)) for word in ("layer", "s"))
IN_STAGE = re.compile(r"(?:layer|s)([1-4])\.(\d+)\.(.+)")
# What a whole module's name has to match, and what it becomes.
Rules = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Names:
    """The names in one of timm's files: where block `block` of stage `stage` stands (both from 0, and from 1 as `nth_…`),
    and what modules are called `inside` of it and `outside` of all."""

    place: str
    inside: Rules
    outside: Rules

    def of(self, name: str) -> str:
        """timm's name of a parameter; raises WeightsError."""
        module, _, role = name.rpartition(".")
        match = IN_STAGE.fullmatch(module)
        if match is None:
            return f"{_renamed(module, self.outside)}.{role}"
        stage, block = int(match[1]) - 1, int(match[2])
        place = self.place.format(stage=stage, block=block, nth_stage=stage + 1, nth_block=block + 1)
        return f"{place}.{_renamed(match[3], self.inside)}.{role}"


FC = ("fc", "head.fc")
SE = (r"(se\..+)", r"\1")
# Convs and norms that timm puts into a module of their own.
PAIRS = ((r"conv(\d)", r"conv\1.conv"), (r"bn(\d)", r"conv\1.bn"))
RESNET = Names(
    "layer{nth_stage}.{block}",
    ((r"((?:conv|bn)[1-3])", r"\1"), SE, (r"(downsample\.[0-2])", r"\1")),
    ((r"(conv1|bn1|fc)", r"\1"),),
)
DEEP_STEM = (
    ("conv1", "conv1.0"), ("bn1", "conv1.1"), ("conv2", "conv1.3"), ("bn2", "conv1.4"), ("conv3", "conv1.6"), ("bn3", "bn1"),
    ("conv4", "maxpool.0"), ("bn4", "maxpool.1"), ("fc", "fc"),
)  # fmt: skip
WHOLE = RESNET.inside
INSIDE_OF_RESNET: Mapping[type[Layer], Rules] = {
    SplitAttention: ((r"split\.(.+)", r"conv2.\1"), ("conv2", "conv3"), ("bn2", "bn3"), *WHOLE),
    HierarchicalConv: ((r"hierarchy\.(.+)", r"\1"), ("conv2", "conv3"), ("bn2", "bn3"), *WHOLE),
}
SELECTIVE_BASIC: Rules = ((r"select\.(.+)", r"conv1.\1"), ("conv1", "conv2.conv"), ("bn1", "conv2.bn"), *WHOLE[1:])
SELECTIVE: Rules = (
    (r"select\.(.+)", r"conv2.\1"), ("conv2", "conv3.conv"), ("bn2", "conv3.bn"), *PAIRS, *WHOLE[1:],
)  # fmt: skip
SENET = Names(
    RESNET.place,
    ((r"se\.(.+)", r"se_module.\1"), *WHOLE),
    ((r"((?:conv|bn)[1-3])", r"layer0.\1"), ("fc", "last_linear")),
)
RESNET_V2 = Names(
    "stages.{stage}.blocks.{block}",
    ((r"bn([1-3])", r"norm\1"), (r"(conv[1-3])", r"\1"), (r"downsample\.[01]", "downsample.conv")),
    (("conv1", "stem.conv"), ("bn_final", "norm"), FC),
)
DEEP_STEM_V2 = ((r"(conv[1-3])", r"stem.\1"), (r"bn([12])", r"stem.norm\1"), *RESNET_V2.outside[1:])
REGNET = Names(
    "s{nth_stage}.b{nth_block}",
    (*PAIRS, SE, (r"downsample\.0", "downsample.conv"), (r"downsample\.1", "downsample.bn")),
    (("conv1", "stem.conv"), ("bn1", "stem.bn"), ("conv2", "final_conv.conv"), ("bn2", "final_conv.bn"), FC),
)
REGNET_V = Names(
    REGNET.place,
    ((r"bn(\d)", r"norm\1"), (r"(conv\d)", r"\1"), SE, (r"downsample\.0", "downsample"), (r"(downsample\.1)", r"\1")),
    (("conv1", "stem"), FC),
)
BYOBNET = Names(
    "stages.{stage}.{block}",
    (
        (r"conv([13])", r"conv\1_1x1.conv"), (r"bn([13])", r"conv\1_1x1.bn"), (r"conv2", r"conv2_kxk.conv"),
        (r"bn2", r"conv2_kxk.bn"), (r"se\.(.+)", r"attn.\1"),
    ),
    (
        (r"attnpool", "head"), (r"attnpool\.(.+)", r"head.\1"), FC,
        ("bn_extra", "head.norm"), ("fc1", "head.pre_logits.fc"), ("fc2", "head.fc"),
    ),
)  # fmt: skip
PROJECTION: Rules = ((r"downsample\.0", "shortcut.conv"), (r"downsample\.1", "shortcut.bn"))
POOLED: Rules = ((r"downsample\.1", "shortcut.conv.conv"), (r"downsample\.2", "shortcut.conv.bn"))


def as_timm(network: Network, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Canonical `weights` under timm's names and in its shapes; raises WeightsError where timm has no such network."""
    names = _names(network)
    renamed = {names.of(name): array for name, array in weights.items()}
    if names.place != RESNET_V2.place:
        return renamed
    return renamed | {"head.fc.weight": renamed["head.fc.weight"][:, :, None, None]}  # a 1x1 conv there


def _names(network: Network) -> Names:
    stages, orders = tuple(stage.name for stage in network.stages), {block.order.value for block in network.blocks}
    convs = sum(layer.is_weight_layer for layer in network.stem)
    match stages, tuple(orders):
        case (_, ("post" | "act_before_add",)) if stages == REGNET_STAGES and convs == 1:
            return REGNET
        case (_, ("pre",)) if stages == REGNET_STAGES and convs == 1:
            return REGNET_V
        case (_, ("pre",)) if stages == LAYERS and convs in {1, 3}:
            return RESNET_V2 if convs == 1 else replace(RESNET_V2, outside=DEEP_STEM_V2)
        case (_, ("post",)) if stages == LAYERS and any(
            isinstance(layer, Pool) and layer.ceil for layer in network.stem
        ):
            return SENET
        case (_, ("post" | "act_before_add",)) if stages == LAYERS and _is_byobnet(network):
            return _byobnet(network)
        case (_, ("post",)) if stages == LAYERS and convs in {1, 3, 4}:
            return replace(
                RESNET, inside=_inside_of_resnet(network), outside=RESNET.outside if convs == 1 else DEEP_STEM
            )
        case _:
            raise WeightsError(
                f"timm's names are for four stages, layer1 to layer4 or s1 to s4, of its own orders and stems, not for order "
                f"{' and '.join(orders) or 'none'} after a stem of {convs} weight layers: leave --names out"
            )


def _inside_of_resnet(network: Network) -> Rules:
    kinds = {type(layer) for block in network.blocks for layer in block.branch}
    if SelectiveKernel in kinds:
        weighed = sum(layer.is_weight_layer for layer in network.blocks[0].branch)
        return SELECTIVE_BASIC if weighed == 2 else SELECTIVE
    return next((rules for kind, rules in INSIDE_OF_RESNET.items() if kind in kinds), WHOLE)


def _is_byobnet(network: Network) -> bool:
    """Whether timm has such a network in byobnet.py: attention before the last conv, silu, or another head."""
    linears = sum(isinstance(layer, Linear) for layer in network.head)
    branch = network.blocks[0].branch
    silu = any(isinstance(layer, Act) and layer.kind is Activation.SILU for layer in branch)
    last = max(index for index, layer in enumerate(branch) if layer.is_weight_layer)
    inside = any(isinstance(layer, SqueezeExcite | Eca | GlobalContext) for layer in branch[:last])
    return linears != 1 or silu or inside or any(layer.is_weight_layer for layer in network.head[:-1])


def _byobnet(network: Network) -> Names:
    if any(sum(layer.is_weight_layer for layer in block.branch) != 3 for block in network.blocks):
        raise WeightsError(
            "byobnet.py in timm has other names for blocks of other than 3 weight layers: leave --names out"
        )
    shortcuts = [layer.name for block in network.blocks for layer in (block.shortcut.layers if block.shortcut else ())]
    plain = [layer.name for layer in network.stem if isinstance(layer, Conv)]
    normed = {layer.name.replace("bn", "conv") for layer in network.stem if isinstance(layer, BaseNorm)}
    of_one = "stem" if len(plain) == 1 else ""
    stem = tuple((name, f"{of_one or f'stem.{name}'}{'.conv' if name in normed else ''}") for name in plain)
    norms = tuple((name.replace("conv", "bn"), f"{of_one or f'stem.{name}'}.bn") for name in plain)
    last = len(plain) + 1
    final = ((f"conv{last}", "final_conv.conv"), (f"bn{last}", "final_conv.bn"))
    return replace(
        BYOBNET,
        inside=(*BYOBNET.inside, *(POOLED if "2" in shortcuts else PROJECTION)),
        outside=(*BYOBNET.outside, *stem, *norms, *final),
    )


def _renamed(name: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        if match := re.fullmatch(pattern, name):
            return match.expand(replacement)
    raise WeightsError(f"{name} has no place among timm's names: leave --names out")
