"""Which drawing is meant: networks side by side, what changed between two, or blocks from within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.drawing.columns.bands import bands_by_map
from resdsl.drawing.columns.collapse import collapsed, collapsed_column
from resdsl.drawing.columns.column import Column
from resdsl.drawing.columns.compare import CHANGES, bands_by_name, compared, compared_images
from resdsl.drawing.columns.facts import Describer
from resdsl.drawing.columns.to_columns import to_column
from resdsl.drawing.places.block_figure import block_figure
from resdsl.drawing.places.drawing import Drawing
from resdsl.drawing.places.flow import Flow
from resdsl.drawing.places.legend import with_legend, with_note, without_titles
from resdsl.drawing.places.network_figure import network_figure
from resdsl.drawing.places.specimen import Specimen, block_looks
from resdsl.ir.block import Block
from resdsl.ir.network import Network
from resdsl.suggest import remedy

Direction = Literal["down", "right"]
Detail = Literal["auto", "layer", "block", "stage"]
Sources = Mapping[str, str]

SHALLOW = {"down": 40, "right": 24}
"""The boxes of one column up to which `auto` draws every layer: ResNet-34 has 36, and a row holds fewer."""

NOTE = "+ added, − removed, ~ changed; the others are the same"
NO_CHANGE = "no differences: every layer, shortcut and order is the same"


class ViewError(ValueError):
    """What was asked for cannot be drawn of these networks; the message says why."""


class NoSuchBlockError(ViewError):
    """The networks have no block of that name; the message says which they have."""


@dataclass(frozen=True, slots=True)
class View:
    """What is to be seen of networks: the figure of all, or `diff`, one `block`, or all `blocks` from within.

    `direction` is where it runs to; `legend` says what its lines mean, and `title` that each part has its heading.
    """

    detail: Detail | None = None
    block: str | None = None
    blocks: bool = False
    diff: bool = False
    direction: Direction = "down"
    legend: bool = False
    title: bool = True

    def check(self, networks: int, dashes: str = "--") -> None:
        """Raises ViewError where the wishes do not go together; their names get the `dashes` of a command line."""
        given = {"diff": self.diff, "blocks": self.blocks, "block": self.block is not None}
        asked = [f"{dashes}{name}" for name, is_given in given.items() if is_given]
        if networks == 0:
            raise ViewError("there is nothing to draw: give a network")
        if len(asked) > 1:
            raise ViewError(f"{' and '.join(asked)} do not go together: give one of them")
        if self.detail and asked and not self.diff:
            why = "a block is always drawn layer by layer"
            raise ViewError(f"{dashes}detail and {asked[0]} do not go together: {why}")
        if self.diff and networks != 2:
            raise ViewError(f"{dashes}diff compares two specs, not {networks}")


def drawn(networks: Sequence[Network], view: View, sources: Sources | None = None) -> Drawing:
    """The drawing of a view that goes together; `sources` are the texts of the networks' files."""
    if view.diff:
        drawing = draw_diff(networks[0], networks[1], view.detail or "auto", sources, view.direction)
    elif view.blocks or view.block is not None:
        drawing = draw_blocks(networks, view.block, sources, view.direction)
    else:
        drawing = draw_networks(networks, view.detail or "auto", sources, view.direction)
    if not view.title:
        drawing = without_titles(drawing)
    return with_legend(drawing) if view.legend else drawing


def draw_networks(
    networks: Sequence[Network], detail: Detail = "auto", sources: Sources | None = None, direction: Direction = "down"
) -> Drawing:
    """Fig. 3 of He et al. 2016: the networks side by side, aligned by the size of their maps."""
    columns = _columns(networks, detail, sources)
    if _collapses(columns, detail, direction):
        columns = tuple(collapsed_column(column) for column in columns)
    title = ", ".join(column.title for column in columns)
    return network_figure(columns, bands_by_map(columns), title, Flow(direction == "right"))


def draw_diff(
    before: Network,
    after: Network,
    detail: Detail = "auto",
    sources: Sources | None = None,
    direction: Direction = "down",
) -> Drawing:
    """Two networks side by side, with what was added, removed and changed from the first to the second."""
    old, new = columns = _columns((before, after), detail, sources, everything=True)
    pairs = compared(old, new)
    if _collapses(columns, detail, direction):
        pairs = collapsed(pairs, columns)
    title = f"{old.title} → {new.title}"
    drawing = network_figure(compared_images(old, new), bands_by_name(pairs), title, Flow(direction == "right"))
    statuses = {node.status for node in drawing.nodes} | {edge.status for edge in drawing.edges}
    changes = statuses & set(CHANGES)
    return with_note(drawing, "; ".join([NOTE if changes else NO_CHANGE, *_undrawn(before, after)]))


def draw_blocks(
    networks: Sequence[Network],
    name: str | None = None,
    sources: Sources | None = None,
    direction: Direction = "down",
) -> Drawing:
    """The block of that name in each network, or every distinct one, with each layer of its branch and its shortcut."""
    specimens = []
    for network, id in zip(networks, _ids(networks), strict=True):
        describe = Describer.of(network, sources)
        found = _named(network, name) if name else _distinct(network)
        specimens += [Specimen(describe, id, alike, alone=len(networks) == 1) for alike in found]
    return block_figure(specimens, Flow(direction == "right"))


def _undrawn(before: Network, after: Network) -> list[str]:
    """What differs and no figure shows."""
    inits = [{network.init, *(stage.init for stage in network.stages)} for network in (before, after)]
    return [
        *(["the initial weights differ"] if inits[0] != inits[1] else []),
        *(["the training differs"] if before.recipe != after.recipe else []),
    ]


def _columns(
    networks: Sequence[Network], detail: Detail, sources: Sources | None, *, everything: bool = False
) -> tuple[Column, ...]:
    return tuple(
        to_column(Describer.of(network, sources), id, by_stage=detail == "stage", everything=everything)
        for network, id in zip(networks, _ids(networks), strict=True)
    )


def _collapses(columns: Sequence[Column], detail: Detail, direction: Direction) -> bool:
    deepest = max(sum(len(segment.boxes) for segment in column.segments) for column in columns)
    return detail == "block" or (detail == "auto" and deepest > SHALLOW[direction])


def _ids(networks: Sequence[Network]) -> list[str]:
    """The networks' names, told apart by numbers where one comes again."""
    names = [network.name for network in networks]
    repeats = [names[:i].count(name) for i, name in enumerate(names)]
    return [f"{name}-{repeat + 1}" if repeat else name for name, repeat in zip(names, repeats, strict=True)]


def _named(network: Network, name: str) -> list[tuple[Block, ...]]:
    found = [block for block in network.blocks if block.name == name]
    if found:
        return [(found[0],)]
    if not network.blocks:
        raise NoSuchBlockError(f"{network.name} has no blocks")
    names = [alike[0].name for alike in _distinct(network)]
    raise NoSuchBlockError(f"{network.name} has no block '{name}': {remedy(name, names, 'block')}")


def _distinct(network: Network) -> list[tuple[Block, ...]]:
    """The blocks of each kind, those that look alike together."""
    kinds: dict[object, list[Block]] = {}
    for block in network.blocks:
        kinds.setdefault(block_looks(block), []).append(block)
    if not kinds:
        raise NoSuchBlockError(f"{network.name} has no blocks")
    return [tuple(alike) for alike in kinds.values()]
