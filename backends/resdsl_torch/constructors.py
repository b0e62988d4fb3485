"""How each layer is made in PyTorch, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from resdsl.codegen.layout import Group, Text, call, unless
from resdsl.codegen.model import Member
from resdsl.ir.expression import Variable
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

IDENTITY = "nn.Identity()"


def constructor(member: Member) -> Group:
    """The call that makes `member`; only what is not PyTorch's default is written."""
    number = member.number
    match member.layer:
        case Conv() as conv:
            return call(_conv_class(conv), _conv(member, conv))
        case BatchNorm() as norm:
            options = (*_eps(norm.eps), *unless("0.1", str(norm.momentum), "momentum="))
            return call("nn.BatchNorm2d", (number("channels"), *options))
        case GroupNorm() as norm:
            return call("nn.GroupNorm", (str(norm.groups), number("channels"), *_eps(norm.eps)))
        case EvoNorm() as norm:
            plain = () if norm.activates else ("activates=False",)
            return call("EvoNorm", (str(norm.groups), number("channels"), *_eps(norm.eps), *plain))
        case Act() as act:
            return _act(act, member.in_place)
        case Pool() as pool:
            return _pool(member, pool)
        case GlobalAvgPool():
            return call("nn.AdaptiveAvgPool2d", ("1",))
        case Linear() as linear:
            bias = () if linear.bias else ("bias=False",)
            return call("nn.Linear" if member.flat else "MapLinear", (number("features"), number("units"), *bias))
        case Dropout():
            return call("nn.Dropout", (number("p"),))
        case PRelu() as act:
            return call("nn.PReLU", (number("channels"), *unless("0.25", str(act.start), "init=")))
        case DropPath():
            return call("DropPath", (number("p"),))
        case SqueezeExcite() as layer:
            return call("SqueezeExcite", (number("channels"), number("width"), *_squeeze_excite(layer)))
        case Eca() as layer:
            return call("ChannelAttention", (number("kernel"), *_gate(layer.gate)))
        case GlobalContext() as layer:
            fusion = ("add=True",) if layer.fuse == "add" else ()
            return call("GlobalContext", (number("channels"), number("width"), *fusion))
        case Gate() | Alpha() as layer:
            return _joining(member, layer)
        case Subsample():
            return call("Subsample", (_pair(member.pair("stride")),))
        case BlurPool():
            return call("BlurPool", (pair_text(member.pair("kernel")), _pair(member.pair("stride"))))
        case Scale():
            return call("Scale", (number("factor"),))
        case SplitAttention() | SelectiveKernel() | HierarchicalConv() | CrossStage() | AttentionPool() as layer:
            return _composed(member, layer)
        case PadChannels():
            return call("PadChannels", (number("before"), number("after")))
        case _:
            assert_never(member.layer)


def _joining(member: Member, layer: Gate | Alpha) -> Group:
    """What a join learns with."""
    match layer:
        case Gate():
            strided = unless("1", _pair(member.pair("stride")))
            return call("nn.Conv2d", (member.number("channels"), member.number("filters"), "1", *strided))
        case Alpha():
            return call("nn.Parameter", (call("torch.tensor", (Group("[", (str(layer.start),), "]"),)),))
        case _:
            assert_never(layer)


def _composed(
    member: Member, layer: SplitAttention | SelectiveKernel | HierarchicalConv | CrossStage | AttentionPool
) -> Group:
    """The call that makes a layer of layers."""
    match layer:
        case SplitAttention():
            return call("SplitAttention", (*_parts(member), f"radix={layer.radix}", f"groups={layer.cardinality}"))
        case SelectiveKernel():
            return call("SelectiveKernel", (*_parts(member), f"split={layer.split}"))
        case HierarchicalConv():
            last, stride = len(layer.convs), f"stride={_pair(member.first.pair('stride'))}"
            listed = (Group("[", tuple(texts), "]") for texts in (_parts(member)[:last], _parts(member)[last:-1]))
            return call("HierarchicalConv", (*listed, _parts(member)[-1], stride, f"first={layer.first}"))
        case CrossStage():
            groups = unless("1", str(layer.groups), "groups=")
            sizes = (str(layer.count), member.number("channels"), member.number("filters"))
            return call("CrossStage", (*sizes, *_factories(member), *groups))
        case AttentionPool():
            return call("AttentionPool", (*_parts(member), f"places={layer.places}", f"heads={layer.heads}"))
        case _:
            assert_never(layer)


