"""What a file keeps together stays together: its containers and the network's blocks nest, and never cross."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from resdsl.transfer.file_modules import Module
from resdsl.transfer.slots import Lane, Slot

# A part of a name, on one path: `layer1.0` is one container on the main path and another on the shortcuts.
Container = tuple[Lane, tuple[str, ...]]


class Nesting:
    """Checks each stage, block and shortcut as soon as the last of its slots is filled.

    A container counts with the kinds that it holds, so that one for all convs next to one for all norms crosses nothing.
    """

    def __init__(self, slots: Sequence[Slot], modules: Sequence[Module], lanes: Sequence[Lane]) -> None:
        self._kinds: list[str] = [module.kind for module in modules]
        self._lanes = lanes
        self._around = [
            [(lane, module.path[:depth]) for depth in range(1, len(module.path))]
            for module, lane in zip(modules, lanes, strict=True)
        ]
        self._sizes = Counter(container for around in self._around for container in around)
        self._held: dict[Container, set[str]] = {}
        for around, kind in zip(self._around, self._kinds, strict=True):
            for container in around:
                self._held.setdefault(container, set()).add(kind)
        self._ending = _ending(slots)

    def holds(self, taken: Sequence[int]) -> bool:
        """Whether nothing crosses in the groups that end with the last of `taken`, in the order of the slots."""
        return all(self._nests(taken[start:]) for start in self._ending.get(len(taken) - 1, ()))

    def _nests(self, group: Sequence[int]) -> bool:
        inside = Counter(container for index in group for container in self._around[index])
        peers = Counter((self._lanes[index], self._kinds[index]) for index in group)
        return all(
            count in (self._sizes[container], sum(peers[container[0], kind] for kind in self._held[container]))
            for container, count in inside.items()
        )


def _ending(slots: Sequence[Slot]) -> dict[int, list[int]]:
    """Where the groups that end at a position begin."""
    spans: dict[str, list[int]] = {}
    for position, slot in enumerate(slots):
        for group in slot.groups:
            spans.setdefault(group, []).append(position)
    ending: dict[int, list[int]] = {}
    for positions in spans.values():
        ending.setdefault(positions[-1], []).append(positions[0])
    return ending
