"""How each layer is made in Flax, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from resdsl.codegen.layout import Group, Text, call, unless
from resdsl.codegen.model import Member
from resdsl.ir.expression import Expression, Variable, operation, text
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

IDENTITY = "nnx.identity"
RNGS = "rngs=rngs"


def constructor(member: Member) -> Text:
    """What makes `member`, or the function that it is; only what is not Flax's default is written."""
    number = member.number
    match member.layer:
        case Conv() as conv:
            return call("Conv", _conv(member, conv))
        case BatchNorm() as norm:
            # Flax's momentum is the share of what was, PyTorch's (and the language's) that of what is new.
            momentum = unless("0.9", str(round(1 - norm.momentum, 12)), "momentum=")
            return call("BatchNorm", (number("channels"), *momentum, *unless("1e-05", str(norm.eps), "epsilon=")))
        case GroupNorm() as norm:
            settings = (f"num_groups={norm.groups}", f"epsilon={norm.eps}", "use_fast_variance=False")
            start = ("scale_init=nnx.initializers.zeros",) if member.zeroed else ()
            return call("nnx.GroupNorm", (number("channels"), *settings, *start, RNGS))
        case EvoNorm() as norm:
            plain = () if norm.activates else ("activates=False",)
            settings = (*unless("1e-05", str(norm.eps), "epsilon="), *plain)
            return call("EvoNorm", (str(norm.groups), number("channels"), *settings))
        case Linear() as linear:
            return call("nnx.Linear" if member.flat else "MapLinear", _linear(member, linear))
        case Dropout():
            return call("nnx.Dropout", (number("p"), RNGS))
        case PRelu() as act:
            return call("PReLU", (number("channels"), *unless("0.25", str(act.start), "start=")))
        case DropPath():
            return call("nnx.Dropout", (number("p"), "broadcast_dims=(1, 2, 3)", RNGS))
        case SqueezeExcite() as layer:
            return call("SqueezeExcite", (number("channels"), number("width"), *_squeeze_excite(layer), RNGS))
        case Eca() as layer:
            return call("ChannelAttention", (number("kernel"), *_gate(layer.gate), RNGS))
        case GlobalContext() as layer:
            fusion = ("add=True",) if layer.fuse == "add" else ()
            return call("GlobalContext", (number("channels"), number("width"), *fusion, RNGS))
        case Gate() | Alpha() as layer:
            return _joining(member, layer)
        case Subsample():
            return call("Subsample", (_same(member.pair("stride")),))
        case PadChannels():
            return call("PadChannels", (number("before"), number("after")))
        case SplitAttention() | SelectiveKernel() | HierarchicalConv() | CrossStage() | AttentionPool() as layer:
            return _composed(member, layer)
        case Act() | Pool() | GlobalAvgPool() | BlurPool() | Scale():
            function, *options = function_of(member)
            return call("partial", (function, *options)) if options else function
        case _:
            assert_never(member.layer)


def _joining(member: Member, layer: Gate | Alpha) -> Text:
    """What a join learns with."""
    match layer:
        case Gate():
            bias = f"bias_init=nnx.initializers.constant({layer.start})"
            strided = unless("1", _same(member.pair("stride")))
            sizes = (member.number("channels"), member.number("filters"), "(1, 1)", *strided)
            return call("Conv", (*sizes, "padding=0", "use_bias=True", bias, RNGS))
        case Alpha():
            return call("nnx.Param", (call("jnp.array", (Group("[", (str(layer.start),), "]"),)),))
        case _:
            assert_never(layer)


def _composed(
    member: Member, layer: SplitAttention | SelectiveKernel | HierarchicalConv | CrossStage | AttentionPool
) -> Text:
    """The call that makes a layer of layers."""
    match layer:
        case SplitAttention():
            return call("SplitAttention", (*_parts(member), f"radix={layer.radix}", f"groups={layer.cardinality}"))
        case SelectiveKernel():
            return call("SelectiveKernel", (*_parts(member), f"split={layer.split}"))
        case HierarchicalConv():
            last, strides = len(layer.convs), f"strides={_tuple(member.first.pair('stride'))}"
            listed = (Group("[", tuple(texts), "]") for texts in (_parts(member)[:last], _parts(member)[last:-1]))
            return call("HierarchicalConv", (*listed, _parts(member)[-1], strides, f"first={layer.first}"))
        case CrossStage():
            groups = unless("1", str(layer.groups), "groups=")
            sizes = (str(layer.count), member.number("channels"), member.number("filters"))
            return call("CrossStage", (*sizes, *_factories(member), *groups, RNGS))
        case AttentionPool():
            return call("AttentionPool", (*_parts(member), f"places={layer.places}", f"heads={layer.heads}", RNGS))
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


def is_function(member: Member) -> bool:
    """Whether a member holds nothing that the constructor is given, so that its function is called in its place."""
    match member.layer:
        case Act() | GlobalAvgPool():
            return True
        case Pool() | BlurPool() | Scale():
            return not member.names
        case Conv() | BatchNorm() | GroupNorm() | Linear() | Dropout() | SqueezeExcite() | Subsample() | PadChannels():
            return False
        case SplitAttention() | SelectiveKernel() | HierarchicalConv() | CrossStage() | AttentionPool():
            return False
        case EvoNorm() | PRelu() | DropPath() | Eca() | GlobalContext() | Gate() | Alpha():
            return False
        case _:
            assert_never(member.layer)


