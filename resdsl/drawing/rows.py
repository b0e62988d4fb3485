"""Which runs stand at one height: those whose maps have one size, as in Fig. 3 of He et al. 2016."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.drawing.columns import Column, Run
from resdsl.drawing.wording import map_text
from resdsl.ir.shape import Pair


@dataclass(frozen=True, slots=True)
class Row:
    """For each column the runs that start at this row's height; `colour` counts the map sizes from the top."""

    label: str
    colour: int
    cells: tuple[tuple[Run, ...], ...]


def rows_by_map(columns: tuple[Column, ...]) -> list[Row]:
    """A row for each map size of any column, the largest first."""
    placed = [list(_with_size(column)) for column in columns]
    sizes = sorted({size for runs in placed for size, _ in runs}, key=lambda size: (-size[0] * size[1], size))
    return [
        Row(size_label(size), colour, tuple(tuple(run for its, run in runs if its == size) for runs in placed))
        for colour, size in enumerate(sizes)
    ]


def size_label(size: Pair) -> str:
    """What the margin says of a row."""
    return f"output size: {map_text(size)}"


def _with_size(column: Column) -> Iterator[tuple[Pair, Run]]:
    """Each run with the size of its row: where padding makes a map grow again, the row of those above it."""
    smallest: Pair | None = None
    for run in column.runs:
        if smallest is None or run.size[0] * run.size[1] < smallest[0] * smallest[1]:
            smallest = run.size
        yield smallest, run
