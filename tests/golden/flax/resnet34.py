"""ResNet-34 (He et al. 2016, Deep Residual Learning, Table 1).

Compiled by resdsl 0.1.0 from resnet34.res: edit the spec, not this file.

sha256 of what it was compiled from:
    08877d3e263aa272dffef5729156d21d52c214aa1fdaf85e91fdc0646ae3935d  resnet34.res
    ae490277731276f40a26e8cb0390601a6fb3baa17efeb36d4dc75b3843085ca0  resnet.res
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
                Conv(channels, filters, (1, 1), stride, padding=0, rngs=rngs),
                BatchNorm(filters),
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


class ResNet34(nnx.Module):
    """34 weight layers: from 3x224x224 images to 1000 logits."""

    def __init__(self, *, rngs: nnx.Rngs) -> None:
        self.conv1 = Conv(3, 64, (7, 7), 2, padding=3, rngs=rngs)
        self.bn1 = BatchNorm(64)
        self.layer1 = stage(channels=64, filters=64, blocks=3, rngs=rngs)  # conv2_x
        self.layer2 = stage(channels=64, filters=128, blocks=4, stride=2, rngs=rngs)  # conv3_x
        self.layer3 = stage(channels=128, filters=256, blocks=6, stride=2, rngs=rngs)  # conv4_x
        self.layer4 = stage(channels=256, filters=512, blocks=3, stride=2, rngs=rngs)  # conv5_x
        self.fc = nnx.Linear(512, 1000, kernel_init=uniform(512), bias_init=uniform(512), rngs=rngs)

    def __call__(self, x: Array) -> Array:
        x = nnx.relu(self.bn1(self.conv1(x)))
        x = nnx.max_pool(x, window_shape=(3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = x.mean(axis=(1, 2))
        return self.fc(x)
