"""A second way to compute a network, to hold the emitted source against: straight from the IR, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional as F

from resdsl.ir.block import Block
from resdsl.ir.layers import (
    Act,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    GlobalAvgPool,
    GroupNorm,
    Layer,
    Linear,
    PadChannels,
    Pool,
    SqueezeExcite,
    Subsample,
)
from resdsl.ir.network import Network

Weights = Mapping[str, Tensor]


def run_network(network: Network, weights: Weights, x: Tensor, training: bool = False) -> Tensor:
    """Maps have four dimensions throughout; what ends in maps of one pixel ends in vectors."""
    x = _run("", network.stem, weights, x, training)
    for stage in network.stages:
        for item in stage.items:
            if isinstance(item, Block):
                x = _run_block(item, weights, x, training)
            else:
                x = _run(f"{stage.name}.", [item], weights, x, training)
    x = _run("", network.tail + network.head, weights, x, training)
    return x[:, :, 0, 0] if x.shape[2:] == (1, 1) else x


def _run_block(block: Block, weights: Weights, x: Tensor, training: bool) -> Tensor:
    prefix = f"{block.name}."
    x = _run(prefix, block.shared, weights, x, training)
    branch = _run(prefix, block.branch, weights, x, training)
    if block.shortcut is not None:
        branch = branch + _run(f"{prefix}downsample.", block.shortcut.layers, weights, x, training)
    return _run(prefix, block.after, weights, branch, training)


def _run(prefix: str, layers: Iterable[Layer], weights: Weights, x: Tensor, training: bool) -> Tensor:
    for layer in layers:
        assert tuple(x.shape[1:]) == layer.input, layer
        x = _run_layer(layer, prefix + layer.name, weights, x, training)
        assert tuple(x.shape[1:]) == layer.output, layer
    return x


def _run_layer(layer: Layer, name: str, weights: Weights, x: Tensor, training: bool) -> Tensor:
    def of(word: str) -> Tensor | None:
        return weights.get(f"{name}.{word}")

    match layer:
        case Conv(stride=stride, padding=padding, dilation=dilation, groups=groups):
            return F.conv2d(x, weights[f"{name}.weight"], of("bias"), stride, padding, dilation, groups)
        case BatchNorm():
            # Copies, since in training this moves the statistics.
            statistics = [weights[f"{name}.{word}"].detach().clone() for word in ("running_mean", "running_var")]
            return F.batch_norm(x, *statistics, of("weight"), of("bias"), training, layer.momentum, layer.eps)
        case GroupNorm():
            return F.group_norm(x, layer.groups, of("weight"), of("bias"), layer.eps)
        case Act(kind=Activation.RELU):
            return torch.where(x > 0, x, 0.0)
        case Act(kind=Activation.LEAKY_RELU):
            return torch.where(x > 0, x, x * layer.slope)
        case Act(kind=Activation.GELU):
            return F.gelu(x)
        case Act(kind=Activation.SILU):
            return x * torch.sigmoid(x)
        case Pool(kind="max"):
            return F.max_pool2d(x, layer.kernel, layer.stride, layer.padding)
        case Pool():
            return F.avg_pool2d(x, layer.kernel, layer.stride, layer.padding, count_include_pad=False)
        case GlobalAvgPool():
            return x.mean((2, 3), keepdim=True)
        case Linear():
            return F.linear(x.flatten(1), weights[f"{name}.weight"], of("bias"))[:, :, None, None]
        case Dropout():
            return x
        case SqueezeExcite():
            gate = x.mean((2, 3), keepdim=True)
            gate = F.conv2d(gate, weights[f"{name}.fc1.weight"], weights[f"{name}.fc1.bias"]).relu()
            gate = F.conv2d(gate, weights[f"{name}.fc2.weight"], weights[f"{name}.fc2.bias"])
            return x * gate.sigmoid()
        case Subsample(stride=stride):
            return x[:, :, ::stride, ::stride]
        case PadChannels(before=before, after=after):
            return F.pad(x, (0, 0, 0, 0, before, after))
        case _:
            assert_never(layer)
