"""A document and the comments of its text as lines: where to break, and what stands next to what."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from resdsl.syntax.pretty import BRACES, Body, Entry, flat

WIDTH = 100
INDENT = 2
_COMMENT = re.compile(r'"[^"\n]*"|(#[^\n]*)')


Place = tuple[int, int]


class Comment(NamedTuple):
    """A comment, and where it begins."""

    line: int
    column: int
    text: str


class Line(NamedTuple):
    """A line of code, of comment alone, or of nothing; `head` is what lines of one `kind` in a row are aligned after.

    `comment` stands after the code.
    """

    indent: int
    code: str
    head: str = ""
    kind: str = ""
    comment: Comment | None = None


def comments_of(text: str) -> list[Comment]:
    """All comments, in order."""
    return [
        Comment(number, match.start() + 1, match[1].rstrip())
        for number, line in enumerate(text.split("\n"), start=1)
        for match in _COMMENT.finditer(line)
        if match[1]
    ]


@dataclass(slots=True)
class Layout:
    """Lays entries out, line by line; `comments` from `next` on wait for what they stand before or next to."""

    comments: list[Comment]
    next: int = 0
    lines: list[Line] = field(default_factory=list)

    def body(self, entries: Iterable[Entry], indent: int, after: str, start: int, end: Place) -> None:
        """A line for each entry, or several; the body begins in the text's line `start` and reaches to `end`."""
        above, first = start, len(self.lines)
        for entry in self._rows(entries, indent, after):
            above = self._comments_before((entry.span.line, entry.span.column), indent, above, first)
            self._gap(entry.span.line, above, first)
            self._entry(entry, indent, after)
            above = entry.span.end_line
        self._comments_before(end, indent, above, first)

    def _rows(self, entries: Iterable[Entry], indent: int, after: str) -> Iterator[Entry]:
        """The entries, those as one that stand next to each other in a line and can stay so."""
        row: Entry | None = None
        for entry in entries:
            joined = row.followed_by(entry) if row and row.span.end_line == entry.span.line and not after else None
            if joined and self._is_flat(joined) and len(joined.flat) <= WIDTH - indent:
                row = joined
                continue
            if row:
                yield row
            row = entry
        if row:
            yield row

    def _comments_before(self, place: Place, indent: int, above: int, first: int) -> int:
        """Puts out the comments before `place`: next to the line of code that each stood next to, or on their own."""
        while self.next < len(self.comments) and self.comments[self.next] < place:
            comment = self.comments[self.next]
            self.next += 1
            if comment.line == above and self.lines and not self.lines[-1].comment:
                self.lines[-1] = self.lines[-1]._replace(comment=comment)
            else:
                self._gap(comment.line, above, first)
                self.lines.append(Line(indent, comment.text))
            above = comment.line
        return above

    def _gap(self, line: int, above: int, first: int) -> None:
        """An empty line, where there was one and it does not begin a body."""
        if line - above > 1 and len(self.lines) > first:
            self.lines.append(Line(0, ""))

    def _entry(self, entry: Entry, indent: int, after: str) -> None:
        broken = self._to_break(entry, WIDTH - indent - len(after))
        if not broken:
            head = flat(entry.parts[: entry.head])
            self.lines.append(Line(indent, flat(entry.parts[entry.head :]) + after, head, entry.kind))
            return
        code = ""
        for part in entry.parts:
            if isinstance(part, str) or part not in broken:
                code += flat([part])
                continue
            self.lines.append(Line(indent, code + part.brackets.open))
            self._broken(part, indent + INDENT)
            code = part.brackets.close
        self.lines.append(Line(indent, code + after))

    def _broken(self, body: Body, indent: int) -> None:
        """The inside of brackets: arguments in one line where they fit, all else line by line."""
        brackets, span = body.brackets, body.span
        row = brackets.between.join(entry.flat for entry in body.entries) if brackets.after else ""
        if row and self._is_flat(body) and len(row) <= WIDTH - indent:
            self.lines.append(Line(indent, row))
        else:
            self.body(body.entries, indent, brackets.after, span.line, (span.end_line, span.end_column))

    def _to_break(self, entry: Entry, room: int) -> list[Body]:
        """The bodies that cannot stand on one line; then, until all fits, the braces and the widest brackets."""
        if not entry.bodies:
            return []
        broken = [body for body in entry.bodies if not self._is_flat(body)]
        while not _fits(entry, broken, room):
            rest = [body for body in entry.bodies if body not in broken and body.entries]
            if not rest:
                break
            broken.append(max(rest, key=lambda body: (body.brackets is BRACES, len(body.flat))))
        return broken

    def _is_flat(self, part: Body | Entry) -> bool:
        """Whether neither its braces nor comments inside of it keep it from one line."""
        found = bisect(self.comments, (part.span.line, part.span.column))
        has_comment = found < len(self.comments) and self.comments[found] < (part.span.end_line, part.span.end_column)
        return not (part.breaks or has_comment)


def _fits(entry: Entry, broken: Sequence[Body], room: int) -> bool:
    """Whether every line of `entry` has `room`, once the `broken` bodies have lines of their own."""
    width = 0
    for part in entry.parts:
        if isinstance(part, str) or part not in broken:
            width += len(flat([part]))
            continue
        if width + 1 > room:
            return False
        width = 1
    return width <= room


def written(lines: Iterable[Line]) -> Iterator[str]:
    """The text of each line."""
    for _, run in groupby(_with_heads_aligned(lines), key=lambda line: (line.indent, line.comment is not None)):
        yield from _with_comments_aligned(list(run))


def _with_heads_aligned(lines: Iterable[Line]) -> Iterator[Line]:
    for _, group in groupby(lines, key=lambda line: (line.indent, line.kind)):
        run = list(group)
        width = max(len(line.head) for line in run)
        yield from (line._replace(head="", code=f"{line.head:<{width}}{line.code}".rstrip()) for line in run)


def _with_comments_aligned(run: list[Line]) -> Iterator[str]:
    """Comments that stood in one column stay there, where there is room; else they move up to the longest line."""
    codes = [f"{' ' * line.indent}{line.code}" for line in run]
    columns = {line.comment.column - 1 for line in run if line.comment}
    width = max([len(code) + 2 for code in codes] + (list(columns) if len(columns) == 1 else []))
    for line, code in zip(run, codes, strict=True):
        yield f"{code:<{width}}{line.comment.text}" if line.comment else code
