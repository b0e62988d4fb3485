"""What resdsl tells a user about a file: places, codes and findings.

Everything that looks at a `.res` file yields `Finding`s; only the edge (the command line, `resdsl.load`) decides
what to do about them. How lists of them are written out is the business of `resdsl.report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from resdsl.clean import clean

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "blue": "\x1b[1;34m", "bold": "\x1b[1m"}
_WIDTH = 160


class Severity(StrEnum):
    """Whether a finding forbids going on."""

    ERROR = "error"
    WARNING = "warning"


class Span(NamedTuple):
    """A stretch of a file; lines and columns count from 1, in characters, and the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def length(self) -> int:
        """Characters on the first line, at least 1."""
        return max(1, self.end_column - self.column) if self.line == self.end_line else 1

    def to(self, end: Span) -> Span:
        """The stretch from the start of this one to the end of `end`."""
        return Span(self.file, self.line, self.column, end.end_line, end.end_column)

    def contains(self, other: Span) -> bool:
        """Whether `other` lies within this stretch."""
        starts = (self.line, self.column) <= (other.line, other.column)
        return (
            self.file == other.file
            and starts
            and (other.end_line, other.end_column) <= (self.end_line, self.end_column)
        )

    def cut(self, lines: Sequence[str]) -> str:
        """What stands there, of all `lines` of the file; nothing where the file ends before."""
        found = list(lines[self.line - 1 : self.end_line])
        if not found:
            return ""
        found[-1] = found[-1][: self.end_column - 1]
        return "\n".join([found[0][self.column - 1 :], *found[1:]])

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: `D002`, `halve-map-double-filters`, and what `resdsl explain` says about it."""

    id: str
    slug: str
    severity: Severity
    explanation: str

    def __str__(self) -> str:
        return f"{self.id} {self.slug}"


@dataclass(frozen=True, slots=True)
class Fix:
    """Text that, put in the place of `span`, mends a finding."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (or suspicious) at one place, with its remedy.

    `message` says what was found, `label` stands under the marked text, `help` says what to do about it, and
    `details` is a longer text (a table, say) shown below. `line` is the text at the place, where it is known.
    """

    code: Code
    span: Span
    message: str
    help: str
    label: str = ""
    details: str = ""
    fix: Fix | None = None
    line: str | None = field(default=None, compare=False, repr=False)

    @property
    def severity(self) -> Severity:
        return self.code.severity

    def text(self, colour: bool = False) -> str:
        """The place, the line with the marked text, and the remedy, for a person who reads them in a terminal."""
        return _written(self, colour)

    def __str__(self) -> str:
        return self.text()


class SpecError(Exception):
    """Raised where a valid network was asked for and the file does not hold one; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{f.span}: {f.severity}[{f.code}] {f.message}; {f.help}" for f in self.findings))


def with_lines(findings: Iterable[Finding], sources: Mapping[str, str]) -> list[Finding]:
    """The findings with the lines of the files that they are about."""
    lines = {file: text.removeprefix("\ufeff").split("\n") for file, text in sources.items()}
    return [_with_line(finding, lines.get(finding.span.file, [])) for finding in findings]


def _with_line(finding: Finding, lines: Sequence[str]) -> Finding:
    number = finding.span.line
    return replace(finding, line=lines[number - 1].rstrip("\r")) if number <= len(lines) else finding


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding forbids going on."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _written(finding: Finding, colour: bool) -> str:
    def paint(text: str, kind: str) -> str:
        return f"{_COLOURS[kind]}{text}\x1b[0m" if colour and text else text

    severity = str(finding.severity)
    margin = " " * len(str(finding.span.line))
    bar = paint("|", "blue")
    lines = [
        paint(f"{severity}[{finding.code}]", severity) + paint(f": {clean(finding.message)}", "bold"),
        f"{margin}{paint('-->', 'blue')} {clean(str(finding.span))}",
    ]
    if finding.line is not None:
        text, before, carets = _excerpt(finding, finding.line)
        label = f" {clean(finding.label)}" if finding.label else ""
        lines += [
            f"{margin} {bar}",
            f"{paint(str(finding.span.line), 'blue')} {bar} {text}",
            f"{margin} {bar} {before}{paint(carets + label, severity)}",
        ]
    lines.append(f"{margin} {paint('=', 'blue')} help: {clean(finding.help)}")
    lines += [f"{margin}   {clean(line)}" for line in finding.details.splitlines()]
    return "\n".join(lines)


def _excerpt(finding: Finding, line: str) -> tuple[str, str, str]:
    """The line, what stands before the carets, and the carets; a long line is cut around the place."""
    start = finding.span.column - 1
    end = finding.span.end_column - 1 if finding.span.line == finding.span.end_line else len(line)
    cut = max(0, start - _WIDTH // 2)
    before, marked = line[cut:start], line[start : min(end, cut + _WIDTH)]
    blanks = "".join("\t" if character == "\t" else " " * _columns(character) for character in before)
    return _plain(line[cut : cut + _WIDTH]), blanks, "^" * max(1, sum(map(_columns, marked)))


def _plain(text: str) -> str:
    """`text` without what would command a terminal, and as wide as it was."""
    return "".join(character if character.isprintable() or character == "\t" else "\ufffd" for character in text)


def _columns(character: str) -> int:
    """How wide a terminal shows `character`."""
    if character.isascii():
        return 1
    from unicodedata import combining, east_asian_width  # noqa: PLC0415  # seldom needed

    return 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
