"""Parsing while someone types: declaration by declaration, and only those that changed.

A file is cut where a declaration starts in the first column. It is parsed as a whole where the parts might not come to
the same: where one declares nothing or has a bracket without its partner, or the mistakes are too many for one list.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple

from resdsl.codes import S003, S004
from resdsl.diagnostics import Span
from resdsl.syntax import ast
from resdsl.syntax.parse import EVERYTHING, MAX_BYTES, MAX_MISTAKES, Parsed, parse, plain_text

_START = re.compile(r'^(?=(?:use\s*"|block\s+\w+\s*[({]|shortcut\s+\w+\s*\{|(?:network|study)\s+\w+))', re.MULTILINE)


class Part(NamedTuple):
    """A stretch of a file that was parsed on its own, and the lines before it."""

    above: int
    parsed: Parsed


@dataclass(slots=True)
class Parser:
    """`parse`, with a memory of what each file held last."""

    whole: dict[str, tuple[bytes | str, Parsed]] = field(default_factory=dict)
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)

    def __call__(self, file: str, content: bytes | str) -> Parsed:
        """What `parse` makes of `content`; equal stretches give the same objects as last time."""
        if file not in self.whole or self.whole[file][0] != content:
            self.whole[file] = (content, self._parse(file, content))
        return self.whole[file][1]

    def _parse(self, file: str, content: bytes | str) -> Parsed:
        text = _decoded(content)
        stretches = list(_stretches(text)) if text else []
        if len(stretches) < 2 or len(content) > MAX_BYTES:
            return parse(file, content)
        known = self.parts.get(file, {})
        parts = {stretch: _part(file, stretch, above, known) for above, stretch in stretches}
        if len(parts) < len(stretches) or not _is_sound([part.parsed for part in parts.values()]):
            return parse(file, content)
        self.parts[file] = parts
        return _joined(file, parts)


def _is_sound(parts: list[Parsed]) -> bool:
    """Whether the parts tell all about the whole: a bracket without its partner, say, can be anybody's."""
    findings = [finding for parsed in parts for finding in parsed.findings]
    lone_bracket = any(finding.code in (S003, S004) for finding in findings)
    return len(findings) < MAX_MISTAKES and not lone_bracket and all(each.file.declarations for each in parts)


def _decoded(content: bytes | str) -> str | None:
    try:
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return plain_text(text)


def _stretches(text: str) -> Iterator[tuple[int, str]]:
    """The text cut before each declaration, with the number of lines above; comments on top belong to the first."""
    cuts = [match.start() for match in _START.finditer(text)]
    above = 0
    for start, end in zip([0, *cuts[1:]], [*cuts[1:], len(text)], strict=True):
        yield above, text[start:end]
        above += text.count("\n", start, end)


def _part(file: str, stretch: str, above: int, known: dict[str, Part]) -> Part:
    last = known.get(stretch) or Part(0, parse(file, stretch))
    return last if last.above == above else Part(above, Parsed(*_moved(tuple(last.parsed), above - last.above)))


def _moved(value: Any, lines: int) -> Any:
    """A copy of `value`, whatever it is made of, in which every span lies `lines` further down."""
    kind = type(value)
    if kind is Span:
        return Span(value.file, value.line + lines, value.column, value.end_line + lines, value.end_column)
    if kind is tuple:
        return tuple([_moved(part, lines) for part in value])
    names = _fields(kind)  # type: ignore[arg-type]  # mypy takes a class for unhashable
    return kind(*[_moved(getattr(value, name), lines) for name in names]) if names else value


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _joined(file: str, parts: dict[str, Part]) -> Parsed:
    """The parts as one file."""
    found = [part.parsed for part in parts.values()]
    declarations = tuple(declaration for parsed in found for declaration in parsed.file.declarations)
    findings = tuple(finding for parsed in found for finding in parsed.findings)
    lost = frozenset[str]().union(*(parsed.lost for parsed in found))
    return Parsed(ast.File(file, declarations), findings, EVERYTHING if lost >= EVERYTHING else lost)
