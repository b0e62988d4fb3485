"""The weights that a run begins from: a checkpoint's, with a new head, or another stem, where the network has these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from resdsl.backend import Array
from resdsl.ir.layers import Conv
from resdsl.ir.network import Network
from resdsl.transfer.planner import plan_transfer
from resdsl.transfer.reader import Stored, Tensor
from resdsl.transfer.search import MisfitError
from resdsl.transfer.transfer_plan import Plan, shape_text
from resdsl.weights.check import unsound
from resdsl.weights.files import WeightsError
from resdsl.weights.initial import initial_weights


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """All weights of a network, and what `plan` took of them from the file called `source`.

    `new` are the parameters of the head that the file has not. `stem` says how the first convolution's weights were
    made to fit the network's channels, if they had to be.
    """

    source: str
    weights: dict[str, Array]
    plan: Plan
    new: tuple[str, ...]
    stem: str

    @property
    def lines(self) -> Iterator[str]:
        """What was taken, what was changed and what is new, a line each."""
        moves = self.plan.moves
        total = len(moves) + len(self.new)
        yield f"weights from {self.source}: {len(moves)} of {total} tensors, by {_BY[self.plan.by]}"
        if self.stem:
            yield self.stem
        if self.new:
            shapes = (f"{name} ({shape_text(self.weights[name].shape)})" for name in self.new)
            yield f"new, drawn by the seed: {', '.join(shapes)}"


_BY = {"name": "their names", "structure": "kind, shape and order"}


def start(network: Network, stored: Stored, source: str, seed: int) -> Start:
    """The weights that `network` begins from; raises WeightsError where more than its head has none in the file.

    `seed` draws the new ones.
    """
    plan = _best_plan(network, stored, source)
    new = tuple(missing.name for missing in plan.missing)
    _check(network, plan, source)
    drawn = initial_weights(network, seed)
    weights, stem = dict(drawn), ""
    for move in plan.moves:
        if fault := unsound(move.target, move.entry.array):
            raise WeightsError(f"{source} is of no use: {move.entry.name} {fault}; check how it was saved")
        weights[move.target] = move.entry.array
        wanted = drawn[move.target].shape
        if move.entry.array.shape != wanted:
            weights[move.target], done = adapted(move.entry.array, wanted[1])
            stem = f"{move.target}: {done}"
    return Start(source, weights, plan, new, stem)


def adapted(kernel: Array, channels: int) -> tuple[Array, str]:
    """A first convolution's weights (O, I, H, W) for so many input channels, and what was done.

    One channel gets the sum: a gray image gives what it gave as three equal channels. More of them repeat what is
    there, so scaled that the sum over equal channels stays.
    """
    own = kernel.shape[1]
    if channels == 1:
        return kernel.sum(axis=1, keepdims=True), f"the sum over its {own} channels, for 1"
    repeated = kernel[:, np.arange(channels) % own] * np.float32(own / channels)
    return repeated, f"its {own} channel{'s' * (own > 1)} repeated for {channels}, times {own}/{channels}"


def _best_plan(network: Network, stored: Stored, source: str) -> Plan:
    """The plan that moves most, on the network itself, or else on one with as many input channels as the file's."""
    plans, doubts = _plans([network], stored)
    first = _first(network)
    if first and not any(_has(plan, first) for plan in plans):
        others, _ = _plans(_variants(network, first, stored), stored)
        plans += [plan for plan in others if _has(plan, first)]
    if not plans:
        raise WeightsError(f"{source} does not fit {network.name}: {doubts[0]}")
    return max(plans, key=lambda plan: len(plan.moves))


def _plans(networks: Iterable[Network], stored: Stored) -> tuple[list[Plan], list[MisfitError]]:
    plans: list[Plan] = []
    doubts: list[MisfitError] = []
    for network in networks:
        try:
            plans.append(plan_transfer(network, stored))
        except MisfitError as doubt:
            doubts.append(doubt)
    return plans, doubts


def _first(network: Network) -> Conv | None:
    """The convolution that sees the image."""
    layer = network.stem[0] if network.stem else None
    return layer if isinstance(layer, Conv) and layer.groups == 1 else None


def _has(plan: Plan, layer: Conv) -> bool:
    return any(move.layer == layer.name for move in plan.moves)


def _variants(network: Network, first: Conv, stored: Stored) -> Iterator[Network]:
    """`network` with each number of input channels that a kernel like its first one has in the file."""
    own = first.weights[0].shape
    shapes = (leaf.array.shape for leaf in stored.entries.values() if isinstance(leaf, Tensor))
    kernels = (_canonical(shape, own) for shape in shapes)
    for channels in sorted({kernel[1] for kernel in kernels if kernel} - {own[1]}):
        shape = network.input._replace(channels=channels)
        stem = (replace(first, input=first.input._replace(channels=channels)), *network.stem[1:])
        yield replace(network, input=shape, stem=stem)


def _canonical(shape: tuple[int, ...], own: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` as (O, I, H, W), if it is a kernel of as many filters and pixels as `own`, in PyTorch's or in Flax's layout."""
    for found in (shape, (*shape[3:], *shape[2:3], *shape[:2])):
        if len(found) == 4 and (found[0], *found[2:]) == (own[0], *own[2:]):
            return found
    return ()


def _check(network: Network, plan: Plan, source: str) -> None:
    """Raises WeightsError unless all but the head is there, and nothing but another head is left."""
    head = tuple(f"{layer.name}." for layer in network.head)
    lacking = [missing for missing in plan.missing if not missing.name.startswith(head)]
    remedy = f"pass another file, or write what fits with `resdsl weights SPEC {source} OUT --partial`, and pass OUT"
    if lacking:
        more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        raise WeightsError(
            f"{source} does not fit {network.name}: nothing in it is {lacking[0].name}{more}, {lacking[0].reason}; {remedy}"
        )
    left = [left for left in plan.left if not left.harmless]
    if len(left) > len(plan.missing):
        raise WeightsError(
            f"{source} does not fit {network.name}: {len(left)} of its tensors have no place, such as {left[0].name}; {remedy}"
        )
