"""The modules of a checkpoint: tensors that share a name up to its last part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from resdsl.transfer.slots import Kind, Lane, Signature, Slot
from resdsl.transfer.tensors import Entry, words_of

# Words in others' names that say where a module stands.
SHORTCUT = {"downsample", "shortcut", "skip", "proj", "projection", "sc", "identity", "bypass"}
HEAD = {"head", "attnpool"}  # which may have a projection of its own
GATE = {"se", "excite", "excitation"}


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
        words = words_of(self.path)
        if words & HEAD:
            return "main"
        return "shortcut" if words & SHORTCUT else "gate" if words & GATE else "main"


def modules(entries: Iterable[Entry], below: int = 0) -> list[Module]:
    """The modules of a checkpoint, in its order, named without the `below` parts that stand before each name."""
    grouped: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.module[below:], []).append(entry)
    # MXNet joins the parts of a name by underscores alone.
    whole = any(len(path) > 1 for path in grouped)
    paths = {path: path if whole else tuple(path[0].split("_")) for path in grouped}
    return [Module(".".join(path), paths[path], tuple(parts)) for path, parts in grouped.items()]


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
