"""A network as a column of runs: what Fig. 3 of He et al. 2016 shows of it, before anything has a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby

from resdsl.drawing.facts import Describer
from resdsl.drawing.model import Facts, Kind, Line, Status
from resdsl.drawing.wording import Traits
from resdsl.ir.block import Block
from resdsl.ir.shape import Pair


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `traits` are what makes it what it is, by name; the map's size, which the input decides, is not one."""

    id: str
    kind: Kind
    text: tuple[str, ...]
    facts: Facts | None = None
    traits: Traits = ()
    status: Status = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """A shortcut with its addition: solid for the identity, dotted where dimensions change, else dashed."""

    id: str
    line: Line
    text: str
    facts: Facts
    addition: Facts
    status: Status = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Boxes that belong together: a block, one layer, or a stage. `size` is the map that leaves it.

    A run that stands for its like says for how many (`count`), and what the whole of them is (`whole`).
    """

    name: str
    stage: str
    size: Pair
    boxes: tuple[Box, ...]
    arc: Arc | None = None
    block: Block | None = None
    count: int = 1
    whole: Facts | None = None

    @property
    def looks(self) -> tuple[object, ...]:
        """Equal for two runs that a reader could not tell apart."""
        boxes = tuple((box.kind, box.text, box.traits, box.status) for box in self.boxes)
        arc = self.arc and (self.arc.line, self.arc.text, self.arc.status)
        return self.stage, self.size, self.block is None, boxes, arc


@dataclass(frozen=True, slots=True)
class Column:
    """A network with its heading. `id` starts the id of everything in it."""

    id: str
    title: str
    subtitles: tuple[str, ...]
    image: Box
    runs: tuple[Run, ...]
    describe: Describer


Cells = tuple[Run | None, ...]
"""Runs that stand beside each other, one for each column, or None where a column has none."""


def collapsed(rows: list[Cells], columns: tuple[Column, ...]) -> list[Cells]:
    """Each stretch of rows that look alike as one, with the number of its blocks."""
    stretches = [list(stretch) for _, stretch in groupby(rows, key=_look)]
    return [
        tuple(_standing_for([row[i] for row in stretch], column.describe) for i, column in enumerate(columns))
        for stretch in stretches
    ]


def collapsed_column(column: Column) -> Column:
    """One column with each stretch of like blocks as one."""
    cells = collapsed([(run,) for run in column.runs], (column,))
    return replace(column, runs=tuple(run for (run,) in cells if run))


def _look(row: Cells) -> tuple[object, ...]:
    # A layer outside the blocks stands for itself alone: its name tells it from its like.
    return tuple(run and (run.looks if run.block else run.name) for run in row)


def _standing_for(runs: list[Run | None], describe: Describer) -> Run | None:
    first, last = runs[0], runs[-1]
    if first is None or last is None or first.block is None:
        return first
    names = first.name if len(runs) == 1 else f"{first.name} – {last.name}, ×{len(runs)}"
    whole = describe.part(names, f"{len(runs)} x {first.block.kind}", first.block, field=last.name, count=len(runs))
    return replace(first, count=len(runs), whole=whole)
