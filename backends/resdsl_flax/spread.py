"""Where the arrays of a session lie: on one device, or spread over the mesh of a team."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from resdsl.backend import Array
from resdsl.team import Team
from resdsl_flax.team import FlaxTeam

BATCH = "batch"


class Spread(ABC):
    """Puts arrays on the devices of a session, of which this process has `own`.

    `mesh` are all devices, and `everywhere` says to XLA that an array is whole on each; None where there is only one.
    """

    own: int
    mesh: Mesh | None
    everywhere: NamedSharding | None

    @abstractmethod
    def whole(self, tree: Any) -> Any:
        """Arrays that are the same in every process, on every device."""

    @abstractmethod
    def batch(self, rows: Array, axis: int = 0) -> jax.Array:
        """The batch, along `axis`, of which this process has these rows: each device gets its own."""

    @abstractmethod
    def whole_here(self, tree: Any) -> Any:
        """What is `whole`, as arrays of this process's devices alone; nothing is copied."""

    @abstractmethod
    def batch_here(self, rows: Array, axis: int = 0) -> jax.Array:
        """A batch that this process evaluates by itself; its devices must divide it."""


@final
class OneDevice(Spread):
    """There is nothing to spread."""

    own, mesh, everywhere = 1, None, None

    def whole(self, tree: Any) -> Any:
        return jax.device_put(tree)

    def batch(self, rows: Array, axis: int = 0) -> jax.Array:
        return jnp.asarray(rows)

    def whole_here(self, tree: Any) -> Any:
        return tree

    def batch_here(self, rows: Array, axis: int = 0) -> jax.Array:
        return jnp.asarray(rows)


@final
class OverTeam(Spread):
    """Batches are split over all devices of `team`, weights are whole on each; evaluation is each process's own."""

    mesh: Mesh
    everywhere: NamedSharding

    def __init__(self, team: FlaxTeam) -> None:
        self.own = len(team.own)
        self.mesh, self._here = (Mesh(np.array(devices), (BATCH,)) for devices in (team.all, team.own))
        self.everywhere = _along(self.mesh)

    def whole(self, tree: Any) -> Any:
        return jax.tree.map(lambda array: _made(self.everywhere, np.asarray(array)), tree)

    def batch(self, rows: Array, axis: int = 0) -> jax.Array:
        return _made(_along(self.mesh, axis), rows)

    def whole_here(self, tree: Any) -> Any:
        def here(array: jax.Array) -> jax.Array:
            parts = [shard.data for shard in array.addressable_shards]
            return jax.make_array_from_single_device_arrays(array.shape, _along(self._here), parts)

        return jax.tree.map(here, tree)

    def batch_here(self, rows: Array, axis: int = 0) -> jax.Array:
        return _made(_along(self._here, axis), rows)


def spread(team: Team) -> Spread:
    """How the arrays of a session in `team` are spread."""
    return OverTeam(team) if isinstance(team, FlaxTeam) else OneDevice()


def _made(where: NamedSharding, own: Array) -> jax.Array:
    made: jax.Array = jax.make_array_from_process_local_data(where, own)  # type: ignore[no-untyped-call]
    return made


def _along(mesh: Mesh, axis: int | None = None) -> NamedSharding:
    """Split along `axis` over `mesh`, or whole on all of it."""
    parts = () if axis is None else (*[None] * axis, BATCH)
    return NamedSharding(mesh, PartitionSpec(*parts))  # type: ignore[no-untyped-call]
