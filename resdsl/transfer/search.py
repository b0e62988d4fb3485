"""All readings of a checkpoint: the ways in which every layer of a network gets a module of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from resdsl.transfer.file_modules import Module
from resdsl.transfer.frontier import Frontier
from resdsl.transfer.nesting import Nesting
from resdsl.transfer.slots import Lane, Slot

# Ten times what ResNet-1202 needs, some seconds: without a limit, a hopeless file could keep the search busy for years.
EFFORT = 500_000
Reading = dict[str, Module]  # by the names of the slots


class MisfitError(Exception):
    """Weights that are not, or not certainly, those of the network; the message says why and what to do."""


class Pairs(NamedTuple):
    """What stands with an earlier neighbour, in the order of the slots, and which modules belong together by their names."""

    slots: Mapping[int, int]
    modules: Mapping[int, int]

    def holds(self, taken: Sequence[int]) -> bool:
        """Whether the last of `taken` and its neighbour belong together, or neither belongs with any other."""
        earlier = self.slots.get(len(taken) - 1)
        return earlier is None or self._alike(taken[earlier], taken[-1])

    def _alike(self, one: int, other: int) -> bool:
        return self.modules.get(one, other) == other and self.modules.get(other, one) == one


class Task(NamedTuple):
    """Slots in the order in which to fill them, and modules to do so, each with the path that it is on.

    `pairs` are heeded where names, numbers and order have left more than one reading.
    """

    slots: list[Slot]
    lanes: list[Lane]
    modules: Sequence[Module]
    module_lanes: list[Lane]
    ordered: bool
    pairs: Pairs | None = None


class Search:
    """Fills slot after slot with each module that can come next, and steps back where that leads nowhere."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._frontier = Frontier(task.modules, task.module_lanes, task.ordered, letters=task.pairs is not None)
        self._nesting = Nesting(task.slots, task.modules, task.module_lanes)
        self._taken: list[int] = []
        self._effort = 0

    def readings(self) -> Iterator[Reading]:
        """Every reading; raises MisfitError where there is too much to try."""
        choices = [self._choices()]
        while choices:
            chosen = next(choices[-1], None)
            if chosen is None:
                choices.pop()
                if choices:
                    self._step_back()
            elif not self._step(chosen):
                self._step_back()
            elif len(self._taken) < len(self._task.slots):
                choices.append(self._choices())
            else:
                yield self._reading()
                self._step_back()

    def _choices(self) -> Iterator[int]:
        position = len(self._taken)
        ready = self._frontier.ready(self._task.lanes[position])
        self._effort += len(ready) + 10
        if self._effort > EFFORT:
            raise MisfitError("names and shapes leave too many ways to read the file: rename its tensors to our names")
        slot, modules = self._task.slots[position], self._task.modules
        fitting = [index for index in ready if modules[index].signature == slot.signature]
        # Query, key and value have one shape, and are told apart by their names alone.
        own = slot.inside.rpartition(".")[2]
        called = [index for index in fitting if own and modules[index].path[-1].partition("_proj")[0] == own]
        return iter(called or fitting)

    def _step(self, chosen: int) -> bool:
        """Takes a module; False where it crosses what belongs together."""
        self._frontier.take(chosen)
        self._taken.append(chosen)
        return (self._task.pairs is None or self._task.pairs.holds(self._taken)) and self._nesting.holds(self._taken)

    def _step_back(self) -> None:
        self._frontier.give_back(self._taken.pop())

    def _reading(self) -> Reading:
        return {slot.name: self._task.modules[index] for slot, index in zip(self._task.slots, self._taken, strict=True)}
