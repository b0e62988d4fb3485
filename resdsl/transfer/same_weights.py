"""Which networks have the names and shapes of another's weights: a file cannot say for which it was trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters


def same_weights(network: Network, others: Iterable[tuple[str, Network]]) -> Iterator[tuple[str, str]]:
    """Those of the named `others` whose weights are alike but that are other networks, and what differs: `other strides`."""
    wanted = _shapes(network)
    for name, other in others:
        if (difference := _difference(network, other)) and _shapes(other) == wanted:
            yield name, difference


def _shapes(network: Network) -> dict[str, tuple[int, ...]]:
    return {parameter.name: parameter.shape for parameter in parameters(network)}


def _difference(one: Network, other: Network) -> str:
    """What tells two networks of the same weights apart; empty where nothing does."""
    ours, theirs = list(one.layers()), list(other.layers())
    if [name for name, _ in ours] != [name for name, _ in theirs]:
        return "another order of layers"
    pairs = [(mine, its) for (_, mine), (_, its) in zip(ours, theirs, strict=True)]
    if any(mine.strides != its.strides for mine, its in pairs):
        return "other strides"
    return "other layers" if any((mine.text, mine.details) != (its.text, its.details) for mine, its in pairs) else ""
