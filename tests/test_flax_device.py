"""Flax: data on the device, several steps at once, one body for equal blocks, and computing twice, against the plain."""

from __future__ import annotations

from dataclasses import replace

import jax
import numpy as np
import pytest

import resdsl
from resdsl.backend import Array, Compute, Normalization
from resdsl.epoch import Epoch
from resdsl.ir.recipe import Color, Flip, PadCrop, Recipe, Sgd
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.data.dataset import Images
from resdsl.weights.initial import initial_weights
from resdsl_flax import FlaxBackend, held
from resdsl_flax.held import FlaxHeld, FlaxHeldTest
from resdsl_flax.step import FlaxSession

SPEC = """
network deep {
  input 3x8x8
  shortcut pad
  stem { conv 3x3, 8 }
  stage layer1: 4 x basic(8) { shortcut pad }
  stage layer2: 3 x basic(16), /2
  head { avgpool; DROPOUTlinear 10 }
}
"""
SCALE = Normalization((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
GENERATOR = np.random.default_rng(0)
IMAGES = Images(GENERATOR.integers(0, 256, (75, 8, 8, 3), np.uint8), GENERATOR.integers(0, 10, 75))
RECIPE = Recipe(batch=8, augment=(PadCrop(2), Flip()), optimizer=Sgd(decay_all=False))
RATES = [0.01, 0.02, 0.03, 0.04]
State = dict[str, Array]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("specs") / "deep.res"
    path.write_text(SPEC.replace("DROPOUT", ""))
    return resdsl.load(path)


def session(network, compute: Compute = Compute("float32"), repeated_from: int = 99) -> FlaxSession:  # noqa: B008 - frozen
    module = FlaxBackend().build(network, initial_weights(network))
    return FlaxSession(module, RECIPE, SCALE, compute, repeated_from=repeated_from)


def trained(work: FlaxSession) -> State:
    batches = training_batches(IMAGES, 8, epoch_of(RECIPE, 75, 0))
    for step, (rate, batch) in enumerate(zip(RATES, batches, strict=False)):
        work.train_step(batch.pixels, batch.labels, rate, step)
    return work.state()


def apart(one: State, other: State) -> float:
    assert one.keys() == other.keys()
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


@pytest.fixture(scope="module")
def plain(network):
    return trained(session(network))


def test_a_held_epoch_has_the_bytes_of_the_hosts(network) -> None:
    epoch = epoch_of(replace(RECIPE, augment=(*RECIPE.augment, Color(1.0))), len(IMAGES), 3)
    rows = by_batch(epoch)
    pixels, labels = jax.jit(held.prepared, static_argnums=4)(IMAGES.pixels, IMAGES.labels, rows, 2, 4)
    expected = list(training_batches(IMAGES, 8, epoch))[2:6]
    assert np.array_equal(pixels, [batch.pixels for batch in expected])
    assert np.array_equal(labels, [batch.labels for batch in expected])


def by_batch(epoch: Epoch) -> Epoch:
    """Its arrays with a row for each batch of 8."""
    return epoch.mapped(lambda array: array[:72].reshape(-1, 8, *array.shape[1:]))


@pytest.mark.parametrize("at_once", [1, 4])
def test_steps_on_held_data_are_those_on_the_hosts(network, plain: State, at_once: int) -> None:
    work = session(network)
    data = FlaxHeld(work, IMAGES.pixels, IMAGES.labels, 8)
    data.begin(epoch_of(RECIPE, 75, 0).mapped(lambda array: array[:72]))
    scores = []
    for step in range(0, 4, at_once):
        scores += data.train(step, RATES[step : step + at_once], step)()
    assert len(scores) == 4
    assert all(np.isfinite(float(score.loss)) for score in scores)
    assert apart(work.state(), plain) < 1e-5
    ((count, sums),) = FlaxHeldTest(work, IMAGES.pixels, IMAGES.labels, 8).evaluate()
    expected = work.eval_step(IMAGES.pixels, IMAGES.labels)
    assert count == 75
    assert [float(value) for value in sums] == pytest.approx([float(value) for value in expected], rel=1e-5)


def test_steps_that_start_at_once_divide_an_epoch_where_they_can() -> None:
    assert [held._divisor(steps, 16) for steps in (390, 391, 10, 1, 32, 17)] == [15, 16, 10, 1, 16, 16]


def test_one_body_for_equal_blocks_is_the_network_of_all(network, plain: State) -> None:
    work = session(network, repeated_from=2)
    assert len(work.weights.params) < len(session(network).weights.params)
    assert apart(trained(work), plain) < 1e-5
    again = session(network, repeated_from=2)
    again.load_state(plain)
    assert apart(again.state(), plain) == 0
    batch = IMAGES[:8]
    assert apart(again.gradients(batch.pixels, batch.labels, 0), _gradients(network, plain, batch)) < 1e-5


def _gradients(network, state: State, batch: Images) -> State:
    work = session(network)
    work.load_state(state)
    return work.gradients(batch.pixels, batch.labels, 0)


@pytest.mark.parametrize("repeated_from", [2, 99])
def test_recomputed_blocks_give_the_same_numbers(network, plain: State, repeated_from: int) -> None:
    again = trained(session(network, Compute("float32", remat=True), repeated_from))
    assert apart(again, plain) < 1e-5


def test_repeated_blocks_draw_each_its_own(tmp_path) -> None:
    path = tmp_path / "dropping.res"
    block = "block dropping(f) { conv 3x3, f; norm; act; dropout 0.5; conv 3x3, f; norm }\n"
    path.write_text(block + SPEC.replace("DROPOUT", "").replace("basic(8)", "dropping(8)"))
    network = resdsl.load(path)
    one, same = (trained(session(network, repeated_from=2)) for _ in range(2))
    assert apart(one, same) == 0
    assert np.isfinite(apart(one, trained(session(network))))