def _factories(member: Member) -> Iterator[str]:
    """What makes a norm and an activation for so many channels."""
    channels = {"channels": (Variable("channels"),)}
    for name, part in zip(("norm", "act"), member.parts[1:3], strict=True):
        made = constructor(replace(part, numbers=channels)) if part else IDENTITY
        yield f"{name}=lambda channels: {made}"


def _parts(member: Member) -> tuple[Text, ...]:
    """What makes the layers inside of a member."""
    return tuple(constructor(replace(part, flat=True)) if part else IDENTITY for part in member.parts)


def _conv(member: Member, conv: Conv) -> Iterator[str]:
    yield from (member.number("channels"), member.number("filters"), _pair(member.pair("kernel")))
    yield from unless("1", _pair(member.pair("stride")))
    if conv.after is None:
        yield from unless("0", _pair(member.pair("padding")), "padding=")
    yield from unless("1", member.number("dilation"), "dilation=")
    yield from unless("1", member.number("groups"), "groups=")
    yield from () if conv.bias else ("bias=False",)
    if conv.after is not None:
        yield f"around={_around(member.pair('padding'), conv.after)}"
    if conv.standardize is not None:
        yield f"eps={conv.standardize}"


def _conv_class(conv: Conv) -> str:
    if conv.after is not None:
        return "PaddedConv2d"
    return "nn.Conv2d" if conv.standardize is None else "StandardizedConv2d"


def _around(before: tuple[str, str], after: tuple[int, int]) -> str:
    """Padding as `nn.functional.pad` takes it: columns before rows."""
    (top, left), (bottom, right) = before, after
    return f"({left}, {right}, {top}, {bottom})"


def _pool(member: Member, pool: Pool) -> Group:
    kernel, stride = _pair(member.pair("kernel")), _pair(member.pair("stride"))
    ceil = ("ceil_mode=True",) if pool.ceil else ()
    if pool.kind == "max" and (pool.zeros or pool.after is not None):
        value = "0.0" if pool.zeros else 'float("-inf")'
        padded = call("nn.ConstantPad2d", (_around(member.pair("padding"), pool.around[1]), value))
        return call("nn.Sequential", (padded, call("nn.MaxPool2d", (kernel, stride, *ceil))))
    padding = tuple(unless("0", _pair(member.pair("padding")), "padding="))
    counted = ("count_include_pad=False",) if padding and pool.kind == "avg" and not pool.zeros else ()
    name = "nn.MaxPool2d" if pool.kind == "max" else "nn.AvgPool2d"
    return call(name, (kernel, stride, *padding, *ceil, *counted))


def _eps(eps: float) -> Iterator[str]:
    return unless("1e-05", str(eps), "eps=")


def _act(act: Act, in_place: bool) -> Group:
    replaces = ("inplace=True",) if in_place else ()
    match act.kind:
        case Activation.RELU:
            return call("nn.ReLU", replaces)
        case Activation.GELU:
            return call("nn.GELU", ())
        case Activation.SILU:
            return call("nn.SiLU", replaces)
        case Activation.LEAKY_RELU:
            return call("nn.LeakyReLU", (str(act.slope), *replaces))
        case Activation.MISH:
            return call("nn.Mish", replaces)
        case Activation.HARD_SWISH:
            return call("nn.Hardswish", replaces)
        case Activation.SIGMOID:
            return call("nn.Sigmoid", ())
        case Activation.HARD_SIGMOID:
            return call("nn.Hardsigmoid", replaces)
        case _:
            assert_never(act.kind)


def _function(kind: Activation) -> str:
    """An activation as a function."""
    match kind:
        case Activation.RELU:
            return "torch.relu"
        case Activation.SIGMOID:
            return "torch.sigmoid"
        case Activation.HARD_SIGMOID:
            return "nn.functional.hardsigmoid"
        case Activation.HARD_SWISH:
            return "nn.functional.hardswish"
        case Activation.GELU | Activation.SILU | Activation.LEAKY_RELU | Activation.MISH:
            return f"nn.functional.{kind}"
        case _:
            assert_never(kind)


def _squeeze_excite(layer: SqueezeExcite) -> Iterator[str]:
    yield from () if layer.bias else ("bias=False",)
    yield from unless("torch.relu", _function(layer.act), "act=")
    yield from _gate(layer.gate)


def _gate(kind: Activation) -> Iterator[str]:
    return unless("torch.sigmoid", _function(kind), "gate=")


def _pair(pair: tuple[str, str]) -> str:
    rows, columns = pair
    return rows if rows == columns else f"({rows}, {columns})"


def pair_text(pair: tuple[str, str]) -> str:
    """`(3, 5)`."""
    return f"({pair[0]}, {pair[1]})"
