"""What stands under a figure: what became of a comparison, and what its lines mean."""

from __future__ import annotations

from dataclasses import replace

from resdsl.drawing.columns.column import Line
from resdsl.drawing.places.curves import straight
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.places.measure import GATE, text_size

MEANINGS: dict[Line, str] = {
    "solid": "identity shortcut",
    "dotted": "shortcut where dimensions change",
    "dashed": "projection that keeps dimensions",
}
ADDITION = "addition of the two paths"
JOIN = "the two paths joined as {}"
COLOURS = "equal colours: maps of equal size"
SAMPLE = 26.0
"""The length of a line that stands for its like."""

STEP = 14.0


def with_note(drawing: Drawing, note: str) -> Drawing:
    """The drawing with a line of text under it."""
    (left, _), (_, bottom) = drawing.bounds
    return replace(drawing, margin=(*drawing.margin, _text("legend", note, Point(left, bottom + 6))))


def with_legend(drawing: Drawing) -> Drawing:
    """The drawing with a sample of each kind of shortcut that it has, and what it means."""
    (left, _), (_, bottom) = drawing.bounds
    has = {edge.line for edge in drawing.edges if edge.shortcut}
    nodes: list[Node] = []
    edges: list[Edge] = []
    y = bottom + 10
    for line, meaning in MEANINGS.items():
        if line in has:
            ends = [_point(f"legend/{line}/{end}", Point(x, y)) for end, x in (("from", left), ("to", left + SAMPLE))]
            nodes += [*ends, _text(f"legend/{line}/text", meaning, Point(left + SAMPLE + 6, y - 5))]
            edges.append(_sample(line, *ends))
            y += STEP
    kinds = {node.kind for node in drawing.nodes}
    if kinds & {"join", "add"}:
        nodes.append(_point("legend/add", Point(left + SAMPLE / 2, y)))
        nodes.append(_text("legend/add/text", ADDITION, Point(left + SAMPLE + 6, y - 5)))
        y += STEP
    for formula in dict.fromkeys(node.note for node in drawing.nodes if node.kind == "gate" and node.note):
        at, (width, height) = Point(left + SAMPLE / 2, y), GATE
        nodes.append(Node(id=f"legend/{formula}", kind="gate", at=at, width=width, height=height))
        nodes.append(_text(f"legend/{formula}/text", JOIN.format(formula), Point(left + SAMPLE + 6, y - 5)))
        y += STEP
    if any(node.map and not node.status for node in drawing.nodes):
        nodes.append(_text("legend/colours", COLOURS, Point(left, y - 5)))
    if not nodes:
        return drawing
    legend = Panel(id="legend", title="Legend", nodes=tuple(nodes), edges=tuple(edges))
    return replace(drawing, panels=(*drawing.panels, legend))


def without_titles(drawing: Drawing) -> Drawing:
    """The drawing without its headings: a caption says it all."""
    panels = tuple(
        replace(panel, nodes=tuple(node for node in panel.nodes if node.kind not in ("title", "subtitle")))
        for panel in drawing.panels
    )
    return replace(drawing, panels=panels)


def _text(id: str, text: str, corner: Point) -> Node:
    """A line of text that begins at its upper left corner."""
    width, height = text_size("note", (text,))
    at = Point(corner.x + width / 2, corner.y + height / 2)
    return Node(id=id, kind="note", at=at, width=width, height=height, text=(text,))


def _point(id: str, at: Point) -> Node:
    return Node(id=id, kind="join", at=at, width=2, height=2)


def _sample(line: Line, start: Node, end: Node) -> Edge:
    points = straight(start.at, end.at)
    return Edge(
        id=f"legend/{line}", tail=start.id, head=end.id, points=points, line=line, shortcut=True, note=MEANINGS[line]
    )
