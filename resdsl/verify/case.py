"""What is computed: a network that is small enough to be quick, images and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from resdsl.backend import Array, Normalization
from resdsl.ir.block import Block
from resdsl.ir.layers import Dropout, DropPath, GlobalAvgPool, Layer
from resdsl.ir.network import Network, Stage
from resdsl.ir.shape import Pair, Shape

SIDES = (64, 32, 16)
ENOUGH = 1_500_000_000  # multiply-adds of one forward pass over a batch


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison: gradients, and then `steps` SGD steps, on one batch of random images."""

    network: Network
    images: Array
    labels: Array
    steps: int = 10

    @property
    def reversed(self) -> Case:
        """The same with the images in the other order: nothing changes but what rounding makes of the sums."""
        return replace(self, images=self.images[::-1].copy(), labels=self.labels[::-1].copy())

    @property
    def scale(self) -> Normalization:
        """How pixels become floats of about unit variance."""
        channels = self.network.input.channels
        return Normalization((0.5,) * channels, (0.3,) * channels)


def make_case(network: Network, batch: int, steps: int, seed: int = 0) -> Case:
    """Random images and labels for `network`; dropout is left out, since each framework draws its own.

    Where the network leaves a map, the mean of each channel takes its place.
    """
    network = averaged(network) if leaves_a_map(network) else network
    generator = np.random.default_rng(seed)
    channels, height, width = network.input
    images = generator.integers(0, 256, (batch, height, width, channels), np.uint8)
    labels = generator.integers(0, network.output.size, batch)
    return Case(without_dropout(network), images, labels, steps)


def small_input(at: Callable[[Shape], Network | None], network: Network, batch: int) -> Network:
    """`network` at the largest input that is quick, or at the smallest that leaves maps of 2x2.

    `at` gives the network at another input, or None where it has no such form.
    """
    candidates = [network]
    for side in SIDES:
        if side < min(network.input[1:]):
            smaller = at(Shape(network.input.channels, side, side))
            if smaller is None or min(_last_map(smaller)) < 2:
                break
            candidates.append(smaller)
    quick = (candidate for candidate in candidates if candidate.cost().macs * batch <= ENOUGH)
    return next(quick, candidates[-1])


def leaves_a_map(network: Network) -> bool:
    """Whether its answer is a map, as that of a backbone without a head, and no vector."""
    return not network.head or network.output.map != (1, 1)


def averaged(network: Network) -> Network:
    """The same network with a global average at its end."""
    shape = network.output
    pooled = shape._replace(height=1, width=1)
    average = GlobalAvgPool(name="averaged", input=shape, output=pooled, span=network.span)
    return replace(network, head=(*network.head, average))


def without_dropout(network: Network) -> Network:
    """The same network with every dropout's and drop path's probability at zero."""
    return replace(
        network,
        stem=_undropped(network.stem),
        stages=tuple(_stage(stage) for stage in network.stages),
        tail=_undropped(network.tail),
        head=_undropped(network.head),
    )


def _stage(stage: Stage) -> Stage:
    items = tuple(_block(i) if isinstance(i, Block) else _undropped([i])[0] for i in stage.items)
    return replace(stage, items=items, drop_path=0.0)


def _block(block: Block) -> Block:
    shared, branch = _undropped(block.shared), _undropped(block.branch)
    shortcut = block.shortcut and replace(block.shortcut, layers=_undropped(block.shortcut.layers))
    return replace(block, shared=shared, branch=branch, shortcut=shortcut, drop_path=0.0)


def _undropped(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    return tuple(_each(layers))


def _each(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield replace(layer, p=0.0, formulas={}) if isinstance(layer, Dropout | DropPath) else layer


def _last_map(network: Network) -> Pair:
    return (network.stages[-1].output if network.stages else network.input).map
