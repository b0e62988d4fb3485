"""The optimizers of recipes on arrays by name."""

from __future__ import annotations

from collections.abc import Collection
from typing import assert_never

import jax
import jax.numpy as jnp

from resdsl.ir.recipe import Optimizer, Sgd

Arrays = dict[str, jax.Array]
Slots = dict[str, Arrays]


def first_slots(params: Arrays, options: Optimizer) -> Slots:
    """All zero, which makes the first gradient of a momentum in the first step."""
    return {slot: {name: jnp.zeros_like(value) for name, value in params.items()} for slot in options.slots}


def stepped(
    params: Arrays, slots: Slots, gradients: Arrays, lr: jax.Array, options: Optimizer, vectors: Collection[str]
) -> tuple[Arrays, Slots]:
    """The parameters and slots after one step at the rate `lr`; `vectors` are norms' parameters and biases."""
    match options:
        case Sgd():
            return _sgd(params, slots, gradients, lr, options, vectors)
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