def function_of(member: Member) -> tuple[str, ...]:
    """The function that such a member is, and what it is called with after the map."""
    match member.layer:
        case Act() as act:
            return _act(act)
        case Pool() as pool:
            return _pool(member, pool)
        case BlurPool():
            return "blur_pool", f"kernel={_tuple(member.pair('kernel'))}", f"strides={_tuple(member.pair('stride'))}"
        case Scale():
            return "jnp.multiply", member.number("factor")
        case GlobalAvgPool():
            return "jnp.mean", "axis=(1, 2)", "keepdims=True"
        case _:
            raise TypeError(f"{type(member.layer).__name__} is no function in Flax: write here which it is")


def _act(act: Act) -> tuple[str, ...]:
    match act.kind:
        case Activation.RELU:
            return ("nnx.relu",)
        case Activation.GELU:
            return "nnx.gelu", "approximate=False"
        case Activation.SILU:
            return ("nnx.silu",)
        case Activation.LEAKY_RELU:
            return "nnx.leaky_relu", f"negative_slope={act.slope}"
        case Activation.MISH | Activation.SIGMOID | Activation.HARD_SWISH | Activation.HARD_SIGMOID:
            return (_function(act.kind),)
        case _:
            assert_never(act.kind)


def _function(kind: Activation) -> str:
    """An activation as a function; the others have our words in NNX."""
    match kind:
        case Activation.GELU:
            return "partial(nnx.gelu, approximate=False)"
        case Activation.MISH:
            return "jax.nn.mish"
        case (
            Activation.RELU
            | Activation.SILU
            | Activation.LEAKY_RELU
            | Activation.HARD_SWISH
            | Activation.SIGMOID
            | Activation.HARD_SIGMOID
        ):
            return f"nnx.{kind}"
        case _:
            assert_never(kind)


def _squeeze_excite(layer: SqueezeExcite) -> Iterator[str]:
    yield from () if layer.bias else ("bias=False",)
    yield from unless("nnx.relu", _function(layer.act), "act=")
    yield from _gate(layer.gate)


def _gate(kind: Activation) -> Iterator[str]:
    return unless("nnx.sigmoid", _function(kind), "gate=")


def _conv(member: Member, conv: Conv) -> Iterator[str]:
    yield from (member.number("channels"), member.number("filters"), _tuple(member.pair("kernel")))
    yield from unless("1", _same(member.pair("stride")))
    yield f"padding={_around(member, conv)}"
    yield from unless("1", member.number("dilation"), "kernel_dilation=")
    yield from unless("1", member.number("groups"), "feature_group_count=")
    yield from ("use_bias=True", f"bias_init=uniform({text(_fan_in(member))})") if conv.bias else ()
    yield from () if conv.standardize is None else (f"conv_general_dilated=standardized({conv.standardize})",)
    yield RNGS


def _linear(member: Member, linear: Linear) -> Iterator[str]:
    features = member.number("features")
    start = f"uniform({features})"
    yield from (features, member.number("units"))
    yield from () if linear.bias else ("use_bias=False",)
    yield f"kernel_init={start}"
    yield from (f"bias_init={start}",) if linear.bias else ()
    yield RNGS


def _pool(member: Member, pool: Pool) -> tuple[str, ...]:
    """The pooling function, or what has it do what it cannot: count zeros, or hang over."""
    function = f"nnx.{pool.kind}_pool"
    odd = (*(["zeros=True"] if pool.zeros else []), *(["ceil=True"] if pool.ceil else []))
    return ("pooled", f"pool={function}", *_window(member, pool), *odd) if odd else (function, *_window(member, pool))


def _window(member: Member, pool: Pool) -> Iterator[str]:
    yield f"window_shape={_tuple(member.pair('kernel'))}"
    yield from unless("(1, 1)", _tuple(member.pair("stride")), "strides=")
    if pool.after is not None or member.pair("padding") != ("0", "0"):
        yield f"padding={_both_sides(*member.pair('padding'), pool.after)}"
        yield from ("count_include_pad=False",) if pool.kind == "avg" and not (pool.zeros or pool.ceil) else ()


def _around(member: Member, conv: Conv) -> str:
    rows, columns = member.pair("padding")
    return rows if rows == columns and conv.after is None else _both_sides(rows, columns, conv.after)


def _fan_in(member: Member) -> Expression:
    """`channels // groups * rows * columns`."""
    channels, groups = member.numbers["channels"][0], member.numbers["groups"][0]
    rows, columns = member.numbers["kernel"]
    return operation("*", operation("*", operation("//", channels, groups), rows), columns)


def _both_sides(top: str, left: str, after: tuple[int, int] | None) -> str:
    bottom, right = after or (top, left)
    return f"(({top}, {bottom}), ({left}, {right}))"


def _same(pair: tuple[str, str]) -> str:
    rows, columns = pair
    return rows if rows == columns else _tuple(pair)


def _tuple(pair: tuple[str, str]) -> str:
    return f"({pair[0]}, {pair[1]})"
