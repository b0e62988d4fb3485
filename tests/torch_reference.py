"""A second way to compute a network, to hold the emitted source against: straight from the IR, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional as F

from resdsl.ir.block import Block
from resdsl.ir.join import Add, Gated, Join, Learned, Scaled, ShortcutGated
from resdsl.ir.layers import (
    Act,
    Activation,
    Alpha,
    BatchNorm,
    Conv,
    Dropout,
    DropPath,
    Eca,
    Gate,
    GlobalAvgPool,
    GlobalContext,
    GroupNorm,
    Layer,
    Linear,
    PadChannels,
    Pool,
    PRelu,
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
    gate = torch.cat(
        [_run_layer(layer, prefix + layer.name, weights, x, training) for layer in block.join.layers] or [x]
    )
    x = _run(prefix, block.shared, weights, x, training)
    branch = _run(prefix, block.branch, weights, x, training)
    if block.shortcut is not None:
        branch = _joined(
            block.join, branch, _run(f"{prefix}downsample.", block.shortcut.layers, weights, x, training), gate
        )
    return _run(prefix, block.after, weights, branch, training)


def _joined(join: Join, branch: Tensor, shortcut: Tensor, gate: Tensor) -> Tensor:
    match join:
        case Add():
            return shortcut + branch
        case Scaled():
            return join.shortcut * shortcut + join.branch * branch
        case Gated():
            return torch.lerp(shortcut, branch, gate)
        case ShortcutGated():
            return shortcut - gate * shortcut + branch
        case Learned():
            return shortcut + branch * gate
        case _:
            assert_never(join)


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
        case Act():
            return _act(layer.kind, x, layer.slope)
        case Pool(kind="max"):
            return F.max_pool2d(x, layer.kernel, layer.stride, layer.padding)
        case Pool():
            return F.avg_pool2d(x, layer.kernel, layer.stride, layer.padding, count_include_pad=False)
        case GlobalAvgPool():
            return x.mean((2, 3), keepdim=True)
        case Linear():
            return F.linear(x.flatten(1), weights[f"{name}.weight"], of("bias"))[:, :, None, None]
        case Dropout() | DropPath():
            return x
        case PRelu():
            return F.prelu(x, weights[f"{name}.weight"])
        case SqueezeExcite():
            gate = x.mean((2, 3), keepdim=True)
            gate = _act(layer.act, F.conv2d(gate, weights[f"{name}.fc1.weight"], of("fc1.bias")))
            gate = F.conv2d(gate, weights[f"{name}.fc2.weight"], of("fc2.bias"))
            return x * _act(layer.gate, gate)
        case Eca(kernel=kernel):
            around = F.pad(x.mean((2, 3)), (kernel // 2, kernel // 2)).unfold(1, kernel, 1)
            return x * _act(layer.gate, around @ weights[f"{name}.conv.weight"][0, 0])[:, :, None, None]
        case GlobalContext():
            return _in_context(layer, x, {word.name: weights[f"{name}.{word.name}"] for word in layer.weights})
        case Gate(stride=stride):
            return F.conv2d(x, weights[f"{name}.weight"], of("bias"), stride).sigmoid()
        case Alpha():
            return weights[name][None]
        case Subsample(stride=stride):
            return x[:, :, ::stride, ::stride]
        case PadChannels(before=before, after=after):
            return F.pad(x, (0, 0, 0, 0, before, after))
        case _:
            assert_never(layer)


def _act(kind: Activation, x: Tensor, slope: float = 0.0) -> Tensor:
    match kind:
        case Activation.RELU:
            return torch.where(x > 0, x, 0.0)
        case Activation.LEAKY_RELU:
            return torch.where(x > 0, x, x * slope)
        case Activation.GELU:
            return F.gelu(x)
        case Activation.SILU:
            return x * torch.sigmoid(x)
        case Activation.MISH:
            return x * torch.tanh(F.softplus(x))
        case Activation.SIGMOID:
            return 1 / (1 + torch.exp(-x))
        case Activation.HARD_SIGMOID:
            return (x / 6 + 0.5).clamp(0, 1)
        case Activation.HARD_SWISH:
            return x * (x / 6 + 0.5).clamp(0, 1)
        case _:
            assert_never(kind)


def _in_context(layer: GlobalContext, x: Tensor, own: Weights) -> Tensor:
    mlp = f"mlp_{layer.fuse}."
    attention = F.conv2d(x, own["conv_attn.weight"], own["conv_attn.bias"]).exp()
    context = (x * attention).sum((2, 3), keepdim=True) / attention.sum((2, 3), keepdim=True)
    hidden = F.conv2d(context, own[f"{mlp}fc1.weight"], own[f"{mlp}fc1.bias"])
    hidden = F.layer_norm(hidden[:, :, 0, 0], (layer.width,), own[f"{mlp}norm.weight"], own[f"{mlp}norm.bias"], 1e-6)
    context = F.conv2d(hidden.relu()[:, :, None, None], own[f"{mlp}fc2.weight"], own[f"{mlp}fc2.bias"])
    return x + context if layer.fuse == "add" else x * context.sigmoid()
