"""A network as a column of segments: what Fig. 3 of He et al. 2016 shows of it, before anything has a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resdsl.drawing.columns.facts import Describer, Facts
from resdsl.ir.block import Block
from resdsl.ir.shape import Pair

Kind = Literal[
    "image", "conv", "pool", "linear", "norm", "act", "gate", "other", "stage", "add", "join", "fork", "frame",
    "title", "subtitle", "label", "count", "mark", "note",
]  # fmt: skip
Line = Literal["solid", "dotted", "dashed"]
Status = Literal["", "same", "added", "removed", "changed"]
Traits = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `traits` are what makes it what it is, by name; the map's size, which the input decides, is not one.

    `parts` are the layers in a box for many, for those who compare; `map` leaves it, where its segment does not say so.
    """

    id: str
    kind: Kind
    text: tuple[str, ...]
    facts: Facts | None = None
    traits: Traits = ()
    parts: Traits = ()
    status: Status = ""
    map: Pair | None = None


@dataclass(frozen=True, slots=True)
class Arc:
    """A shortcut with its join: solid for the identity, dotted where dimensions change, else dashed.

    `formula` is how it joins the branch where that is no plain addition; `traits` are what else makes a difference.
    """

    id: str
    line: Line
    text: str
    facts: Facts
    join: Facts
    formula: str = ""
    traits: Traits = ()
    parts: Traits = ()
    status: Status = ""


def shortcut_line(block: Block) -> Line:
    """Solid for the identity, dotted where dimensions change, dashed for a projection where they do not."""
    if block.changes_shape:
        return "dotted"
    return "dashed" if block.shortcut and block.shortcut.layers else "solid"


@dataclass(frozen=True, slots=True)
class Segment:
    """Boxes that belong together: a block, one layer, or a stage. `size` is the map that leaves it.

    A segment that stands for its like says for how many (`count`), and what the whole of them is (`whole`).
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
        """Equal for two segments that a reader could not tell apart."""
        boxes = tuple((box.kind, box.text, box.traits, box.status) for box in self.boxes)
        arc = self.arc and (self.arc.line, self.arc.text, self.arc.traits, self.arc.status)
        return self.stage, self.size, self.block is None, boxes, arc


@dataclass(frozen=True, slots=True)
class Column:
    """A network with its heading. `id` starts the id of everything in it."""

    id: str
    title: str
    subtitles: tuple[str, ...]
    image: Box
    segments: tuple[Segment, ...]
    describe: Describer


Level = tuple[Segment | None, ...]
"""Segments that stand next to each other, one for each column, or None where a column has none."""
