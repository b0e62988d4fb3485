"""Brackets first: finds those without a partner and mends the text, so that one missing brace is one finding.

The mended text keeps every character at its line and column: a missing bracket is added behind the end of a line, a
stray one becomes a blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from resdsl.codes import S003, S004, S008
from resdsl.diagnostics import Finding, Span

PAIRS = {"{": "}", "(": ")", "[": "]"}
MAX_NESTING = 100
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"?|[{}()\[\]]')


@dataclass(frozen=True, slots=True)
class Bracket:
    """An opening bracket that waits for its partner."""

    kind: str
    line: int
    column: int
    indent: int


@dataclass(slots=True)
class _Balance:
    """The lines as they are mended, and what is open."""

    file: str
    lines: list[str]
    open: list[Bracket] = field(default_factory=list)
    doubtful: list[Bracket] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def read(self) -> None:
        for number, line in enumerate(self.lines, start=1):
            for token in _TOKEN.finditer(line):
                self.token(token.group(), number, token.start() + 1)
        while self.open:
            self.unclosed(self.blame(self.open.pop()))

    def token(self, text: str, line: int, column: int) -> None:
        if text in PAIRS:
            self.close_round(line, text)
            self.open.append(Bracket(text, line, column, self.indent(line)))
        elif text in PAIRS.values():
            self.close(text, line, column)

    def close_round(self, line: int, text: str) -> None:
        """Round and square brackets never reach past a brace."""
        while text == "{" and self.open and self.open[-1].kind != "{":
            self.unclosed(self.open.pop())

    def close(self, text: str, line: int, column: int) -> None:
        while text == "}" and self.open and self.open[-1].kind != "{":
            self.unclosed(self.open.pop())
        if not self.open or PAIRS[self.open[-1].kind] != text:
            self.stray(text, line, column)
            return
        opener = self.open.pop()
        if opener.line != line and opener.kind == "{" and opener.indent != self.indent(line):
            self.doubtful.append(opener)

    def blame(self, opener: Bracket) -> Bracket:
        """The brace that was closed by another's partner, judged by indentation; else the one left open."""
        inner = [bracket for bracket in self.doubtful if bracket.line >= opener.line]
        if not inner:
            return opener
        self.doubtful.remove(inner[0])
        return inner[0]

    def unclosed(self, opener: Bracket) -> None:
        span = Span(self.file, opener.line, opener.column, opener.line, opener.column + 1)
        partner = PAIRS[opener.kind]
        self.findings.append(Finding(S003, span, f"this '{opener.kind}' is never closed", f"write the missing '{partner}'"))
        end = self.end_of_body(opener)
        self.lines[end - 1] = _append(self.lines[end - 1], partner)

    def end_of_body(self, opener: Bracket) -> int:
        """The last line that belongs to `opener`: its own for round brackets, else up to the next one not indented further."""
        if opener.kind != "{":
            return opener.line
        for number in range(opener.line + 1, len(self.lines) + 1):
            if self.lines[number - 1].strip() and self.indent(number) <= opener.indent:
                return number - 1
        return len(self.lines)

    def stray(self, text: str, line: int, column: int) -> None:
        span = Span(self.file, line, column, line, column + 1)
        self.findings.append(Finding(S004, span, f"this '{text}' closes nothing", "remove it, or open it with its partner"))
        old = self.lines[line - 1]
        self.lines[line - 1] = f"{old[: column - 1]} {old[column:]}"

    def indent(self, line: int) -> int:
        text = self.lines[line - 1]
        return len(text) - len(text.lstrip())


def balance(file: str, text: str) -> tuple[str, list[Finding]]:
    """`text` with every bracket matched, and a finding for each one that was not."""
    balancing = _Balance(file, text.split("\n"))
    balancing.read()
    return "\n".join(balancing.lines), balancing.findings


def too_deep(file: str, text: str) -> Iterator[Finding]:
    """A finding where brackets nest deeper than MAX_NESTING."""
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for token in _TOKEN.finditer(line):
            depth += (token.group() in PAIRS) - (token.group() in PAIRS.values())
            if depth > MAX_NESTING:
                span = Span(file, number, token.start() + 1, number, token.start() + 2)
                yield Finding(S008, span, f"brackets nest more than {MAX_NESTING} levels deep", "flatten this expression")
                return


def _append(line: str, bracket: str) -> str:
    """`line` with `bracket` before its comment, if it has one."""
    for token in _TOKEN.finditer(line):
        if token.group().startswith("#"):
            return f"{line[: token.start()]}{bracket}{line[token.start() :]}"
    return f"{line} {bracket}"
