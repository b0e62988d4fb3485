"""Convs whose gradients are written for loops: the bits of JAX's own, and as fast inside a loop as outside."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import numpy as np
import pytest
from flax import nnx
from jax import Array, lax

from resdsl_flax.convolution import convolve_in_loops

WINDOWS = {
    "3x3": nnx.Conv(4, 6, (3, 3), padding=1, rngs=nnx.Rngs(0)),
    "1x1": nnx.Conv(4, 6, (1, 1), use_bias=False, rngs=nnx.Rngs(0)),
    "same 5x3": nnx.Conv(4, 6, (5, 3), padding="SAME", rngs=nnx.Rngs(0)),
    "valid": nnx.Conv(4, 6, (2, 3), padding="VALID", rngs=nnx.Rngs(0)),
    "uneven": nnx.Conv(4, 6, (3, 3), padding=((0, 2), (3, 1)), rngs=nnx.Rngs(0)),
    "dilated": nnx.Conv(4, 6, (3, 3), padding=2, kernel_dilation=2, rngs=nnx.Rngs(0)),
    "strided": nnx.Conv(4, 6, (3, 3), strides=2, padding=1, rngs=nnx.Rngs(0)),
    "grouped": nnx.Conv(4, 6, (3, 3), padding=1, feature_group_count=2, rngs=nnx.Rngs(0)),
}
IMAGES = jax.random.normal(jax.random.key(0), (3, 9, 8, 4))


def gradients(conv: nnx.Conv) -> tuple[Array, ...]:
    graph, state = nnx.split(conv)

    def loss(state: nnx.State, x: Array) -> Array:
        return jax.numpy.sin(nnx.merge(graph, state)(x)).sum()

    return tuple(jax.tree.leaves(jax.jit(jax.grad(loss, argnums=(0, 1)))(state, IMAGES)))


@pytest.mark.parametrize("window", WINDOWS)
def test_gradients_are_those_of_jax(window: str) -> None:
    ours = nnx.clone(WINDOWS[window])
    convolve_in_loops(nnx.Sequential(ours))
    assert ours.conv_general_dilated is not WINDOWS[window].conv_general_dilated
    for one, other in zip(gradients(ours), gradients(WINDOWS[window]), strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_loop_over_convs_is_as_fast_as_they_are_one_by_one() -> None:
    conv = nnx.Conv(16, 16, (3, 3), padding=1, use_bias=False, rngs=nnx.Rngs(0))
    convolve_in_loops(conv)
    graph, state = nnx.split(conv)
    x = jax.random.normal(jax.random.key(0), (16, 32, 32, 16))

    def once(x: Array, _: object = None) -> tuple[Array, None]:
        return jax.numpy.tanh(nnx.merge(graph, state)(x)), None

    def one_by_one(x: Array) -> Array:
        return once(once(once(x)[0])[0])[0].sum()

    looped = _seconds(jax.jit(jax.grad(lambda x: lax.scan(once, x, length=3)[0].sum())), x)
    assert looped < 6 * _seconds(jax.jit(jax.grad(one_by_one)), x)  # Thirty times, without what is tested here.


def _seconds(function: Callable[[Array], Array], x: Array) -> float:
    function(x).block_until_ready()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        function(x).block_until_ready()
        times.append(time.perf_counter() - begun)
    return min(times)
