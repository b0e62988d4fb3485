"""Which drawing is meant: networks side by side, what changed between two, or blocks from within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from resdsl.drawing.block_view import Specimen, block_looks, block_view
from resdsl.drawing.columns import Column, collapsed, collapsed_column
from resdsl.drawing.diff import compared, compared_images, diff_rows
from resdsl.drawing.facts import Describer
from resdsl.drawing.figure import figure
from resdsl.drawing.model import Drawing
from resdsl.drawing.read import read_column
from resdsl.drawing.rows import rows_by_map
from resdsl.ir.block import Block
from resdsl.ir.network import Network
from resdsl.suggest import remedy

Detail = Literal["auto", "layer", "block", "stage"]
Sources = Mapping[str, str]

SHALLOW = 40
"""The boxes of one column up to which `auto` draws every layer: ResNet-34 has 36."""

LEGEND = ("+ added, − removed, ~ changed; the others are the same",)


class NoSuchBlockError(Exception):
    """The networks have no block of that name; the message says which they have."""


def draw_networks(networks: Sequence[Network], detail: Detail = "auto", sources: Sources | None = None) -> Drawing:
    """Fig. 3 of He et al. 2016: the networks side by side, aligned by the size of their maps."""
    columns = _columns(networks, detail, sources)
    if _collapses(columns, detail):
        columns = tuple(collapsed_column(column) for column in columns)
    return figure(columns, rows_by_map(columns), ", ".join(column.title for column in columns))


def draw_diff(before: Network, after: Network, detail: Detail = "auto", sources: Sources | None = None) -> Drawing:
    """Two networks side by side, with what was added, removed and changed from the first to the second."""
    old, new = columns = _columns((before, after), detail, sources, everything=True)
    pairs = compared(old, new)
    if _collapses(columns, detail):
        pairs = collapsed(pairs, columns)
    title = f"{old.title} → {new.title}"
    return figure(compared_images(old, new), diff_rows(pairs), title, LEGEND)


def draw_blocks(networks: Sequence[Network], name: str | None = None, sources: Sources | None = None) -> Drawing:
    """The block of that name in each network, or every distinct one, with each layer of its branch and its shortcut."""
    specimens = []
    for network, id in zip(networks, _ids(networks), strict=True):
        describe = Describer.of(network, sources)
        found = _named(network, name) if name else _distinct(network)
        specimens += [Specimen(describe, id, block, count, alone=len(networks) == 1) for block, count in found]
    return block_view(specimens)


def _columns(
    networks: Sequence[Network], detail: Detail, sources: Sources | None, *, everything: bool = False
) -> tuple[Column, ...]:
    return tuple(
        read_column(Describer.of(network, sources), id, by_stage=detail == "stage", everything=everything)
        for network, id in zip(networks, _ids(networks), strict=True)
    )


def _collapses(columns: Sequence[Column], detail: Detail) -> bool:
    deepest = max(sum(len(run.boxes) for run in column.runs) for column in columns)
    return detail == "block" or (detail == "auto" and deepest > SHALLOW)


def _ids(networks: Sequence[Network]) -> list[str]:
    """The networks' names, told apart by numbers where one comes again."""
    names = [network.name for network in networks]
    repeats = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name}-{repeat + 1}" if repeat else name for name, repeat in zip(names, repeats, strict=True)]


def _named(network: Network, name: str) -> list[tuple[Block, int]]:
    found = [block for block in network.blocks if block.name == name]
    if found:
        return [(found[0], 1)]
    if not network.blocks:
        raise NoSuchBlockError(f"{network.name} has no blocks")
    names = [block.name for block, _ in _distinct(network)]
    raise NoSuchBlockError(f"{network.name} has no block '{name}': {remedy(name, names, 'block')}")


def _distinct(network: Network) -> list[tuple[Block, int]]:
    """The first of each kind of block, with the number of its like."""
    counts: dict[object, int] = {}
    firsts: dict[object, Block] = {}
    for block in network.blocks:
        looks = block_looks(block)
        firsts.setdefault(looks, block)
        counts[looks] = counts.get(looks, 0) + 1
    if not firsts:
        raise NoSuchBlockError(f"{network.name} has no blocks")
    return [(block, counts[looks]) for looks, block in firsts.items()]
