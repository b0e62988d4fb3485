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
    AttentionPool,
    BatchNorm,
    BlurPool,
    Conv,
    CrossStage,
    Dropout,
    DropPath,
    Eca,
    EvoNorm,
    Gate,
    GlobalAvgPool,
    GlobalContext,
    GroupNorm,
    HierarchicalConv,
    Layer,
    Linear,
    PadChannels,
    Pool,
    PRelu,
    Scale,
    SelectiveKernel,
    SplitAttention,
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
        case Conv(stride=stride, dilation=dilation, groups=groups):
            weight = weights[f"{name}.weight"]
            if layer.standardize is not None:
                flat = weight.flatten(1)
                normal = (flat - flat.mean(1, keepdim=True)) / (
                    flat.var(1, False, keepdim=True) + layer.standardize
                ).sqrt()
                weight = normal.view_as(weight)
            return F.conv2d(_padded(x, layer, 0.0), weight, of("bias"), stride, 0, dilation, groups)
        case BatchNorm():
            # Copies, since in training this moves the statistics.
            statistics = [weights[f"{name}.{word}"].detach().clone() for word in ("running_mean", "running_var")]
            return F.batch_norm(x, *statistics, of("weight"), of("bias"), training, layer.momentum, layer.eps)
        case GroupNorm():
            return F.group_norm(x, layer.groups, of("weight"), of("bias"), layer.eps)
        case EvoNorm():
            return _evo_norm(layer, x, weights, name)
        case Act():
            return _act(layer.kind, x, layer.slope)
        case Pool(kind="max"):
            padded = _padded(x, layer, 0.0 if layer.zeros else float("-inf"))
            return _hung(padded, layer, float("-inf")).amax((4, 5))
        case Pool():
            seen = _hung(_padded(torch.ones_like(x), layer, 1.0 if layer.zeros else 0.0), layer, 0.0)
            return _hung(_padded(x, layer, 0.0), layer, 0.0).sum((4, 5)) / seen.sum((4, 5))
        case BlurPool():
            return _blurred(x, layer)
        case Scale():
            return x * layer.factor
        case SplitAttention():
            return _split_attention(layer, name, weights, x, training)
        case SelectiveKernel():
            return _selective_kernel(layer, name, weights, x, training)
        case CrossStage():
            return _cross_stage(layer, name, weights, x, training)
        case HierarchicalConv():
            return _hierarchical(layer, name, weights, x, training)
        case AttentionPool():
            return _attention_pool(layer, name, weights, x)
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
            return weights[name]
        case Subsample(stride=(rows, columns)):
            return x[:, :, ::rows, ::columns]
        case PadChannels(before=before, after=after):
            return F.pad(x, (0, 0, 0, 0, before, after))
        case _:
            assert_never(layer)


def _padded(x: Tensor, layer: Conv | Pool, value: float) -> Tensor:
    top, left = layer.padding
    bottom, right = layer.padding if layer.after is None else layer.after
    return F.pad(x, (left, right, top, bottom), value=value)


def _hung(x: Tensor, layer: Pool, value: float) -> Tensor:
    """The windows of a padded map (N, C, H, W, rows, columns), those that hang over filled with `value`."""
    (height, width), (rows, columns), (down, right) = layer.output.map, layer.kernel, layer.stride
    over = (height - 1) * down + rows - x.shape[2], (width - 1) * right + columns - x.shape[3]
    x = F.pad(x, (0, max(0, over[1]), 0, max(0, over[0])), value=value)
    return x.unfold(2, rows, down).unfold(3, columns, right)[:, :, :height, :width]


