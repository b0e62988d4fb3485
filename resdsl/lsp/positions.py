"""Places: ours count lines and characters from 1, an editor's count from 0 and in UTF-16 (or whatever it asked for)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from lsprotocol import types

from resdsl.diagnostics import Span
from resdsl.syntax.parse import plain_text

_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Place(NamedTuple):
    """A line and a column, both from 1, in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text by lines, split where the parser splits it, and how its editor counts."""

    lines: tuple[str, ...]
    encoding: str = "utf-16"

    @staticmethod
    def of(content: str, encoding: str = "utf-16") -> Text:
        """`content` without the mark that some editors put in front."""
        return Text(tuple(plain_text(content).split("\n")), encoding)

    def line(self, number: int) -> str:
        """Line `number`, or nothing after the end of the text."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def place(self, position: types.Position) -> Place:
        """Where the editor's `position` is; what lies outside of the text is moved to its nearest end."""
        if position.line >= len(self.lines):
            return Place(len(self.lines), len(self.lines[-1]) + 1)
        line, units = self.lines[position.line], 0
        for column, character in enumerate(line, start=1):
            if units >= position.character:
                return Place(position.line + 1, column)
            units += self._length(character)
        return Place(position.line + 1, len(line) + 1)

    def position(self, line: int, column: int) -> types.Position:
        """The editor's position of a place."""
        number = min(line, len(self.lines) + 1)
        return types.Position(number - 1, self._length(self.line(number)[: column - 1]))

    def range(self, span: Span) -> types.Range:
        """The editor's range of a stretch of this text."""
        return types.Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def before(self, place: Place) -> str:
        """Everything up to `place`."""
        return "\n".join((*self.lines[: place.line - 1], self.line(place.line)[: place.column - 1]))

    def end(self) -> types.Position:
        """After the last character."""
        return self.position(len(self.lines), len(self.lines[-1]) + 1)

    def _length(self, text: str) -> int:
        codec, size = _UNITS[self.encoding]
        return len(text.encode(codec, "surrogatepass")) // size


def within(place: Place, span: Span) -> bool:
    """Whether `place` lies in `span`; the end counts, since a cursor stands after the word that it means."""
    return (span.line, span.column) <= place <= (span.end_line, span.end_column)
