"""What is measured of a trained network, layer by layer: its responses, its gradients, and its identity path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from math import prod, sqrt
from pathlib import Path
from typing import assert_never

import numpy as np
from pydantic import TypeAdapter, ValidationError

from resdsl.atomic import write_atomically
from resdsl.backend import Array, scored
from resdsl.ir.block import Block
from resdsl.ir.join import Add, Gated, Learned, Scaled, ShortcutGated
from resdsl.ir.layers import BaseNorm, BatchNorm, Conv, Layer
from resdsl.ir.network import Network
from resdsl.training.batches import epoch_of, training_batches
from resdsl.training.errors import RunError
from resdsl.training.loop import Job
from resdsl.weights.initial import initial_weights

FILE = "measures.json"
RESPONSES, FIRST, LAST, SCALES = "responses", "gradients, first", "gradients, last", "scales"
Values = tuple[float, ...]
Measures = dict[str, Values]


def measure(network: Network, job: Job, wanted: Sequence[str], folder: Path) -> None:
    """Writes what is `wanted` (the words of plots) of a run that is at its end; its session is of no use after that."""
    state = job.session.state()
    found: Measures = {}
    if RESPONSES in wanted:
        found[RESPONSES] = responses(network, scored(state))
    if SCALES in wanted:
        found[SCALES] = scales(network, scored(state))
    if "gradients" in wanted:
        found[LAST] = _gradients(network, job)
        job.session.load_state(state | initial_weights(network, job.recipe.seed))
        found[FIRST] = _gradients(network, job)
    write_atomically(folder / FILE, (json.dumps(found) + "\n").encode())


def read_measures(folder: Path) -> Measures:
    """What was measured of the run in `folder`, if anything (RunError)."""
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        return TypeAdapter(Measures).validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(f"{path} is damaged: remove it, and it is measured again") from error


def keys_of(wanted: Sequence[str]) -> set[str]:
    """The entries of Measures that the words of plots need."""
    return {key for key in (RESPONSES, FIRST, LAST, SCALES) if key.partition(",")[0] in wanted}


def responses(network: Network, weights: Mapping[str, Array]) -> Values:
    """The standard deviation of what each norm on the main path gives, from the input on (He et al. 2016, Fig. 7).

    The weights alone tell: a norm gives each channel the mean of its shift and the deviation of its scale, on images
    such as its statistics are of; over all channels the variances within and between them add up.
    """
    return tuple(_response(layer, name, weights) for name, layer in _main_path(network) if isinstance(layer, BaseNorm))


def _response(norm: BaseNorm, name: str, weights: Mapping[str, Array]) -> float:
    scale, shift = (weights[f"{name}.{each}"].astype(np.float64) for each in ("weight", "bias"))
    kept: Array | float = 1.0
    if isinstance(norm, BatchNorm):
        variance = weights[f"{name}.running_var"].astype(np.float64)
        kept = variance / (variance + norm.eps)
    return float(np.sqrt(np.mean(scale**2 * kept) + np.var(shift)))


def scales(network: Network, weights: Mapping[str, Array]) -> Values:
    """The share of a signal that the identity path carries from before each block to the end of the last.

    It is the product of all later shortcuts' factors (He et al. 2016b, Eq. 6 to 8): that of `scaled`, 1 - g of a gate,
    at an input of 0, where its biases alone decide; and by how much a conv changes the size of a signal of equal,
    independent channels. A plain network carries nothing.
    """
    factors = [_factor(block, weights) for block in network.blocks]
    return tuple(prod(factors[start:]) for start in range(len(factors)))


def _factor(block: Block, weights: Mapping[str, Array]) -> float:
    if block.shortcut is None:
        return 0.0
    convs = [f"{block.name}.downsample.{each.name}" for each in block.shortcut.layers if isinstance(each, Conv)]
    return _of_join(block, weights) * prod(_gain(weights[f"{name}.weight"]) for name in convs)


def _gain(kernel: Array) -> float:
    """From (out, in, rows, columns): the root of the mean square of what comes out, over that of what goes in."""
    return sqrt(float(np.sum(kernel.astype(np.float64) ** 2)) / kernel.shape[0])


def _of_join(block: Block, weights: Mapping[str, Array]) -> float:
    match block.join:
        case Add() | Learned():
            return 1.0
        case Scaled(shortcut=shortcut):
            return shortcut
        case Gated(gate=gate) | ShortcutGated(gate=gate):
            bias = weights[f"{block.name}.{gate.name}.bias"].astype(np.float64)
            return float(np.mean(1 / (1 + np.exp(bias))))
        case _:
            assert_never(block.join)


def _gradients(network: Network, job: Job) -> Values:
    """The norm of the gradient of each weight layer on the main path, for the first batch of the first epoch."""
    recipe, images = job.recipe, job.dataset.train
    batch = next(training_batches(images, recipe.batch, epoch_of(recipe, len(images), 0), 0))
    found = job.session.gradients(batch.pixels, batch.labels, 0)
    layers = (name for name, layer in _main_path(network) if layer.is_weight_layer)
    return tuple(float(np.linalg.norm(found[f"{name}.weight"].astype(np.float64))) for name in layers)


def _main_path(network: Network) -> Iterator[tuple[str, Layer]]:
    """The layers that a signal meets, shortcuts and gates left out."""
    joins = {f"{block.name}.{layer.name}" for block in network.blocks for layer in block.join.layers}
    for name, layer in network.layers():
        if ".downsample." not in name and name not in joins:
            yield name, layer
