"""What a session keeps from step to step, under names of its own, and as the state that every backend shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, final

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from resdsl.backend import AVERAGE, SLOTS, Array
from resdsl.ir.recipe import Recipe
from resdsl.weights.check import exact_state
from resdsl_flax.arrays import canonical, native, variables
from resdsl_flax.optimizer import Arrays, Slots, first_slots
from resdsl_flax.repeated import Names

EMA = AVERAGE.removeprefix(SLOTS).rstrip("/")


class Weights(NamedTuple):
    """What a session keeps, by live name and in Flax's layout: `stats` is all that no gradient is taken of."""

    params: Arrays
    stats: Arrays
    slots: Slots

    @property
    def scored(self) -> Arrays:
        """What is evaluated: the averages, if there are any."""
        return self.slots.get(EMA) or self.params | self.stats


@final
@dataclass(frozen=True, slots=True)
class Layout:
    """The live names: each holds one canonical array, or those of equal blocks, stacked."""

    names: Names

    def first(self, module: nnx.Module, recipe: Recipe) -> Weights:
        """Copies of what `module` holds, and the slots of `recipe` before the first step."""
        own = variables(module)
        live = self._gathered({name: variable.get_value() for name, variable in own.items()})
        frozen = recipe.frozen or ()
        trained = {
            name
            for name, variable in own.items()
            if isinstance(variable, nnx.Param) and name.partition(".")[0] not in frozen
        }
        params = {name: array for name, array in live.items() if _first(self.names[name]) in trained}
        stats = {name: array for name, array in live.items() if name not in params}
        slots = first_slots(params, recipe.optimizer, {name for name in params if isinstance(self.names[name], tuple)})
        if recipe.ema:
            slots[EMA] = {name: jnp.array(array, copy=True) for name, array in live.items()}
        return Weights(params, stats, slots)

    def vectors(self, params: Arrays) -> frozenset[str]:
        """The live names of what are vectors in a module: norms' parameters, and biases."""
        return frozenset(n for n, array in params.items() if array.ndim - isinstance(self.names[n], tuple) <= 1)

    def state(self, weights: Weights) -> dict[str, Array]:
        """Copies of all of `weights` in canonical names and layout."""
        params, stats, slots = jax.device_get(weights)  # All at once: an array by itself takes its time.
        state = self.spread(params | stats)
        for slot, arrays in slots.items():
            state |= {f"{SLOTS}{slot}/{name}": array for name, array in self.spread(arrays).items()}
        return state

    def taken(self, weights: Weights, state: Mapping[str, Array]) -> Weights:
        """`weights` as `state` has them, which must fit (KeyError, ValueError)."""
        shapes = {name: array.shape for name, array in self.state(weights).items()}
        arrays = {name: native(array) for name, array in exact_state(shapes, state).items()}
        live = self._gathered(arrays)
        return Weights(
            {name: live[name] for name in weights.params},
            {name: live[name] for name in weights.stats},
            {slot: self._gathered(arrays, f"{SLOTS}{slot}/") for slot in weights.slots},
        )

    def spread(self, live: Arrays) -> dict[str, Array]:
        """Copies of live arrays in canonical names and layout."""
        spread = {}
        for live_name, array in live.items():
            names, whole = self.names[live_name], np.asarray(array)
            for name, value in zip(names, whole, strict=True) if isinstance(names, tuple) else ((names, whole),):
                spread[name] = canonical(value)
        return spread

    def _gathered(self, arrays: Mapping[str, Array | jax.Array], prefix: str = "") -> Arrays:
        """Arrays of `prefix` and canonical names under the live names that hold them."""
        return {
            live: jnp.stack([jnp.array(arrays[prefix + name]) for name in names])
            if isinstance(names, tuple)
            else jnp.array(arrays[prefix + names])
            for live, names in self.names.items()
            if prefix + _first(names) in arrays
        }


def _first(names: str | tuple[str, ...]) -> str:
    return names if isinstance(names, str) else names[0]
