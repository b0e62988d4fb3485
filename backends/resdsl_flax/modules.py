"""What NNX has not got, or has otherwise: each is emitted where a network needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from resdsl.codegen.model import Mode

# By the name that is looked for: what a text here refers to stands above it.
MODULES: dict[str, str] = {
    "uniform": '''\
def uniform(fan_in: int) -> nnx.Initializer:
    """Within 1 / sqrt(fan_in), as PyTorch's own layers start."""
    bound = fan_in**-0.5
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -bound, bound)''',
    "Conv": """\
# Without a bias; normal with a variance of 2 / fan (He et al. 2015).
Conv = partial(nnx.Conv, use_bias=False, kernel_init=he_normal)""",
    "overhang": '''\
def overhang(size: int, side: int, step: int, before: int, after: int) -> int:
    """How far the last window hangs over: nowhere, if it would see nothing but padding."""
    room = before + size + after - side
    last = -(-room // step)
    last -= last * step >= size + before
    return max(0, last * step - room)''',
    "channel_means": '''\
def channel_means(x: Array) -> Array:
    """The mean of each channel; many short sums round off less than one long sum."""
    return x.mean(axis=(1, 2)).mean(axis=0)''',
    "BatchNorm": '''\
class BatchNorm(nnx.Module):
    """Batch norm as in PyTorch: in training, the running variance moves by the unbiased variance of the batch."""

    def __init__(self, channels: int, momentum: float = 0.9, epsilon: float = 1e-5) -> None:
        self.scale = nnx.Param(jnp.ones(channels))
        self.bias = nnx.Param(jnp.zeros(channels))
        self.mean = nnx.BatchStat(jnp.zeros(channels))
        self.var = nnx.BatchStat(jnp.ones(channels))
        self.momentum, self.epsilon = momentum, epsilon
        self.use_running_average = False

    def __call__(self, x: Array) -> Array:
        # Statistics need at least float32, whatever the maps are computed in.
        wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        if self.use_running_average:
            mean, var = self.mean[...], self.var[...]
        else:
            mean = channel_means(wide)
            var = channel_means(jnp.square(wide - mean))
            count = x.size // x.shape[-1]
            self.mean[...] = self.momentum * self.mean[...] + (1 - self.momentum) * mean
            self.var[...] = self.momentum * self.var[...] + (1 - self.momentum) * var * count / max(count - 1, 1)
        factor = self.scale[...] * jax.lax.rsqrt(var + self.epsilon)
        return ((wide - mean) * factor + self.bias[...]).astype(x.dtype)''',
    "EvoNorm": '''\
class EvoNorm(nnx.Module):
    """EvoNorm-S0, a norm and an activation in one; without activation only the scale and shift of each channel."""

    def __init__(self, groups: int, channels: int, epsilon: float = 1e-05, activates: bool = True) -> None:
        self.scale, self.bias = nnx.Param(jnp.ones(channels)), nnx.Param(jnp.zeros(channels))
        self.v = nnx.Param(jnp.ones(channels)) if activates else None
        self.groups, self.epsilon = groups, epsilon

    def __call__(self, x: Array) -> Array:
        scale, shift = self.scale[...].astype(x.dtype), self.bias[...].astype(x.dtype)
        if self.v is None:
            return x * scale + shift
        wide = x.astype(jnp.promote_types(x.dtype, jnp.float32))
        grouped = wide.reshape(*x.shape[:3], self.groups, -1)
        variance = jnp.broadcast_to(grouped.var(axis=(1, 2, 4), keepdims=True), grouped.shape).reshape(x.shape)
        factor = jax.lax.rsqrt(variance + self.epsilon).astype(x.dtype)
        return x * nnx.sigmoid(x * self.v[...].astype(x.dtype)) * factor * scale + shift''',
    "Subsample": '''\
class Subsample(nnx.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int | tuple[int, int]) -> None:
        self.rows, self.columns = (stride, stride) if isinstance(stride, int) else stride

    def __call__(self, x: Array) -> Array:
        return x[:, :: self.rows, :: self.columns]''',
    "standardized": '''\
@cache
def standardized(eps: float) -> Callable[..., Array]:
    """The convolution with filters of mean 0 and variance 1 (Qiao et al. 2019)."""

    def convolved(x: Array, kernel: Array, *window: Any, **options: Any) -> Array:
        mean = kernel.mean(axis=(0, 1, 2), keepdims=True)
        variance = jnp.square(kernel - mean).mean(axis=(0, 1, 2), keepdims=True)
        return jax.lax.conv_general_dilated(x, (kernel - mean) * jax.lax.rsqrt(variance + eps), *window, **options)

    return convolved''',
    "pooled": '''\
def pooled(
    x: Array,
    pool: Callable[..., Array],
    window_shape: tuple[int, int],
    strides: tuple[int, int] = (1, 1),
    padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0)),
    zeros: bool = False,
    ceil: bool = False,
) -> Array:
    """Pools a map padded with zeros, or with a last window that may hang over; what is not there does not count."""
    if zeros:
        x = jnp.pad(x, ((0, 0), *padding, (0, 0)))
        padding = ((0, 0), (0, 0))
    if ceil:
        sides = zip(x.shape[1:3], window_shape, strides, padding, strict=True)
        padding = tuple((pads[0], pads[1] + overhang(size, side, step, *pads)) for size, side, step, pads in sides)
    options = {} if pool is nnx.max_pool else {"count_include_pad": False}
    return pool(x, window_shape=window_shape, strides=strides, padding=padding, **options)''',
    "blur_pool": '''\
