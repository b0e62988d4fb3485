"""Which segments stand at one height: those whose maps have one size, as in Fig. 3 of He et al. 2016."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.drawing.columns.column import Column, Segment
from resdsl.drawing.columns.wording import map_text
from resdsl.ir.shape import Pair


@dataclass(frozen=True, slots=True)
class Band:
    """For each column the segments that start at this band's height."""

    label: str
    cells: tuple[tuple[Segment, ...], ...]


def bands_by_map(columns: tuple[Column, ...]) -> list[Band]:
    """A band for each map size of any column, the largest first."""
    placed = [list(_with_size(column)) for column in columns]
    sizes = sorted({size for segments in placed for size, _ in segments}, key=lambda size: (-size[0] * size[1], size))
    return [
        Band(size_label(size), tuple(tuple(segment for its, segment in segments if its == size) for segments in placed))
        for size in sizes
    ]


def size_label(size: Pair) -> str:
    """What the margin says of a band."""
    return f"output size: {map_text(size)}"


def _with_size(column: Column) -> Iterator[tuple[Pair, Segment]]:
    """Each segment with the size of its band: where padding makes a map grow again, the band of those above it."""
    smallest: Pair | None = None
    for segment in column.segments:
        if smallest is None or segment.size[0] * segment.size[1] < smallest[0] * smallest[1]:
            smallest = segment.size
        yield smallest, segment
