"""Which shipped networks have the names and shapes of another's weights: a file cannot say for which it was trained."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.checker import check_file
from resdsl.ir.network import Network
from resdsl.specs import shipped_folder, shipped_names
from resdsl.weights.canonical import parameters


def same_weights(network: Network) -> Iterator[tuple[str, str]]:
    """Each shipped spec whose weights are alike but whose network is not, and what differs: `strides`."""
    wanted = _shapes(network)
    for spec in shipped_names():
        networks = check_file(shipped_folder() / f"{spec}.res", spec).networks
        for name, other in networks.items():
            if (difference := _difference(network, other)) and _shapes(other) == wanted:
                yield spec if len(networks) == 1 else f"{spec}:{name}", difference


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
