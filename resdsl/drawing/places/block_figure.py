"""Blocks from within, as in Fig. 4 of He et al. 2016b: the shortcut runs straight down, the branch next to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resdsl.drawing.columns.column import Box, shortcut_line
from resdsl.drawing.columns.facts import Describer
from resdsl.drawing.columns.wording import block_text, network_title
from resdsl.drawing.places.curves import bulge, elbow
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.places.flow import Flow
from resdsl.drawing.places.strand import Strand
from resdsl.ir.block import Block, Shortcut
from resdsl.ir.layers import Layer
from resdsl.ir.layers.window import stride_text

PAGE = 760.0
"""The width of a row of panels, at which a page's width still leaves them readable."""

APART = 18.0
GAP = 8.0
RADIUS = 7.0
"""Of the circle that stands for the addition."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A block to draw, which stands for `count` of its like; `alone` where its network needs no naming."""

    describe: Describer
    id: str
    block: Block
    count: int
    alone: bool

    @property
    def name(self) -> str:
        """What the ids of everything in it start with."""
        return f"{self.id}.{self.block.name}"

    def titles(self) -> tuple[str, tuple[str, ...]]:
        """The panel's title, and the lines under it."""
        network, block = self.describe.network, self.block
        name = f"{block.name}, ×{self.count}" if self.count > 1 else block.name
        stride = stride_text(block.stride)
        what = (f"{block_text(block)}{stride}", f"order {block.order}")
        return (name, what) if self.alone else (network_title(network), (name, *what))


def block_looks(block: Block) -> tuple[object, ...]:
    """Equal for two blocks whose drawings differ in nothing but the name."""
    layers = tuple((name, layer.text, layer.details) for name, layer in block.parts())
    return block.input, block.output, block.order, block.shortcut is None, layers


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
    box = flow.lane(Box("", layer.box, (layer.text,)) for block in blocks for _, layer in block.parts())
    maps = [Box("", "image", (str(shape),)) for block in blocks for shape in (block.input, block.output)]
    on_trunk = any(block.shared or block.after or not block.shortcut or block.shortcut.layers for block in blocks)
    left = box / 2 if on_trunk else max(flow.box(map)[0] for map in maps) / 2
    aside = max(_aside(block, box) for block in blocks)
    headings = flow.heading_room([specimen.titles() for specimen in specimens])
    return _Grid(flow, box, left, aside, max(left + aside + box / 2, headings))


def _aside(block: Block, box: float) -> float:
    if block.shortcut is None:
        return 0
    return box + 12 if block.shortcut.layers else box / 2 + RADIUS + 8


def _panel(specimen: Specimen, grid: _Grid, left: float, body: float) -> tuple[Panel, float]:
    """A block drawn with its heading before the height `body`; and where it ends."""
    block = specimen.block
    trunk = Strand(grid.flow, left + grid.left, grid.box, grid.head(specimen, left, body))
    _map(trunk, f"{specimen.name}/in", str(block.input), body + 4)
    _layers(trunk, specimen, block.shared)
    if block.shortcut is None:
        _layers(trunk, specimen, block.branch)
    else:
        _two_paths(trunk, grid.aside, specimen, block.shortcut)
    _layers(trunk, specimen, block.after)
    _map(trunk, f"{specimen.name}/out", str(block.output), trunk.bottom + GAP)
    nodes, edges = tuple(trunk.nodes), tuple(trunk.edges)
    return Panel(id=specimen.name, title=specimen.titles()[0], nodes=nodes, edges=edges), trunk.bottom


def _two_paths(trunk: Strand, aside: float, specimen: Specimen, shortcut: Shortcut) -> None:
    """The fork, the branch and the shortcut next to each other, and the addition."""
    block, name = specimen.block, specimen.name
    trunk.point(f"{name}/fork", "fork", trunk.bottom + GAP)
    fork = trunk.nodes[-1].at
    branch = Strand(trunk.flow, trunk.x + aside, trunk.width, trunk.nodes, trunk.edges, bottom=trunk.bottom)
    _layers(branch, specimen, block.branch)
    trunk.shortcut, trunk.line = True, shortcut_line(block)
    _layers(trunk, specimen, shortcut.layers, "downsample.")
    addition = Point(trunk.x, max(trunk.bottom, branch.bottom) + GAP + RADIUS)
    facts = specimen.describe.addition(block)
    circle = Node(
        id=f"{name}/add", kind="add", at=addition, width=2 * RADIUS, height=2 * RADIUS, text=("+",), facts=facts
    )
    trunk.put(circle)
    trunk.shortcut, trunk.line = False, "solid"
    trunk.edges += _branch_ends(branch, specimen, fork, Point(addition.x + RADIUS, addition.y))


def _branch_ends(branch: Strand, specimen: Specimen, fork: Point, addition: Point) -> list[Edge]:
    """From the fork into the branch and from the branch into the addition."""
    name, x = specimen.name, branch.x
    if branch.first is None:
        points = bulge(fork, addition, x, RADIUS)
        return [Edge(id=f"{name}/branch", tail=f"{name}/fork", head=f"{name}/add", points=points)]
    into = elbow(fork, Point(x, fork.y), Point(x, branch.first.at.y - branch.first.height / 2))
    out = elbow(Point(x, branch.bottom), Point(x, addition.y), addition)
    return [
        Edge(id=f"{branch.first.id}/in", tail=f"{name}/fork", head=branch.first.id, points=into),
        Edge(id=f"{name}/branch", tail=branch.last, head=f"{name}/add", points=out),
    ]


def _layers(strand: Strand, specimen: Specimen, layers: Iterable[Layer], prefix: str = "") -> None:
    for layer in layers:
        name = f"{specimen.block.name}.{prefix}{layer.name}"
        facts = specimen.describe.layer(name, layer, specimen.block.span)
        box = Box(f"{specimen.id}.{name}", layer.box, (layer.text,), facts)
        strand.box(box, strand.bottom + GAP, layer.output.map)


def _map(strand: Strand, id: str, text: str, top: float) -> None:
    """The map that comes in or goes out."""
    strand.box(Box(id, "image", (text,)), top)
