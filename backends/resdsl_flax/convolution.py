"""A convolution of which a processor computes the gradients inside loops as fast as outside.

XLA rewrites convolutions for its fast kernels outside of loops alone; what it finds inside in another layout, it
computes some thirty times as slowly (https://github.com/jax-ml/jax/issues/12868). So the gradients, which are
convolutions themselves, are written here in the layout that the kernels take.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array, lax

LAYOUT = ("NHWC", "HWIO", "NHWC")


class Window(NamedTuple):
    """What a convolution without groups and strides may be told."""

    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    precision: Any


def convolve_in_loops(module: nnx.Module) -> bool:
    """Has the convs of `module`, in place, compute their gradients so; whether those are all of its convs.

    One that does more than to convolve, as with standardized weights, stays as it is.
    """
    convs = [layer for _, layer in nnx.iter_modules(module) if isinstance(layer, nnx.Conv)]
    plain = [conv for conv in convs if conv.conv_general_dilated is lax.conv_general_dilated]
    for conv in plain:
        conv.conv_general_dilated = _conv
    return len(plain) == len(convs)


def _conv(x: Array, kernel: Array, strides: Sequence[int], padding: Any, **more: Any) -> Array:
    """`lax.conv_general_dilated` as NNX calls it: its own way for maps (N, H, W, C), without strides and groups."""
    usual = x.ndim == 4 and set(strides) == set(more["lhs_dilation"]) == {1} and more["feature_group_count"] == 1
    if not usual or "preferred_element_type" in more:
        return lax.conv_general_dilated(x, kernel, strides, padding, **more)
    dilation = tuple(more["rhs_dilation"])
    if isinstance(padding, str):
        sides = [(side - 1) * step + 1 for side, step in zip(kernel.shape, dilation, strict=False)]
        padding = lax.padtype_to_pads(x.shape[1:3], sides, strides, padding)
    return _plain(Window(tuple(map(tuple, padding)), dilation, more["precision"]), x, kernel)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _plain(window: Window, x: Array, kernel: Array) -> Array:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), window.padding, None, window.dilation, LAYOUT, precision=window.precision
    )


def _forward(window: Window, x: Array, kernel: Array) -> tuple[Array, tuple[Array, Array]]:
    return _plain(window, x, kernel), (x, kernel)


def _backward(window: Window, given: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    x, kernel = given
    reach = [(side - 1) * step for side, step in zip(kernel.shape, window.dilation, strict=False)]
    around = tuple((r - before, r - after) for r, (before, after) in zip(reach, window.padding, strict=True))
    to_x = _plain(window._replace(padding=around), gradient, jnp.flip(kernel, (0, 1)).swapaxes(2, 3))
    to_kernel = lax.conv_general_dilated(
        x.transpose(3, 1, 2, 0),
        gradient.transpose(1, 2, 0, 3),
        window.dilation,
        window.padding,
        dimension_numbers=LAYOUT,
        precision=window.precision,
    )
    return to_x, to_kernel.transpose(1, 2, 0, 3)


_plain.defvjp(_forward, _backward)
