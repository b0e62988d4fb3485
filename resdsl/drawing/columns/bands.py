"""Which segments stand at one height: those whose maps have one size, as in Fig. 3 of He et al. 2016."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.analysis.rows_by_map import rows_by_map
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
    rows = rows_by_map((column.segments for column in columns), lambda segment: segment.size)
    return [Band(size_label(size), tuple(map(tuple, cells))) for size, cells in rows]


def size_label(size: Pair) -> str:
    """What the margin says of a band."""
    return f"output size: {map_text(size)}"
