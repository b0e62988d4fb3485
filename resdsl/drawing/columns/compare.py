"""What became of one network in another: parts are held against each other by their canonical names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from resdsl.drawing.columns.bands import Band, size_label
from resdsl.drawing.columns.column import Arc, Box, Column, Level, Segment, Status, Traits

CHANGES: tuple[Status, ...] = ("added", "removed", "changed")

MOST = 3
"""The differences that one box tells of."""

T = TypeVar("T", Segment, Box)


def compared(before: Column, after: Column) -> list[Level]:
    """The segments of both, those of one name next to each other, each box and arc with its status."""
    return [
        _compared_segments(*pair) for pair in _paired(before.segments, after.segments, lambda segment: segment.name)
    ]


def bands_by_name(pairs: list[Level]) -> list[Band]:
    """A band for each pair; the margin tells where the map changes."""
    bands: list[Band] = []
    label = ""
    for pair in pairs:
        sizes = dict.fromkeys(segment.size for segment in pair if segment)
        now = " → ".join(dict.fromkeys(map(size_label, sizes))).replace("→ output size: ", "→ ")
        bands.append(Band(now if now != label else "", tuple((segment,) if segment else () for segment in pair)))
        label = now
    return bands


def compared_images(before: Column, after: Column) -> tuple[Column, Column]:
    """The two columns with the status of their inputs."""
    status: Status = "same" if before.image.traits == after.image.traits else "changed"
    old, new = (replace(column.image, status=status) for column in (before, after))
    return replace(before, image=old), replace(after, image=new)


def _paired(before: tuple[T, ...], after: tuple[T, ...], name: Callable[[T], str]) -> list[tuple[T | None, T | None]]:
    """Both in their order, merged: what is only in `before` comes ahead of what follows it there."""
    places = {name(item): i for i, item in enumerate(before)}
    pairs: list[tuple[T | None, T | None]] = []
    done = 0
    for item in after:
        place = places.get(name(item), -1)
        if place < done:
            pairs.append((None, item))
            continue
        pairs += [(gone, None) for gone in before[done:place]]
        pairs.append((before[place], item))
        done = place + 1
    return pairs + [(gone, None) for gone in before[done:]]


def _compared_segments(before: Segment | None, after: Segment | None) -> tuple[Segment | None, Segment | None]:
    if before is None or after is None:
        return before and _all_of(before, "removed"), after and _all_of(after, "added")
    pairs = _paired(before.boxes, after.boxes, _own_name)
    boxes = [_compared_boxes(*pair) for pair in pairs]
    arcs = _compared_arcs(before.arc, after.arc)
    return (
        replace(before, boxes=tuple(box for box, _ in boxes if box), arc=arcs[0]),
        replace(after, boxes=tuple(box for _, box in boxes if box), arc=arcs[1]),
    )


def _own_name(box: Box) -> str:
    return box.id.rpartition(".")[2]


def _compared_boxes(before: Box | None, after: Box | None) -> tuple[Box | None, Box | None]:
    if before is None or after is None:
        return before and replace(before, status="removed"), after and replace(after, status="added")
    # Parts tell nothing where the box as a whole does.
    differing = _differing(before.traits, after.traits) or _differing(before.parts, after.parts)
    return _told(before, differing), _told(after, differing)


def _differing(before: Traits, after: Traits) -> list[str]:
    old, new = dict(before), dict(after)
    return [trait for trait in {**old, **new} if old.get(trait) != new.get(trait)]


def _told(box: Box, differing: list[str]) -> Box:
    """The box with its status; it says what differs where its own text does not."""
    if not differing:
        return replace(box, status="same")
    if "layer" in differing or "stage" in differing:
        return replace(box, status="changed")
    has = dict((*box.traits, *box.parts))
    more = [f"{trait} {has.get(trait, 'none')}" for trait in differing]
    if len(more) > MOST:
        more[MOST - 1 :] = [f"and {len(more) - MOST + 1} more layers"]
    lines = more if box.parts else ["; ".join(more)]
    return replace(box, text=(*box.text, *lines), status="changed")


def _compared_arcs(before: Arc | None, after: Arc | None) -> tuple[Arc | None, Arc | None]:
    if before is None or after is None:
        return before and replace(before, status="removed"), after and replace(after, status="added")
    old, new = ((arc.line, arc.text, arc.traits, arc.parts) for arc in (before, after))
    status: Status = "same" if old == new else "changed"
    return replace(before, status=status), replace(after, status=status)


def _all_of(segment: Segment, status: Status) -> Segment:
    boxes = tuple(replace(box, status=status) for box in segment.boxes)
    return replace(segment, boxes=boxes, arc=segment.arc and replace(segment.arc, status=status))
