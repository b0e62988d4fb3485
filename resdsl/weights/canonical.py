"""The canonical names, shapes and order of a network's parameters: torchvision's (`layer2.0.downsample.1.running_var`)."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.ir.layers import Layer, Weight
from resdsl.ir.network import Network


def parameters(network: Network) -> Iterator[Weight]:
    """Every parameter and statistic of `network`, in canonical order."""
    for name, layer in network.layers():
        yield from layer_parameters(name, layer)


def layer_parameters(name: str, layer: Layer) -> Iterator[Weight]:
    """The arrays of one layer called `name`."""
    for weight in layer.weights:
        yield weight._replace(name=f"{name}.{weight.name}" if weight.name else name)
