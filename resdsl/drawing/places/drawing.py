"""A drawing as data: boxes and lines at their places, in points, y downwards. It knows no format and no colours.

What a box *is* (`kind`), which map leaves it (`map`) and what became of it (`status`) are named here; a
theme says how that looks, and a printer writes it down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from resdsl.drawing.columns.column import Kind, Line, Status
from resdsl.drawing.columns.facts import Facts
from resdsl.ir.shape import Pair

MARK = "drawn by resdsl"
"""Stands in every file that we write, and tells it from those that we must not overwrite."""

POINTS: tuple[Kind, ...] = ("join", "fork")
TEXTS: tuple[Kind, ...] = ("image", "title", "subtitle", "label", "count", "mark", "note")


class Point(NamedTuple):
    """A place, in points; y grows downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A box, a junction, a frame or a text, around its centre. `group` is the id of the frame around it.

    `note` is what a format that finds its own places writes in it.
    """

    id: str
    kind: Kind
    at: Point
    width: float
    height: float
    text: tuple[str, ...] = ()
    map: Pair | None = None
    status: Status = ""
    facts: Facts | None = None
    group: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line along cubic Bézier segments: one point, then three for each; with `arrow` it ends in a head.

    `note` is what a format that finds its own places writes at it.
    """

    id: str
    tail: str
    head: str
    points: tuple[Point, ...]
    line: Line = "solid"
    shortcut: bool = False
    arrow: bool = True
    status: Status = ""
    facts: Facts | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The part of a drawing that shows one network or one block: what a list or a subgraph is made of."""

    id: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """Panels side by side, or one under the other where they run `right`; and what belongs to none of them (`margin`)."""

    title: str
    panels: tuple[Panel, ...]
    margin: tuple[Node, ...] = ()
    right: bool = False

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All of them, those that lie under others first."""
        return (*self.margin, *(node for panel in self.panels for node in panel.nodes))

    @property
    def bounds(self) -> tuple[Point, Point]:
        """The upper left and the lower right corner of all there is."""
        points = [point for edge in self.edges for point in edge.points]
        for node in self.nodes:
            points += [Point(node.at.x + side * node.width / 2, node.at.y + side * node.height / 2) for side in (-1, 1)]
        return Point(*map(min, zip(*points, strict=True))), Point(*map(max, zip(*points, strict=True)))

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All of them."""
        return tuple(edge for panel in self.panels for edge in panel.edges)
