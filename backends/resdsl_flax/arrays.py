"""Between canonical arrays and the variables of an NNX module: here, and nowhere else, names and layouts change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from resdsl.backend import Array
from resdsl.weights.check import check_exact

Variables = dict[str, nnx.Variable[jax.Array]]

# What the variables of a layer are called in canonical names.
_WORDS = {
    "kernel": "weight", "scale": "weight", "bias": "bias", "mean": "running_mean", "var": "running_var",
    "pos_embed": "pos_embed", "alpha": "alpha", "v": "v",
}  # fmt: skip
# Where each canonical axis lies in Flax's kernels: conv (H, W, in, out), linear (in, out).
_TO_CANONICAL = {4: (3, 2, 0, 1), 3: (2, 1, 0), 2: (1, 0), 1: (0,), 0: ()}
_FROM_CANONICAL = {4: (2, 3, 1, 0), 3: (2, 1, 0), 2: (1, 0), 1: (0,), 0: ()}


def variables(module: nnx.Module) -> Variables:
    """The parameters and statistics of `module` under their canonical names."""
    return dict(_variables(module, ""))


def canonical(value: jax.Array | Array) -> Array:
    """A copy of a variable's value in canonical layout."""
    return np.array(np.transpose(value, _TO_CANONICAL[value.ndim]), np.float32, order="C")


def native(array: Array) -> Array:
    """A canonical array in Flax's layout."""
    return np.array(array.transpose(_FROM_CANONICAL[array.ndim]), np.float32, order="C")  # a number stays one


def canonical_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The canonical shape of a variable of `shape`."""
    return tuple(shape[axis] for axis in _TO_CANONICAL[len(shape)])


def fill(module: nnx.Module, weights: Mapping[str, Array]) -> None:
    """Gives `module` canonical `weights`, which must fit exactly (KeyError, ValueError before anything changes)."""
    own = variables(module)
    check_exact({name: canonical_shape(variable.shape) for name, variable in own.items()}, weights)
    for name, variable in own.items():
        variable.set_value(jnp.array(native(weights[name])))


def _variables(node: nnx.Pytree, prefix: str) -> Iterator[tuple[str, nnx.Variable[jax.Array]]]:
    for name, word in _WORDS.items():
        if isinstance(variable := getattr(node, name, None), nnx.Param | nnx.BatchStat):
            yield prefix + word, variable
    # A Sequential's layers count as its own: `downsample.0`.
    children: Iterable[tuple[int | str, object]]
    children = enumerate(node.layers) if isinstance(node, nnx.Sequential) else vars(node).items()
    for key, child in children:
        if isinstance(child, nnx.Pytree):
            yield from _variables(child, f"{prefix}{key}.")
