"""What a picture of curves shows, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Weight = Literal["bold", "thin"]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve through points. Lines of one `name` are of one colour and dashing, and share an entry of the legend.

    `thin` lines stand back (training, next to testing); `low` and `high`, if there are any, bound a band around the line.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    weight: Weight = "bold"
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes; `log`: its y axis is logarithmic. The `remark` stands below in small letters."""

    x: str
    y: str
    lines: tuple[Line, ...]
    title: str = ""
    log: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels side by side, under one legend."""

    panels: tuple[Panel, ...]
