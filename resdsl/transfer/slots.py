"""The layers of a network that take weights, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from resdsl.ir.layers import Layer, Weight
from resdsl.ir.network import Network
from resdsl.weights.canonical import layer_parameters

# The parameters of a module by role, with their shapes: what has to be equal for one to take the other's place.
Signature = tuple[tuple[str, tuple[int, ...]], ...]
Lane = Literal["main", "shortcut", "gate"]
Kind = Literal["weights", "norm"]  # a conv or linear, or a norm


@dataclass(frozen=True, slots=True)
class Slot:
    """A layer of the network (or one of the two inside a squeeze-and-excite) and what it takes.

    `lane` is the path that it stands on; `groups` are the stage, block and shortcut around it; `section` is what may
    be missing as a whole. `loose` are other shapes that hold the same numbers in the same order; `inside` is its name
    within a layer that is made of others.
    """

    name: str
    signature: Signature
    lane: Lane
    groups: tuple[str, ...]
    section: str
    loose: tuple[Signature, ...] = ()
    flattens: bool = False
    inside: str = ""

    @property
    def kind(self) -> Kind:
        """Which of the two kinds of modules it takes."""
        return "weights" if any(len(shape) > 1 for _, shape in self.signature) else "norm"


def slots(network: Network) -> list[Slot]:
    """What `network` needs, in canonical order."""
    stages = {stage.name for stage in network.stages}
    blocks = {block.name for block in network.blocks}
    ends = {layer.name: section for section in ("stem", "tail", "head") for layer in getattr(network, section)}
    return [
        slot
        for name, layer in network.layers()
        for slot in _slots(name, layer, _groups(name, stages, blocks), ends.get(name, "body"))
    ]


def _groups(name: str, stages: set[str], blocks: set[str]) -> tuple[str, ...]:
    parts = name.split(".")
    stage, block = parts[0], ".".join(parts[:2])
    if stage not in stages or len(parts) == 1:
        return ()
    if block not in blocks:
        return (stage,)
    return (stage, block, f"{block}.downsample") if parts[2] == "downsample" else (stage, block)


def _slots(name: str, layer: Layer, groups: tuple[str, ...], section: str) -> Iterator[Slot]:
    owners: dict[str, dict[str, Weight]] = {}
    for parameter in layer_parameters(name, layer):
        owner, _, role = parameter.name.rpartition(".")
        owners.setdefault(owner, {})[role] = parameter
    lane: Lane = "gate" if layer.is_gate else "shortcut" if len(groups) == 3 else "main"
    for owner, parameters in owners.items():
        shapes = {role: parameter.shape for role, parameter in parameters.items()}
        loose = tuple(
            _signature({**shapes, role: shape}) for role, parameter in parameters.items() for shape in parameter.also
        )
        where = section if lane == "main" else lane
        flattens = any(parameter.flattens for parameter in parameters.values())
        yield Slot(owner, _signature(shapes), lane, groups, where, loose, flattens, owner[len(name) + 1 :])


def _signature(roles: dict[str, tuple[int, ...]]) -> Signature:
    return tuple(sorted(roles.items()))
