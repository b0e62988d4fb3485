"""Equal blocks in a row as one: what is compiled for them is flat in depth, and can be computed twice to save memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, final

import jax
import jax.numpy as jnp
from flax import nnx

from resdsl_flax.arrays import variables

# A live variable's name, and the canonical one that it holds, or those that it holds one after another.
Names = dict[str, str | tuple[str, ...]]


@final
class Repeated(nnx.Module):
    """`count` equal blocks, one after another: the variables of `block` hold those of all, stacked.

    With `remat`, the backward pass computes each block again from its input.
    """

    def __init__(self, block: nnx.Module, count: int, remat: bool) -> None:
        self.block = block
        self.count, self.remat = count, remat

    def __call__(self, x: jax.Array) -> jax.Array:
        """The maps after all blocks."""
        graph, *states = nnx.split(self.block, nnx.Any(nnx.Param, nnx.BatchStat), ...)
        own, rest = (nnx.as_pure(state) for state in states)

        def once(x: jax.Array, one: tuple[Any, jax.Array]) -> tuple[jax.Array, dict[str, jax.Array]]:
            block = nnx.merge(graph, one[0], rest)
            _vary(block, one[1])
            return block(x), _statistics(block)

        body = jax.checkpoint(once, prevent_cse=self.count == 1) if self.remat else once
        if self.count == 1:
            x, moved = body(x, (own, jnp.zeros((), jnp.int32)))
        else:
            x, moved = jax.lax.scan(body, x, (own, jnp.arange(self.count)))
        for name, variable in variables(self.block).items():
            if name in moved:
                variable.set_value(moved[name])
        return x


def repeat(module: nnx.Module, at_least: int, remat: bool) -> Names:
    """Makes one of every `at_least` or more equal blocks in a row, in place; with `remat`, of single ones too.

    Gives the names of all variables of `module`.
    """
    names: Names = {name: name for name in variables(module)}
    for stage, layers in _stages(module):
        runs = [list(run) for _, run in groupby(layers, key=_signature)]
        parts = [part for run in runs for part in ([run] if len(run) >= at_least else [[layer] for layer in run])]
        if not remat and len(parts) == len(layers):
            continue
        setattr(module, stage, nnx.Sequential(*(_joined(part, remat) for part in parts)))
        first = 0
        for place, part in enumerate(parts):
            own = [f"{stage}.{first + number}." for number in range(len(part))]
            first += len(part)
            if remat or len(part) > 1:
                for name in variables(part[0]):
                    canonical = tuple(prefix + name for prefix in own)
                    names[f"{stage}.{place}.block.{name}"] = canonical if len(part) > 1 else canonical[0]
            else:
                names |= {f"{stage}.{place}.{name}": own[0] + name for name in variables(part[0])}
    live = variables(module)
    return {name: names[name] for name in live}


def _stages(module: nnx.Module) -> Iterator[tuple[str, list[nnx.Module]]]:
    """The stages that are blocks and nothing else."""
    for name, child in list(vars(module).items()):
        if isinstance(child, nnx.Sequential):
            layers = [layer for layer in child.layers if isinstance(layer, nnx.Module)]
            if len(layers) == len(child.layers):
                yield name, layers


def _signature(block: nnx.Module) -> tuple[object, object]:
    """What equal blocks have in common: everything but the values of their variables."""
    graph, state = nnx.split(block)
    shapes = jax.tree.map(lambda array: (array.shape, str(array.dtype)), nnx.as_pure(state))
    return graph, str(shapes)


def _joined(part: list[nnx.Module], remat: bool) -> nnx.Module:
    if len(part) == 1:
        return Repeated(part[0], 1, True) if remat else part[0]
    for variable in variables(part[0]).values():
        # Only the shape counts: a session keeps the values.
        variable.set_value(jnp.zeros((len(part), *variable.shape), variable.dtype))
    return Repeated(part[0], len(part), remat)


def _vary(block: nnx.Module, number: jax.Array) -> None:
    """Lets what block `number` draws differ from the others."""
    for _, stream in nnx.iter_graph(block):
        if isinstance(stream, nnx.RngStream):
            stream.key.set_value(jax.random.fold_in(stream.key.get_value(), number))


def _statistics(block: nnx.Module) -> dict[str, jax.Array]:
    return {n: v.get_value() for n, v in variables(block).items() if isinstance(v, nnx.BatchStat)}
