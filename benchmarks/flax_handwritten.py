"""ResNet-20 as people write it by hand in Flax NNX today: what resdsl is measured against."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import nnx


class Block(nnx.Module):
    def __init__(self, channels: int, filters: int, stride: int, *, rngs: nnx.Rngs) -> None:
        pad = ((1, 1), (1, 1))
        self.conv1 = nnx.Conv(channels, filters, (3, 3), stride, padding=pad, use_bias=False, rngs=rngs)
        self.bn1 = nnx.BatchNorm(filters, momentum=0.9, rngs=rngs)
        self.conv2 = nnx.Conv(filters, filters, (3, 3), padding=pad, use_bias=False, rngs=rngs)
        self.bn2 = nnx.BatchNorm(filters, momentum=0.9, rngs=rngs)
        self.stride, self.padding = stride, filters - channels

    def __call__(self, x: jax.Array) -> jax.Array:
        out = nnx.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.padding:
            x = jnp.pad(x[:, :: self.stride, :: self.stride], ((0, 0), (0, 0), (0, 0), (0, self.padding)))
        return nnx.relu(out + x)


class ResNet(nnx.Module):
    def __init__(self, n: int = 3, *, rngs: nnx.Rngs) -> None:
        self.conv1 = nnx.Conv(3, 16, (3, 3), padding=((1, 1), (1, 1)), use_bias=False, rngs=rngs)
        self.bn1 = nnx.BatchNorm(16, momentum=0.9, rngs=rngs)
        widths = [(16, 16, 1), (16, 32, 2), (32, 64, 2)]
        self.blocks = nnx.List(
            Block(channels if first else filters, filters, stride if first else 1, rngs=rngs)
            for channels, filters, stride in widths
            for first in [True] + [False] * (n - 1)
        )
        self.fc = nnx.Linear(64, 10, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = nnx.relu(self.bn1(self.conv1(x)))
        for block in self.blocks:
            x = block(x)
        return self.fc(x.mean((1, 2)))


def stepper(n: int = 3) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """The usual training step: nnx.jit, nnx.Optimizer, optax."""
    model = ResNet(n, rngs=nnx.Rngs(0))
    rule = optax.chain(optax.add_decayed_weights(1e-4), optax.sgd(0.1, momentum=0.9))
    optimizer = nnx.Optimizer(model, rule, wrt=nnx.Param)

    @nnx.jit
    def step(model: ResNet, optimizer: nnx.Optimizer, images: jax.Array, labels: jax.Array) -> jax.Array:
        def loss(model: ResNet) -> jax.Array:
            return optax.softmax_cross_entropy_with_integer_labels(model(images), labels).mean()

        value, gradients = nnx.value_and_grad(loss)(model)
        optimizer.update(model, gradients)
        return value

    return lambda images, labels: step(model, optimizer, images, labels)
