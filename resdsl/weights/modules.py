"""What holds parameters, on both sides: the modules of a checkpoint and the layers of a network that take them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from resdsl.ir.layers import Layer, Weight
from resdsl.ir.network import Network
from resdsl.weights.names import layer_parameters
from resdsl.weights.tensors import Entry

# The parameters of a module by role, with their shapes: what has to be equal for one to take the other's place.
Signature = tuple[tuple[str, tuple[int, ...]], ...]
Lane = Literal["main", "shortcut", "gate"]
# Words in others' names that say where a module stands.
SHORTCUT = {"downsample", "shortcut", "skip", "proj", "projection", "sc", "identity", "bypass"}
GATE = {"se", "excite", "excitation"}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True, slots=True)
class Slot:
    """A layer of the network (or one of the two inside a squeeze-and-excite) and what it takes.

    `lane` is the path that it stands on; `groups` are the stage, block and shortcut around it; `section` is what may
    be missing as a whole. `loose` are other shapes that hold the same numbers in the same order.
    """

    name: str
    signature: Signature
    lane: Lane
    groups: tuple[str, ...]
    section: str
    loose: tuple[Signature, ...] = ()
    flattens: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """A module of a checkpoint: its tensors, which share a name up to the last part, and that name in parts."""

    name: str
    path: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def signature(self) -> Signature:
        """Its parameters and their shapes."""
        return tuple(sorted((entry.role, entry.array.shape) for entry in self.entries))

    @property
    def kind(self) -> str:
        """`norm`, or `weights` for a conv or linear."""
        return "weights" if max(entry.array.ndim for entry in self.entries) > 1 else "norm"

    @property
    def lane(self) -> Lane:
        """The path that its name hints at."""
        words = {word.lower() for word in _WORDS.findall(self.name)}
        return "shortcut" if words & SHORTCUT else "gate" if words & GATE else "main"


def modules(entries: Sequence[Entry]) -> list[Module]:
    """The modules of a checkpoint, in its order."""
    grouped: dict[str, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.module, []).append(entry)
    # MXNet and Keras join the parts of a name by underscores alone.
    separator = "." if any("." in name for name in grouped) else "_"
    return [Module(name, tuple(name.split(separator)), tuple(parts)) for name, parts in grouped.items()]


def conformed(found: Iterable[Module], wanted: Iterable[Slot]) -> list[Module]:
    """The modules, those reshaped that hold a layer's numbers in another shape: a 1x1 conv for a linear layer."""
    exact = {slot.signature for slot in wanted}
    loose = {shapes: slot.signature for slot in wanted for shapes in slot.loose if shapes not in exact}
    return [_reshaped(module, loose[module.signature]) if module.signature in loose else module for module in found]


def _reshaped(module: Module, signature: Signature) -> Module:
    shapes = dict(signature)
    entries = [
        entry
        if entry.array.shape == shapes[entry.role]
        else entry._replace(array=entry.array.reshape(shapes[entry.role]), changes=(*entry.changes, "reshaped"))
        for entry in module.entries
    ]
    return replace(module, entries=tuple(entries))


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
        yield Slot(owner, _signature(shapes), lane, groups, where, loose, flattens)


def _signature(roles: dict[str, tuple[int, ...]]) -> Signature:
    return tuple(sorted(roles.items()))
