"""Weights under timm's names (ResNet of timm/models/resnet.py, ResNetV2 of resnetv2.py), as far as it has a place for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl.weights.files import WeightsError

STAGES = ["layer1", "layer2", "layer3", "layer4"]
Rules = Sequence[tuple[str, str]]
IN_STAGE = r"layer(?P<stage>[1-4])\.(?P<block>\d+)\."
# What a whole name of ours has to match, and what it becomes there.
STEM: Rules = [(r"(conv1|bn1)\.(.+)", r"\1.\2")]
DEEP_STEM: Rules = [
    (r"conv1\.(.+)", r"conv1.0.\1"), (r"bn1\.(.+)", r"conv1.1.\1"), (r"conv2\.(.+)", r"conv1.3.\1"),
    (r"bn2\.(.+)", r"conv1.4.\1"), (r"conv3\.(.+)", r"conv1.6.\1"), (r"bn3\.(.+)", r"bn1.\1"),
]  # fmt: skip
RESNET: Rules = [
    (rf"({IN_STAGE}(conv[1-3]|bn[1-3]|se|downsample\.[0-2])\..+)", r"\1"),
    (r"fc\.(.+)", r"fc.\1"),
]
RESNET_V2: Rules = [
    (r"conv1\.(.+)", r"stem.conv.\1"),
    (rf"{IN_STAGE}bn(?P<part>[1-3]\..+)", r"stages.<stage>.blocks.\g<block>.norm\g<part>"),
    (rf"{IN_STAGE}(?P<part>conv[1-3]\..+)", r"stages.<stage>.blocks.\g<block>.\g<part>"),
    (rf"{IN_STAGE}downsample\.0\.(?P<part>.+)", r"stages.<stage>.blocks.\g<block>.downsample.conv.\g<part>"),
    (r"bn_final\.(.+)", r"norm.\1"),
    (r"fc\.(.+)", r"head.fc.\1"),
]


def as_timm(network: Network, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Canonical `weights` under timm's names and in its shapes; raises WeightsError where timm has no such network."""
    rules = _rules(network)
    renamed = {_renamed(name, rules): array for name, array in weights.items()}
    head = renamed.get("head.fc.weight")  # timm's ResNetV2 has a 1x1 conv there.
    return renamed if head is None else renamed | {"head.fc.weight": head[:, :, None, None]}


def _rules(network: Network) -> Rules:
    orders = {block.order for block in network.blocks}
    if [stage.name for stage in network.stages] != STAGES or len(orders) != 1:
        raise WeightsError("timm's names are for ResNets of four stages, layer1 to layer4: leave --names out")
    convs = sum(layer.is_weight_layer for layer in network.stem)
    match orders.pop(), convs:
        case "post", 1:
            return [*STEM, *RESNET]
        case "post", 3:
            return [*DEEP_STEM, *RESNET]
        case "pre", 1:
            return RESNET_V2
        case order, _:
            raise WeightsError(
                f"timm has no names for order {order} after a stem of {convs} weight layers: leave --names out"
            )


def _renamed(name: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        if match := re.fullmatch(pattern, name):
            # timm counts the stages of ResNetV2 from zero.
            stage = int(match.groupdict().get("stage") or 1) - 1
            return match.expand(replacement.replace("<stage>", str(stage)))
    raise WeightsError(f"{name} has no place in timm's ResNet or ResNetV2: leave --names out")
