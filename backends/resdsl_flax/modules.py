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
    "Subsample": '''\
class Subsample(nnx.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int) -> None:
        self.stride = stride

    def __call__(self, x: Array) -> Array:
        return x[:, :: self.stride, :: self.stride]''',
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

    def __init__(
        self, kernel: int, gate: Callable[[Array], Array] = nnx.sigmoid, *, rngs: nnx.Rngs
    ) -> None:
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
    "MapLinear": '''\
class MapLinear(nnx.Linear):
    """A fully connected layer that leaves a map of one pixel; it reads maps in the order of channels, rows, columns."""

    def __call__(self, inputs: Array, out_sharding: Any = None) -> Array:
        flat = inputs.transpose(0, 3, 1, 2).reshape(inputs.shape[0], -1)
        return super().__call__(flat, out_sharding)[:, None, None, :]''',
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
    "numbered": '''\
def numbered(stage: nnx.Sequential, start: int = 0) -> dict[str, Any]:
    """The blocks of a stage under the names `start`, `start + 1`, ..."""
    return {str(number): block for number, block in enumerate(stage.layers, start)}''',
}


def needed_modules(body: str, mode: Mode) -> Iterator[str]:
    """The sources of those that `body` uses; `mode` is the fan that convs start by."""
    found: list[str] = []
    for name, source in reversed(MODULES.items()):
        if re.search(rf"(?<![.\w]){name}\(", "\n".join((body, *found))):
            found.insert(0, source.replace("he_normal", he_normal(mode)))
    return iter(found)


def he_normal(mode: Mode) -> str:
    """The initializer of convs."""
    return f'nnx.initializers.variance_scaling(2.0, "{mode}", "normal")'