def blur_pool(x: Array, kernel: tuple[int, int], strides: tuple[int, int]) -> Array:
    """Blurs each channel by binomial weights, then keeps every `strides`-th row and column (Zhang 2019)."""
    rows, columns = (jnp.array([comb(side - 1, place) / 2 ** (side - 1) for place in range(side)]) for side in kernel)
    around = tuple(((side + step - 2) // 2,) * 2 for side, step in zip(kernel, strides, strict=True))
    padded = jnp.pad(x, ((0, 0), *around, (0, 0)), mode="reflect")
    weight = jnp.tile(jnp.outer(rows, columns)[:, :, None, None].astype(x.dtype), x.shape[-1])
    dimensions = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(
        padded, weight, strides, "VALID", dimension_numbers=dimensions, feature_group_count=x.shape[-1]
    )''',
    "PadChannels": '''\
class PadChannels(nnx.Module):
    """Adds zero channels before and after the existing ones."""

    def __init__(self, before: int, after: int) -> None:
        self.padding = (before, after)

    def __call__(self, x: Array) -> Array:
        return jnp.pad(x, ((0, 0), (0, 0), (0, 0), self.padding))''',
    "SqueezeExcite": '''\
class SqueezeExcite(nnx.Module):
    """Scales each channel by a gate that all channels' averages decide on (Hu et al. 2018)."""

    def __init__(
        self,
        channels: int,
        width: int,
        bias: bool = True,
        act: Callable[[Array], Array] = nnx.relu,
        gate: Callable[[Array], Array] = nnx.sigmoid,
        *,
        rngs: nnx.Rngs,
    ) -> None:
        self.fc1 = Conv(channels, width, (1, 1), use_bias=bias, bias_init=uniform(channels), rngs=rngs)
        self.fc2 = Conv(width, channels, (1, 1), use_bias=bias, bias_init=uniform(width), rngs=rngs)
        self.act, self.gate = act, gate

    def __call__(self, x: Array) -> Array:
        average = x.mean(axis=(1, 2), keepdims=True)
        return x * self.gate(self.fc2(self.act(self.fc1(average))))''',
    "ChannelAttention": '''\
class ChannelAttention(nnx.Module):
    """Scales each channel by a gate that the averages of the channels next to it decide on (Wang et al. 2020)."""

    def __init__(self, kernel: int, gate: Callable[[Array], Array] = nnx.sigmoid, *, rngs: nnx.Rngs) -> None:
        start = uniform(kernel)
        self.conv = nnx.Conv(1, 1, (kernel,), padding=kernel // 2, use_bias=False, kernel_init=start, rngs=rngs)
        self.gate = gate

    def __call__(self, x: Array) -> Array:
        average = x.mean(axis=(1, 2))
        return x * self.gate(self.conv(average[:, :, None]))[:, None, None, :, 0]''',
    "GlobalContext": '''\
class ContextMlp(nnx.Module):
    """Two 1x1 convs, with a layer norm over the channels and a ReLU between them, on a map of one pixel."""

    def __init__(self, channels: int, width: int, *, rngs: nnx.Rngs) -> None:
        self.fc1 = Conv(channels, width, (1, 1), use_bias=True, bias_init=uniform(channels), rngs=rngs)
        self.norm = nnx.GroupNorm(width, num_groups=1, epsilon=1e-06, use_fast_variance=False, rngs=rngs)
        self.fc2 = Conv(width, channels, (1, 1), use_bias=True, bias_init=uniform(width), rngs=rngs)

    def __call__(self, x: Array) -> Array:
        x = nnx.relu(self.norm(self.fc1(x)))
        return self.fc2(x)


class GlobalContext(nnx.Module):
    """The mean of the map, weighted by a softmax over its pixels, scales the map or is added to it (Cao et al. 2019)."""

    def __init__(self, channels: int, width: int, add: bool = False, *, rngs: nnx.Rngs) -> None:
        self.conv_attn = Conv(channels, 1, (1, 1), use_bias=True, bias_init=uniform(channels), rngs=rngs)
        self.mlp_scale = None if add else ContextMlp(channels, width, rngs=rngs)
        self.mlp_add = ContextMlp(channels, width, rngs=rngs) if add else None

    def __call__(self, x: Array) -> Array:
        attention = nnx.softmax(self.conv_attn(x), axis=(1, 2))
        context = (x * attention).sum(axis=(1, 2), keepdims=True)
        if self.mlp_scale is not None:
            x = x * nnx.sigmoid(self.mlp_scale(context))
        if self.mlp_add is not None:
            x = x + self.mlp_add(context)
        return x''',
    "PReLU": '''\
class PReLU(nnx.Module):
    """A ReLU that learns a slope for each channel's negative values (He et al. 2015)."""

    def __init__(self, channels: int, start: float = 0.25) -> None:
        self.scale = nnx.Param(jnp.full(channels, start))

    def __call__(self, x: Array) -> Array:
        return jnp.where(x >= 0, x, self.scale[...].astype(x.dtype) * x)''',
    "Named": '''\
class Named(nnx.Module):
    """Layers one after another, each under its name."""

    def __init__(self, layers: dict[str, Callable[[Array], Array]]) -> None:
        self._names = tuple(layers)
        for name, layer in layers.items():
            setattr(self, name, layer)

    @property
    def layers(self) -> list[Callable[[Array], Array]]:
        return [getattr(self, name) for name in self._names]

    def __call__(self, x: Array) -> Array:
        for name in self._names:
            x = getattr(self, name)(x)
        return x''',
    "SplitAttention": '''\
class SplitAttention(nnx.Module):
    """The sum of `radix` splits, weighted by what all of them hold (Zhang et al. 2020, ResNeSt)."""

    def __init__(
        self,
        conv: Callable[[Array], Array],
        bn0: Callable[[Array], Array],
        act0: Callable[[Array], Array],
        fc1: Callable[[Array], Array],
        bn1: Callable[[Array], Array],
        act1: Callable[[Array], Array],
        fc2: Callable[[Array], Array],
        radix: int,
        groups: int,
    ) -> None:
        self.conv, self.bn0, self.act0 = conv, bn0, act0
        self.fc1, self.bn1, self.act1, self.fc2 = fc1, bn1, act1, fc2
        self.radix, self.groups = radix, groups

    def __call__(self, x: Array) -> Array:
        x = self.act0(self.bn0(self.conv(x)))
        splits = x.reshape(*x.shape[:3], self.radix, -1)
        average = splits.sum(axis=3).mean(axis=(1, 2), keepdims=True)
        seen = self.fc2(self.act1(self.bn1(self.fc1(average))))
        shares = nnx.softmax(seen.reshape(x.shape[0], self.groups, self.radix, -1).swapaxes(1, 2), axis=1)
        return (splits * shares.reshape(x.shape[0], 1, 1, self.radix, -1)).sum(axis=3)''',
    "SelectiveKernel": '''\
class SelectiveKernel(nnx.Module):
    """Two convolutions, of a half each with `split`, weighted by what both hold (Li et al. 2019, SKNet)."""

    def __init__(
        self,
        near: Callable[[Array], Array],
        near_norm: Callable[[Array], Array],
        far: Callable[[Array], Array],
        far_norm: Callable[[Array], Array],
        reduce: Callable[[Array], Array],
        norm: Callable[[Array], Array],
        select: Callable[[Array], Array],
        act: Callable[[Array], Array],
        split: bool,
    ) -> None:
        pairs = ((near, near_norm), (far, far_norm))
        self.paths = nnx.Sequential(*(Named({"conv": conv, "bn": bn}) for conv, bn in pairs))
        self.attn = Named({"fc_reduce": reduce, "bn": norm, "relu": nnx.relu, "fc_select": select})
        self.act, self.split = act, split

    def __call__(self, x: Array) -> Array:
        arrive = jnp.split(x, 2, axis=3) if self.split else (x, x)
        maps = [self.act(path(part)) for path, part in zip(self.paths.layers, arrive, strict=True)]
        seen = self.attn((maps[0] + maps[1]).mean(axis=(1, 2), keepdims=True))
        shares = nnx.softmax(seen.reshape(x.shape[0], 1, 1, 2, -1), axis=3)
        return maps[0] * shares[:, :, :, 0] + maps[1] * shares[:, :, :, 1]''',
    "HierarchicalConv": '''\
class HierarchicalConv(nnx.Module):
    """Parts of the channels, each through a convolution with what the one before it left (Gao et al. 2019, Res2Net)."""

    def __init__(
        self,
        convs: list[nnx.Conv],
        norms: list[Callable[[Array], Array]],
        act: Callable[[Array], Array],
        strides: tuple[int, int],
        first: bool,
    ) -> None:
        self.convs, self.bns, self.act = nnx.Sequential(*convs), nnx.Sequential(*norms), act
        self.strides, self.first = strides, first

    def __call__(self, x: Array) -> Array:
        convs = self.convs.layers
        parts = jnp.split(x, len(convs) + 1, axis=3)
        left: list[Array] = []
        for conv, norm, part in zip(convs, self.bns.layers, parts, strict=False):
            left.append(self.act(norm(conv(part if self.first or not left else left[-1] + part))))
        last = parts[-1]
        if self.first:
            last = nnx.avg_pool(last, window_shape=(3, 3), strides=self.strides, padding=((1, 1), (1, 1)))
        return jnp.concatenate((*left, last), axis=3)''',
    "CrossStage": '''\
Factory = Callable[[int], Callable[[Array], Array]]


class CrossUnit(nnx.Module):
    """A bottleneck next to an identity shortcut."""

    def __init__(
        self, channels: int, filters: int, norm: Factory, act: Factory, groups: int, *, rngs: nnx.Rngs
    ) -> None:
        self.conv1 = Conv(channels, filters, (1, 1), padding=0, rngs=rngs)
        self.bn1, self.act1 = norm(filters), act(filters)
        self.conv2 = Conv(filters, filters, (3, 3), padding=1, feature_group_count=groups, rngs=rngs)
        self.bn2, self.act2 = norm(filters), act(filters)
        self.conv3 = Conv(filters, channels, (1, 1), padding=0, rngs=rngs)
        self.bn3, self.act3 = norm(channels), act(channels)

    def __call__(self, x: Array) -> Array:
        branch = self.act1(self.bn1(self.conv1(x)))
        branch = self.act2(self.bn2(self.conv2(branch)))
        return self.act3(self.bn3(self.conv3(branch)) + x)


class Transition(nnx.Module):
    """A 1x1 conv with its norm and activation."""

    def __init__(self, channels: int, norm: Factory, act: Factory, *, rngs: nnx.Rngs) -> None:
        self.conv = Conv(channels, channels, (1, 1), padding=0, rngs=rngs)
        self.bn, self.act = norm(channels), act(channels)

    def __call__(self, x: Array) -> Array:
        return self.act(self.bn(self.conv(x)))


class CrossStage(nnx.Module):
    """Half of the channels as they are, the others after bottlenecks and a 1x1 conv (Wang et al. 2020, CSPNet)."""

    def __init__(
        self, count: int, channels: int, filters: int, norm: Factory, act: Factory, groups: int = 1, *, rngs: nnx.Rngs
    ) -> None:
        half = channels // 2
        self.units = nnx.Sequential(*(CrossUnit(half, filters, norm, act, groups, rngs=rngs) for _ in range(count)))
        self.transition = Transition(half, norm, act, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        kept, used = jnp.split(x, 2, axis=3)
        return jnp.concatenate((kept, self.transition(self.units(used))), axis=3)''',
    "AttentionPool": '''\
class AttentionPool(nnx.Module):
    """What the mean of a map finds by attention among its pixels (Radford et al. 2021, CLIP)."""

    def __init__(
        self, q: nnx.Linear, k: nnx.Linear, v: nnx.Linear, proj: nnx.Linear, places: int, heads: int, *, rngs: nnx.Rngs
    ) -> None:
        spread = nnx.initializers.normal(q.in_features**-0.5)
        self.pos_embed = nnx.Param(spread(rngs.params(), (q.in_features, places)))
        self.q, self.k, self.v, self.proj, self.heads = q, k, v, proj, heads

    def __call__(self, x: Array) -> Array:
        pixels = x.reshape(x.shape[0], -1, x.shape[3])
        pixels = jnp.concatenate((pixels.mean(axis=1, keepdims=True), pixels), axis=1) + self.pos_embed[...].T
        q, k, v = (
            each.reshape(*each.shape[:2], self.heads, -1).swapaxes(1, 2)
            for each in (self.q(pixels[:, :1]), self.k(pixels), self.v(pixels))
        )
        shares = nnx.softmax(q @ k.swapaxes(2, 3) * q.shape[-1] ** -0.5)
        return self.proj((shares @ v).swapaxes(1, 2).reshape(x.shape[0], 1, 1, -1))''',
    "MapLinear": '''\
class MapLinear(nnx.Linear):
    """A fully connected layer that leaves a map of one pixel; it reads maps in the order of channels, rows, columns."""

    def __call__(self, inputs: Array, out_sharding: Any = None) -> Array:
        flat = inputs.transpose(0, 3, 1, 2).reshape(inputs.shape[0], -1)
        return super().__call__(flat, out_sharding)[:, None, None, :]''',
    "numbered": '''\
def numbered(stage: nnx.Sequential, start: int = 0) -> dict[str, Any]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return {str(number): block for number, block in enumerate(stage.layers, start)}''',
}


def needed_modules(body: str, mode: Mode) -> Iterator[str]:
    """The sources of those that `body` uses; `mode` is the fan that convs start by."""
    found: list[str] = []
    for name, source in reversed(MODULES.items()):
        if re.search(rf"(?<![.\w]){name}\b(?!=)", "\n".join((body, *found))):
            found.insert(0, source.replace("he_normal", he_normal(mode)))
    return iter(found)


def he_normal(mode: Mode) -> str:
    """The initializer of convs."""
    return f'nnx.initializers.variance_scaling(2.0, "{mode}", "normal")'
