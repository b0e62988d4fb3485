"""What a step computes, as pure functions for XLA to compile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, PartitionSpec

from resdsl.backend import Array, Normalization
from resdsl.ir.recipe import Recipe
from resdsl_flax.arrays import variables
from resdsl_flax.live import EMA, Weights
from resdsl_flax.optimizer import Arrays, clipped, stepped
from resdsl_flax.shell import Shell
from resdsl_flax.spread import BATCH

Sums = tuple[jax.Array, jax.Array, jax.Array]


@final
@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one module, in training mode and in evaluation mode, under one recipe.

    Batches go through in so many `parts`, of which each of the `processes` has its rows; with a `mesh`, each
    of its devices sees its own rows alone, and the mean of their gradients and statistics counts.
    """

    training: Shell
    evaluation: Shell
    recipe: Recipe
    scale: Normalization
    vectors: frozenset[str]
    parts: int = 1
    processes: int = 1
    mesh: Mesh | None = None

    def train(self, weights: Weights, images: Any, labels: Any, lr: Any, key: Any) -> tuple[Weights, Sums]:
        """The weights after one step of the optimizer, and the scores."""
        params, stats, slots = weights
        (value, (logits, stats)), gradients = self.gradients(params, stats, images, labels, key)
        if self.recipe.clip:
            gradients = clipped(gradients, self.recipe.clip)
        averages = slots.get(EMA, {})
        params, slots = stepped(params, slots, gradients, lr, self.recipe.optimizer, self.vectors)
        if self.recipe.ema:
            slots |= {EMA: _followed(averages, params | stats, self.recipe.ema)}
        return Weights(params, stats, slots), (value * len(labels), *_right(logits, labels))

    def gradients(self, params: Arrays, stats: Arrays, images: Any, labels: Any, key: Any) -> tuple[Any, Arrays]:
        """The mean loss with (logits, new statistics), and the gradients of the loss: of one part after another."""
        if self.parts == 1:
            return self._gradients(params, stats, images, labels, key)

        def one(before: tuple[Arrays, Arrays], part: Any) -> Any:
            stats, total = before
            images, labels, number = part
            (value, (logits, stats)), gradients = self._gradients(params, stats, images, labels, _apart(key, number))
            return (stats, jax.tree.map(lambda a, b: a + b / self.parts, total, gradients)), (value, logits)

        split = [self._parted(array) for array in map(jnp.asarray, (images, labels))]
        zero = jax.tree.map(jnp.zeros_like, params)
        (stats, total), (values, logits) = jax.lax.scan(one, (stats, zero), (*split, jnp.arange(self.parts)))
        return (values.mean(), (self._joined(logits), stats)), total

    def _parted(self, array: jax.Array) -> jax.Array:
        """The parts of a batch, of which every process has its rows, one part's after another's."""
        owned = array.reshape(self.processes, self.parts, -1, *array.shape[1:]).swapaxes(0, 1)
        return owned.reshape(self.parts, -1, *array.shape[1:])

    def _joined(self, logits: jax.Array) -> jax.Array:
        """Logits of parts (parts, images, classes), in the order of the batch."""
        classes = logits.shape[-1]
        return logits.reshape(self.parts, self.processes, -1, classes).swapaxes(0, 1).reshape(-1, classes)

    def _gradients(self, params: Arrays, stats: Arrays, images: Any, labels: Any, key: Any) -> tuple[Any, Arrays]:
        if self.mesh is None:
            return self._loss(params, stats, images, labels, key)

        def on_each(params: Arrays, stats: Arrays, images: Any, labels: Any, key: Any) -> Any:
            own = _apart(key, jax.lax.axis_index(BATCH))
            (value, (logits, after)), gradients = self._loss(params, stats, images, labels, own)
            change = jax.tree.map(jnp.subtract, after, stats)
            value, change, gradients = jax.lax.pmean((value, change, gradients), BATCH)  # type: ignore[no-untyped-call]
            return (value, (logits, jax.tree.map(jnp.add, stats, change))), gradients

        whole, split = PartitionSpec(), PartitionSpec(BATCH)  # type: ignore[no-untyped-call]
        given, gives = (whole, whole, split, split, whole), ((whole, (split, whole)), whole)
        spread = jax.shard_map(on_each, mesh=self.mesh, in_specs=given, out_specs=gives, check_vma=False)
        found: tuple[Any, Arrays] = spread(params, stats, images, labels, key)
        return found

    def _loss(self, params: Arrays, stats: Arrays, images: Any, labels: Any, key: Any) -> tuple[Any, Arrays]:

        @partial(jax.value_and_grad, has_aux=True)
        def loss(params: Arrays) -> tuple[jax.Array, tuple[jax.Array, Arrays]]:
            module = self.training.filled(params | stats, jax.random.wrap_key_data(key))
            logits = self._logits(module, images)
            own = variables(module)
            mean = cross_entropies(logits, labels, self.recipe.label_smoothing).mean()
            return mean, (logits, {name: own[name].get_value() for name in stats})

        # Accelerators would else round the operands of float32 products.
        with jax.default_matmul_precision("highest"):
            found: tuple[Any, Arrays] = loss(params)
        return found

    def evaluate(self, arrays: Arrays, images: Any, labels: Any) -> Sums:
        """The scores in evaluation mode; a label of -1 stands where there is no image."""
        with jax.default_matmul_precision("highest"):
            logits = self._logits(self.evaluation.filled(arrays), images.reshape(-1, *images.shape[-3:]))
        if images.ndim == 5:
            logits = averaged(logits, images.shape[1])
        losses = jnp.where(labels >= 0, cross_entropies(logits, labels), 0)
        return losses.sum(), *_right(logits, labels)

    def _logits(self, module: Any, images: jax.Array) -> jax.Array:
        scaled = (images.astype(jnp.float32) / 255 - jnp.array(self.scale.mean)) / jnp.array(self.scale.std)
        logits: jax.Array = module(scaled).astype(jnp.float32)
        return logits


