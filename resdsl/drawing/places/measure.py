"""The measures that every layout shares, in points."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from resdsl.drawing.columns.column import Kind
from resdsl.drawing.columns.wording import clean
from resdsl.drawing.places.drawing import Node, Point

SIZES: dict[Kind, float] = {"title": 11, "subtitle": 8, "label": 9, "count": 12}
TEXT = 10.0
"""The font size of a box; texts that stand alone have their own in SIZES."""

BOLDS: tuple[Kind, ...] = ("title", "count")
BOLD = 1.2
"""How much wider bold letters are."""

LETTER = 0.52
"""The mean width of a letter of Arial in these texts, in font sizes, with something to spare."""

LINE = 1.15
"""The height of a line of text, in font sizes."""

GAP = 6.5
"""From one box to the next one below: room for an arrow."""

JOIN = 12.5
"""From one segment to the next: room for the end of an arc and the start of another, too."""


def font_size(kind: Kind) -> float:
    """How large a text is."""
    return SIZES.get(kind, TEXT)


def box_width(texts: Iterable[tuple[str, ...]]) -> float:
    """One width for boxes with these texts."""
    return max([72.0, *(text_width(text, TEXT) + 12 for text in texts)])


def box_height(text: tuple[str, ...]) -> float:
    """The height of a box with this text."""
    return len(text) * TEXT * LINE + 3.5


def text_height(kind: Kind, text: tuple[str, ...]) -> float:
    """The height of a text that stands alone."""
    return len(text) * font_size(kind) * LINE


def text_node(id: str, kind: Kind, text: tuple[str, ...], top: Point) -> Node:
    """A text that hangs centred under `top`."""
    width = text_width(text, font_size(kind)) * (BOLD if kind in BOLDS else 1) + 2
    height = text_height(kind, text)
    return Node(id=id, kind=kind, at=Point(top.x, top.y + height / 2), width=width, height=height, text=text)


def heading(id: str, title: str, subtitles: tuple[str, ...], bottom: Point, width: float) -> list[Node]:
    """A title with smaller lines under it, no wider than `width`, that stands on `bottom`."""
    lines = wrapped(title, width / BOLD, font_size("title"))
    small = tuple(line for text in subtitles for line in wrapped(text, width, font_size("subtitle")))
    under = bottom.y - text_height("subtitle", small)
    top = under - 2 - text_height("title", lines)
    return [
        text_node(f"{id}/title", "title", lines, Point(bottom.x, top)),
        text_node(f"{id}/subtitle", "subtitle", small, Point(bottom.x, under)),
    ]


def wrapped(text: str, width: float, size: float, most: int = 3) -> tuple[str, ...]:
    """`text` in at most so many lines that fit `width`, at a font `size`."""
    line = clean(text)
    letters = int(width / (size * LETTER) * len(line) / max(1, _cells(line)))
    return tuple(textwrap.wrap(line, max(6, letters), max_lines=most, placeholder="…"))


def text_width(lines: Sequence[str], size: float) -> float:
    """How wide the longest line comes out at a font `size`: an estimate that holds for the fonts we ask for."""
    return max(map(_cells, lines), default=0) * size * LETTER


def _cells(line: str) -> int:
    """The letters of a line, where those of East Asian scripts count twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)
