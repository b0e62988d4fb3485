"""A transfer plan: which tensor of a checkpoint goes where in a network, what is left, what is missing, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.transfer.file_modules import Module
from resdsl.transfer.search import MisfitError, Reading
from resdsl.transfer.slots import Slot
from resdsl.transfer.tensors import ROLES, Entry, Left, Path

By = Literal["name", "structure"]
ROLE_ORDER = list(dict.fromkeys(ROLES.values()))


class Move(NamedTuple):
    """One tensor that goes to the parameter `target` of `layer`."""

    entry: Entry
    layer: str
    target: str


class Missing(NamedTuple):
    """A parameter that the checkpoint has nothing for."""

    name: str
    shape: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that happens to a checkpoint's tensors and to a network's parameters.

    `by` says what decided, and `prefix` under which name in the file all of it stands (`state_dict.module.`).
    """

    by: By
    prefix: str
    moves: tuple[Move, ...]
    left: tuple[Left, ...]
    missing: tuple[Missing, ...]

    @property
    def complete(self) -> bool:
        """Whether every parameter gets its value, and no weights are left."""
        return not self.missing and all(left.harmless for left in self.left)


def plan(
    by: By, prefix: Path, slots: Sequence[Slot], modules: Sequence[Module], reading: Reading, left: Sequence[Left]
) -> Plan:
    """The plan of a reading, which need not be whole; raises MisfitError where a tensor's own layout is uncertain."""
    taken = {module.name for module in reading.values()}
    spare = {module.name: module for module in modules if module.name not in taken}
    absent = {slot.name: slot for slot in slots if slot.name not in reading}
    ours = by == "name" and not spare and not absent
    return Plan(
        by,
        "".join(f"{part}." for part in prefix),
        tuple(move for slot in slots if slot.name in reading for move in _moves(slot, reading[slot.name], ours)),
        (*(entry for module in spare.values() for entry in _left(module, absent)), *left),
        tuple(missing for slot in absent.values() for missing in _missing(slot, spare)),
    )


def _moves(slot: Slot, module: Module, ours: bool) -> Iterator[Move]:
    for entry in sorted(module.entries, key=lambda entry: ROLE_ORDER.index(entry.role)):
        if slot.flattens and entry.kernel and not ours:
            raise MisfitError(
                f"{entry.name} reads a flattened map, as C, H, W or as H, W, C, and nothing in the file says which: "
                f"write it for C, H, W, and every tensor under its canonical name (here {slot.name}.{entry.role})"
            )
        yield Move(entry, slot.name, f"{slot.name}.{entry.role}")


def _left(module: Module, absent: Mapping[str, Slot]) -> Iterator[Left]:
    namesake = absent.get(module.name)
    alike = any(slot.signature == module.signature for slot in absent.values())
    for entry in module.entries:
        expected = dict(namesake.signature).get(entry.role) if namesake else None
        if expected and expected != entry.array.shape:
            reason = f"it is {shape_text(expected)} in the network"
        elif alike:
            reason = "layers of this shape are free, but none in its place"
        else:
            reason = "no layer is left that takes it"
        yield Left(entry.name, entry.array.shape, reason, False)


def _missing(slot: Slot, spare: Mapping[str, Module]) -> Iterator[Missing]:
    namesake = spare.get(slot.name)
    found = dict(namesake.signature) if namesake else {}
    alike = any(module.signature == slot.signature for module in spare.values())
    for role, shape in sorted(slot.signature, key=lambda part: ROLE_ORDER.index(part[0])):
        if role in found and found[role] != shape:
            reason = f"it is {shape_text(found[role])} in the file"
        elif alike:
            reason = "the file has tensors of this shape, but none in its place"
        else:
            reason = "nothing left in the file has its kind and shape"
        yield Missing(f"{slot.name}.{role}", shape, reason)


def shape_text(shape: Sequence[int]) -> str:
    """`64x3x7x7`."""
    return "x".join(map(str, shape)) or "one number"
