"""Convs whose gradients are written for loops: the numbers of JAX's own, and as fast inside a loop as outside."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import numpy as np
import pytest
from flax import nnx
from jax import Array, lax

import resdsl
from resdsl.backend import Compute, Normalization
from resdsl.ir.recipe import Recipe
from resdsl.weights.initial import initial_weights
from resdsl_flax import FlaxBackend, step
from resdsl_flax.convolution import convolve_in_loops

WINDOWS = {
    "3x3": {"padding": 1},
    "1x1": {"kernel_size": (1, 1), "use_bias": False},
    "same 5x3": {"kernel_size": (5, 3), "padding": "SAME"},
    "valid": {"kernel_size": (2, 3), "padding": "VALID"},
    "uneven": {"padding": ((0, 2), (3, 1))},
    "dilated": {"padding": 2, "kernel_dilation": 2},
    "strided": {"strides": 2, "padding": 1},
    "grouped": {"padding": 1, "feature_group_count": 2},
    "transposed": {"padding": 1, "input_dilation": 2},
    "wide": {"padding": 1, "preferred_element_type": "float32"},
}


def gradients(conv: nnx.Conv) -> tuple[Array, ...]:
    graph, state = nnx.split(conv)
    x = jax.random.normal(jax.random.key(0), (3, 9, 8, 4))

    def loss(state: nnx.State, x: Array) -> Array:
        return jax.numpy.sin(nnx.merge(graph, state)(x)).sum()

    return tuple(jax.tree.leaves(jax.jit(jax.grad(loss, argnums=(0, 1)))(state, x)))


@pytest.mark.parametrize("window", WINDOWS)
def test_gradients_are_those_of_jax(window: str) -> None:
    options = {"kernel_size": (3, 3)} | WINDOWS[window]
    theirs = nnx.Conv(4, 6, **options, rngs=nnx.Rngs(0))
    ours = nnx.clone(theirs)
    assert convolve_in_loops(nnx.Sequential(ours))
    assert ours.conv_general_dilated is not theirs.conv_general_dilated
    for one, other in zip(gradients(ours), gradients(theirs), strict=True):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-6)


BLOCKS = {
    "basic": ("", "basic(8)"),
    "eca": ("attention eca", "basic(8)"),
    "standardized": ("weights standardized", "basic(8)"),
    "grouped": ("shortcut pad", "bottleneck(4, groups = 2)"),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_session_has_the_gradients_of_the_module_as_it_is(
    kind: str, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting, block = BLOCKS[kind]
    text = f"network n {{ input 3x8x8\n {setting}\n stem {{ conv 3x3, 8 }}\n stage layer1: 2 x {block}\n"
    (tmp_path / "n.res").write_text(text + " head { avgpool; linear 10 } }\n")
    network = resdsl.load(tmp_path / "n.res")
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8)

    def found() -> dict[str, np.ndarray]:
        module = FlaxBackend().build(network, initial_weights(network))
        scale = Normalization((0.5,) * 3, (0.25,) * 3)
        return step.FlaxSession(module, Recipe(), scale, Compute("float32")).gradients(images, np.arange(8), 0)

    ours = found()
    monkeypatch.setattr(step, "convolve_in_loops", lambda module: False)
    for name, theirs in found().items():
        assert np.allclose(ours[name], theirs, rtol=1e-4, atol=1e-5), name


def test_a_conv_that_does_more_is_left_alone() -> None:
    def doubled(x: Array, kernel: Array, *window, **options) -> Array:
        return 2 * lax.conv_general_dilated(x, kernel, *window, **options)

    conv = nnx.Conv(4, 6, (3, 3), conv_general_dilated=doubled, rngs=nnx.Rngs(0))
    assert not convolve_in_loops(conv)
    assert conv.conv_general_dilated is doubled


def test_a_loop_over_convs_is_as_fast_as_they_are_one_by_one() -> None:
    conv = nnx.Conv(16, 16, (3, 3), padding=1, use_bias=False, rngs=nnx.Rngs(0))
    convolve_in_loops(conv)
    graph, state = nnx.split(conv)
    x = jax.random.normal(jax.random.key(0), (16, 32, 32, 16))

    def once(x: Array, _: object = None) -> tuple[Array, None]:
        return jax.numpy.tanh(nnx.merge(graph, state)(x)), None

    def one_by_one(x: Array) -> Array:
        return once(once(once(x)[0])[0])[0].sum()

    looped, plain = (jax.jit(jax.grad(f)) for f in (lambda x: lax.scan(once, x, length=3)[0].sum(), one_by_one))
    pairs = [(_seconds(looped, x), _seconds(plain, x)) for _ in range(8)][1:]
    best = [min(times) for times in zip(*pairs, strict=True)]
    assert best[0] < 10 * best[1]  # Thirty times, without what is tested here.


def _seconds(function: Callable[[Array], Array], x: Array) -> float:
    begun = time.perf_counter()
    function(x).block_until_ready()
    return time.perf_counter() - begun
