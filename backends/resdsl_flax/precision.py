"""A module in bfloat16: it computes in bfloat16, while its parameters, statistics and norms stay in float32."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from flax import nnx


def compute_in_bfloat16(module: nnx.Module) -> None:
    """Changes `module` in place: every layer's results, and the operands of convs and linears, become bfloat16."""
    for _, layer in nnx.iter_modules(module):
        if hasattr(layer, "dtype"):
            layer.dtype = jnp.bfloat16
        if isinstance(layer, nnx.BatchNorm | nnx.GroupNorm):
            layer.promote_dtype = _as_they_are


def _as_they_are(arrays: Any, /, *, dtype: Any = None, inexact: bool = True) -> Any:
    # Flax would round statistics, scale and shift; unrounded, the sums are in float32.
    return arrays
