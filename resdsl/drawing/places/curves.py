"""Lines as Bézier segments: straight, bulging, and round a corner."""

from __future__ import annotations

from resdsl.drawing.places.drawing import Point

Path = tuple[Point, ...]


def straight(start: Point, *ends: Point) -> Path:
    """A line through the points."""
    path = [start]
    for end in ends:
        path += [path[-1], end, end]
    return tuple(path)


def bulge(start: Point, end: Point, reach: float, depth: float) -> Path:
    """Out to `reach` at the height of `start`, a round `depth` further, and back in at the height of `end`."""
    out, back = Point(reach, start.y), Point(reach, end.y)
    top, bottom = Point(reach + depth * 4 / 3, start.y), Point(reach + depth * 4 / 3, end.y)
    return (*straight(start, out), top, bottom, *straight(back, end))


def elbow(start: Point, corner: Point, end: Point, radius: float = 6) -> Path:
    """From `start` to `end` round a corner."""
    before, after = _towards(corner, start, radius), _towards(corner, end, radius)
    return (*straight(start, before), corner, corner, *straight(after, end))


def _towards(start: Point, end: Point, distance: float) -> Point:
    length = max(abs(end.x - start.x), abs(end.y - start.y), distance)
    share = distance / length
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
