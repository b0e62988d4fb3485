"""Which module of a checkpoint belongs to which layer, where names do not say it: by kind, shape and order.

A reading gives every layer a module of its parameters and shapes. Layers are taken in canonical order, and
each takes a module that can come next (`order.py`), on its own path: what a name hints to be a shortcut goes to
shortcuts. Where no name hints so, shortcuts stand all before or all after their branches. What the file keeps together
stays together: its containers may hold blocks and blocks its containers, but neither may cross. All readings
are sought, and two that differ are an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from resdsl.transfer.file_modules import Module
from resdsl.transfer.search import MisfitError, Reading, Search, Task
from resdsl.transfer.slots import Lane, Slot


def match(slots: Sequence[Slot], modules: Sequence[Module], ordered: bool) -> Reading | None:
    """The one reading, or None where nothing fits; raises MisfitError where several do."""
    found: list[Reading] = []
    for task in _tasks(slots, modules):
        for reading in Search(task, ordered).readings():
            if reading not in found:
                found.append(reading)
            if len(found) > 1:
                raise MisfitError(_ambiguity(slots, *found))
    return found[0] if found else None


def _tasks(slots: Sequence[Slot], modules: Sequence[Module]) -> Iterator[Task]:
    """The ways to read the file's names; none where shapes alone rule a fit out."""
    hinted = {module.lane for module in modules} | {"main"}
    lanes: dict[str, Lane] = {slot.name: slot.lane if slot.lane in hinted else "main" for slot in slots}
    module_lanes = [module.lane for module in modules]
    wanted = Counter((lanes[slot.name], slot.signature) for slot in slots)
    if wanted != Counter(zip(module_lanes, (module.signature for module in modules), strict=True)):
        return
    orders = [list(slots)]
    if any(slot.lane == "shortcut" and lanes[slot.name] == "main" for slot in slots):
        orders.append(_shortcuts_first(slots))
    for order in orders:
        yield Task(order, [lanes[slot.name] for slot in order], modules, module_lanes)


def _shortcuts_first(slots: Sequence[Slot]) -> list[Slot]:
    """The slots with those of each block's shortcut at its beginning."""
    blocks = [slot.groups[1] if len(slot.groups) > 1 else slot.name for slot in slots]
    begin = {block: position for position, block in reversed(list(enumerate(blocks)))}
    keys = {slot.name: (begin[block], slot.lane != "shortcut") for slot, block in zip(slots, blocks, strict=True)}
    return sorted(slots, key=lambda slot: keys[slot.name])


def _ambiguity(slots: Sequence[Slot], one: Mapping[str, Module], other: Mapping[str, Module]) -> str:
    apart = [slot.name for slot in slots if one[slot.name] != other[slot.name]]
    shown = "; ".join(f"{name} may be {one[name].name} or {other[name].name}" for name in apart[:4])
    more = f"; and {len(apart) - 4} more" if len(apart) > 4 else ""
    return (
        f"names, shapes and order leave more than one reading ({shown}{more}): "
        "rename these tensors to the canonical names, or number them in the order of the layers"
    )
