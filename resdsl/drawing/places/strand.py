"""Boxes on one straight line, drawn from its start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from resdsl.drawing.columns.column import Box, Kind, Line
from resdsl.drawing.places.curves import straight
from resdsl.drawing.places.drawing import POINTS, Edge, Node, Point
from resdsl.drawing.places.flow import Flow
from resdsl.ir.shape import Pair

SHORT = 5.0
"""A line no longer than this has no room for an arrow's head."""


@dataclass(slots=True)
class Strand:
    """Remembers where its line has come to: below `last`, at `bottom`. Several may fill one list of nodes and edges."""

    flow: Flow
    x: float
    width: float
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    first: Node | None = None
    last: str = ""
    bottom: float = 0.0
    line: Line = "solid"
    shortcut: bool = False
    group: str = ""

    def box(self, box: Box, top: float, map: Pair | None = None) -> None:
        """A box whose upper edge is at `top`, and the line that leads to it."""
        width, height = self.flow.box(box)
        self.put(
            Node(
                id=box.id,
                kind=box.kind,
                at=Point(self.x, top + height / 2),
                width=width if box.kind == "image" else self.width,
                height=height,
                text=self.flow.lines(box),
                map=map or box.map,
                status=box.status,
                facts=box.facts,
            )
        )

    def put(self, node: Node) -> None:
        """A node on the line, and the line that leads to it."""
        self.nodes.append(replace(node, group=self.group))
        self.first = self.first or node
        if self.last:
            top = node.at.y - node.height / 2
            self.lead(node.id, top, arrow=node.kind not in POINTS and top - self.bottom > SHORT)
        self.last, self.bottom = node.id, node.at.y + node.height / 2

    def lead(self, head: str, y: float, arrow: bool = True) -> None:
        """The line from where it has come to down to `y`."""
        points = straight(Point(self.x, self.bottom), Point(self.x, y))
        id = f"{head}/shortcut" if self.shortcut else f"{head}/in"
        self.edges.append(
            Edge(id=id, tail=self.last, head=head, points=points, line=self.line, shortcut=self.shortcut, arrow=arrow)
        )

    def point(self, id: str, kind: Kind, y: float) -> None:
        """A point on the line where another one leaves or arrives."""
        self.put(Node(id=id, kind=kind, at=Point(self.x, y), width=2, height=2))
