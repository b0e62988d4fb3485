"""PyTorch's SGD on arrays by name."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from resdsl.ir.recipe import Sgd

Arrays = dict[str, jax.Array]


def first_momenta(params: Arrays, options: Sgd) -> Arrays:
    """Zero, which makes the first gradient of the momentum in the first step; nothing where there is no momentum."""
    return {name: jnp.zeros_like(value) for name, value in params.items()} if options.momentum else {}


def sgd(params: Arrays, momenta: Arrays, gradients: Arrays, lr: jax.Array, options: Sgd) -> tuple[Arrays, Arrays]:
    """The parameters and momenta after one step: the decay joins the gradient before the momentum."""
    moved, kept = {}, {}
    for name, value in params.items():
        change = gradients[name]
        # Norms and biases are vectors, all other weights have more dimensions.
        if options.decay_all or value.ndim > 1:
            change += options.weight_decay * value
        if momenta:
            kept[name] = options.momentum * momenta[name] + change
            change = change + options.momentum * kept[name] if options.nesterov else kept[name]
        moved[name] = value - lr * change
    return moved, kept
