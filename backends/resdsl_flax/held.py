"""A data set on the device: ordered, cropped and mirrored inside the step, to the same bytes as on the host."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never, final

import jax
import jax.numpy as jnp
import numpy as np

from resdsl.backend import Array, Held, HeldTest, Scores, evaluation_batch, images_at_once
from resdsl.epoch import Choice, Crop, Epoch, Mirror, Shift
from resdsl_flax.live import Weights
from resdsl_flax.traced import Steps, Sums, filled

if TYPE_CHECKING:
    from resdsl_flax.step import FlaxSession

MOST_STEPS = 16  # that are started at once

jax.tree_util.register_dataclass(Crop, ["offsets"], ["padding"])
jax.tree_util.register_dataclass(Mirror, ["chosen"], [])
jax.tree_util.register_dataclass(Shift, ["levels"], [])
jax.tree_util.register_dataclass(Epoch, ["order", "choices"], ["frame"])


@final
class FlaxHeld(Held):
    """Images and labels for the steps of `session`."""

    def __init__(self, session: FlaxSession, images: Array, labels: Array, batch: int) -> None:
        self._session, self._batch = session, batch
        self._pixels, self._labels = session.spread.whole((images, labels.astype(np.int32)))
        steps = max(1, len(labels) // (batch * session.steps.processes))
        self.at_once = _divisor(steps, max(1, min(images_at_once(images) // batch, MOST_STEPS)))
        self._train = session.compiled(partial(train, session.steps), donate=True)

    def begin(self, epoch: Epoch) -> None:
        """Takes up the order and the choices of an epoch, `batch` positions for each of its steps."""

        def placed(array: Array) -> jax.Array:
            return self._session.spread.batch(array.reshape(-1, self._batch, *array.shape[1:]), axis=1)

        self._epoch = epoch.mapped(placed)

    def train(self, first: int, rates: Sequence[float], step: int) -> Callable[[], list[Scores]]:
        """Steps that are all started at once."""
        keys = np.stack([self._session.key(number) for number in range(step, step + len(rates))])
        data = self._pixels, self._labels, self._epoch
        each = np.asarray(rates, np.float32), keys
        self._session.weights, sums = self._train(self._session.weights, *data, first, *each)
        return lambda: [Scores(*each) for each in zip(*(np.asarray(values) for values in sums), strict=True)]


@final
class FlaxHeldTest(HeldTest):
    """Images and labels that `session` is tested on, in batches that its devices can share."""

    def __init__(self, session: FlaxSession, images: Array, labels: Array, batch: int) -> None:
        self._session, self._images = session, len(images)
        each = -(-evaluation_batch(images, batch) // session.spread.own) * session.spread.own
        parts = [
            array.reshape(-1, each, *array.shape[1:])
            for array in filled(images, labels, -(-len(images) // each) * each)
        ]
        self._data = [session.spread.batch_here(part, axis=1) for part in parts]
        self._evaluate = session.compiled(partial(evaluate, session.steps), everywhere=False)

    def evaluate(self) -> list[tuple[int, Scores]]:
        """All images at once."""
        sums = self._evaluate(self._session.spread.whole_here(self._session.weights.scored), *self._data)
        return [(self._images, Scores(*(float(np.asarray(values, np.float64).sum()) for values in sums)))]


def train(
    steps: Steps, weights: Weights, pixels: Any, labels: Any, epoch: Epoch, first: Any, rates: Any, keys: Any
) -> tuple[Weights, Sums]:
    """Steps on the batches of `epoch` from `first` on, one for each rate; the scores of each."""
    count = len(rates)
    each = *prepared(pixels, labels, epoch, first, count), rates, keys
    if count == 1:
        weights, sums = steps.train(weights, *(part[0] for part in each))
        return weights, jax.tree.map(lambda value: value[None], sums)
    found: tuple[Weights, Sums] = jax.lax.scan(lambda weights, one: steps.train(weights, *one), weights, each)
    return found


def evaluate(steps: Steps, arrays: Any, pixels: Any, labels: Any) -> Sums:
    """The scores of batches of images, one after another."""
    sums: Sums = jax.lax.map(lambda batch: steps.evaluate(arrays, *batch), (pixels, labels))
    return sums


def prepared(pixels: Any, labels: Any, epoch: Epoch, first: Any, count: int) -> tuple[jax.Array, jax.Array]:
    """The pixels and labels of `count` batches from `first` on of an `epoch` whose arrays have a row for each batch.

    Where these are spread over devices, so is what comes of them.
    """
    own: Epoch = jax.tree.map(lambda array: jax.lax.dynamic_slice_in_dim(array, first, count), epoch)
    images = pixels[own.order]
    for choice in own.choices:
        images = jax.vmap(changed)(images, choice)
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
