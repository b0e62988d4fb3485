"""Training and evaluation steps on an NNX module: compiled whole, in place, and never waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import flax
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from resdsl.backend import DEFAULT, SLOTS, Array, Compute, Normalization, Precision, Scores, Session
from resdsl.ir.recipe import Recipe
from resdsl.weights.check import exact_state
from resdsl_flax.arrays import canonical, canonical_shape, native, variables
from resdsl_flax.device import computes_bfloat16, describe, limit_threads
from resdsl_flax.optimizer import Arrays, first_slots
from resdsl_flax.precision import compute_in_bfloat16
from resdsl_flax.shell import Shell
from resdsl_flax.traced import Steps, Weights


@final
class FlaxSession(Session):
    """Steps of PyTorch's SGD on any NNX module that answers images (N, H, W, C) with logits (N, classes).

    The module itself stays as it is: the session works on a copy, which XLA updates in place.
    """

    def __init__(self, module: nnx.Module, recipe: Recipe, scale: Normalization, compute: Compute = DEFAULT) -> None:
        if compute.threads is not None:
            limit_threads(compute.threads)
        device = jax.devices()[0]
        self.framework = f"flax {flax.__version__}, jax {jax.__version__}"
        self.device = describe(device)
        self.precision = compute.precision or ("bfloat16" if computes_bfloat16(device) else "float32")
        self._weights = _copied(module, recipe)
        self._seed = recipe.seed
        self._largest = 0
        steps = Steps(*_shells(module, self.precision), recipe, scale)
        # Each step gives the memory of its weights to the next.
        self._train = jax.jit(steps.train, donate_argnums=0)
        self._eval = jax.jit(steps.evaluate)
        self._gradients = jax.jit(steps.gradients)

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        """One step; the loss is the one that is minimized, label smoothing included."""
        self._weights, sums = self._train(self._weights, images, labels.astype(np.int32), lr, self._key(step))
        return Scores(*sums)

    def eval_step(self, images: Array, labels: Array) -> Scores:
        """The scores in evaluation mode; the loss is the plain cross entropy."""
        self._largest = max(self._largest, len(labels))
        # A smaller batch is filled up, so that nothing is compiled for it.
        rest = (0, self._largest - len(labels))
        images = np.pad(images, (rest, (0, 0), (0, 0), (0, 0)))
        answers = np.pad(labels.astype(np.int32), rest, constant_values=-1)
        return Scores(*self._eval(self._weights.params | self._weights.stats, images, answers))

    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        """The gradient of the loss that is minimized."""
        params, stats, _ = self._weights
        gradients = self._gradients(params, stats, images, labels.astype(np.int32), self._key(step))[1]
        return {name: canonical(array) for name, array in gradients.items()}

    def state(self) -> dict[str, Array]:
        """A copy of everything that `load_state` needs, in canonical names and layout."""
        return {name: canonical(array) for name, array in self._arrays().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Takes up `state`; raises KeyError or ValueError, before anything changes, where it does not fit."""
        shapes = {name: canonical_shape(array.shape) for name, array in self._arrays().items()}
        new = {name: jnp.array(native(array)) for name, array in exact_state(shapes, state).items()}
        params, stats, slots = self._weights
        self._weights = Weights(
            {name: new[name] for name in params},
            {name: new[name] for name in stats},
            {slot: {name: new[f"{SLOTS}{slot}/{name}"] for name in arrays} for slot, arrays in slots.items()},
        )

    def _arrays(self) -> Arrays:
        """The live arrays that make up the state."""
        params, stats, slots = self._weights
        own = {f"{SLOTS}{slot}/{name}": array for slot, arrays in slots.items() for name, array in arrays.items()}
        return params | stats | own

    def _key(self, step: int) -> Array:
        return np.random.SeedSequence([self._seed, step]).generate_state(2)


def _copied(module: nnx.Module, recipe: Recipe) -> Weights:
    own = {name: (variable, jnp.array(variable.get_value())) for name, variable in variables(module).items()}
    params = {name: array for name, (variable, array) in own.items() if isinstance(variable, nnx.Param)}
    stats = {name: array for name, (_, array) in own.items() if name not in params}
    return Weights(params, stats, first_slots(params, recipe.optimizer))


def _shells(module: nnx.Module, precision: Precision) -> tuple[Shell, Shell]:
    """`module` for training and for evaluation, computing in `precision`."""
    twin = nnx.clone(module)
    if precision == "bfloat16":
        compute_in_bfloat16(twin)
    twin.train()  # type: ignore[no-untyped-call]
    training = Shell.of(twin)
    twin.eval()  # type: ignore[no-untyped-call]
    return training, Shell.of(twin)
