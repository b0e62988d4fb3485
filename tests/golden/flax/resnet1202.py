"""ResNet-1202 (He et al. 2016, Deep Residual Learning, Section 4.2).

Compiled by resdsl 0.1.0 from resnet1202.res: edit the spec, not this file.

sha256 of what it was compiled from:
    35315e33b95622b31bbc023f2ce4a56680797dcbb34469906e1a7e61be32028d  resnet1202.res
    a9eb0aac6e966fcb307b9c0ae45c19e6c65f9812e5935623b9f2bbadb82536c2  cifar.res
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array


def uniform(fan_in: int) -> nnx.Initializer:
    """Within 1 / sqrt(fan_in), as PyTorch's own layers start."""
    bound = fan_in**-0.5
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -bound, bound)


# Without a bias; normal with a variance of 2 / fan (He et al. 2015).
Conv = partial(nnx.Conv, use_bias=False, kernel_init=nnx.initializers.variance_scaling(2.0, "fan_out", "normal"))


def channel_means(x: Array) -> Array:
    """The mean of each channel; many short sums round off less than one long sum."""
    return x.mean(axis=(1, 2)).mean(axis=0)


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
        return ((wide - mean) * factor + self.bias[...]).astype(x.dtype)


class Subsample(nnx.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int | tuple[int, int]) -> None:
        self.rows, self.columns = (stride, stride) if isinstance(stride, int) else stride

    def __call__(self, x: Array) -> Array:
        return x[:, :: self.rows, :: self.columns]


class PadChannels(nnx.Module):
    """Adds zero channels before and after the existing ones."""

    def __init__(self, before: int, after: int) -> None:
        self.padding = (before, after)

    def __call__(self, x: Array) -> Array:
        return jnp.pad(x, ((0, 0), (0, 0), (0, 0), self.padding))


class BasicBlock(nnx.Module):
    """Two 3x3 weight layers next to a shortcut; ReLU after the addition."""

    def __init__(self, channels: int, filters: int, stride: int = 1, *, rngs: nnx.Rngs) -> None:
        self.conv1 = Conv(channels, filters, (3, 3), stride, padding=1, rngs=rngs)
        self.bn1 = BatchNorm(filters)
        self.conv2 = Conv(filters, filters, (3, 3), padding=1, rngs=rngs)
        self.bn2 = BatchNorm(filters)
        if stride == 1 and channels == filters:
            self.downsample: Callable[[Array], Array] = nnx.identity
        else:
            self.downsample = nnx.Sequential(
                Subsample(stride),
                PadChannels(0, filters - channels),
            )

    @nnx.jit  # Equal blocks are traced once.
    def __call__(self, x: Array) -> Array:
        branch = nnx.relu(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return nnx.relu(branch + self.downsample(x))


def stage(channels: int, filters: int, blocks: int, stride: int = 1, *, rngs: nnx.Rngs) -> nnx.Sequential:
    """`blocks` blocks; only the first changes the stride."""
    first = BasicBlock(channels, filters, stride, rngs=rngs)
    rest = [BasicBlock(filters, filters, rngs=rngs) for _ in range(blocks - 1)]
    return nnx.Sequential(first, *rest)


class ResNet1202(nnx.Module):
    """1202 weight layers: from 3x32x32 images to 10 logits."""

    def __init__(self, *, rngs: nnx.Rngs) -> None:
        self.conv1 = Conv(3, 16, (3, 3), padding=1, rngs=rngs)
        self.bn1 = BatchNorm(16)
        self.layer1 = stage(channels=16, filters=16, blocks=200, rngs=rngs)
        self.layer2 = stage(channels=16, filters=32, blocks=200, stride=2, rngs=rngs)
        self.layer3 = stage(channels=32, filters=64, blocks=200, stride=2, rngs=rngs)
        self.fc = nnx.Linear(64, 10, kernel_init=uniform(64), bias_init=uniform(64), rngs=rngs)

    def __call__(self, x: Array) -> Array:
        x = nnx.relu(self.bn1(self.conv1(x)))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = x.mean(axis=(1, 2))
        return self.fc(x)
