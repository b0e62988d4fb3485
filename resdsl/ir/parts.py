"""The parts of a network that can be named: its stem and its stages."""

from __future__ import annotations

from resdsl.ir.network import Network

STEM = "stem"


def part_names(network: Network) -> tuple[str, ...]:
    """What can be named."""
    return (*((STEM,) if network.stem else ()), *(stage.name for stage in network.stages))


def modules_of(network: Network, part: str) -> tuple[str, ...]:
    """The names of the modules that a part is made of: a stage is one, the stem as many as it has layers."""
    return tuple(layer.name for layer in network.stem) if part == STEM else (part,)
