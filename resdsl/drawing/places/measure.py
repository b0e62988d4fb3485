"""The measures that every layout shares, in points."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from resdsl.drawing.columns.column import Kind
from resdsl.drawing.columns.wording import clean

SIZES: dict[Kind, float] = {"title": 11, "subtitle": 8, "label": 9, "note": 9, "count": 12, "mark": 12}
TEXT = 10.0
"""The font size of a box; texts that stand alone have their own in SIZES."""

BOLDS: tuple[Kind, ...] = ("title", "count", "mark")
BOLD = 1.2
"""How much wider bold letters are."""

LETTER = 0.52
"""The mean width of a letter of Arial in these texts, in font sizes, with something to spare."""

LINE = 1.15
"""The height of a line of text, in font sizes."""

GAP = 6.5
"""From one box to the next one: room for an arrow."""

JOIN = 17.0
"""From one segment to the next: room for the end of an arc and the start of another, well apart."""

GATE = (9.0, 6.0)
"""The size, across and along, of what joins an arc other than by addition."""

LONGEST_WORD = 330.0
"""Up to this width a title's words are never broken."""


def font_size(kind: Kind) -> float:
    """How large a text is."""
    return SIZES.get(kind, TEXT)


def text_width(lines: Sequence[str], size: float) -> float:
    """How wide the longest line comes out at a font `size`: an estimate that holds for the fonts we ask for."""
    return max(map(_cells, lines), default=0) * size * LETTER


def text_size(kind: Kind, lines: Sequence[str]) -> tuple[float, float]:
    """Width and height of a text that stands alone."""
    size = font_size(kind)
    return text_width(lines, size) * (BOLD if kind in BOLDS else 1) + 2, len(lines) * size * LINE


def wrapped(text: str, width: float, size: float, most: int = 3) -> tuple[str, ...]:
    """`text` in at most so many lines that fit `width`, at a font `size`; words stay whole where they can."""
    line = clean(text)
    letters = int(width / (size * LETTER) * len(line) / max(1, _cells(line)))
    return tuple(textwrap.wrap(line, max(6, letters), max_lines=most, placeholder="…", break_on_hyphens=False))


def longest_word(titles: Iterable[str]) -> float:
    """The width that no title's words are broken at, within reason; East Asian text may break anywhere."""
    words = [word for title in titles for word in clean(title).split() if _cells(word) == len(word)]
    return min(text_size("title", words)[0], LONGEST_WORD) + 2 if words else 0.0


def _cells(line: str) -> int:
    """The letters of a line, where those of East Asian scripts count twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)
