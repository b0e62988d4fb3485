"""From a network to its NNX module: the emitted source runs without computing anything, and is then filled."""

from __future__ import annotations

from collections.abc import Mapping

import jax
from flax import nnx

from resdsl.backend import Array
from resdsl.codegen.imported import import_source
from resdsl.codegen.printer import Printer
from resdsl.ir.network import Network
from resdsl_flax.arrays import fill
from resdsl_flax.dialect import FlaxDialect
from resdsl_flax.shell import reseed


def build(network: Network, weights: Mapping[str, Array]) -> nnx.Module:
    """The module that the source of `network` defines, filled with canonical `weights` (KeyError, ValueError).

    It is in training mode, as NNX modules are.
    """
    source = Printer(FlaxDialect()).source(network)
    kind = getattr(import_source(f"flax_{network.name}", source.text), source.class_name)
    module: nnx.Module = nnx.eval_shape(lambda: kind(rngs=_same_keys()))
    fill(module, weights)
    reseed(module, jax.random.key(0))
    return module


def _same_keys() -> nnx.Rngs:
    # Nothing is drawn here, and counting the keys while tracing takes time with the square of their number.
    rngs = nnx.Rngs(0)
    key = rngs.params()
    setattr(rngs, "params", lambda: key)  # noqa: B010  # the type checker knows no such attribute
    return rngs
