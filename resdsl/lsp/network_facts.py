"""The valid networks of a file: as the text stands, or while it is broken as it last was."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from resdsl.checking.checker import Checked
from resdsl.diagnostics import Span, has_errors
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network, Stage
from resdsl.lsp.positions import Place

Part = Stage | Block | Layer


class Fact(NamedTuple):
    """A part of a network, and the name by which the network knows it; a block's own layers are `in_block`."""

    network: Network
    name: str
    part: Part
    in_block: bool = False


class Valid(NamedTuple):
    """A valid network, and the lines of its file at that time."""

    network: Network
    lines: tuple[str, ...]


Known = Mapping[str, Valid]


def remembered(last: Known, checked: Checked, lines: tuple[str, ...]) -> Known:
    """The networks of a text that was just checked; those that it breaks stay as they were."""
    fresh = {name: Valid(network, lines) for name, network in checked.networks.items()}
    return {**last, **fresh} if has_errors(checked.findings) else fresh


def facts(known: Known, file: str, lines: tuple[str, ...]) -> dict[Place, list[Fact]]:
    """What starts where in `file`, whose text is now `lines`."""
    found: dict[Place, list[Fact]] = {}
    for valid in known.values():
        moved = _Moved(valid.lines, lines)
        for fact in parts(valid.network):
            span = fact.part.span
            line = moved.line(span.line) if span.file == file else None
            if line is not None:
                found.setdefault(Place(line, span.column), []).append(fact)
    return found


def parts(network: Network) -> Iterator[Fact]:
    """Every stage, block and layer; of a run's equal blocks the first."""
    for layer in network.stem:
        yield Fact(network, layer.name, layer)
    for stage in network.stages:
        yield Fact(network, stage.name, stage)
        seen: set[tuple[Span, int]] = set()
        for item in stage.items:
            if not isinstance(item, Block):
                yield Fact(network, f"{stage.name}.{item.name}", item)
            elif (item.span, id(item.branch)) not in seen:
                seen.add((item.span, id(item.branch)))
                yield Fact(network, item.name, item)
                yield from _inside(network, item)
    for layer in network.tail + network.head:
        yield Fact(network, layer.name, layer)


def _inside(network: Network, block: Block) -> Iterator[Fact]:
    """The layers that the block's declaration writes out; the others belong to the block as a whole."""
    for name, layer in block.parts():
        if layer.span != block.span:
            yield Fact(network, f"{block.name}.{name}", layer, in_block=True)


def of_one_network(found: Sequence[Fact]) -> list[Fact]:
    """Those facts that the network holds which declares the place itself, else the first one."""

    def distance(fact: Fact) -> int:
        above = fact.part.span.line - fact.network.span.line
        return above if above >= 0 and fact.part.span.file == fact.network.span.file else sys.maxsize

    nearest = min(found, key=distance).network
    return [fact for fact in found if fact.network is nearest]


class _Moved:
    """Where the lines of an older text stand in a newer one, which is the same at both ends; what changed, nowhere."""

    def __init__(self, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        self.above = 0 if old is not new else len(old)
        shortest = min(len(old), len(new))
        while self.above < shortest and old[self.above] == new[self.above]:
            self.above += 1
        below = 0
        while below < shortest - self.above and old[-1 - below] == new[-1 - below]:
            below += 1
        self.below, self.shift = len(old) - below, len(new) - len(old)

    def line(self, number: int) -> int | None:
        """The number of the old line `number` in the new text."""
        if number <= self.above:
            return number
        return number + self.shift if number > self.below else None