def _blurred(x: Tensor, layer: BlurPool) -> Tensor:
    top, left = ((side + step - 2) // 2 for side, step in zip(layer.kernel, layer.stride, strict=True))
    x = F.pad(x, (left, left, top, top), mode="reflect")
    rows, columns = (_binomial(side) for side in layer.kernel)
    windows = x.unfold(2, len(rows), layer.stride[0]).unfold(3, len(columns), layer.stride[1])
    return torch.einsum("nchwij,i,j->nchw", windows, rows.to(x), columns.to(x))


def _binomial(side: int) -> Tensor:
    row = torch.ones(1, dtype=torch.float64)
    for _ in range(side - 1):
        row = (F.pad(row, (0, 1)) + F.pad(row, (1, 0))) / 2
    return row


def _inside(name: str, weights: Weights, x: Tensor, training: bool, *parts: Layer | None) -> Tensor:
    for part in parts:
        x = x if part is None else _run_layer(part, f"{name}.{part.name}", weights, x, training)
    return x


def _split_attention(layer: SplitAttention, name: str, weights: Weights, x: Tensor, training: bool) -> Tensor:
    x = _inside(name, weights, x, training, layer.conv, layer.bn0, layer.act0)
    splits = x.chunk(layer.radix, 1)
    seen = sum(splits).mean((2, 3), keepdim=True)  # type: ignore[attr-defined]
    seen = _inside(name, weights, seen, training, layer.fc1, layer.bn1, layer.act1, layer.fc2)
    # The second conv's channels are ordered by group, then by split.
    by_group = [group.chunk(layer.radix, 1) for group in seen.chunk(layer.cardinality, 1)]
    shares = torch.stack([torch.cat([group[r] for group in by_group], 1) for r in range(layer.radix)]).softmax(0)
    return torch.stack([split * share for split, share in zip(splits, shares, strict=True)]).sum(0)


def _selective_kernel(layer: SelectiveKernel, name: str, weights: Weights, x: Tensor, training: bool) -> Tensor:
    halves = x.chunk(2, 1) if layer.split else (x, x)
    near = _inside(name, weights, halves[0], training, layer.near, layer.near_norm, layer.act)
    far = _inside(name, weights, halves[1], training, layer.far, layer.far_norm, layer.act)
    seen = _inside(name, weights, (near + far).mean((2, 3), keepdim=True), training, layer.reduce, layer.norm)
    one, other = _inside(name, weights, seen.clamp(min=0), training, layer.select).chunk(2, 1)
    share = (one - other).sigmoid()
    return share * near + (1 - share) * far


def _cross_stage(layer: CrossStage, name: str, weights: Weights, x: Tensor, training: bool) -> Tensor:
    kept, used = x.chunk(2, 1)
    for first in range(0, len(layer.units), 9):
        *before, last = layer.units[first : first + 9]
        used = _inside(name, weights, used + _inside(name, weights, used, training, *before), training, last)
    return torch.cat((kept, _inside(name, weights, used, training, *layer.transition)), 1)


def _evo_norm(layer: EvoNorm, x: Tensor, weights: Weights, name: str) -> Tensor:
    scale, shift = (weights[f"{name}.{word}"].view(-1, 1, 1) for word in ("weight", "bias"))
    if layer.activates:
        groups = [part.flatten(1).var(1, correction=0) for part in x.chunk(layer.groups, 1)]
        deviations = [(variance + layer.eps).sqrt().view(-1, 1, 1, 1) for variance in groups]
        swished = x * (weights[f"{name}.v"].view(-1, 1, 1) * x).sigmoid()
        x = torch.cat([part / s for part, s in zip(swished.chunk(layer.groups, 1), deviations, strict=True)], 1)
    return x * scale + shift


def _hierarchical(layer: HierarchicalConv, name: str, weights: Weights, x: Tensor, training: bool) -> Tensor:
    *parts, last = x.chunk(layer.scale, 1)
    left: list[Tensor] = []
    for part, conv, norm in zip(parts, layer.convs, layer.norms, strict=True):
        arrives = part + left[-1] if left and not layer.first else part
        left.append(_inside(name, weights, arrives, training, conv, norm, layer.act))
    if layer.first:
        last = F.avg_pool2d(F.pad(last, (1, 1, 1, 1)), 3, layer.strides)
    return torch.cat((*left, last), 1)


def _attention_pool(layer: AttentionPool, name: str, weights: Weights, x: Tensor) -> Tensor:
    linear = {
        part.name: (weights[f"{name}.{part.name}.weight"], weights[f"{name}.{part.name}.bias"]) for part in layer.parts
    }
    pixels = torch.cat((x.mean((2, 3))[:, None], x.flatten(2).mT), 1) + weights[f"{name}.pos_embed"]
    q, k, v = (F.linear(pixels, *linear[each]).unflatten(2, (layer.heads, -1)) for each in "qkv")
    found = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
    return F.linear(found.transpose(1, 2).flatten(2), *linear["proj"])[:, 0, :, None, None]


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
            return torch.sigmoid(x)
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
