"""The size of a figure on paper."""

from __future__ import annotations

import re
from typing import NamedTuple

from resdsl.drawing.places.drawing import Drawing

POINTS = {"pt": 1.0, "mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0}
PAD = 7.2
"""What Graphviz leaves free around a drawing, in points."""

_LENGTH = r"(\d+(?:\.\d+)?)(pt|mm|cm|in)"
_SIZE = re.compile(f"{_LENGTH}(?:x{_LENGTH})?")


class SizeError(ValueError):
    """No size; the message says how one is written, or that the format has none."""


class Size(NamedTuple):
    """In points; without a height it is as high as comes out."""

    width: float
    height: float | None

    @staticmethod
    def of(text: str) -> Size:
        """`12cm`, or `12cmx8cm`, which the figure fits into; raises SizeError."""
        found = _SIZE.fullmatch(text.strip())
        lengths = [float(n) * POINTS[unit] for n, unit in _pairs(found)] if found else []
        if not lengths or not all(1 <= length <= 14400 for length in lengths):
            raise SizeError(
                f"'{text}' is not a size on paper: write a width, or a width and a height, as in 12cm or 6inx8in"
            )
        return Size(lengths[0], lengths[1] if len(lengths) > 1 else None)

    def scale(self, drawing: Drawing) -> float:
        """By how much the drawing grows or shrinks to fit."""
        low, high = drawing.bounds
        width, height = high.x - low.x + 2 * PAD, high.y - low.y + 2 * PAD
        return min(self.width / width, self.height / height if self.height else self.width / width)

    def setting(self) -> str:
        """For Graphviz, in inches; `!` lets small drawings grow."""
        return f'size="{self.width / 72:.4g},{(self.height or 1e5) / 72:.4g}!"'


def _pairs(found: re.Match[str]) -> list[tuple[str, str]]:
    groups = [group for group in found.groups() if group]
    return list(zip(groups[::2], groups[1::2], strict=True))
