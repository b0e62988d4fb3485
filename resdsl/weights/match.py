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
from typing import NamedTuple

from resdsl.weights.modules import Lane, Module, Slot
from resdsl.weights.nesting import Nesting
from resdsl.weights.order import Frontier

# Twenty times what ResNet-1202 needs: without a limit, a hopeless file could keep the search busy for years.
STEPS = 50_000
Reading = dict[str, Module]


class MisfitError(Exception):
    """Weights that are not, or not certainly, those of the network; the message says why and what to do."""


class _Task(NamedTuple):
    """Slots in an order to be filled, each on its path, from modules on theirs."""

    slots: list[Slot]
    lanes: list[Lane]
    modules: Sequence[Module]
    module_lanes: list[Lane]


def match(slots: Sequence[Slot], modules: Sequence[Module], ordered: bool) -> Reading | None:
    """The one reading, or None where nothing fits; raises MisfitError where several do."""
    found: list[Reading] = []
    for task in _tasks(slots, modules):
        for reading in _readings(task, ordered):
            if reading not in found:
                found.append(reading)
            if len(found) > 1:
                raise MisfitError(_ambiguity(slots, *found))
    return found[0] if found else None


def _tasks(slots: Sequence[Slot], modules: Sequence[Module]) -> Iterator[_Task]:
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
        yield _Task(order, [lanes[slot.name] for slot in order], modules, module_lanes)


def _shortcuts_first(slots: Sequence[Slot]) -> list[Slot]:
    """The slots with those of each block's shortcut at its beginning."""
    blocks = [slot.groups[1] if len(slot.groups) > 1 else slot.name for slot in slots]
    begin = {block: position for position, block in reversed(list(enumerate(blocks)))}
    keys = {slot.name: (begin[block], slot.lane != "shortcut") for slot, block in zip(slots, blocks, strict=True)}
    return sorted(slots, key=lambda slot: keys[slot.name])


def _readings(task: _Task, ordered: bool) -> Iterator[Reading]:
    """Every reading, by trying at each slot all that can come next, and stepping back where it leads nowhere."""
    frontier = Frontier(task.modules, task.module_lanes, ordered)
    nesting = Nesting(task.slots, task.modules, task.module_lanes)
    taken: list[int] = []
    choices = [_choices(task, frontier, 0)]
    for _ in range(STEPS):
        chosen = next(choices[-1], None)
        if chosen is None:
            choices.pop()
            if not choices:
                return
            frontier.give_back(taken.pop())
            continue
        frontier.take(chosen)
        taken.append(chosen)
        if len(taken) < len(task.slots) and nesting.holds(taken):
            choices.append(_choices(task, frontier, len(taken)))
            continue
        if len(taken) == len(task.slots) and nesting.holds(taken):
            yield {slot.name: task.modules[index] for slot, index in zip(task.slots, taken, strict=True)}
        frontier.give_back(taken.pop())
    raise MisfitError("the names leave too many ways to read the file: rename its tensors to the canonical names")


def _choices(task: _Task, frontier: Frontier, position: int) -> Iterator[int]:
    signature = task.slots[position].signature
    ready = frontier.ready(task.lanes[position])
    return iter([index for index in ready if task.modules[index].signature == signature])


def _ambiguity(slots: Sequence[Slot], one: Mapping[str, Module], other: Mapping[str, Module]) -> str:
    apart = [slot.name for slot in slots if one[slot.name] != other[slot.name]]
    shown = "; ".join(f"{name} may be {one[name].name} or {other[name].name}" for name in apart[:4])
    more = f"; and {len(apart) - 4} more" if len(apart) > 4 else ""
    return (
        f"names, shapes and order leave more than one reading ({shown}{more}): "
        "rename these tensors to the canonical names, or number them in the order of the layers"
    )
