"""What resdsl tells a user about a file: places, codes and findings.

Everything that looks at a `.res` file yields `Finding`s; only the edge (the command line, `resdsl.load`) decides
what to do about them. How findings are written out is the business of `resdsl.report`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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
    `details` is a longer text (a table, say) shown below.
    """

    code: Code
    span: Span
    message: str
    help: str
    label: str = ""
    details: str = ""
    fix: Fix | None = None

    @property
    def severity(self) -> Severity:
        return self.code.severity


class SpecError(Exception):
    """Raised where a valid network was asked for and the file does not hold one; `findings` say why."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{f.span}: {f.severity}[{f.code}] {f.message}; {f.help}" for f in self.findings))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding forbids going on."""
    return any(finding.severity is Severity.ERROR for finding in findings)
