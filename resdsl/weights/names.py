"""The canonical names, shapes and order of a network's parameters: torchvision's (`layer2.0.downsample.1.running_var`)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

from resdsl.ir.graph import Conv, Layer, Linear, Network, Norm, SqueezeExcite

Role = Literal["weight", "bias", "scale", "shift", "running_mean", "running_var"]


class Parameter(NamedTuple):
    """One array in canonical layout: conv (out, in/groups, kh, kw), linear (out, in), norm (channels,)."""

    name: str
    shape: tuple[int, ...]
    role: Role
    fan_in: int = 1

    @property
    def trained(self) -> bool:
        """Whether it is learned, rather than a running statistic."""
        return not self.role.startswith("running")


def parameters(network: Network) -> Iterator[Parameter]:
    """Every parameter and statistic of `network`, in canonical order."""
    for name, layer in network.layers():
        yield from layer_parameters(name, layer)


def layer_parameters(name: str, layer: Layer) -> Iterator[Parameter]:
    """The arrays of one layer called `name`."""
    match layer:
        case Conv():
            shape = (layer.filters, layer.channels // layer.groups, *layer.kernel)
            yield from _weight_and_bias(name, shape, layer.bias)
        case Linear():
            yield from _weight_and_bias(name, (layer.units, layer.features), layer.bias)
        case Norm():
            channels = (layer.input.channels,)
            yield Parameter(f"{name}.weight", channels, "scale")
            yield Parameter(f"{name}.bias", channels, "shift")
            if layer.kind == "batch":
                yield Parameter(f"{name}.running_mean", channels, "running_mean")
                yield Parameter(f"{name}.running_var", channels, "running_var")
        case SqueezeExcite():
            width = layer.input.channels
            yield from _weight_and_bias(f"{name}.fc1", (layer.squeezed, width, 1, 1), True)
            yield from _weight_and_bias(f"{name}.fc2", (width, layer.squeezed, 1, 1), True)
        case _:
            return


def _weight_and_bias(name: str, shape: tuple[int, ...], bias: bool) -> Iterator[Parameter]:
    fan_in = math.prod(shape[1:])
    yield Parameter(f"{name}.weight", shape, "weight", fan_in)
    if bias:
        yield Parameter(f"{name}.bias", shape[:1], "bias", fan_in)
