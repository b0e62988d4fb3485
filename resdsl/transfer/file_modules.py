"""The modules of a checkpoint: tensors that share a name up to its last part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from resdsl.transfer.slots import Kind, Lane, Signature, Slot
from resdsl.transfer.tensors import Entry

# Words in others' names that say where a module stands.
SHORTCUT = {"downsample", "shortcut", "skip", "proj", "projection", "sc", "identity", "bypass"}
GATE = {"se", "excite", "excitation"}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


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
    def kind(self) -> Kind:
        """What it is, by its shapes."""
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