def filled(images: Array, labels: Array, count: int) -> tuple[Array, Array]:
    """Both for `evaluate`, filled up to `count` images: the last of them have the label that says there is none."""
    rest = (0, count - len(labels))
    images = np.pad(images, (rest, *[(0, 0)] * (images.ndim - 1)))
    return images, np.pad(labels.astype(np.int32), rest, constant_values=-1)


def _apart(key: Any, number: Any) -> jax.Array:
    """The key of part or device `number`, as plain numbers like `key`."""
    return jax.random.key_data(jax.random.fold_in(jax.random.wrap_key_data(key), number))


def averaged(logits: jax.Array, crops: int) -> jax.Array:
    """The logarithms of the mean probabilities of each image's crops, which stand together: (N * crops, classes)."""
    shares = nnx.log_softmax(logits).reshape(-1, crops, logits.shape[1])
    mean: jax.Array = jax.nn.logsumexp(shares, axis=1) - math.log(crops)
    return mean


def _followed(averages: Arrays, live: Arrays, keep: float) -> Arrays:
    return {name: average + (1 - keep) * (live[name] - average) for name, average in averages.items()}


def cross_entropies(logits: jax.Array, labels: jax.Array, smoothing: float = 0.0) -> jax.Array:
    """The loss of each image, its label smoothed as PyTorch does: a share of it goes to all classes alike."""
    shares = nnx.log_softmax(logits)
    own = jnp.take_along_axis(shares, labels[:, None], axis=1)[:, 0]
    return -((1 - smoothing) * own + smoothing * shares.mean(axis=1))


def _right(logits: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """How many labels are the first prediction, and among the first five."""
    right = jax.lax.top_k(logits, min(5, logits.shape[1]))[1] == labels[:, None]
    return right[:, 0].sum(), right.sum()
