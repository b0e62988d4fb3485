"""Fig. 3 of He et al. 2016: columns of weight layers, arcs beside them, map sizes in the margin."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.drawing.columns import Arc, Column, Run
from resdsl.drawing.measure import BOLD, GAP, JOIN, box_width, font_size, heading, text_node
from resdsl.drawing.model import Drawing, Edge, Node, Panel, Point
from resdsl.drawing.paths import bulge
from resdsl.drawing.rows import Row
from resdsl.drawing.track import Track
from resdsl.drawing.wording import text_width

BULGE = 20.0
"""How far an arc stands out beside its boxes."""

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


def figure(columns: tuple[Column, ...], rows: list[Row], title: str, legend: tuple[str, ...] = ()) -> Drawing:
    """The drawing of columns whose runs stand in rows."""
    lanes = _lanes(columns, rows)
    margin = max([0.0, *(text_width((row.label,), font_size("label")) for row in rows)])
    first = margin + 12 + lanes.frame + lanes.box / 2
    pens = [_Pen(column, lanes, Track(first + i * lanes.pitch, lanes.box)) for i, column in enumerate(columns)]
    for pen in pens:
        pen.head()
    top = max(pen.track.bottom for pen in pens)
    labels = []
    for number, row in enumerate(rows):
        if row.label:
            labels.append(_label(f"map{number}", row.label, Point(margin, top)))
        top = max(pen.runs(cell, top, row.colour) for pen, cell in zip(pens, row.cells, strict=True))
    if legend:
        width = text_width(legend, font_size("label"))
        labels.append(text_node("legend", "label", legend, Point(max(width / 2, first), top + 6)))
    return Drawing(title=title, panels=tuple(pen.panel() for pen in pens), margin=tuple(labels))


def _lanes(columns: tuple[Column, ...], rows: list[Row]) -> Lanes:
    runs = [run for row in rows for cell in row.cells for run in cell]
    texts = [box.text for run in runs for box in run.boxes] + [column.image.text for column in columns]
    counts = [_times(run) for run in runs if run.count > 1]
    return Lanes(
        box=box_width(texts),
        frame=FRAME if any(run.whole for run in runs) else 0,
        arc=BULGE if any(run.arc for run in runs) else 0,
        count=text_width(counts, font_size("count")) * BOLD + 4 if counts else 0,
    )


def _times(run: Run) -> str:
    return f"×{run.count}"


def _label(id: str, text: str, right: Point) -> Node:
    """A text that ends at `right`, level with a box that starts there."""
    width = text_width((text,), font_size("label"))
    return text_node(id, "label", (text,), Point(right.x - width / 2, right.y + JOIN + 1.5))


@dataclass(slots=True)
class _Pen:
    """Draws one column from the top down."""

    column: Column
    lanes: Lanes
    track: Track

    def head(self) -> None:
        """The heading, which ends at 0 in every column, and the image."""
        column, track = self.column, self.track
        track.nodes += heading(column.id, column.title, column.subtitles, Point(track.x, 0), self.lanes.pitch - 8)
        track.box(column.image, 4)

    def runs(self, runs: tuple[Run, ...], top: float, colour: int) -> float:
        """A cell's runs, one below the other; returns where the next row may start."""
        for run in runs:
            top = self._run(run, top, colour)
        return top

    def panel(self) -> Panel:
        """What has been drawn."""
        return Panel(
            id=self.column.id, title=self.column.title, nodes=tuple(self.track.nodes), edges=tuple(self.track.edges)
        )

    def _run(self, run: Run, top: float, colour: int) -> float:
        track = self.track
        start, tail, place = top + (FRAME if run.whole else 0), track.last, len(track.nodes)
        down = start + JOIN
        track.group = f"{self.column.id}.{run.name}" if run.whole else ""
        for box in run.boxes:
            track.box(box, down, colour)
            down = track.bottom + GAP
        end = track.bottom
        if run.arc:
            self._arc(run.arc, tail, start + JOIN - ARC_START)
        if not run.whole:
            return end
        # The frame comes before what it holds, so that it lies under it.
        track.nodes[place:place] = self._frame(run, start + 2, end + FRAME)
        return end + FRAME

    def _arc(self, arc: Arc, tail: str, start: float) -> None:
        track, id = self.track, f"{arc.id}/add"
        end = Point(track.x, track.bottom + ARC_END)
        track.point(id, "join", end.y, arc.addition)
        path = bulge(Point(track.x, start), end, track.x + self.lanes.box / 2, BULGE)
        track.edges.append(
            Edge(id=f"{arc.id}/shortcut", tail=tail, head=id, points=path, line=arc.line, shortcut=True,
                 status=arc.status, facts=arc.facts)
        )  # fmt: skip

    def _frame(self, run: Run, top: float, bottom: float) -> list[Node]:
        """The frame of a run, and how many blocks it stands for."""
        x, half = self.track.x, self.lanes.box / 2 + FRAME
        left, right = x - half, x + half + self.lanes.arc
        at, id = Point((left + right) / 2, (top + bottom) / 2), f"{self.column.id}.{run.name}"
        frame = Node(id=id, kind="frame", at=at, width=right - left, height=bottom - top, facts=run.whole)
        if run.count == 1:
            return [frame]
        size, text = font_size("count"), (_times(run),)
        width = text_width(text, size) * BOLD
        place = Point(right + 4 + width / 2, at.y)
        return [frame, Node(id=f"{id}/count", kind="count", at=place, width=width, height=size, text=text)]
