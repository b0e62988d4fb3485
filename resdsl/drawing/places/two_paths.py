"""From the fork to the join of a block: the shortcut straight down, the branch to its right, a gate to its left."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.drawing.columns.column import Box, shortcut_line
from resdsl.drawing.places.curves import bulge, elbow
from resdsl.drawing.places.drawing import Edge, Node, Point
from resdsl.drawing.places.specimen import Specimen
from resdsl.drawing.places.strand import Strand
from resdsl.ir.block import Shortcut

GAP = 8.0
RADIUS = 7.0
"""Of the circle that stands for the addition."""


def two_paths(trunk: Strand, aside: float, specimen: Specimen, shortcut: Shortcut) -> None:
    """What a block shares, the fork, its paths next to each other, `aside` from the trunk, and the join."""
    name, block = specimen.name, specimen.block
    gates = [_side(trunk, -aside, f"{name}/seen", [box]) for box in specimen.gate]
    put(trunk, specimen.layers(block.shared))
    branch = _side(trunk, aside, f"{name}/fork", (*specimen.layers(block.branch), *specimen.drop_path))
    trunk.shortcut, trunk.line = True, shortcut_line(block)
    put(trunk, specimen.layers(shortcut.layers, "downsample."))
    _join(trunk, specimen, max(strand.bottom for strand, _ in ((trunk, None), branch, *gates)) + GAP)
    join = trunk.nodes[-1]
    trunk.shortcut, trunk.line = False, "solid"
    for (side, fork), id in ((branch, f"{name}/branch"), *((gate, f"{name}/gate") for gate in gates)):
        trunk.edges += _ends(side, fork, join, id)


def put(strand: Strand, boxes: Iterable[Box]) -> None:
    """Boxes one after another."""
    for box in boxes:
        strand.box(box, strand.bottom + GAP)


def _side(trunk: Strand, aside: float, id: str, boxes: Iterable[Box]) -> tuple[Strand, Node]:
    """A fork of the trunk, and the boxes next to it that its other line leads to."""
    trunk.point(id, "fork", trunk.bottom + GAP)
    fork = trunk.nodes[-1]
    side = Strand(trunk.flow, trunk.x + aside, trunk.width, trunk.nodes, trunk.edges, bottom=trunk.bottom)
    put(side, boxes)
    return side, fork


def _join(trunk: Strand, specimen: Specimen, top: float) -> None:
    """A circle with a plus, or a box that says how."""
    if boxes := list(specimen.join):
        trunk.box(boxes[0], top)
        return
    facts = specimen.describe.join(specimen.block)
    at, size, id = Point(trunk.x, top + RADIUS), 2 * RADIUS, f"{specimen.name}/add"
    trunk.put(Node(id=id, kind="add", at=at, width=size, height=size, text=("+",), facts=facts))


def _ends(side: Strand, fork: Node, join: Node, id: str) -> list[Edge]:
    """From a fork into what stands next to the trunk, and from there into the join."""
    x, away = side.x, join.width / 2 if side.x > join.at.x else -join.width / 2
    end = Point(join.at.x + away, join.at.y)
    if side.first is None:
        return [Edge(id=id, tail=fork.id, head=join.id, points=bulge(fork.at, end, x, RADIUS))]
    into = elbow(fork.at, Point(x, fork.at.y), Point(x, side.first.at.y - side.first.height / 2))
    out = elbow(Point(x, side.bottom), Point(x, end.y), end)
    return [
        Edge(id=f"{side.first.id}/in", tail=fork.id, head=side.first.id, points=into),
        Edge(id=id, tail=side.last, head=join.id, points=out),
    ]
