"""Which module of a checkpoint can come next along the network: what the numbers in names and the file's order say.

Where two names are alike up to a number, all that is under the lower one comes first (`conv1`, `conv2_3x3`; `0`, `1`).
Where nothing else helps, so it is with letters that count (`a`, `b`, `c`; `conv2`, `conv2b`). A file that lists its
tensors as modules register them also orders modules of one kind. Nothing else orders two modules.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from string import ascii_lowercase

from resdsl.transfer.file_modules import Module
from resdsl.transfer.slots import Lane
from resdsl.transfer.tensors import Entry
from resdsl.transfer.tokens import tokens_of

# Kind and lane: the paths through a network, each with an order of its own.
Path = tuple[str, Lane]


@dataclass(eq=False, slots=True)
class _Container:
    """The beginning of a name and all that is under it: `runs` are what follows, numbers together in their order."""

    module: int | None = None
    left: int = 0
    runs: list[list[_Container]] = field(default_factory=list)

    def ready(self) -> Iterator[int]:
        """The modules that can come next."""
        if self.module is not None:
            yield self.module
        for run in self.runs:
            first = next((child for child in run if child.left), None)
            if first:
                yield from first.ready()


class Frontier:
    """The modules that are not yet taken, and which of them can be next on each path."""

    def __init__(self, modules: Sequence[Module], lanes: Sequence[Lane], ordered: bool, letters: bool) -> None:
        self._names = [tokens_of(module.path) for module in modules]
        self._letters = letters
        self._paths: list[Path] = [(module.kind, lane) for module, lane in zip(modules, lanes, strict=True)]
        self._parents: list[list[_Container]] = [[] for _ in modules]
        self._roots = {
            lane: self._grown([i for i, other in enumerate(lanes) if other == lane], 0) for lane in set(lanes)
        }
        self._queues: dict[Path, deque[int]] | None = {path: deque() for path in self._paths} if ordered else None
        if self._queues is not None:
            for index, path in enumerate(self._paths):
                self._queues[path].append(index)

    def ready(self, lane: Lane) -> list[int]:
        """What can be next on `lane`, in the file's order."""
        found = sorted(self._roots[lane].ready()) if lane in self._roots else []
        if self._queues is None:
            return found
        return [index for index in found if self._queues[self._paths[index]][0] == index]

    def take(self, index: int) -> None:
        """Takes what was ready."""
        for container in self._parents[index]:
            container.left -= 1
        self._parents[index][-1].module = None
        if self._queues:
            self._queues[self._paths[index]].popleft()

    def give_back(self, index: int) -> None:
        """Undoes the last `take`."""
        for container in self._parents[index]:
            container.left += 1
        self._parents[index][-1].module = index
        if self._queues:
            self._queues[self._paths[index]].appendleft(index)

    def _grown(self, members: Sequence[int], depth: int) -> _Container:
        container = _Container(left=len(members))
        children: dict[str, list[int]] = {}
        for index in members:
            self._parents[index].append(container)
            if len(self._names[index]) == depth:
                container.module = index
            else:
                children.setdefault(self._names[index][depth], []).append(index)
        grown = {token: self._grown(inside, self._shared(inside, depth + 1)) for token, inside in children.items()}
        counts = depth > 0 and self._letters and self._names[members[0]][depth - 1].isdecimal()
        container.runs = [[grown[token] for token in run] for run in _runs(children, self._letters, counts)]
        return container

    def _shared(self, members: Sequence[int], depth: int) -> int:
        """How far from `depth` the names of all members go on alike."""
        alike = zip(*(self._names[index][depth:] for index in members), strict=False)
        return depth + sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, alike))


def _runs(tokens: Iterable[str], letters: bool, after_number: bool) -> Iterator[list[str]]:
    """Numbers in their order, letters in theirs if they count from a, or on from a number; each word alone."""
    numbers = [token for token in tokens if token.isdecimal()]
    counted = sorted(token for token in tokens if len(token) == 1 and token.isalpha())
    ends = [token for token in tokens if not token.isalnum()] if after_number and counted else []
    from_a = len(counted) > 1 and "".join(counted).lower() == ascii_lowercase[: len(counted)]
    if not letters or not (from_a or len(ends) == 1):
        counted = []
    run = ends + counted if len(ends) == 1 else counted
    yield sorted(numbers, key=int)
    yield run
    yield from ([token] for token in tokens if token not in numbers and token not in run)


def is_registration_order(entries: Sequence[Entry]) -> bool:
    """Whether the order of a file can be that in which modules were registered: all that is in one stands together.

    Sorted names tell nothing about it.
    """
    names = [entry.name for entry in entries]
    if names in (sorted(names), sorted(names, key=_natural)):
        return False
    return _is_walk([entry.module for entry in entries])


def _is_walk(paths: Sequence[tuple[str, ...]]) -> bool:
    left: set[tuple[str, ...]] = set()
    before: tuple[str, ...] = ()
    for path in paths:
        around = {path[:depth] for depth in range(1, len(path) + 1)}
        if around & left:
            return False
        left |= {before[:depth] for depth in range(1, len(before) + 1)} - around
        before = path
    return True


def _natural(name: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]
