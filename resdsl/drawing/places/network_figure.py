"""Fig. 3 of He et al. 2016: columns of weight layers, arcs next to them, map sizes in the margin."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.drawing.columns.bands import Band
from resdsl.drawing.columns.column import Arc, Column, Segment
from resdsl.drawing.places.curves import bulge
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.places.measure import BOLD, GAP, JOIN, box_width, font_size, heading, text_node, text_width
from resdsl.drawing.places.strand import Strand

BULGE = 20.0
"""How far an arc stands out from its boxes."""

FRAME = 9.0
"""From a frame to what it holds."""

ARC_START, ARC_END = 5.5, 3.5
"""How far above the first box of a block its arc leaves the line, and how far below the last one it comes back."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """The widths that all columns share: boxes, and the room to their right for arcs and counts."""

    box: float
    frame: float
    arc: float
    count: float

    @property
    def pitch(self) -> float:
        """From the centre of one column to the centre of the next."""
        return self.box + 2 * self.frame + self.arc + self.count + 22


def network_figure(columns: tuple[Column, ...], bands: list[Band], title: str, legend: tuple[str, ...] = ()) -> Drawing:
    """The drawing of columns whose segments stand in bands."""
    lanes = _lanes(columns, bands)
    margin = max([0.0, *(text_width((band.label,), font_size("label")) for band in bands)])
    first = margin + 12 + lanes.frame + lanes.box / 2
    pens = [_Pen(column, lanes, Strand(first + i * lanes.pitch, lanes.box)) for i, column in enumerate(columns)]
    for pen in pens:
        pen.head()
    top = max(pen.strand.bottom for pen in pens)
    labels = []
    for number, band in enumerate(bands):
        if band.label:
            labels.append(_label(f"map{number}", band.label, Point(margin, top)))
        top = max(pen.segments(cell, top, band.colour) for pen, cell in zip(pens, band.cells, strict=True))
    if legend:
        width = text_width(legend, font_size("label"))
        labels.append(text_node("legend", "label", legend, Point(max(width / 2, first), top + 6)))
    return Drawing(title=title, panels=tuple(pen.panel() for pen in pens), margin=tuple(labels))


def _lanes(columns: tuple[Column, ...], bands: list[Band]) -> Lanes:
    segments = [segment for band in bands for cell in band.cells for segment in cell]
    texts = [box.text for segment in segments for box in segment.boxes] + [column.image.text for column in columns]
    counts = [_times(segment) for segment in segments if segment.count > 1]
    return Lanes(
        box=box_width(texts),
        frame=FRAME if any(segment.whole for segment in segments) else 0,
        arc=BULGE if any(segment.arc for segment in segments) else 0,
        count=text_width(counts, font_size("count")) * BOLD + 4 if counts else 0,
    )


def _times(segment: Segment) -> str:
    return f"×{segment.count}"


def _label(id: str, text: str, right: Point) -> Node:
    """A text that ends at `right`, level with a box that starts there."""
    width = text_width((text,), font_size("label"))
    return text_node(id, "label", (text,), Point(right.x - width / 2, right.y + JOIN + 1.5))


@dataclass(slots=True)
class _Pen:
    """Draws one column from the top down."""

    column: Column
    lanes: Lanes
    strand: Strand

    def head(self) -> None:
        """The heading, which ends at 0 in every column, and the image."""
        column, strand = self.column, self.strand
        strand.nodes += heading(column.id, column.title, column.subtitles, Point(strand.x, 0), self.lanes.pitch - 8)
        strand.box(column.image, 4)

    def segments(self, segments: tuple[Segment, ...], top: float, colour: int) -> float:
        """A cell's segments, one below the other; returns where the next band may start."""
        for segment in segments:
            top = self._segment(segment, top, colour)
        return top

    def panel(self) -> Panel:
        """What has been drawn."""
        return Panel(
            id=self.column.id, title=self.column.title, nodes=tuple(self.strand.nodes), edges=tuple(self.strand.edges)
        )

    def _segment(self, segment: Segment, top: float, colour: int) -> float:
        strand = self.strand
        start, tail, place = top + (FRAME if segment.whole else 0), strand.last, len(strand.nodes)
        down = start + JOIN
        strand.group = f"{self.column.id}.{segment.name}" if segment.whole else ""
        for box in segment.boxes:
            strand.box(box, down, colour)
            down = strand.bottom + GAP
        end = strand.bottom
        if segment.arc:
            self._arc(segment.arc, tail, start + JOIN - ARC_START)
        if not segment.whole:
            return end
        # The frame comes before what it holds, so that it lies under it.
        strand.nodes[place:place] = self._frame(segment, start + 2, end + FRAME)
        return end + FRAME

    def _arc(self, arc: Arc, tail: str, start: float) -> None:
        strand, id = self.strand, f"{arc.id}/add"
        end = Point(strand.x, strand.bottom + ARC_END)
        strand.point(id, "join", end.y, arc.addition)
        path = bulge(Point(strand.x, start), end, strand.x + self.lanes.box / 2, BULGE)
        strand.edges.append(
            Edge(id=f"{arc.id}/shortcut", tail=tail, head=id, points=path, line=arc.line, shortcut=True,
                 status=arc.status, facts=arc.facts)
        )  # fmt: skip

    def _frame(self, segment: Segment, top: float, bottom: float) -> list[Node]:
        """The frame of a segment, and how many blocks it stands for."""
        x, half = self.strand.x, self.lanes.box / 2 + FRAME
        left, right = x - half, x + half + self.lanes.arc
        at, id = Point((left + right) / 2, (top + bottom) / 2), f"{self.column.id}.{segment.name}"
        frame = Node(id=id, kind="frame", at=at, width=right - left, height=bottom - top, facts=segment.whole)
        if segment.count == 1:
            return [frame]
        size, text = font_size("count"), (_times(segment),)
        width = text_width(text, size) * BOLD
        place = Point(right + 4 + width / 2, at.y)
        return [frame, Node(id=f"{id}/count", kind="count", at=place, width=width, height=size, text=text)]
