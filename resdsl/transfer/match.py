"""Which module of a checkpoint belongs to which layer, where names do not say it: by kind, shape and order.

A reading gives every layer a module of its parameters and shapes. Layers are taken in canonical order, and
each takes a module that can come next (`frontier.py`), on its own path: what a name hints to be a shortcut goes to
shortcuts. Where no name hints so, shortcuts stand all before or all after their branches. What the file keeps together
stays together: its containers may hold blocks and blocks its containers, but neither may cross. All readings
are sought. Where several differ, letters that count and convs and norms that belong together by their names decide; if
they do not, that is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from resdsl.transfer.file_modules import Module
from resdsl.transfer.search import MisfitError, Pairs, Reading, Search, Task
from resdsl.transfer.slots import Lane, Slot
from resdsl.transfer.tokens import partners


def match(slots: Sequence[Slot], modules: Sequence[Module], ordered: bool) -> Reading | None:
    """The one reading, or None where nothing fits; raises MisfitError where several do."""
    tasks = list(_tasks(slots, modules, ordered))
    try:
        found = _readings(tasks)
        if len(found) < 2:
            return found[0] if found else None
        doubt = MisfitError(_ambiguity(slots, *found))
    except MisfitError as too_many:
        doubt = too_many
    paired = _readings([task._replace(pairs=pairs) for task in tasks for pairs in _pairings(task)])
    if len(paired) != 1:
        raise doubt
    return paired[0]


def keeps_order(reading: Reading, slots: Sequence[Slot], modules: Sequence[Module]) -> bool:
    """Whether a file lists modules of one kind as they stand on each path: Keras puts shortcuts amid their branches."""
    places = {module.name: place for place, module in enumerate(modules)}
    paths: dict[tuple[str, str], list[int]] = {}
    for slot in slots:
        paths.setdefault((slot.kind, slot.lane), []).append(places[reading[slot.name].name])
    return all(path == sorted(path) for path in paths.values())


def _readings(tasks: Iterable[Task]) -> list[Reading]:
    """What fits, up to two readings that differ."""
    found: list[Reading] = []
    for task in tasks:
        for reading in Search(task).readings():
            if reading not in found:
                found.append(reading)
            if len(found) > 1:
                return found
    return found


def _tasks(slots: Sequence[Slot], modules: Sequence[Module], ordered: bool) -> Iterator[Task]:
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
        yield Task(order, [lanes[slot.name] for slot in order], modules, module_lanes, ordered)


def _pairings(task: Task) -> Iterator[Pairs]:
    """A norm belongs with the conv before it or, where blocks begin with one, perhaps with the conv after it."""
    neighbours = [
        (later, one.kind)
        for later, (one, other) in enumerate(pairwise(task.slots), start=1)
        if (one.groups, one.lane) == (other.groups, other.lane) and one.kind != other.kind
    ]
    by_name = partners(task.modules)
    begin = {slot.groups[1]: slot.kind for slot in reversed(task.slots) if slot.lane == "main" and len(slot.groups) > 1}
    for first in ("weights", "norm") if "norm" in begin.values() else ("weights",):
        yield Pairs({later: later - 1 for later, kind in neighbours if kind == first}, by_name)


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
