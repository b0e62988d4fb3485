"""Lines as text: heads and comments in a row begin what follows them in the same column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from resdsl.syntax.layout import Line


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
