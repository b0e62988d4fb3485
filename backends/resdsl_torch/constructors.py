"""Layers in PyTorch's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from resdsl.codegen.layout import Group, Text, call
from resdsl.codegen.model import Member
from resdsl.ir.layers import (
    Act,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    GlobalAvgPool,
    GroupNorm,
    Linear,
    PadChannels,
    Pool,
    SqueezeExcite,
    Subsample,
)

IDENTITY = "nn.Identity()"


def constructor(member: Member) -> Group:
    """The call that makes `member`; only what is not PyTorch's default is written."""
    number = member.number
    match member.layer:
        case Conv() as conv:
            return call("nn.Conv2d", _conv(member, conv))
        case BatchNorm() as norm:
            options = (*_eps(norm.eps), *_unless("0.1", str(norm.momentum), "momentum="))
            return call("nn.BatchNorm2d", (number("channels"), *options))
        case GroupNorm() as norm:
            return call("nn.GroupNorm", (str(norm.groups), number("channels"), *_eps(norm.eps)))
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
        case SqueezeExcite():
            return call("SqueezeExcite", (number("channels"), number("reduction")))
        case Subsample():
            return call("Subsample", (number("stride"),))
        case PadChannels():
            return call("PadChannels", (number("before"), number("after")))
        case _:
            assert_never(member.layer)


def sequence(entries: Sequence[tuple[str, Text]]) -> Group:
    """An `nn.Sequential` of named modules; where the names are numbers with gaps, identities fill them."""
    if not all(name.isdigit() for name, _ in entries):
        return named_sequence([Group("(", (f'"{name}"', module)) for name, module in entries])
    numbered = {int(name): module for name, module in entries}
    modules = [numbered.get(number, IDENTITY) for number in range(max(numbered) + 1)]
    return Group("nn.Sequential(", tuple(modules), broken=len(modules) > 1)


def named_sequence(pairs: Sequence[Text]) -> Group:
    """An `nn.Sequential` of pairs of name and module."""
    return call("nn.Sequential", (call("OrderedDict", (Group("[", tuple(pairs), "]", broken=len(pairs) > 1),)),))


def _conv(member: Member, conv: Conv) -> Iterator[str]:
    yield from (member.number("channels"), member.number("filters"), _pair(member.pair("kernel")))
    yield from _unless("1", member.number("stride"))
    yield from _unless("0", _pair(member.pair("padding")), "padding=")
    yield from _unless("1", member.number("dilation"), "dilation=")
    yield from _unless("1", member.number("groups"), "groups=")
    yield from () if conv.bias else ("bias=False",)


def _pool(member: Member, pool: Pool) -> Group:
    padding = tuple(_unless("0", _pair(member.pair("padding")), "padding="))
    counted = ("count_include_pad=False",) if padding and pool.kind == "avg" else ()
    name = "nn.MaxPool2d" if pool.kind == "max" else "nn.AvgPool2d"
    return call(name, (_pair(member.pair("kernel")), member.number("stride"), *padding, *counted))


def _eps(eps: float) -> Iterator[str]:
    return _unless("1e-05", str(eps), "eps=")


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
        case _:
            assert_never(act.kind)


def _pair(pair: tuple[str, str]) -> str:
    rows, columns = pair
    return rows if rows == columns else f"({rows}, {columns})"


def _unless(default: str, text: str, keyword: str = "") -> Iterator[str]:
    if text != default:
        yield keyword + text
