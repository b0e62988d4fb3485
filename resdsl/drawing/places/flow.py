"""Which way a figure runs. Layouts place everything as if it ran down; where it runs right, the axes are swapped at last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import final

from resdsl.drawing.columns.column import Box, Kind
from resdsl.drawing.columns.wording import MARKS
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.places.measure import BOLD, LINE, TEXT, font_size, longest_word, text_size, text_width, wrapped

Size = tuple[float, float]
SLANTED = 1.2
"""How much wider than its text a hexagon is, whose upper and lower edges are shorter than the others."""

HEADING = 110.0
"""The width of a heading that stands before a row."""


@final
@dataclass(frozen=True, slots=True)
class Flow:
    """How large things are across the way that a figure runs, and along it."""

    right: bool = False

    def extent(self, width: float, height: float) -> Size:
        """Across and along."""
        return (height, width) if self.right else (width, height)

    def lines(self, box: Box) -> tuple[str, ...]:
        """What a box says: boxes in a row are short, so that `3x3 conv, 64` takes two lines."""
        if not self.right or box.kind == "stage" or (box.kind == "gate" and len(box.text) > 1):
            return box.text
        return tuple(part for line in box.text for part in line.replace(", ", ",\n", 1).split("\n"))

    def box(self, box: Box) -> Size:
        """A box by itself, with the mark of what became of it; across, all of them get the largest."""
        first, *others = self.lines(box)
        width = text_width((MARKS.get(box.status, "") + first, *others), TEXT)
        return self.extent(width * (SLANTED if box.kind == "gate" else 1) + 12, (1 + len(others)) * TEXT * LINE + 3.5)

    def lane(self, boxes: Iterable[Box]) -> float:
        """How far boxes that stand in one line reach across."""
        return max([0.0 if self.right else 72.0, *(self.box(box)[0] for box in boxes)])

    def text(self, id: str, kind: Kind, lines: tuple[str, ...], start: Point) -> Node:
        """A text that stands alone, centred on the way that begins at `start`."""
        across, along = self.extent(*text_size(kind, lines))
        at = Point(start.x, start.y + along / 2)
        return Node(id=id, kind=kind, at=at, width=across, height=along, text=lines)

    def heading(self, id: str, title: str, subtitles: tuple[str, ...], end: Point, width: float) -> list[Node]:
        """A title with smaller lines under it, no wider than `width`, before the point `end` of the way."""
        width = HEADING if self.right else width
        lines = wrapped(title, width / BOLD, font_size("title"))
        small = tuple(line for text in subtitles for line in wrapped(text, width, font_size("subtitle")))
        sizes = text_size("title", lines), text_size("subtitle", small)
        high = sizes[0][1] + 2 + sizes[1][1]
        if not self.right:
            tops = end.y - high, end.y - sizes[1][1]
            starts = [Point(end.x, top) for top in tops]
        else:
            centres = end.x - high / 2 + sizes[0][1] / 2, end.x + high / 2 - sizes[1][1] / 2
            middle = end.y - max(sizes[0][0], sizes[1][0]) / 2
            starts = [Point(x, middle - size[0] / 2) for x, size in zip(centres, sizes, strict=True)]
        return [
            self.text(f"{id}/title", "title", lines, starts[0]),
            self.text(f"{id}/subtitle", "subtitle", small, starts[1]),
        ]

    def heading_room(self, headings: Iterable[tuple[str, tuple[str, ...]]]) -> float:
        """What headings need across: above a column the longest word's width, before a row the height of all lines."""
        if not self.right:
            return longest_word(title for title, _ in headings)
        drawn = [self.heading("", title, subtitles, Point(0, 0), 0) for title, subtitles in headings]
        return max(sum(node.width for node in nodes) for nodes in drawn) + 2

    def turned(self, drawing: Drawing) -> Drawing:
        """The drawing with its axes swapped, if it runs right."""
        if not self.right:
            return drawing
        panels = tuple(_turned_panel(panel) for panel in drawing.panels)
        return replace(drawing, panels=panels, margin=tuple(map(_turned_node, drawing.margin)), right=True)


def _turned_panel(panel: Panel) -> Panel:
    return replace(panel, nodes=tuple(map(_turned_node, panel.nodes)), edges=tuple(map(_turned_edge, panel.edges)))


def _turned_node(node: Node) -> Node:
    return replace(node, at=_turned_point(node.at), width=node.height, height=node.width)


def _turned_edge(edge: Edge) -> Edge:
    return replace(edge, points=tuple(map(_turned_point, edge.points)))


def _turned_point(point: Point) -> Point:
    return Point(point.y, point.x)
