"""Segments that look alike as one, with the number of its blocks: ResNet-1202 fits a page."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from resdsl.drawing.columns.column import Column, Level, Segment
from resdsl.drawing.columns.facts import Describer


def collapsed(levels: list[Level], columns: tuple[Column, ...]) -> list[Level]:
    """Each stretch of levels that look alike as one, with the number of its blocks."""
    stretches = [list(stretch) for _, stretch in groupby(levels, key=_look)]
    return [
        tuple(_standing_for([level[i] for level in stretch], column.describe) for i, column in enumerate(columns))
        for stretch in stretches
    ]


def collapsed_column(column: Column) -> Column:
    """One column with each stretch of like blocks as one."""
    levels = collapsed([(segment,) for segment in column.segments], (column,))
    return replace(column, segments=tuple(segment for (segment,) in levels if segment))


def _look(level: Level) -> tuple[object, ...]:
    # A layer outside the blocks stands for itself alone: its name tells it from its like.
    return tuple(segment and (segment.looks if segment.block else segment.name) for segment in level)


def _standing_for(segments: list[Segment | None], describe: Describer) -> Segment | None:
    first, last = segments[0], segments[-1]
    if first is None or last is None or first.block is None:
        return first
    names = first.name if len(segments) == 1 else f"{first.name} – {last.name}, ×{len(segments)}"
    whole = describe.part(
        names, f"{len(segments)} x {first.block.kind}", first.block, field=last.name, count=len(segments)
    )
    return replace(first, count=len(segments), whole=whole)
