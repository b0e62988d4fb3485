"""Fig. 3 of He et al. 2016: columns of weight layers, arcs next to them, map sizes in the margin."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resdsl.drawing.columns.bands import Band
from resdsl.drawing.columns.column import Arc, Column, Kind, Segment
from resdsl.drawing.columns.compare import CHANGES
from resdsl.drawing.columns.wording import MARKS
from resdsl.drawing.places.curves import bulge
from resdsl.drawing.places.drawing import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.places.flow import Flow
from resdsl.drawing.places.measure import GAP, GATE, JOIN, text_size
from resdsl.drawing.places.strand import Strand

BULGE = 20.0
"""How far an arc stands out from its boxes."""

MARK = 12.0
"""The room for the mark of an arc that changed."""

FRAME = 9.0
"""From a frame to what it holds."""

ARC_START, ARC_END = 6.5, 4.5
"""How far before the first box of a block its arc leaves the line, and how far after the last one it comes back."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """What all columns share, across: boxes, and the room next to them for arcs and counts.

    `pitch` leads from the centre of one column to the centre of the next.
    """

    box: float
    frame: float
    arc: float
    count: float
    pitch: float


def network_figure(columns: tuple[Column, ...], bands: list[Band], title: str, flow: Flow) -> Drawing:
    """The drawing of columns whose segments stand in bands."""
    lanes = _lanes(columns, bands, flow)
    labels = [_label_lines(band, flow) for band in bands]
    margin = max([0.0, *(flow.extent(*text_size("label", label))[0] for label in labels if label)])
    first = margin + 12 + lanes.frame + lanes.box / 2
    pens = [_Pen(column, lanes, Strand(flow, first + i * lanes.pitch, lanes.box)) for i, column in enumerate(columns)]
    for pen in pens:
        pen.head()
    top = max(pen.strand.bottom for pen in pens)
    nodes: list[Node] = []
    for number, (band, label) in enumerate(zip(bands, labels, strict=True)):
        ends = [top]
        if label:
            nodes.append(_label(f"map{number}", label, Point(margin, top), flow))
            # In a row of boxes, a label may be longer than what stands under it.
            ends.append(nodes[-1].at.y + nodes[-1].height / 2 - JOIN + 8 if flow.right else top)
        ends += [pen.segments(cell, top) for pen, cell in zip(pens, band.cells, strict=True)]
        top = max(ends)
    return flow.turned(Drawing(title=title, panels=tuple(pen.panel() for pen in pens), margin=tuple(nodes)))


def _lanes(columns: tuple[Column, ...], bands: list[Band], flow: Flow) -> Lanes:
    segments = [segment for band in bands for cell in band.cells for segment in cell]
    arcs = [segment.arc for segment in segments if segment.arc]
    counts = [flow.extent(*text_size("count", (_times(segment),)))[0] for segment in segments if segment.count > 1]
    box = flow.lane([box for segment in segments for box in segment.boxes] + [column.image for column in columns])
    frame = FRAME if any(segment.whole for segment in segments) else 0
    arc = (BULGE if arcs else 0) + (MARK if any(arc.status in CHANGES for arc in arcs) else 0)
    count = max(counts) + 2 if counts else 0
    room = box + 2 * frame + arc + count + 22
    headings = flow.heading_room([(column.title, column.subtitles) for column in columns]) + 10
    return Lanes(box, frame, arc, count, max(room, headings))


def _times(segment: Segment) -> str:
    return f"×{segment.count}"


def _label_lines(band: Band, flow: Flow) -> tuple[str, ...]:
    if not band.label:
        return ()
    return tuple(band.label.split(": ", 1)) if flow.right else (band.label,)


def _label(id: str, lines: tuple[str, ...], end: Point, flow: Flow) -> Node:
    """A text that ends at `end`, level with a box that starts there."""
    across = flow.extent(*text_size("label", lines))[0]
    return flow.text(id, "label", lines, Point(end.x - across / 2, end.y + JOIN + 1.5))


@dataclass(slots=True)
class _Pen:
    """Draws one column from its start."""

    column: Column
    lanes: Lanes
    strand: Strand

    def head(self) -> None:
        """The heading, which ends at 0 in every column, and the image."""
        column, strand = self.column, self.strand
        place = Point(strand.x, 0)
        strand.nodes += strand.flow.heading(column.id, column.title, column.subtitles, place, self.lanes.pitch - 8)
        strand.box(column.image, 4)

    def segments(self, segments: tuple[Segment, ...], top: float) -> float:
        """A cell's segments, one after the other; returns where the next band may start."""
        for segment in segments:
            top = self._segment(segment, top)
        return top

    def panel(self) -> Panel:
        """What has been drawn."""
        nodes, edges = tuple(self.strand.nodes), tuple(self.strand.edges)
        return Panel(id=self.column.id, title=self.column.title, nodes=nodes, edges=edges)

    def _segment(self, segment: Segment, top: float) -> float:
        strand = self.strand
        start, tail, place = top + (FRAME if segment.whole else 0), strand.last, len(strand.nodes)
        down = start + JOIN
        strand.group = f"{self.column.id}.{segment.name}" if segment.whole else ""
        for box in segment.boxes:
            strand.box(box, down, segment.size)
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
        at = Point(strand.x, strand.bottom + ARC_END)
        kind: Kind = "gate" if arc.formula else "join"
        across, along = GATE if arc.formula else (2.0, 2.0)
        strand.put(
            Node(id=id, kind=kind, at=at, width=across, height=along, facts=arc.join, note=arc.formula or "+",
                 status=arc.status if arc.formula else "")
        )  # fmt: skip
        end = Point(at.x + (across / 2 if arc.formula else 0), at.y)
        reach = strand.x + self.lanes.box / 2
        strand.edges.append(
            Edge(id=f"{arc.id}/shortcut", tail=tail, head=id, points=bulge(Point(strand.x, start), end, reach, BULGE),
                 line=arc.line, shortcut=True, status=arc.status, facts=arc.facts)
        )  # fmt: skip
        if arc.status in CHANGES:
            text = (MARKS[arc.status].strip(),)
            across, along = strand.flow.extent(*text_size("mark", text))
            place = Point(reach + BULGE + MARK / 2, (start + end.y - along) / 2)
            mark = strand.flow.text(f"{arc.id}/mark", "mark", text, place)
            strand.nodes.append(replace(mark, status=arc.status, group=strand.group, width=min(across, MARK - 2)))

    def _frame(self, segment: Segment, top: float, bottom: float) -> list[Node]:
        """The frame of a segment, and how many blocks it stands for."""
        strand = self.strand
        x, half = strand.x, self.lanes.box / 2 + FRAME
        left, right = x - half, x + half + self.lanes.arc
        at, id = Point((left + right) / 2, (top + bottom) / 2), f"{self.column.id}.{segment.name}"
        frame = Node(id=id, kind="frame", at=at, width=right - left, height=bottom - top, facts=segment.whole)
        if segment.count == 1:
            return [frame]
        text = (_times(segment),)
        across, along = strand.flow.extent(*text_size("count", text))
        return [frame, strand.flow.text(f"{id}/count", "count", text, Point(right + 4 + across / 2, at.y - along / 2))]
