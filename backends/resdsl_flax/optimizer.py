"""The optimizers of recipes on arrays by name."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import assert_never

import jax
import jax.numpy as jnp

from resdsl.ir.recipe import AdamW, Optimizer, Sgd

Arrays = dict[str, jax.Array]
Slots = dict[str, Arrays]


def first_slots(params: Arrays, options: Optimizer, stacked: Collection[str]) -> Slots:
    """All zero, which makes the first gradient of a momentum in the first step; `stacked` are those of equal blocks."""

    def zeros(slot: str, name: str) -> jax.Array:
        value = params[name]
        return jnp.zeros(value.shape[: int(name in stacked)]) if slot == "count" else jnp.zeros_like(value)

    return {slot: {name: zeros(slot, name) for name in params} for slot in options.slots}


def clipped(gradients: Arrays, most: float) -> Arrays:
    """Gradients whose norm, all together, is at most `most`."""
    norm = jnp.sqrt(sum(jnp.square(gradient).sum() for gradient in gradients.values()))
    scale = jnp.minimum(1.0, most / (norm + 1e-6))
    return {name: gradient * scale for name, gradient in gradients.items()}


def stepped(
    params: Arrays, slots: Slots, gradients: Arrays, lr: jax.Array, options: Optimizer, vectors: Collection[str]
) -> tuple[Arrays, Slots]:
    """The parameters and slots after one step at the rate `lr`; `vectors` are norms' parameters and biases."""
    match options:
        case Sgd():
            return _sgd(params, slots, gradients, lr, options, vectors)
        case AdamW():
            return _adamw(params, slots, gradients, lr, options, vectors)
        case _:
            assert_never(options)


def _sgd(
    params: Arrays, slots: Slots, gradients: Arrays, lr: jax.Array, options: Sgd, vectors: Collection[str]
) -> tuple[Arrays, Slots]:
    """PyTorch's SGD: the decay joins the gradient before the momentum."""
    moved, kept = {}, {}
    for name, value in params.items():
        change = gradients[name]
        if options.decay_all or name not in vectors:
            change += options.weight_decay * value
        if options.momentum:
            kept[name] = options.momentum * slots["momentum"][name] + change
            change = change + options.momentum * kept[name] if options.nesterov else kept[name]
        moved[name] = value - lr * change
    return moved, dict.fromkeys(options.slots, kept)


def _adamw(
    params: Arrays, slots: Slots, gradients: Arrays, lr: jax.Array, options: AdamW, vectors: Collection[str]
) -> tuple[Arrays, Slots]:
    """PyTorch's AdamW: the decay shrinks the weights before the step."""
    first, second = options.betas
    moved: Arrays = {}
    kept: Slots = {slot: {} for slot in options.slots}
    for name, value in params.items():
        count = slots["count"][name] + 1
        mean = first * slots["mean"][name] + (1 - first) * gradients[name]
        square = second * slots["square"][name] + (1 - second) * jnp.square(gradients[name])
        decay = options.weight_decay if options.decay_all or name not in vectors else 0.0
        steps = count.reshape(count.shape + (1,) * (value.ndim - count.ndim))
        root = jnp.sqrt(square) / jnp.sqrt(_grown(second, steps)) + options.eps
        moved[name] = value * (1 - lr * decay) - lr / _grown(first, steps) * mean / root
        kept["mean"][name], kept["square"][name], kept["count"][name] = mean, square, count
    return moved, kept


def _grown(beta: float, steps: jax.Array) -> jax.Array:
    """1 - beta ** steps, to all digits."""
    return -jnp.expm1(steps * math.log(beta)) if beta else jnp.ones_like(steps)
