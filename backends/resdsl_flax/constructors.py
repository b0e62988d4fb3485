"""Layers in NNX's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from resdsl.codegen.formula import names, substituted
from resdsl.codegen.layout import Group, Text, call
from resdsl.codegen.model import Member, Pair
from resdsl.ir.layers import (
    Act,
    Conv,
    Dropout,
    GlobalAvgPool,
    Linear,
    Norm,
    PadChannels,
    Pool,
    SqueezeExcite,
    Subsample,
)

IDENTITY = "nnx.Sequential()"
RNGS = "rngs=rngs"


def constructor(member: Member) -> Text:
    """What makes `member`, or the function that it is; only what is not Flax's default is written."""
    numbers = member.numbers
    match member.layer:
        case Conv() as conv:
            return call("Conv", _conv(member, conv))
        case Norm() as norm:
            return _norm(norm, numbers["channels"], member.zeroed)
        case Linear() as linear:
            return call("nnx.Linear" if member.flat else "MapLinear", _linear(member, linear))
        case Dropout():
            return call("nnx.Dropout", (numbers["p"], RNGS))
        case SqueezeExcite():
            return call("SqueezeExcite", (numbers["channels"], numbers["reduction"], RNGS))
        case Subsample():
            return call("Subsample", (numbers["stride"],))
        case PadChannels():
            return call("PadChannels", (numbers["before"], numbers["after"]))
        case Act() | Pool() | GlobalAvgPool():
            function, *options = function_of(member)
            return call("partial", (function, *options)) if options else function
        case _:
            assert_never(member.layer)


def is_function(member: object) -> bool:
    """Whether a member holds nothing that the constructor is given, so that its function is called in its place."""
    match member:
        case Member(layer=Act() | GlobalAvgPool()):
            return True
        case Member(layer=Pool()):
            return not any(
                names(text) for text in (member.numbers["stride"], *member.pairs["kernel"], *member.pairs["padding"])
            )
        case _:
            return False


def function_of(member: Member) -> tuple[str, ...]:
    """The function that such a member is, and what it is called with behind the map."""
    match member.layer:
        case Act(kind="gelu"):
            return "nnx.gelu", "approximate=False"
        case Act(kind="leaky_relu", slope=slope):
            return "nnx.leaky_relu", f"negative_slope={slope}"
        case Act(kind=kind):
            return (f"nnx.{kind}",)
        case Pool() as pool:
            return f"nnx.{pool.kind}_pool", *_pool(member, pool)
        case _:
            return "jnp.mean", "axis=(1, 2)", "keepdims=True"


def sequence(entries: Sequence[tuple[str, Text]]) -> Group:
    """An `nnx.Sequential`; gaps between numbers are filled with identities, and names take a `Named`."""
    if not all(name.isdigit() for name, _ in entries):
        return named_sequence([keyed(name, layer) for name, layer in entries])
    numbered = {int(name): layer for name, layer in entries}
    layers = [numbered.get(number, IDENTITY) for number in range(max(numbered) + 1)]
    return Group("nnx.Sequential(", tuple(layers), broken=len(layers) > 1)


def named_sequence(pairs: Sequence[Text]) -> Group:
    """Layers under their names."""
    return call("Named", (Group("{", tuple(pairs), "}", broken=len(pairs) > 1),))


def keyed(name: str, layer: Text) -> Text:
    """An entry of a dictionary."""
    head = f'"{name}": '
    return head + layer if isinstance(layer, str) else Group(head + layer.head, layer.items, layer.close, layer.broken)


def _conv(member: Member, conv: Conv) -> Iterator[str]:
    numbers = member.numbers
    yield from (numbers["channels"], numbers["filters"], _tuple(member.pairs["kernel"]))
    yield from _unless("1", numbers["stride"])
    rows, columns = member.pairs["padding"]
    yield f"padding={rows if rows == columns else _both_sides(rows, columns)}"
    yield from _unless("1", numbers["dilation"], "kernel_dilation=")
    yield from _unless("1", numbers["groups"], "feature_group_count=")
    yield from ("use_bias=True", f"bias_init=uniform({_fan_in(member)})") if conv.bias else ()
    yield RNGS


def _linear(member: Member, linear: Linear) -> Iterator[str]:
    features = member.numbers["features"]
    start = f"uniform({features})"
    yield from (features, member.numbers["units"])
    yield from () if linear.bias else ("use_bias=False",)
    yield f"kernel_init={start}"
    yield from (f"bias_init={start}",) if linear.bias else ()
    yield RNGS


def _norm(norm: Norm, channels: str, zeroed: bool) -> Group:
    if norm.kind == "group":
        options = (f"num_groups={norm.groups}", f"epsilon={norm.eps}", "use_fast_variance=False")
        start = ("scale_init=nnx.initializers.zeros",) if zeroed else ()
        return call("nnx.GroupNorm", (channels, *options, *start, RNGS))
    # Flax's momentum is the share of what was, PyTorch's (and the language's) that of what is new.
    momentum = _unless("0.9", str(round(1 - norm.momentum, 12)), "momentum=")
    return call("BatchNorm", (channels, *momentum, *_unless("1e-05", str(norm.eps), "epsilon=")))


def _pool(member: Member, pool: Pool) -> Iterator[str]:
    stride = member.numbers["stride"]
    yield f"window_shape={_tuple(member.pairs['kernel'])}"
    yield from _unless("(1, 1)", f"({stride}, {stride})", "strides=")
    rows, columns = member.pairs["padding"]
    if (rows, columns) != ("0", "0"):
        yield f"padding={_both_sides(rows, columns)}"
        yield from ("count_include_pad=False",) if pool.kind == "avg" else ()


def _fan_in(member: Member) -> str:
    rows, columns = member.pairs["kernel"]
    words = {**member.numbers, "rows": rows, "columns": columns}
    return substituted("channels // groups * rows * columns", words)


def _both_sides(rows: str, columns: str) -> str:
    return f"(({rows}, {rows}), ({columns}, {columns}))"


def _tuple(pair: Pair) -> str:
    return f"({pair[0]}, {pair[1]})"


def _unless(default: str, text: str, keyword: str = "") -> Iterator[str]:
    if text != default:
        yield keyword + text
