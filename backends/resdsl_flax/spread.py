"""Where the arrays of a session lie: on one device, or spread over the mesh of a team."""

from __future__ import annotations

from typing import Any, final

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from resdsl.backend import Array
from resdsl_flax.team import FlaxTeam

BATCH = "batch"


@final
class Spread:
    """Batches are split over all devices of `team`, weights are whole on each; evaluation is each process's own."""

    def __init__(self, team: FlaxTeam) -> None:
        everywhere, here = (Mesh(np.array(devices), (BATCH,)) for devices in (team.all, team.own))
        self.everywhere = everywhere
        self.whole, self.split = _both(everywhere)
        self._whole_here, self._split_here = _both(here)
        self.own = len(team.own)

    def weights(self, tree: Any) -> Any:
        """Arrays that are the same in every process, on every device."""
        return jax.tree.map(lambda array: _made(self.whole, np.asarray(array)), tree)

    def batch(self, rows: Array) -> jax.Array:
        """The batch of which this process has these rows."""
        return _made(self.split, rows)

    def weights_here(self, tree: Any) -> Any:
        """What every device holds, as arrays of this process's devices alone; nothing is copied."""

        def here(array: jax.Array) -> jax.Array:
            parts = [shard.data for shard in array.addressable_shards]
            return jax.make_array_from_single_device_arrays(array.shape, self._whole_here, parts)

        return jax.tree.map(here, tree)

    def batch_here(self, rows: Array) -> jax.Array:
        """A batch that this process evaluates by itself; its devices must divide it."""
        return _made(self._split_here, rows)


def _made(where: NamedSharding, own: Array) -> jax.Array:
    made: jax.Array = jax.make_array_from_process_local_data(where, own)  # type: ignore[no-untyped-call]
    return made


def _both(mesh: Mesh) -> tuple[NamedSharding, NamedSharding]:
    whole, split = PartitionSpec(), PartitionSpec(BATCH)  # type: ignore[no-untyped-call]
    return NamedSharding(mesh, whole), NamedSharding(mesh, split)
