"""A data set on the device: ordered, cropped and mirrored inside the step, to the same bytes as on the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never, final

import jax
import jax.numpy as jnp
import numpy as np

from resdsl.backend import Array, Held, Scores
from resdsl.epoch import Choice, Crop, Epoch, Mirror, Shift
from resdsl_flax.live import Weights
from resdsl_flax.traced import Steps, Sums

if TYPE_CHECKING:
    from resdsl_flax.step import FlaxSession

SLAB_BYTES = 1 << 26  # of pixels that are prepared at once
MOST_STEPS = 16  # that are started at once
TEST_BATCH = 1024

jax.tree_util.register_dataclass(Crop, ["offsets"], ["padding"])
jax.tree_util.register_dataclass(Mirror, ["chosen"], [])
jax.tree_util.register_dataclass(Shift, ["levels"], [])
jax.tree_util.register_dataclass(Epoch, ["order", "choices"], ["frame"])


@final
class FlaxHeld(Held):
    """Images and labels for the steps of `session`."""

    def __init__(self, session: FlaxSession, images: Array, labels: Array, batch: int) -> None:
        self._session = session
        self._pixels, self._labels = jnp.asarray(images), jnp.asarray(labels, jnp.int32)
        fitting = max(1, SLAB_BYTES // images[0].nbytes)
        self._test_batch = min(len(labels), max(batch, min(fitting, TEST_BATCH)))
        self.at_once = _divisor(max(1, len(labels) // batch), max(1, min(fitting // batch, MOST_STEPS)))
        self._train = session.compiled(partial(train, session.steps, batch), donate=True)
        self._evaluate = session.compiled(partial(evaluate, session.steps, self._test_batch))

    def begin(self, epoch: Epoch) -> None:
        """Takes up the order and the choices of an epoch."""
        self._epoch = jax.tree.map(jnp.asarray, epoch)

    def train(self, first: int, rates: Sequence[float], step: int) -> Callable[[], list[Scores]]:
        """Steps that are all started at once."""
        keys = np.stack([self._session.key(number) for number in range(step, step + len(rates))])
        data = self._pixels, self._labels, self._epoch
        each = np.asarray(rates, np.float32), keys
        self._session.weights, sums = self._train(self._session.weights, *data, first, *each)
        return lambda: [Scores(*each) for each in zip(*(np.asarray(values) for values in sums), strict=True)]

    def evaluate(self) -> list[tuple[int, Scores]]:
        """All images at once."""
        weights = self._session.weights
        sums = self._evaluate(weights.scored, self._pixels, self._labels)
        return [(len(self._labels), Scores(*(float(np.asarray(values, np.float64).sum()) for values in sums)))]


def train(
    steps: Steps,
    batch: int,
    weights: Weights,
    pixels: Any,
    labels: Any,
    epoch: Epoch,
    first: Any,
    rates: Any,
    keys: Any,
) -> tuple[Weights, Sums]:
    """Steps on the batches of `epoch` from `first` on, one for each rate; the scores of each."""
    count = len(rates)
    images, wanted = prepared(pixels, labels, epoch, first * batch, count * batch)
    each = images.reshape(count, batch, *images.shape[1:]), wanted.reshape(count, batch), rates, keys
    if count == 1:
        weights, sums = steps.train(weights, *(part[0] for part in each))
        return weights, jax.tree.map(lambda value: value[None], sums)
    found: tuple[Weights, Sums] = jax.lax.scan(lambda weights, one: steps.train(weights, *one), weights, each)
    return found


def evaluate(steps: Steps, batch: int, arrays: Any, pixels: Any, labels: Any) -> Sums:
    """The scores of all images, `batch` at a time: the last of them go back over images that were counted before."""

    def one(start: jax.Array) -> Sums:
        begin = jnp.minimum(start, len(labels) - batch)
        wanted = jax.lax.dynamic_slice_in_dim(labels, begin, batch)
        fresh = jnp.where(begin + jnp.arange(batch) >= start, wanted, -1)
        return steps.evaluate(arrays, jax.lax.dynamic_slice_in_dim(pixels, begin, batch), fresh)

    sums: Sums = jax.lax.map(one, jnp.arange(0, len(labels), batch))
    return sums


def prepared(pixels: Any, labels: Any, epoch: Epoch, start: Any, count: int) -> tuple[jax.Array, jax.Array]:
    """The pixels and labels at `count` positions of `epoch` from `start` on."""
    own: Epoch = jax.tree.map(lambda array: jax.lax.dynamic_slice_in_dim(array, start, count), epoch)
    images = pixels[own.order]
    for choice in own.choices:
        images = changed(images, choice)
    return images, labels[own.order]


def changed(images: jax.Array, choice: Choice) -> jax.Array:
    """Images (N, H, W, C) as the `choice` of their N positions says."""
    match choice:
        case Crop(padding, offsets):
            sides = ((0, 0), (padding, padding), (padding, padding), (0, 0))
            window = images.shape[1:]

            def crop(image: jax.Array, at: jax.Array) -> jax.Array:
                return jax.lax.dynamic_slice(image, (at[0], at[1], 0), window)

            return jax.vmap(crop)(jnp.pad(images, sides), offsets)
        case Mirror(chosen):
            return jnp.where(chosen[:, None, None, None], images[:, :, ::-1], images)
        case Shift(levels):
            own = levels if images.shape[3] == 3 else levels.sum(axis=1, keepdims=True) // 3
            return jnp.clip(images.astype(jnp.int16) + own[:, None, None].astype(jnp.int16), 0, 255).astype(jnp.uint8)
        case _:
            assert_never(choice)


def _divisor(steps: int, most: int) -> int:
    """At most `most`, and a divisor of `steps` if there is a large one: so that nothing is compiled for a rest."""
    most = min(most, steps)
    return next((number for number in range(most, most // 2, -1) if steps % number == 0), most)
