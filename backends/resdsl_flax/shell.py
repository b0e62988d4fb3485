"""A module without its arrays, to be filled with them again inside a compiled function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import jax
from flax import nnx

from resdsl_flax.arrays import variables


@final
@dataclass(frozen=True, slots=True)
class Shell:
    """The structure of a module, in the mode (training or evaluation) that it was in; `state` has shapes for arrays."""

    graph: nnx.GraphDef[nnx.Module]
    state: Any

    @staticmethod
    def of(module: nnx.Module) -> Shell:
        """The shell of `module`."""
        graph, state = nnx.split(module)
        return Shell(graph, jax.eval_shape(lambda: nnx.as_pure(state)))

    def filled(self, arrays: dict[str, jax.Array], key: jax.Array | None = None) -> nnx.Module:
        """A module with parameters and statistics of these canonical names; what it draws depends on `key` alone."""
        module = nnx.merge(self.graph, self.state)
        for name, variable in variables(module).items():
            variable.set_value(arrays[name])
        if key is not None:
            reseed(module, key)
        return module


def reseed(module: nnx.Module, key: jax.Array) -> None:
    """Makes everything that `module` draws (dropout) depend on `key` alone."""
    streams = [node for _, node in nnx.iter_graph(module) if isinstance(node, nnx.RngStream)]
    for number, stream in enumerate(streams):
        stream.key.set_value(jax.random.fold_in(key, number))
        stream.count.set_value(jax.numpy.zeros((), jax.numpy.uint32))
