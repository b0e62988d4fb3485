"""Sources in NNX's words: formatted, typed, and free of resdsl; modules take images as (N, H, W, C)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never, final

from resdsl.codegen.layout import INDENT, Group, Text, call, laid_out
from resdsl.codegen.model import Apply, Member, NetworkClass, Plan, Stage, StageCall, Value
from resdsl.codegen.printer import Dialect
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
from resdsl_flax.modules import MODULES, he_normal, needed_modules

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
            momentum = _unless("0.9", str(round(1 - norm.momentum, 12)), "momentum=")
            return call("BatchNorm", (number("channels"), *momentum, *_unless("1e-05", str(norm.eps), "epsilon=")))
        case GroupNorm() as norm:
            settings = (f"num_groups={norm.groups}", f"epsilon={norm.eps}", "use_fast_variance=False")
            start = ("scale_init=nnx.initializers.zeros",) if member.zeroed else ()
            return call("nnx.GroupNorm", (number("channels"), *settings, *start, RNGS))
        case EvoNorm() as norm:
            plain = () if norm.activates else ("activates=False",)
            settings = (*_unless("1e-05", str(norm.eps), "epsilon="), *plain)
            return call("EvoNorm", (str(norm.groups), number("channels"), *settings))
        case Linear() as linear:
            return call("nnx.Linear" if member.flat else "MapLinear", _linear(member, linear))
        case Dropout():
            return call("nnx.Dropout", (number("p"), RNGS))
        case PRelu() as act:
            return call("PReLU", (number("channels"), *_unless("0.25", str(act.start), "start=")))
        case DropPath():
            return call("nnx.Dropout", (number("p"), "broadcast_dims=(1, 2, 3)", RNGS))
        case SqueezeExcite() as layer:
            return call("SqueezeExcite", (number("channels"), number("width"), *_squeeze_excite(layer), RNGS))
        case Eca() as layer:
            return call("ChannelAttention", (number("kernel"), *_gate(layer.gate), RNGS))
        case GlobalContext() as layer:
            fusion = ("add=True",) if layer.fuse == "add" else ()
            return call("GlobalContext", (number("channels"), number("width"), *fusion, RNGS))
        case Gate() as gate:
            bias = f"bias_init=nnx.initializers.constant({gate.start})"
            strided = _unless("1", _same(member.pair("stride")))
            sizes = (number("channels"), number("filters"), "(1, 1)", *strided)
            return call("Conv", (*sizes, "padding=0", "use_bias=True", bias, RNGS))
        case Alpha() as alpha:
            return call("nnx.Param", (call("jnp.array", (Group("[", (str(alpha.start),), "]"),)),))
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
            last, strides = len(layer.convs), f"strides={_tuple(_first(member).pair('stride'))}"
            listed = (Group("[", tuple(texts), "]") for texts in (_parts(member)[:last], _parts(member)[last:-1]))
            return call("HierarchicalConv", (*listed, _parts(member)[-1], strides, f"first={layer.first}"))
        case CrossStage():
            groups = _unless("1", str(layer.groups), "groups=")
            sizes = (str(layer.count), member.number("channels"), member.number("filters"))
            return call("CrossStage", (*sizes, *_factories(member), *groups, RNGS))
        case AttentionPool():
            return call("AttentionPool", (*_parts(member), f"places={layer.places}", f"heads={layer.heads}", RNGS))
        case _:
            assert_never(layer)


def _first(member: Member) -> Member:
    """The first layer inside of a member."""
    return next(part for part in member.parts if part)


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
    yield from _unless("nnx.relu", _function(layer.act), "act=")
    yield from _gate(layer.gate)


def _gate(kind: Activation) -> Iterator[str]:
    return _unless("nnx.sigmoid", _function(kind), "gate=")


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
    yield from (member.number("channels"), member.number("filters"), _tuple(member.pair("kernel")))
    yield from _unless("1", _same(member.pair("stride")))
    yield f"padding={_around(member, conv)}"
    yield from _unless("1", member.number("dilation"), "kernel_dilation=")
    yield from _unless("1", member.number("groups"), "feature_group_count=")
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
    yield from _unless("(1, 1)", _tuple(member.pair("stride")), "strides=")
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


def _unless(default: str, text: str, keyword: str = "") -> Iterator[str]:
    if text != default:
        yield keyword + text


# By module: the names that may stand in a source, and how they do.
_STANDARD = {
    "collections.abc": {"Callable": r"\bCallable\["},
    "functools": {"cache": r"@cache\b", "partial": r"\bpartial\("},
    "math": {"comb": r"\bcomb\("},
    "typing": {"Any": r"\bAny\b"},
}
_OTHERS = {r"\bjax\.": "import jax", r"\bjnp\.": "import jax.numpy as jnp"}


@final
class FlaxDialect(Dialect):
    """Modules on maps of (N, H, W, C)."""

    reserved = frozenset(
        {"jax", "jnp", "nnx", "rngs", "Array", "Any", "Callable", "partial", "he_normal", "ContextMlp", *MODULES}
    )
    module = "nnx.Module"
    sequential = "nnx.Sequential"
    tensor = "Array"
    forward = "__call__"
    identity = IDENTITY
    replaceable = "Callable[[Array], Array]"
    signature = ("*", "rngs: nnx.Rngs")
    passed = (RNGS,)
    decorator = "@nnx.jit  # Equal blocks are traced once."

    def constructor(self, member: Member) -> Text:
        return constructor(member)

    def applied(self, member: Member, value: str) -> Text:
        if is_function(member):
            function, *options = function_of(member)
            return call(function, (value, *options))
        match member.layer:
            case Gate():
                return call("nnx.sigmoid", (call(f"self.{member.name}", (value,)),))
            case Alpha():
                return f"self.{member.name}[...].astype({value}.dtype) * {value}"
            case _:  # a module
                return call(f"self.{member.name}", (value,))

    def flattened(self, value: Value, printed: str, inner: str) -> str:
        match value:
            case Apply(member=Member(layer=GlobalAvgPool())):
                return f"{inner}.mean(axis=(1, 2))"
            case _:  # in C, H, W order, as everywhere
                return f"{printed}.transpose(0, 3, 1, 2).reshape({printed}.shape[0], -1)"

    def made_in_constructor(self, member: Member) -> bool:
        return not is_function(member)

    def after_member(self, member: Member) -> Iterator[str]:
        if member.zeroed and isinstance(member.layer, BatchNorm):
            yield f"{INDENT * 2}self.{member.name}.scale[...] = jnp.zeros({member.number('channels')})"

    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        return sequence(entries)

    def stage(self, stage: Stage, made: Sequence[tuple[StageCall | Member, Group]]) -> Group:
        if any(isinstance(part, Member) for part, _ in made):
            return named_sequence([_keyed(part, text) for part, text in made])
        spread = tuple(Group(f"*{text.head}", text.items, ").layers") for _, text in made)
        return Group("nnx.Sequential(", spread, broken=True)

    def initialization(self, network: NetworkClass) -> Iterator[str]:
        """Stages whose convs start by another fan than those of the network."""
        for scope, mode in network.init[1:]:
            yield f"{INDENT * 2}he_normal = {he_normal(mode)}"
            yield f"{INDENT * 2}for _, layer in nnx.iter_modules(self.{scope}):"
            yield f"{INDENT * 3}if isinstance(layer, nnx.Conv):"
            yield f"{INDENT * 4}layer.kernel[...] = he_normal(rngs.params(), layer.kernel.shape)"

    def rising(self, network: NetworkClass) -> Iterator[str]:
        """Each block's own probability of being left out."""
        stages = [item.name for item in network.members if isinstance(item, Stage)]
        yield from laid_out("blocks = ", Group("[", tuple(f"*self.{stage}.layers" for stage in stages), "]"), level=2)
        yield f'{INDENT * 2}paths = [block.drop_path for block in blocks if hasattr(block, "drop_path")]'
        yield f"{INDENT * 2}for number, path in enumerate(paths):"
        yield f"{INDENT * 3}path.rate *= number / (len(paths) - 1)"

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        mode = plan.network.init[0][1] if plan.network.init else "fan_out"
        modules = list(needed_modules(body, mode))
        return list(_imports("\n".join((*modules, body)))), modules, []


def _keyed(part: StageCall | Member, text: Group) -> Text:
    if isinstance(part, Member):
        return keyed(part.name, text)
    return call("**numbered", (text, *([str(part.start)] if part.start else [])))


def _imports(body: str) -> Iterator[str]:
    named = {
        module: [name for name, pattern in names.items() if re.search(pattern, body)]
        for module, names in _STANDARD.items()
    }
    standard = [f"from {module} import {', '.join(names)}" for module, names in named.items() if names]
    yield from (*standard, "") if standard else ()
    yield from (line for pattern, line in _OTHERS.items() if re.search(pattern, body))
    yield "from flax import nnx"
    yield "from jax import Array"
