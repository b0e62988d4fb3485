"""Networks side by side, as in Table 1 of He et al. 2016: a row for each size of map, a column for each network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from resdsl.analysis.rows_by_map import rows_by_map
from resdsl.ir.block import Block
from resdsl.ir.layers import Layer, Pool
from resdsl.ir.layers.window import size_text, stride_text
from resdsl.ir.network import Network
from resdsl.ir.shape import Pair


@dataclass(frozen=True, slots=True)
class Entry:
    """What a cell names: a layer (`7x7, 64, /2`), or with `times` so many equal blocks, a line for each weight layer."""

    lines: tuple[str, ...]
    times: int | None = None


Cell = tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class MapRow:
    """What leaves maps of one size, in each network; `name` is what the stages are called."""

    name: str
    size: Pair
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The table: under its rows stand the `networks`' totals."""

    networks: tuple[Network, ...]
    rows: tuple[MapRow, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(" ".join(network.title.split()) or network.name for network in self.networks)

    @property
    def orders(self) -> tuple[str, ...] | None:
        """The orders of activation, where the networks differ in them."""
        orders = [dict.fromkeys(block.order for block in network.blocks) for network in self.networks]
        told = tuple(", ".join(order) for order in orders)
        return told if len(set(told)) > 1 else None


def side_by_side(networks: Sequence[Network]) -> SideBySide:
    """The table of networks. As in the paper, the strides within blocks are left out: the sizes of the maps tell them."""
    rows = []
    for size, here in rows_by_map(map(_parts, networks), lambda part: part.item.output.map):
        stages = dict.fromkeys(part.stage for parts in here for part in parts if part.stage)
        layers = dict.fromkeys(part.item.name for parts in here for part in parts if part.names_row)
        rows.append(MapRow(", ".join(stages or layers), size, tuple(_cell(parts) for parts in here)))
    return SideBySide(tuple(networks), tuple(rows))


@dataclass(frozen=True, slots=True)
class _Part:
    """A block or a layer outside blocks; `stage` is empty for those of the stem and the head."""

    item: Block | Layer
    stage: str = ""

    @property
    def names_row(self) -> bool:
        """Whether a row without stages is called after it."""
        return not isinstance(self.item, Block) and self.item.word == "conv"


def _parts(network: Network) -> Iterator[_Part]:
    yield from map(_Part, network.stem)
    for stage in network.stages:
        yield from (_Part(item, " ".join(stage.title.split()) or stage.name) for item in stage.items)
    yield from map(_Part, network.tail + network.head)


def _cell(parts: list[_Part]) -> Cell:
    entries = [_entry(part.item) for part in parts if isinstance(part.item, Block) or not part.item.is_companion]
    cell: list[Entry] = []
    for entry, run in groupby(entries):
        count = len(list(run))
        cell += [replace(entry, times=count)] if entry.times else [entry] * count
    return tuple(cell)


def _entry(item: Block | Layer) -> Entry:
    if not isinstance(item, Block):
        return Entry((_line(item),))
    shown = [layer for layer in item.shared + item.branch if not layer.is_companion]
    return Entry(tuple(_line(layer).replace(stride_text(layer.strides), "") for layer in shown), times=1)


def _line(layer: Layer) -> str:
    """`3x3, 64` for a conv, and `3x3 max pool, /2` for a pool."""
    if isinstance(layer, Pool):
        return f"{size_text(layer.kernel)} {'max ' if layer.kind == 'max' else ''}{layer.text}"
    return layer.text.replace(" conv,", ",")
