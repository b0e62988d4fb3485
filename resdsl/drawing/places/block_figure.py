"""Blocks from within, as in Fig. 4 of He et al. 2016b: the shortcut runs straight down, the branch next to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resdsl.drawing.columns.column import Box
from resdsl.drawing.columns.wording import join_text, network_title
from resdsl.drawing.places.drawing import Drawing, Node, Panel, Point
from resdsl.drawing.places.flow import Flow
from resdsl.drawing.places.specimen import Specimen
from resdsl.drawing.places.strand import Strand
from resdsl.drawing.places.two_paths import GAP, RADIUS, put, two_paths
from resdsl.ir.block import Block

PAGE = 760.0
"""The width of a row of panels, at which a page's width still leaves them readable."""

APART = 18.0


def block_figure(specimens: Sequence[Specimen], flow: Flow) -> Drawing:
    """A panel for each block, as many in a row as a page is wide; all panels share one grid."""
    grid = _grid(specimens, flow)
    in_a_row = max(1, int((PAGE + APART) // (grid.width + APART)))
    panels: list[Panel] = []
    top = 0.0
    for first in range(0, len(specimens), in_a_row):
        row = specimens[first : first + in_a_row]
        body = top + max(node.height / 2 - node.at.y for specimen in row for node in grid.head(specimen, 0, 0))
        for place, specimen in enumerate(row):
            panel, bottom = _panel(specimen, grid, place * (grid.width + APART), body)
            panels.append(panel)
            top = max(top, bottom + 2 * APART)
    names = dict.fromkeys(network_title(specimen.describe.network) for specimen in specimens)
    return flow.turned(Drawing(title=", ".join(names), panels=tuple(panels)))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The measures of every panel, across: the shortcut's line stands `left` of its edge, the branch's `aside` of that."""

    flow: Flow
    box: float
    left: float
    aside: float
    width: float

    def head(self, specimen: Specimen, left: float, end: float) -> list[Node]:
        """A panel's heading, which ends at `end`."""
        title, lines = specimen.titles()
        return self.flow.heading(specimen.name, title, lines, Point(left + self.width / 2, end), self.width)


def _grid(specimens: Sequence[Specimen], flow: Flow) -> _Grid:
    blocks = [specimen.block for specimen in specimens]
    box = flow.lane(box for specimen in specimens for box in specimen.boxes)
    maps = [Box("", "image", (str(shape),)) for block in blocks for shape in (block.input, block.output)]
    left = box / 2 if any(map(_on_trunk, blocks)) else max(flow.box(map)[0] for map in maps) / 2
    gate = box + 12 if any(True for specimen in specimens for _ in specimen.gate) else 0
    aside = max(_aside(block, box) for block in blocks)
    headings = flow.heading_room([specimen.titles() for specimen in specimens])
    return _Grid(flow, box, gate + left, aside, max(gate + left + aside + box / 2, headings))


def _on_trunk(block: Block) -> bool:
    """Whether boxes stand on the trunk."""
    return bool(block.shared or block.after or not block.shortcut or block.shortcut.layers or join_text(block))


def _aside(block: Block, box: float) -> float:
    if block.shortcut is None:
        return 0
    return box + 12 if block.shortcut.layers or join_text(block) else box / 2 + RADIUS + 8


def _panel(specimen: Specimen, grid: _Grid, left: float, body: float) -> tuple[Panel, float]:
    """A block drawn with its heading before the height `body`; and where it ends."""
    block = specimen.block
    trunk = Strand(grid.flow, left + grid.left, grid.box, grid.head(specimen, left, body))
    _map(trunk, f"{specimen.name}/in", str(block.input), body + 4)
    if block.shortcut is None:
        put(trunk, specimen.layers(block.shared + block.branch))
    else:
        two_paths(trunk, grid.aside, specimen, block.shortcut)
    put(trunk, specimen.layers(block.after))
    _map(trunk, f"{specimen.name}/out", str(block.output), trunk.bottom + GAP)
    nodes, edges = tuple(trunk.nodes), tuple(trunk.edges)
    return Panel(id=specimen.name, title=specimen.titles()[0], nodes=nodes, edges=edges), trunk.bottom


def _map(strand: Strand, id: str, text: str, top: float) -> None:
    """The map that comes in or goes out."""
    strand.box(Box(id, "image", (text,)), top)
