"""The weights that a network starts with: drawn in NumPy, one generator per parameter, so that every backend,
platform and order of drawing gives the same network for the same seed."""

from __future__ import annotations

import math
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from resdsl.backend import Array
from resdsl.ir.layers import BaseNorm, Weight
from resdsl.ir.network import Init, Network
from resdsl.weights.canonical import parameters


def initial_weights(network: Network, seed: int = 0) -> dict[str, Array]:
    """Float32 arrays for every parameter and statistic of `network`, in canonical order and layout.

    Convs are normal with standard deviation sqrt(2 / fan) (He et al. 2015, equation 10), linears uniform within
    1 / sqrt(fan in) and biases likewise (PyTorch's own default), norms 1 and 0.
    """
    inits = {stage.name: stage.init for stage in network.stages}
    zeroed = _last_norms(network)
    every = list(parameters(network))

    def draw(parameter: Weight) -> Array:
        layer_name = parameter.name.rpartition(".")[0]
        if layer_name in zeroed and parameter.role == "scale" and parameter.start is None:
            return np.zeros(parameter.shape, np.float32)
        return _draw(parameter, inits.get(layer_name.partition(".")[0], network.init), seed)

    # NumPy draws without holding the interpreter's lock.
    with ThreadPoolExecutor() as pool:
        return dict(zip((parameter.name for parameter in every), pool.map(draw, every), strict=True))


def _last_norms(network: Network) -> set[str]:
    return {
        f"{block.name}.{norms[-1].name}"
        for stage in network.stages
        if stage.init.zero_last_norm
        for block in stage.blocks
        if (norms := [layer for layer in block.branch if isinstance(layer, BaseNorm)])
    }


def _draw(parameter: Weight, init: Init, seed: int) -> Array:
    shape = parameter.shape
    if parameter.start is not None:
        return np.full(shape, parameter.start, np.float32)
    match parameter.role:
        case "scale" | "running_var":
            return np.ones(shape, np.float32)
        case "shift" | "running_mean":
            return np.zeros(shape, np.float32)
    generator = np.random.Generator(np.random.PCG64([seed, zlib.crc32(parameter.name.encode())]))
    if parameter.role == "weight" and len(shape) == 4:
        fan = (shape[0] if init.mode == "fan_out" else shape[1]) * shape[2] * shape[3]
        return generator.standard_normal(shape, np.float32) * np.float32(math.sqrt(2 / fan))
    bound = 1 / math.sqrt(parameter.fan_in)
    return generator.uniform(-bound, bound, shape).astype(np.float32)
